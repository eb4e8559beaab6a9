//! A package that apksigner signed, taken apart and put together again.

use std::sync::OnceLock;

use quorate_unsign::SignatureFormat;

use crate::signing::{self, Desk};

pub(crate) const APK: SignatureFormat = SignatureFormat::ApkSigningBlock;
pub(crate) const V2: u32 = 0x7109_871a;
pub(crate) const V3: u32 = 0xf053_68c0;
pub(crate) const PADDING: u32 = 0x4272_6577;

/// A product, and what the signer made of it.
pub(crate) struct Sample {
    pub(crate) product: Vec<u8>,
    pub(crate) signed: Vec<u8>,
}

/// A zip whose stored member is aligned, as apksigner leaves it. `streamed` has data descriptors behind its members.
const MAKE_APK: &str = r#"
import sys, zipfile
class Stream:
    def __init__(self, file): self.file = file
    def write(self, data): return self.file.write(data)
    def flush(self): self.file.flush()
def put(archive, name, data, method):
    member = zipfile.ZipInfo(name, (1981, 1, 1, 1, 1, 2))
    member.compress_type = method
    if method == zipfile.ZIP_STORED:
        member.extra = b"\0" * (-(archive.fp.tell() + 30 + len(name)) % 4)
    archive.writestr(member, data)
with open(sys.argv[1], "wb") as file:
    with zipfile.ZipFile(Stream(file) if sys.argv[2] == "streamed" else file, "w") as archive:
        put(archive, "AndroidManifest.xml", b"manifest" * 20, zipfile.ZIP_DEFLATED)
        put(archive, "classes.dex", b"dex\n035\0" + b"code" * 99, zipfile.ZIP_STORED)
        put(archive, "res/a.txt", b"text" * 400, zipfile.ZIP_DEFLATED)
"#;

pub(crate) fn sign(form: &str, signers: &str) -> Sample {
    let desk = Desk::new();
    desk.run_words(&["python3", "-c", MAKE_APK, "product.apk", form]);
    desk.certificate("rsa", "rsa:2048");
    desk.certificate("ec", "ec -pkeyopt ec_paramgen_curve:P-256");
    if signers.contains("lineage") {
        desk.run("apksigner rotate --out lineage --old-signer --key rsa.pk8 --cert rsa.crt --new-signer --key ec.pk8 --cert ec.crt");
    }
    desk.run(&format!(
        "apksigner sign --v1-signing-enabled false {signers} --out signed.apk product.apk"
    ));
    Sample {
        product: desk.read("product.apk"),
        signed: desk.read("signed.apk"),
    }
}

/// Signed by schemes 2 and 3 with one RSA key.
pub(crate) fn plain() -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(|| sign("plain", "--min-sdk-version 24 --key rsa.pk8 --cert rsa.crt"))
}

/// A signed package in its parts.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) members: Vec<u8>,
    pub(crate) padding: Vec<u8>,
    pub(crate) pairs: Vec<(u32, Vec<u8>)>,
    pub(crate) directory: Vec<u8>,
    pub(crate) end: Vec<u8>,
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes(*bytes[at..].first_chunk().unwrap()) as usize
}

impl Parts {
    pub(crate) fn of(sample: &Sample) -> Self {
        let (product, signed) = (&sample.product, &sample.signed);
        let end = signed.len() - 22;
        let directory = u32_at(signed, end + 16);
        let start = directory - u32_at(signed, directory - 24) - 8;
        let mut pairs = Vec::new();
        let mut at = start + 8;
        while at < directory - 24 {
            let next = at + 8 + u32_at(signed, at);
            let id = u32::try_from(u32_at(signed, at + 8)).unwrap();
            pairs.push((id, signed[at + 12..next].to_vec()));
            at = next;
        }
        let members = u32_at(product, product.len() - 6);
        Self {
            members: signed[..members].to_vec(),
            padding: signed[members..start].to_vec(),
            pairs,
            directory: signed[directory..end].to_vec(),
            end: signed[end..].to_vec(),
        }
    }

    pub(crate) fn value(&mut self, id: u32) -> &mut Vec<u8> {
        let found = self.pairs.iter_mut().find(|(known, _)| *known == id);
        &mut found.unwrap().1
    }

    /// Puts them together, with the padding pair as apksigner makes it where there is one.
    pub(crate) fn whole(&self) -> Vec<u8> {
        let mut fitting = self.clone();
        let without: usize = self
            .pairs
            .iter()
            .filter(|(id, _)| *id != PADDING)
            .map(|(_, v)| v.len() + 12)
            .sum();
        let needed = (without + 32).next_multiple_of(4096) - without - 32;
        let needed = if needed < 12 { needed + 4096 } else { needed };
        if fitting.pairs.iter().any(|(id, _)| *id == PADDING) {
            *fitting.value(PADDING) = vec![0; needed - 12];
        }
        fitting.as_they_are()
    }

    pub(crate) fn as_they_are(&self) -> Vec<u8> {
        let pairs: Vec<u8> = self
            .pairs
            .iter()
            .flat_map(|(id, value)| {
                [
                    &(value.len() as u64 + 4).to_le_bytes()[..],
                    &id.to_le_bytes(),
                    value,
                ]
                .concat()
            })
            .collect();
        let size = (pairs.len() as u64 + 24).to_le_bytes();
        self.around(&[&size[..], &pairs, &size, b"APK Sig Block 42"].concat())
    }

    pub(crate) fn around(&self, block: &[u8]) -> Vec<u8> {
        let head = [&self.members[..], &self.padding, block].concat();
        let mut end = self.end.clone();
        end[16..20].copy_from_slice(&u32::try_from(head.len()).unwrap().to_le_bytes());
        [&head[..], &self.directory, &end].concat()
    }
}

/// Changes what is at `path` in nested sequences, each element with its length. A step is the bytes before the elements, and which one.
pub(crate) fn inside(bytes: &mut Vec<u8>, path: &[(usize, usize)], change: &dyn Fn(&mut Vec<u8>)) {
    let Some(((before, index), deeper)) = path.split_first() else {
        return change(bytes);
    };
    let mut at = *before;
    for _ in 0..*index {
        at += 4 + u32_at(bytes, at);
    }
    let end = at + 4 + u32_at(bytes, at);
    let mut element = bytes[at + 4..end].to_vec();
    inside(&mut element, deeper, change);
    let size = u32::try_from(element.len()).unwrap().to_le_bytes();
    bytes.splice(at..end, [&size[..], &element].concat());
}

pub(crate) fn refusal(bytes: &[u8]) -> String {
    signing::refusal(bytes, APK)
}

/// The refusal of the plain sample with a change at `path` in the value of a scheme.
pub(crate) fn refusal_of(
    scheme: u32,
    path: &[(usize, usize)],
    change: &dyn Fn(&mut Vec<u8>),
) -> String {
    let mut parts = Parts::of(plain());
    inside(parts.value(scheme), path, change);
    refusal(&parts.whole())
}

pub(crate) const SIGNER: [(usize, usize); 2] = [(0, 0), (0, 0)];

/// A path below the signed data of the first signer.
pub(crate) fn signed_data(deeper: &[(usize, usize)]) -> Vec<(usize, usize)> {
    [&SIGNER[..], &[(0, 0)], deeper].concat()
}
