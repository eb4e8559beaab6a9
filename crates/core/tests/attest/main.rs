//! Statements and links: what holds together is a claim, anything else is dropped with its reason.

mod link;
mod rebuilderd_links;
mod statement;
