#!/usr/bin/env python3
"""Lists what a party's statement says was built: NAME VERSION ARCHITECTURE FILE, debug symbols left out.

For the demonstration only: it reads a statement without checking who signed it, to know what to ask apt for.
"""
import base64
import json
import pathlib
import sys

for path in sorted(pathlib.Path(sys.argv[1]).glob("attestations/*.json")):
    statement = json.loads(base64.b64decode(json.loads(path.read_text())["payload"]))
    for subject in statement["subject"]:
        about = subject["annotations"]
        if not about["package"].endswith("-dbgsym") and subject["name"].endswith(".deb"):
            print(about["package"], about["version"], about["architecture"], subject["name"])
