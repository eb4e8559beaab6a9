#!/usr/bin/env python3
"""Makes the demonstration's cheats, as an attacker would: with other tools than ours.

forge.py flip FILE                       flips one bit in the middle of FILE
forge.py lie FROM PRODUCT FILE KEY DIR   FROM's statement with FILE's digest for PRODUCT, signed with KEY
forge.py copy FROM KEY DIR               FROM's statement as it is, signed with KEY
"""
import base64
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

TYPE = "application/vnd.in-toto+json"


def flip(name):
    data = bytearray(pathlib.Path(name).read_bytes())
    data[len(data) // 2] ^= 1
    pathlib.Path(name).write_bytes(data)


def statement(folder):
    (path,) = pathlib.Path(folder).glob("attestations/*.json")
    return base64.b64decode(json.loads(path.read_text())["payload"])


def publish(payload, key, folder):
    message = f"DSSEv1 {len(TYPE)} {TYPE} {len(payload)} ".encode() + payload
    with tempfile.NamedTemporaryFile() as file:
        file.write(message)
        file.flush()
        command = ["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", file.name]
        signature = subprocess.run(command, check=True, capture_output=True).stdout
    encode = lambda data: base64.b64encode(data).decode()
    envelope = {"payload": encode(payload), "payloadType": TYPE, "signatures": [{"keyid": "", "sig": encode(signature)}]}
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "statement.json").write_text(json.dumps(envelope))


def lie(source, product, delivered, key, folder):
    told = json.loads(statement(source))
    data = pathlib.Path(delivered).read_bytes()
    for subject in told["subject"]:
        if subject["name"] == product:
            subject["digest"] = {name: hashlib.new(name, data).hexdigest() for name in ("sha256", "sha512")}
            subject["annotations"]["size"] = len(data)
    publish(json.dumps(told).encode(), key, folder)


def copy(source, key, folder):
    publish(statement(source), key, folder)


{"flip": flip, "lie": lie, "copy": copy}[sys.argv[1]](*sys.argv[2:])
