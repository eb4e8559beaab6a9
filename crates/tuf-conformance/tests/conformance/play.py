"""A repository that python-tuf makes and changes, a server of it on this machine, and a client that is run against it.

play.py CLIENT    plays every case of cases.py and delegations.py, prints what failed, then how many of how many held.
"""

import datetime
import http.server
import os
import subprocess
import sys
import tempfile
import threading
from urllib import parse

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.api.serialization.json import JSONSerializer

NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
KEYS = [CryptoSigner.generate_ed25519() for _ in range(10)]
TOP = ["root", "timestamp", "snapshot", "targets"]


def in_days(days):
    return NOW + datetime.timedelta(days=days)


class Repository:
    """Every role of today in `roles`, and every file that was ever published, whatever became of its role since."""

    def __init__(self):
        later = in_days(30)
        self.roles = {
            "root": Root(expires=later, consistent_snapshot=True),
            "targets": Targets(expires=later),
            "snapshot": Snapshot(expires=later),
            "timestamp": Timestamp(expires=later),
        }
        self.signers = {role: [KEYS[place]] for place, role in enumerate(TOP)}
        self.files, self.targets, self.asked = {}, {}, []
        self.with_hashes = False
        for role in TOP:
            self.root.add_key(self.signers[role][0].public_key, role)
        for role in ["root", "targets", "snapshot", "timestamp"]:
            self.write(role)

    root = property(lambda self: self.roles["root"])
    timestamp = property(lambda self: self.roles["timestamp"])
    snapshot = property(lambda self: self.roles["snapshot"])

    def write(self, *roles):
        """Signs roles as they are, serves them, and has the role above name them."""
        for role in roles:
            signed = self.roles[role]
            metadata = Metadata(signed)
            for signer in self.signers[role]:
                metadata.sign(signer, append=True)
            data = metadata.to_bytes(JSONSerializer())
            prefix = "" if role == "timestamp" else f"{signed.version}."
            self.files[f"{prefix}{parse.quote(role, '')}.json"] = data
            meta = MetaFile(signed.version)
            if self.with_hashes:
                meta = MetaFile.from_data(signed.version, data, ["sha256"])
            if role == "snapshot":
                self.timestamp.snapshot_meta = meta
            elif role not in TOP or role == "targets":
                self.snapshot.meta[f"{role}.json"] = meta

    def publish(self, *roles):
        """The next versions of these roles."""
        for role in roles:
            self.roles[role].version += 1
            self.write(role)

    def publish_all(self, *roles):
        self.publish(*roles, "snapshot", "timestamp")

    def hold(self, role, threshold, keys, signing=None):
        """Gives a top-level role other holders, and has some keys sign it from now on."""
        self.root.roles[role].keyids.clear()
        self.root.roles[role].threshold = threshold
        for key in keys:
            self.root.add_key(KEYS[key].public_key, role)
        self.signers[role] = [KEYS[key] for key in (keys if signing is None else signing)]

    def delegate(self, above, role, paths=("*",), terminating=False, key=5):
        delegator = self.roles[above]
        if delegator.delegations is None:
            delegator.delegations = Delegations({}, roles={})
        delegator.delegations.roles[role] = DelegatedRole(role, [], 1, terminating, list(paths))
        delegator.add_key(KEYS[key].public_key, role)
        self.signers[role] = [KEYS[key]]
        self.roles.setdefault(role, Targets(expires=in_days(30)))

    def add(self, role, path, content):
        target = TargetFile.from_data(path, content, ["sha256"])
        self.roles[role].targets[path] = target
        folder, slash, name = path.rpartition("/")
        self.targets[f"{folder}{slash}{target.hashes['sha256']}.{name}"] = content

    def served(self, path):
        tree, _, name = path.partition("/")
        if tree == "metadata":
            self.asked.append(name.removesuffix(".json"))
            return self.files.get(name)
        return self.targets.get(parse.unquote(name))


class Client:
    """A client of one repository, with folders of its own."""

    def __init__(self, program, port, folder):
        self.repository = Repository()
        self.pinned = self.repository.files["1.root.json"]
        self.metadata, self.downloads = (os.path.join(folder, name) for name in ("metadata", "targets"))
        self.folder, self.program, self.address = folder, program, f"http://127.0.0.1:{port}/"
        os.mkdir(self.metadata)
        os.mkdir(self.downloads)

    def run(self, *words):
        command = [self.program, "--metadata-dir", self.metadata, *words]
        return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0

    def init(self):
        root = os.path.join(self.folder, "pinned.json")
        with open(root, "wb") as file:
            file.write(self.pinned)
        return self.run("init", root)

    def refresh(self, days=0):
        url = self.address + "metadata"
        return self.run("--metadata-url", url, "--days-in-future", str(days), "refresh")

    def download(self, name, days=0):
        return self.run(
            "--metadata-url", self.address + "metadata", "--target-base-url", self.address + "targets",
            "--target-name", name, "--target-dir", self.downloads, "--days-in-future", str(days), "download",
        )

    def has(self):
        """What was downloaded."""
        contents = []
        for name in os.listdir(self.downloads):
            with open(os.path.join(self.downloads, name), "rb") as file:
                contents.append(file.read())
        return sorted(contents)

    def trusts(self):
        """The trusted roles with their versions."""
        return {name.removesuffix(".json"): self.version(name) for name in os.listdir(self.metadata) if name.endswith(".json")}

    def version(self, file):
        return Metadata.from_file(os.path.join(self.metadata, file)).signed.version


def main(program):
    sys.modules["play"] = sys.modules[__name__]
    import cases
    import delegations  # noqa: F401, it adds its cases

    current = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            found = current["client"].repository.served(self.path[1:])
            self.send_response(200 if found is not None else 404)
            self.send_header("Content-Length", str(len(found or b"")))
            self.end_headers()
            self.wfile.write(found or b"")

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    played = cases.ALL
    failed = 0
    for name, case in played:
        # The client flushes every file, which takes longest on a disk.
        memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
        with tempfile.TemporaryDirectory(dir=memory) as folder:
            current["client"] = Client(program, server.server_address[1], folder)
            try:
                case(current["client"], current["client"].repository)
            except AssertionError as problem:
                failed += 1
                line = problem.__traceback__.tb_next.tb_lineno if problem.__traceback__.tb_next else 0
                print(f"{name}: line {line}: {problem}; trusted: {current['client'].trusts()}")
    print(f"{len(played) - failed} of {len(played)} hold")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
