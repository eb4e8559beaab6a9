//! `quorate layout draw`: the chain as a picture.
//!
//! **Enters:** a layout that nobody vouches for.
//! **Leaves:** one SVG: the same layout gives the same bytes; no scripts, no fonts or images from elsewhere.
//! **Never:** a character of a name that a reader of XML or a terminal would act on.

mod boxes;
mod chain;
mod paint;
mod place;
mod svg;

use std::path::Path;
use std::process::ExitCode;

use super::file;
use crate::error::CommandError;
use crate::output;
use crate::prove::write_whole;

/// More boxes or arrows than this are no picture, and placing them would take long.
const BOXES_MAX: usize = 300;
const ARROWS_MAX: usize = 2_000;

pub(super) fn run(path: &Path, out: Option<&Path>) -> Result<ExitCode, CommandError> {
    let draft = file::read(path)?;
    let layout = draft.dangerous_unverified();
    let chain = chain::Chain::of(layout);
    if chain.nodes.len() > BOXES_MAX || chain.arrows.len() > ARROWS_MAX {
        return Err(CommandError::unable(format!(
            "{} steps and {} connections are too many for a picture",
            chain.nodes.len(),
            chain.arrows.len()
        ))
        .hint("`quorate layout show` lists them"));
    }
    let picture = place::Picture::of(&chain, boxes::of(layout, &chain));
    let heading = format!("in-toto layout, ends {}", layout.expires);
    let text = paint::svg(&picture, &heading);
    if let Some(out) = out {
        write_whole(out, text.as_bytes())?;
        output::talk(&format!("drawn to {}", out.display()));
    } else {
        output::answer(&text)?;
    }
    Ok(ExitCode::SUCCESS)
}
