//! Programs that osslsigncode signed, and their signatures as trees.

use std::sync::OnceLock;

use quorate_unsign::SignatureFormat;

use crate::der_tree::Node;
use crate::signing::{self, Desk};

pub(crate) const PE: SignatureFormat = SignatureFormat::Authenticode;

/// Where the headers of the sample have things.
pub(crate) const CHECKSUM: usize = 64 + 24 + 64;
pub(crate) const ENTRY: usize = 64 + 24 + 112 + 32;
pub(crate) const SECTION: usize = 64 + 24 + 240;

/// Places in the tree of a signature.
pub(crate) const DATA: [usize; 2] = [1, 0];
pub(crate) const SIGNER: [usize; 4] = [1, 0, 4, 0];
pub(crate) const CERTIFICATES: [usize; 3] = [1, 0, 3];

/// A product, and what the signer made of it.
pub(crate) struct Sample {
    pub(crate) product: Vec<u8>,
    pub(crate) signed: Vec<u8>,
}

/// A 64-bit program of one section, with bytes behind it.
pub(crate) fn program(overlay: &[u8]) -> Vec<u8> {
    let mut file = vec![0; 512];
    let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"MZ");
    put(60, &[64]);
    put(64, b"PE\0\0\x64\x86\x01\0");
    put(64 + 20, &[240, 0, 0x22, 0]);
    // Optional header: magic, alignments, sizes of image and headers, number of directories.
    put(88, &[0x0b, 0x02]);
    put(88 + 32, &[0, 0x10, 0, 0, 0, 2, 0, 0]);
    put(88 + 56, &[0, 0x20, 0, 0, 0, 2, 0, 0]);
    put(88 + 68, &[3, 0]);
    put(88 + 108, &[16]);
    put(SECTION, b".text\0\0\0");
    put(
        SECTION + 8,
        &[16, 0, 0, 0, 0, 0x10, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0],
    );
    let section = [&[0xc3; 16][..], &[0; 496]].concat();
    [file, section, overlay.to_vec()].concat()
}

/// A 32-bit program, in which the directories stand sixteen bytes earlier.
pub(crate) fn program_of_32_bits() -> Vec<u8> {
    let mut file = program(b"");
    file[88..90].copy_from_slice(&[0x0b, 0x01]);
    file[88 + 92..88 + 96].copy_from_slice(&[16, 0, 0, 0]);
    file[88 + 108..88 + 112].fill(0);
    file
}

pub(crate) fn sign(product: &[u8], algorithm: &str, options: &str) -> Sample {
    let desk = Desk::new();
    desk.write("product.exe", product);
    desk.certificate("signer", algorithm);
    let signer = "osslsigncode sign -certs signer.crt -key signer.key -in";
    desk.run(&format!(
        "{signer} product.exe -out signed.exe {}",
        options.trim_end_matches("-nest")
    ));
    if options.ends_with("-nest") {
        desk.run(&format!("{signer} signed.exe -out nested.exe -nest"));
        desk.run("mv nested.exe signed.exe");
    }
    Sample {
        product: product.to_vec(),
        signed: desk.read("signed.exe"),
    }
}

/// A program of whole sections, with a name and an address in its signature.
pub(crate) fn plain() -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(|| sign(&program(b""), "rsa:2048", "-n Name -i http://example.org/"))
}

/// The same with a second signature inside.
pub(crate) fn nested() -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(|| sign(&program(b""), "rsa:2048", "-nest"))
}

/// The signature of a sample.
pub(crate) fn tree(sample: &Sample) -> Node {
    Node::read(&sample.signed[sample.product.len() + 8..]).0
}

/// An entry of the table as signers write it.
pub(crate) fn entry(signature: &[u8]) -> Vec<u8> {
    let length = (signature.len() + 8).next_multiple_of(8);
    entry_of(
        length,
        0x0200,
        0x0002,
        signature,
        &vec![0; length - 8 - signature.len()],
    )
}

pub(crate) fn entry_of(
    length: usize,
    revision: u16,
    kind: u16,
    signature: &[u8],
    behind: &[u8],
) -> Vec<u8> {
    let length = u32::try_from(length).unwrap().to_le_bytes();
    [
        &length[..],
        &revision.to_le_bytes(),
        &kind.to_le_bytes(),
        signature,
        behind,
    ]
    .concat()
}

/// A program with any table.
pub(crate) fn with_table(product: &[u8], table: &[u8]) -> Vec<u8> {
    let mut signed = product.to_vec();
    let place = [product.len(), table.len()].map(|n| u32::try_from(n).unwrap().to_le_bytes());
    signed[ENTRY..ENTRY + 8].copy_from_slice(&place.concat());
    signed.extend(table);
    signed
}

pub(crate) fn refusal(bytes: &[u8]) -> String {
    signing::refusal(bytes, PE)
}

/// The refusal of a signature in a table that is otherwise as it should be.
pub(crate) fn refusal_of(signature: &Node) -> String {
    refusal(&with_table(&plain().product, &entry(&signature.write())))
}

/// Whether the signature is accepted.
pub(crate) fn accepts(signature: &Node) -> bool {
    let file = with_table(&plain().product, &entry(&signature.write()));
    signing::taken_out(&file, PE).is_ok()
}

/// The refusal of the plain sample with a change at `path` of its signature.
pub(crate) fn refusal_at(path: &[usize], change: &dyn Fn(&mut Node)) -> String {
    let mut signature = tree(plain());
    change(signature.at(path));
    refusal_of(&signature)
}

/// 1.2.840.113549.1.9 with more numbers.
pub(crate) fn pkcs9(last: &[u8]) -> Node {
    Node::leaf(
        6,
        &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9][..], last].concat(),
    )
}

/// 1.3.6.1.4.1.311 with more numbers.
pub(crate) fn microsoft(last: &[u8]) -> Node {
    Node::leaf(6, &[&[0x2b, 6, 1, 4, 1, 0x82, 0x37][..], last].concat())
}

pub(crate) fn attribute(id: Node, values: Vec<Node>) -> Node {
    Node::of(0x30, vec![id, Node::of(0x31, values)])
}

/// The plain signature with unsigned attributes.
pub(crate) fn with_unsigned(attributes: Vec<Node>) -> Node {
    let mut signature = tree(plain());
    let signer = signature.at(&SIGNER);
    signer.children.push(Node::of(0xa1, attributes));
    signature
}

/// A timestamp token of the real openssl over nothing in particular.
pub(crate) fn token() -> &'static Node {
    static TOKEN: OnceLock<Node> = OnceLock::new();
    TOKEN.get_or_init(|| {
        let desk = Desk::new();
        desk.write(
            "tsa.cnf",
            b"[req]\ndistinguished_name = dn\n[dn]\n[v3]\nextendedKeyUsage = critical,timeStamping\n\
              [tsa]\ndefault_tsa = one\n[one]\nserial = serial\ndefault_policy = 1.2.3.4.1\ndigests = sha256\n\
              signer_digest = sha256\naccuracy = secs:1\nordering = yes\ness_cert_id_alg = sha256\ness_cert_id_chain = no\n",
        );
        desk.run("openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=time -config tsa.cnf -extensions v3 -keyout tsa.key -out tsa.crt");
        desk.run("openssl ts -query -data tsa.cnf -sha256 -cert -out query");
        desk.run("openssl ts -reply -config tsa.cnf -queryfile query -inkey tsa.key -signer tsa.crt -token_out -out token");
        Node::read(&desk.read("token")).0
    })
}

pub(crate) fn token_attribute() -> Node {
    attribute(microsoft(&[3, 3, 1]), vec![token().clone()])
}

/// A countersignature as an older timestamp is: the signer's own, over a time.
pub(crate) fn countersignature() -> Node {
    let mut signer = tree(plain()).at(&SIGNER).clone();
    let attributes = &mut signer.children[3].children;
    let time: &[&[u8]] = &[&[3], &[4], &[5]];
    attributes.retain(|one| time.iter().any(|id| one.children[0] == pkcs9(id)));
    attribute(pkcs9(&[6]), vec![signer])
}

pub(crate) fn nested_attribute() -> Node {
    attribute(microsoft(&[2, 4, 1]), vec![tree(plain())])
}
