//! python-tuf, the reference implementation: its client reads what we write, and ours reads what it writes.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use quorate_trust::client::{Client, FolderFetch, Pin, TrustClient};
use quorate_trust::disk::OnBusy;
use quorate_trust::metadata::TopRole;
use quorate_trust::repository::{Change, RootChange};

use crate::stage::{LIMITS, Stage, days, holders, path, policy, time};

/// The programs that stand for "any TUF client" and "any TUF repository".
const PACKAGES: [&str; 2] = ["tuf==6.0.0", "securesystemslib[crypto]==1.3.1"];

/// A Python with python-tuf, made once and kept beside the other products of the build.
fn python() -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tuf-python");
        let lock = File::create(folder.with_extension("lock")).unwrap();
        lock.lock().unwrap();
        let ready = folder.join("ready");
        let wanted = PACKAGES.join("\n");
        if fs::read_to_string(&ready).ok().as_ref() != Some(&wanted) {
            let place = folder.to_str().unwrap();
            succeed(Command::new("python3").args(["-m", "venv", "--clear", place]));
            let mut pip = Command::new(folder.join("bin/pip"));
            pip.args(["install", "--quiet", "--disable-pip-version-check"]);
            succeed(pip.args(PACKAGES));
            fs::write(&ready, wanted).unwrap();
        }
        folder
    });
    folder.join("bin/python3")
}

fn succeed(command: &mut Command) -> String {
    let ran = command.output().unwrap();
    let told = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{command:?}: {told}");
    String::from_utf8(ran.stdout).unwrap()
}

fn run(script: &str, folder: &Path, arguments: &[&str]) -> String {
    let file = folder.join("script.py");
    fs::write(&file, script).unwrap();
    let mut command = Command::new(python());
    command.arg(&file).arg(folder).args(arguments);
    succeed(&mut command)
}

fn written(stage: &Stage) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in &stage.files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    fs::write(folder.path().join("pinned.json"), stage.first_root()).unwrap();
    folder
}

/// Follows a repository in a folder at a fixed time, and prints a target or the kind of refusal.
const READER: &str = r#"
import datetime, os, sys, tempfile
from tuf.api.exceptions import DownloadHTTPError, RepositoryError
from tuf.ngclient import FetcherInterface, Updater

folder, targets = sys.argv[1], sys.argv[2:]

class Folder(FetcherInterface):
    def _fetch(self, url):
        path = os.path.join(folder, url.removeprefix("http://here/"))
        if not os.path.exists(path):
            raise DownloadHTTPError("missing", 404)
        yield open(path, "rb").read()

root = open(os.path.join(folder, "pinned.json"), "rb").read()
with tempfile.TemporaryDirectory() as store:
    updater = Updater(store, "http://here/metadata/", store, "http://here/targets/",
                      fetcher=Folder(), bootstrap=root)
    updater._trusted_set.reference_time = datetime.datetime(2027, 1, 1, tzinfo=datetime.timezone.utc)
    try:
        updater.refresh()
        for target in targets:
            found = updater.get_targetinfo(target)
            if found is None:
                print("nobody")
            else:
                print(open(updater.download_target(found)).read())
    except RepositoryError as refusal:
        print("refused")
"#;

#[test]
fn python_tufs_client_reads_what_we_write() {
    let mut stage = Stage::with_projects();
    stage.change(&Change {
        root: Some(RootChange {
            holders: [(TopRole::Root, holders(2, &["root-1", "root-2", "zlib-1"]))].into(),
            expires: days(300),
        }),
        roles: [].into(),
    });
    let folder = written(&stage);
    let wanted = ["catdoc", "zlib", "nobody"].map(|project| policy(project).to_string());
    let wanted = wanted.each_ref().map(String::as_str);
    let said = run(READER, folder.path(), &wanted);
    assert_eq!(said, "the policy of catdoc\nthe policy of zlib\nnobody\n");
    // And it refuses what we refuse.
    let timestamp = folder.path().join("metadata/timestamp.json");
    let good = fs::read(&timestamp).unwrap();
    fs::write(
        &timestamp,
        crate::stage::replaced(&good, "2027-01-08", "2028-01-08"),
    )
    .unwrap();
    assert_eq!(run(READER, folder.path(), &[]), "refused\n");
}

/// Writes a repository with python-tuf: Ed25519 and ECDSA keys, a rotated root, a bin by hash prefix, and a project behind it.
const WRITER: &str = r#"
import datetime, hashlib, os, sys
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (DelegatedRole, Delegations, Metadata, MetaFile, Root, Snapshot,
                              TargetFile, Targets, Timestamp)
from tuf.api.serialization.json import JSONSerializer

folder = os.path.join(sys.argv[1], "python")
expires = datetime.datetime(2027, 6, 1, tzinfo=datetime.timezone.utc)
pretty = JSONSerializer(compact=False)
os.makedirs(os.path.join(folder, "metadata"))
os.makedirs(os.path.join(folder, "targets/p/catdoc"))
online, one, two = CryptoSigner.generate_ed25519(), CryptoSigner.generate_ecdsa(), CryptoSigner.generate_ed25519()

def write(name, content, signers):
    metadata = Metadata(content)
    for signer in signers:
        metadata.sign(signer, append=True)
    metadata.to_file(os.path.join(folder, "metadata", name), pretty)
    return metadata

root = Root(version=1, expires=expires, consistent_snapshot=True)
for role, signers in [("root", [one, two]), ("targets", [one]), ("snapshot", [online]), ("timestamp", [online])]:
    for signer in signers:
        root.add_key(signer.public_key, role)
root.roles["root"].threshold = 2
write("1.root.json", root, [one, two])
root.version = 2
write("2.root.json", root, [one, two])

content = b"the policy of catdoc, by python"
digest = hashlib.sha256(content).hexdigest()
open(os.path.join(folder, "targets/p/catdoc", digest + ".policy.json"), "wb").write(content)
path = "p/catdoc/policy.json"
prefix = hashlib.sha256(path.encode()).hexdigest()[:2]

def delegate(role, name, signer, **scope):
    role.delegations = Delegations({}, {name: DelegatedRole(name, [], 1, True, **scope)})
    role.add_key(signer.public_key, name)

top, bin_, project = (Targets(expires=expires) for _ in range(3))
delegate(top, "bin " + prefix, two, path_hash_prefixes=[prefix])
delegate(bin_, "catdoc/maintainers", one, paths=["p/catdoc/*"])
project.targets[path] = TargetFile.from_data(path, content, ["sha256", "sha512"])
project.targets[path].unrecognized_fields["custom"] = {"note": "für alle"}
write("1.targets.json", top, [one])
write("1.bin%20" + prefix + ".json", bin_, [two])
write("1.catdoc%2Fmaintainers.json", project, [one])

names = ["targets.json", "bin " + prefix + ".json", "catdoc/maintainers.json"]
snapshot = Snapshot(expires=expires, meta={name: MetaFile(1) for name in names})
write("1.snapshot.json", snapshot, [online])
write("timestamp.json", Timestamp(expires=expires, snapshot_meta=MetaFile(1)), [online])
"#;

#[test]
fn our_client_reads_what_python_tuf_writes() {
    let folder = tempfile::tempdir().unwrap();
    run(WRITER, folder.path(), &[]);
    let repository = folder.path().join("python");
    let pin = Pin::Root(fs::read(repository.join("metadata/1.root.json")).unwrap());
    let store = folder.path().join("store");
    let mut client = Client::open(&store, pin, OnBusy::Refuse, LIMITS).unwrap();
    let (mut fetch, now) = (FolderFetch::new(&repository), time("2027-01-01T00:00:00Z"));
    let status = client.update(&mut fetch, now).unwrap();
    assert_eq!(status.roles[0].version.number(), 2);
    assert_eq!(status.roles[0].signed_by.len(), 2);
    let target = client.target(&path("p/catdoc/policy.json"), Some(&mut fetch), now);
    let target = target.unwrap();
    assert_eq!(target.bytes, b"the policy of catdoc, by python");
    assert_eq!(target.role.as_str(), "catdoc/maintainers");
    assert!(target.custom.is_some());
}
