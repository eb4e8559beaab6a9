//! The text forms of signatures, read in one way only: an armoured block, and a clear-signed document.
//!
//! RFC 9580 §6.2 and §7. What stands outside of what is signed could be taken for it, so there is nothing outside.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const SIGNATURE: &[u8] = b"-----BEGIN PGP SIGNATURE-----";
const SIGNATURE_END: &[u8] = b"-----END PGP SIGNATURE-----";
const SIGNED: &[u8] = b"-----BEGIN PGP SIGNED MESSAGE-----";

/// A clear-signed document, taken apart.
pub(crate) struct Cleartext {
    /// The lines that are signed, as they were before they were escaped, without white space at their ends, with a line feed between
    /// two. No line feed stands after the last line, because none is signed.
    pub(crate) text: Vec<u8>,
    /// The same with the line ends that the signature covers.
    pub(crate) covered: Vec<u8>,
    /// The signature's packets.
    pub(crate) packets: Vec<u8>,
}

impl Cleartext {
    /// Takes a document apart that is one frame from its first byte to its last, one line end after it excepted.
    pub(crate) fn parse(document: &[u8]) -> Result<Self, &'static str> {
        let mut lines = lines(document)?.into_iter();
        if lines.next() != Some(SIGNED) {
            return Err("it does not begin with `-----BEGIN PGP SIGNED MESSAGE-----`");
        }
        // §7: `Hash` is the one header; `NotDashEscaped` would change what is signed, others could be taken for the text.
        for header in lines.by_ref().take_while(|line| !line.is_empty()) {
            let names = header.strip_prefix(b"Hash: ".as_slice()).unwrap_or(b"");
            let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b", -/".contains(byte);
            if names.is_empty() || !names.iter().all(plain) {
                return Err("it has an armor header other than `Hash`");
            }
        }
        let mut text = Vec::new();
        loop {
            let line = lines.next().ok_or("its signature is missing")?;
            if line == SIGNATURE {
                break;
            }
            let line = match line.strip_prefix(b"- ".as_slice()) {
                Some(escaped) => escaped,
                None if line.starts_with(b"-") => {
                    return Err("a line begins with a dash that is not escaped");
                }
                None => line,
            };
            text.push(without_blanks_at_end(line));
        }
        Ok(Self {
            text: text.join(b"\n".as_slice()),
            covered: text.join(b"\r\n".as_slice()),
            packets: body(lines)?,
        })
    }
}

/// The packets of an armoured signature that is all that `text` has, one line end after it excepted.
pub(crate) fn dearmor(text: &[u8]) -> Result<Vec<u8>, &'static str> {
    let mut lines = lines(text)?.into_iter();
    if lines.next() != Some(SIGNATURE) {
        return Err("it does not begin with `-----BEGIN PGP SIGNATURE-----`");
    }
    body(lines)
}

/// The lines without their ends, which are LF or CR LF. A CR elsewhere would be a line end to some readers and none to others.
fn lines(text: &[u8]) -> Result<Vec<&[u8]>, &'static str> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.split(|byte| *byte == b'\n')
        .map(|line| {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.contains(&b'\r') {
                return Err("it has a carriage return within a line");
            }
            Ok(line)
        })
        .collect()
}

/// What stands behind the line that begins a signature: headers, an empty line, base64, perhaps a checksum, the end, nothing.
fn body<'a>(mut lines: impl Iterator<Item = &'a [u8]>) -> Result<Vec<u8>, &'static str> {
    loop {
        let header = lines.next().ok_or("its armor ends early")?;
        if header.is_empty() {
            break;
        }
        if !header.windows(2).any(|pair| pair == b": ") {
            return Err("its armor has a line that is no header before the first empty line");
        }
    }
    let mut base64 = Vec::new();
    let mut checksum = false;
    loop {
        let line = lines.next().ok_or("its armor ends early")?;
        if line == SIGNATURE_END {
            break;
        }
        if checksum || line.is_empty() {
            return Err("its armor has other lines than base64 and one checksum");
        }
        // §6.1: a checksum that is not the right one is no reason to refuse; the signature covers more than it could.
        if line.len() == 5 && line.starts_with(b"=") {
            checksum = true;
        } else {
            base64.extend_from_slice(line);
        }
    }
    if lines.next().is_some() {
        return Err("something stands behind the signature");
    }
    STANDARD
        .decode(base64)
        .map_err(|_| "its armor is not base64")
}

/// A line without spaces and tabs at its end, which are not signed (§7.2).
fn without_blanks_at_end(line: &[u8]) -> &[u8] {
    let last = line.iter().rposition(|byte| !b" \t".contains(byte));
    line.get(..last.map_or(0, |last| last + 1)).unwrap_or(line)
}
