//! zips of real programs are listed as programs list them.

use quorate::digest::Sha256;
use quorate_archive::{
    ArchiveError, Format, Inventory, Limits, MemberKind, SigningBlock, inventory,
};

use crate::workshop::{Workshop, list, list_with, names, refusal_with};
use crate::zip_hand::{ZipHand, zip_of, zip_with};

/// Name, size and checksum as Python reads them, one line a member in the order of the file.
const PYTHON_LIST: &str = "import sys, zipfile, hashlib\n\
z = zipfile.ZipFile(sys.argv[1])\n\
for i in sorted(z.infolist(), key=lambda i: i.header_offset):\n \
 link = (i.external_attr >> 28) == 10\n \
 d = '' if i.is_dir() or link else hashlib.sha256(z.read(i)).hexdigest()\n \
 t = z.read(i).decode() if link else ''\n \
 print(i.filename.rstrip('/'), 0 if link else i.file_size, oct(i.external_attr >> 16 & 0o7777), d, t)\n";

fn as_python_lists(inventory: &Inventory) -> String {
    let line = |member: &quorate_archive::Member| {
        let digest = member.sha256.map(|digest| digest.to_string());
        let target = match &member.kind {
            MemberKind::Symlink { target } => target,
            _ => "",
        };
        format!(
            "{} {} 0o{:o} {} {target}\n",
            member.name,
            member.size,
            member.mode,
            digest.unwrap_or_default()
        )
    };
    inventory.members.iter().map(line).collect()
}

#[test]
fn zips_of_info_zip_are_listed_as_python_lists_them() {
    let shop = Workshop::new();
    shop.write("list.py", PYTHON_LIST);
    for script in [
        "zip -qry ../a.zip .",
        "zip -qryX -9 ../a.zip .",
        "zip -qry0 ../a.zip .",
        "zip -qr -fd ../a.zip .",
        "zip -qry - . > ../a.zip",
        "zip -qr - hello sub/numbers | cat > ../a.zip",
        "zip -qryl ../a.zip . && zip -qd ../a.zip 'sub/*'",
    ] {
        let script = format!("rm -f a.zip; cd tree; rm -f caf\u{e9}; {script}");
        let bytes = shop.made(&script, "a.zip");
        let inventory = list(&bytes, Format::Zip).unwrap_or_else(|e| panic!("{script}: {e}"));
        assert_eq!(
            as_python_lists(&inventory),
            shop.sh("python3 list.py a.zip"),
            "{script}"
        );
        assert_eq!(inventory.whole, Sha256::of(&bytes));
    }
}

#[test]
fn times_and_owners_of_info_zip_are_listed() {
    let shop = Workshop::empty();
    let script =
        "echo > a; touch -d @1700000001 a; zip -q a.zip a; TZ=UTC zip -qX b.zip a; id -u; id -g";
    let ids = shop.sh(script);
    let mut ids = ids.lines().map(|line| line.parse::<u64>().unwrap());
    let of = |file| {
        let inventory = list(&std::fs::read(shop.path(file)).unwrap(), Format::Zip).unwrap();
        inventory.members[0].clone()
    };
    let (full, plain) = (of("a.zip"), of("b.zip"));
    assert_eq!(full.modified, Some(1_700_000_001));
    assert_eq!((full.owner.uid, full.owner.gid), (ids.next(), ids.next()));
    // Two seconds are the unit of the plain time.
    assert_eq!(plain.modified, Some(1_700_000_002));
    assert_eq!((plain.owner.uid, plain.owner.gid), (None, None));
}

#[test]
fn a_wheel_by_python_is_listed() {
    let shop = Workshop::empty();
    shop.write(
        "make.py",
        "import zipfile\n\
         with zipfile.ZipFile('a-1-py3-none-any.whl', 'w', zipfile.ZIP_DEFLATED) as z:\n \
         z.writestr('a/__init__.py', 'x = 1\\n' * 99)\n \
         z.writestr('a/caf\u{e9}.py', '')\n \
         z.writestr(zipfile.ZipInfo('a-1.dist-info/METADATA'), 'Name: a')\n \
         with z.open('a-1.dist-info/RECORD', 'w', force_zip64=True) as f: f.write(b'a/__init__.py,,')\n",
    );
    shop.write("list.py", PYTHON_LIST);
    let bytes = shop.made("python3 make.py", "a-1-py3-none-any.whl");
    let inventory = list(&bytes, Format::Zip).unwrap();
    let listed = shop.sh("python3 list.py a-1-py3-none-any.whl");
    assert_eq!(as_python_lists(&inventory), listed);
    assert_eq!(inventory.members.len(), 4);
}

#[test]
fn a_zip_that_python_streams_is_listed() {
    let shop = Workshop::empty();
    shop.write(
        "make.py",
        "import sys, zipfile\n\
         class Pipe:\n \
         write = staticmethod(sys.stdout.buffer.write)\n \
         flush = staticmethod(sys.stdout.buffer.flush)\n\
         with zipfile.ZipFile(Pipe(), 'w', zipfile.ZIP_DEFLATED) as z:\n \
         z.writestr('a', 'x' * 999)\n \
         z.writestr('b', '')\n",
    );
    let bytes = shop.made("python3 make.py > a.zip", "a.zip");
    assert_eq!(names(&list(&bytes, Format::Zip).unwrap()), ["a", "b"]);
}

#[test]
fn a_jar_is_listed() {
    // As the jar tool makes one: a mark at the first member, folders deflated, sizes in descriptors, no attributes.
    let jar = zip_of(&[
        ZipHand::deflated("META-INF/", b"")
            .extra(b"\xfe\xca\0\0", b"\xfe\xca\0\0")
            .with_descriptor()
            .attributes(0)
            .central(5, &[0]),
        ZipHand::deflated("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\r\n")
            .with_descriptor()
            .attributes(0)
            .central(5, &[0]),
    ]);
    let inventory = list(&jar, Format::Zip).unwrap();
    assert_eq!(names(&inventory), ["META-INF", "META-INF/MANIFEST.MF"]);
    assert_eq!(inventory.members[0].kind, MemberKind::Folder);
    assert_eq!(inventory.members[1].mode, 0);
    let shop = Workshop::empty();
    let script = "mkdir META-INF; printf 'Manifest-Version: 1.0\\n' > META-INF/MANIFEST.MF; zip -qr a.jar META-INF; zip -qu a.jar META-INF/MANIFEST.MF";
    let inventory = list(
        &shop.made(&format!("{script} || true"), "a.jar"),
        Format::Zip,
    )
    .unwrap();
    assert_eq!(names(&inventory), ["META-INF", "META-INF/MANIFEST.MF"]);
}

#[test]
fn a_wheel_that_python_made_on_windows_is_listed_with_its_mode() {
    let wheel = zip_of(&[ZipHand::stored("a", b"x")
        .attributes(0o100_666 << 16)
        .central(5, &[0])]);
    assert_eq!(list(&wheel, Format::Zip).unwrap().members[0].mode, 0o666);
}

#[test]
fn an_empty_zip_has_no_members() {
    assert_eq!(list(&zip_of(&[]), Format::Zip).unwrap().members, []);
}

#[test]
fn a_zip_of_more_than_65535_members_has_zip64_records() {
    let shop = Workshop::empty();
    shop.write(
        "make.py",
        "import zipfile\n\
         with zipfile.ZipFile('a.zip', 'w') as z:\n \
         for i in range(70000): z.writestr(str(i), '')\n",
    );
    let bytes = shop.made("python3 make.py", "a.zip");
    assert_eq!(list(&bytes, Format::Zip).unwrap().members.len(), 70_000);
    // A count in the plain record that is not all ones hides members from readers without zip64.
    let mut fewer = bytes;
    let plain = fewer.len() - 22;
    fewer[plain + 8..plain + 12].copy_from_slice(&[1, 0, 1, 0]);
    fewer[plain + 16..plain + 20].copy_from_slice(&u32::MAX.to_le_bytes());
    crate::workshop::refused(&fewer, Format::Zip, "plain and zip64 end record disagree");
}

#[test]
fn a_zip_as_a_stream_is_not_read() {
    let bytes = zip_of(&[]);
    let error = inventory(&*bytes, Format::Zip, &Limits::STANDARD);
    assert!(matches!(error, Err(ArchiveError::NeedsSeek)));
}

#[test]
fn members_are_listed_in_the_order_of_the_file() {
    let (a, b) = (ZipHand::stored("a", b"1"), ZipHand::stored("b", b"2"));
    let (first, second) = (a.local_bytes(), b.local_bytes());
    let directory = [b.central_bytes(first.len()), a.central_bytes(0)].concat();
    let offset = first.len() + second.len();
    let end = crate::zip_hand::end(2, directory.len(), offset);
    let bytes = [first, second, directory, end].concat();
    assert_eq!(names(&list(&bytes, Format::Zip).unwrap()), ["a", "b"]);
}

/// A signing block of one pair.
fn signing_block() -> Vec<u8> {
    let pair = [&12u64.to_le_bytes()[..], b"idididid....."].concat();
    let pair = &pair[..20];
    let size = (pair.len() as u64 + 24).to_le_bytes();
    [&size[..], pair, &size, b"APK Sig Block 42"].concat()
}

#[test]
fn a_signing_block_is_refused_unless_it_is_asked_for() {
    let block = signing_block();
    let with = |block: &[u8]| zip_with(&[ZipHand::stored("a", b"1")], b"", b"", block);
    let covers = "bytes before it that no member covers";
    crate::workshop::refused(&with(&block), Format::Zip, covers);
    let allow = Limits {
        signing_block: SigningBlock::Allow,
        ..Limits::STANDARD
    };
    let inventory = list_with(&with(&block), Format::Zip, &allow).unwrap();
    assert_eq!(inventory.signing_block, Some(Sha256::of(&block)));
    let plain = list_with(&with(b""), Format::Zip, &allow).unwrap();
    assert_eq!(plain.signing_block, None);
    let none = "bytes before the directory that are no signing block";
    let mut broken = vec![
        block[..block.len() - 1].to_vec(),
        block[1..].to_vec(),
        b"x".to_vec(),
    ];
    for at in [0, 8, 28, 40] {
        let mut bytes = block.clone();
        bytes[at] ^= 1;
        broken.push(bytes);
    }
    broken.push([&block[..], &block].concat());
    for block in broken {
        let reason = refusal_with(&with(&block), Format::Zip, &allow);
        assert!(reason.contains(none), "{reason}");
    }
}
