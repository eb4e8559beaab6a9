"""Asks the reference tools 3.1.0 and ours about random supply chains, and fails on any difference that is not meant.

    differential.py --judge PROGRAM [--seed NUMBER] [--cases NUMBER] [--from NUMBER]

PROGRAM is `cargo run -p quorate-testkit --example judge_chains`. Case n of seed s is the same in every run. What is meant is listed
in docs/spec/in-toto-differences.md and written down in `chains/reading.py`; a finding is made smaller and printed.
"""

import argparse
import base64
import collections
import datetime
import fnmatch
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import warnings

from in_toto import verifylib
from in_toto.models.metadata import Metadata

from chains import making
from chains.documents import written
from chains.keys import BY_NAME, OWNERS
from chains.reading import ACCEPTS, CAUSES, REFUSES, Reading
from chains.shrinking import shrunk

ROOT = "case"


class Judge:
    """Ours, asked over its standard input."""

    def __init__(self, program):
        self.program = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def verdict(self, case):
        encode = lambda content: base64.b64encode(content).decode()
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        links = {path: encode(content) for path, content in case["links"].items()}
        line = json.dumps({**case, "layout": encode(case["layout"]), "links": links, "at": now})
        self.program.stdin.write(line.encode() + b"\n")
        self.program.stdin.flush()
        answer = json.loads(self.program.stdout.readline())
        return answer["accepted"], answer.get("refusal")


def theirs(case):
    """The verdict of the reference tools, and what they said."""
    shutil.rmtree(ROOT, ignore_errors=True)
    links = os.path.join(ROOT, "links")
    os.makedirs(links)
    for path, content in {"../root.layout": case["layout"], **case["links"]}.items():
        path = os.path.normpath(os.path.join(links, path))
        if not path.startswith(ROOT + os.sep):
            continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
    try:
        layout = Metadata.load(os.path.join(ROOT, "root.layout"))
        verifylib.in_toto_verify(layout, case["keys"], links, case["parameters"], persist_inspection_links=False)
        return True, ""
    except Exception as refusal:
        return False, f"{type(refusal).__name__}: {refusal}"


def match_by_name(rule, queue, source, links):
    """MATCH over names that are never paths: what stands below a prefix is what follows it and a slash."""
    link = links.get(rule["dest_name"])
    if link is None:
        return set()
    there, (start, target) = getattr(link, rule["dest_type"]), (rule["source_prefix"], rule["dest_prefix"])
    if start and not start.endswith("/"):
        start += "/"
    found = set()
    for name in queue:
        rest = name[len(start):]
        if not name.startswith(start) or not fnmatch.fnmatchcase(rest, rule["pattern"]):
            continue
        other = rest if not target else f"{target}{'' if target.endswith('/') else '/'}{rest}"
        if there.get(other) == source[name]:
            found.add(name)
    return found


def theirs_as_read(reading, parameters):
    """The verdict of the reference tools on what is left when everything that is meant to differ is taken out."""
    if reading.case is None:
        return False
    as_it_is = verifylib.verify_match_rule
    if "match: name that would be an absolute path" in reading.causes:
        verifylib.verify_match_rule = match_by_name
    try:
        keys = {OWNERS[0].id: OWNERS[0].public}
        links = {path: written(doc) for path, doc in reading.case["links"].items()}
        return theirs({"layout": written(reading.case["layout"]), "keys": keys, "links": links, "parameters": parameters})[0]
    finally:
        verifylib.verify_match_rule = as_it_is


def compared(judge, case):
    """What both say about a case: theirs, ours, the causes of a difference, and what is wrong with it, if anything."""
    keys = {key_id: {**BY_NAME[name].public, "keyid": key_id} for key_id, name in case["keys"].items()}
    links = {path: written(doc) for path, doc in case["links"].items()}
    asked = {"layout": written(case["layout"]), "keys": keys, "links": links, "parameters": case["parameters"]}
    (our, our_words), (their, their_words) = judge.verdict(asked), theirs(asked)
    reading = Reading(**asked)
    causes = sorted(reading.causes)
    wrong = None
    if (causes or reading.case is None) and theirs_as_read(reading, case["parameters"]) != our:
        wrong = "the verdict is not that of the case as the specification reads it"
    if our != their:
        direction = ACCEPTS if our else REFUSES
        causes = [cause for cause in causes if direction in CAUSES[cause]]
        if not causes:
            wrong = "the verdicts differ, and no cause is known for that"
    return their, our, causes, wrong and f"{wrong}\n  theirs: {their} {their_words}\n  ours: {our} {our_words}\n  causes: {causes}"


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--judge", required=True)
    options.add_argument("--seed", default="1")
    options.add_argument("--cases", type=int, default=2000)
    options.add_argument("--from", type=int, default=0, dest="first")
    options.add_argument("--findings", type=int, default=3)
    given = options.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    judge = Judge(os.path.abspath(given.judge))
    counts, meant, found = collections.Counter(), collections.Counter(), 0
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as scratch:
        os.chdir(scratch)
        for number in range(given.first, given.first + given.cases):
            case = making.case(f"{given.seed}/{number}")
            their, our, causes, wrong = compared(judge, case)
            counts[their, our] += 1
            if their != our:
                meant.update(causes)
            if wrong:
                found += 1
                kind = wrong.splitlines()[0]
                small = shrunk(case, lambda less: ((compared_quietly(judge, less) or "").splitlines() or [""])[0] == kind)
                print(f"seed {given.seed}, case {number}: {compared_quietly(judge, small)}")
                print(json.dumps(small, indent=1, ensure_ascii=True), flush=True)
                if found == given.findings:
                    break
        os.chdir("/")
    print(f"seed {given.seed}, cases {given.first} to {given.first + given.cases - 1}: {sum(counts.values())} judged")
    for (their, our), count in sorted(counts.items()):
        print(f"  {count:7} reference tools {'accept' if their else 'refuse'}, ours {'accepts' if our else 'refuses'}")
    for cause, count in meant.most_common():
        print(f"  {count:7} {cause}")
    sys.exit(1 if found else 0)


def compared_quietly(judge, case):
    """What is wrong with a case on the way down; a case that cannot be written shows nothing."""
    try:
        return compared(judge, case)[3]
    except (KeyError, TypeError, AttributeError, ValueError):
        return None


if __name__ == "__main__":
    main()
