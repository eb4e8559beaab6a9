"""Random supply chains: made, written down, read by the rules of docs/spec/in-toto.md, and made smaller."""
