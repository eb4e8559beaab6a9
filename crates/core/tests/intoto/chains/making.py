"""Makes a supply chain from a seed: one that holds, then up to three things changed."""

import copy
import fnmatch
import hashlib
import random

from in_toto import verifylib
from in_toto.exceptions import RuleVerificationError

from .documents import TYPE, document
from .keys import BY_NAME, FUNCTIONARIES, STRANGER

STEPS = ["s1", "s2", "build", "a b", "x.y", "S-1", "pkg_2"]
ODD_STEPS = ["a/b", "../links/s", ".s", "a..b", "é", "s*", "", "s" * 130, None, 5, "s1"]
ARTIFACTS = (
    "a b ab a/b a/b/c b/a [a [a] * ? é .a ..a a. a.c b.c lib/a lib/b.c lib/a/b {a} {A} a\\b lib/a\\b /abs /abs/a "
    "http://h/p https://h//p pkg:deb/a@1 - ! ] A file:a lib/lib/a libx/a".split() + ["a b", " a", "a\nb", "lib"]
)
ODD_ARTIFACTS = ["./a", "a//b", "a/", "//a", "", "..", "a/../b", "https://h/../p", "a/./b", "file:./a", "lib//a", "x:"]
TOKENS = "a b c / . * ? ** [ab] [!a] [^a] [a-c] [!b-a] [b-a] [ [!] []a] [!]a] [a-] [--b] [a-c-e] \\ {a} {A} {{ }} é lib lib/ [*] : - ]".split()
PATTERNS = ["*", "a*", "*a", "*.c", "lib/*", "a/*", "*/*", "?", "[a", "[!/]*", ".*", "**", "{a,b}", "", "*b*", "[]a]*"]
PREFIXES = ["lib", "lib/", "a", "a/", "a/b", "/", "/abs", "http:", "https://h", "", "*", "é", "lib//", "a\\b", "b"]
DIGESTS = [hashlib.sha256(bytes([at])).hexdigest() for at in range(4)]
LONG = [hashlib.sha512(bytes([at])).hexdigest() for at in range(2)]
ODD_DIGESTS = [{}, {"sha256": DIGESTS[0].upper()}, {"sha256": "zz" * 32}, {"sha256": "ab"}, {"x": "abc"}, {"sha256": 5}, {"a b": "ab"}, None]
ODD_EXPIRES = [
    "2030-01-01T00:00:00+00:00", "2030-02-30T00:00:00Z", "2030-01-01", "2030-01-01T00:00:00.5Z", "", None, 5, "2030-01-01t00:00:00z",
    "2030-01-01T24:00:00Z", "２０３０-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2030-01-01T00:00:60Z", " 2030-01-01T00:00:00Z", "2030-01-01T00:00:00Z\n",
]
ODD_VALUES = [None, True, 0, 1, -1, 1.5, "", "x", [], ["x"], {}, {"x": {}}, 2**70, [None], {"x": 1}, "1"]
FUTURE, PAST = "2999-01-01T00:00:00Z", "2020-01-01T00:00:00Z"


class Links:
    """What the reference tools' rules need of a link."""

    def __init__(self, payload):
        self.materials, self.products = payload["materials"], payload["products"]


def case(seed):
    """The case of that seed, as data."""
    made = Maker(random.Random(seed))
    return made.case()


class Maker:
    def __init__(self, rng):
        self.rng, self.links = rng, {}

    def case(self):
        rng = self.rng
        owners = ["owner"] if rng.random() < 0.8 else ["owner", "second owner"]
        layout = self.chain(owners, "", self.artifacts(rng.randint(0, 4)), None, 0)
        parameters = None
        if rng.random() < 0.2:
            values = ["a", "*", "lib", "[a", "s1", "{A}", "", "é"]
            parameters = {name: rng.choice(values) for name in ["A", "b-1", "0"] if rng.random() < 0.8}
        made = {"layout": layout, "keys": {BY_NAME[name].id: name for name in owners}, "links": self.links, "parameters": parameters}
        for _ in range(rng.choices([0, 1, 2, 3], [35, 35, 20, 10])[0]):
            self.mutate(made)
        return made

    # A chain that holds.

    def chain(self, signers, folder, materials, products, depth):
        rng = self.rng
        names = rng.sample(STEPS, rng.choices([0, 1, 2, 3, 4], [1, 30, 40, 20, 10])[0] if depth == 0 else rng.choice([1, 1, 2]))
        payload = {"_type": "layout", "expires": FUTURE, "readme": "", "keys": {}, "steps": [], "inspect": []}
        facts = []
        for at, name in enumerate(names):
            last = at == len(names) - 1
            out = products if last and products is not None else self.following(materials)
            facts.append((name, materials, out))
            materials = self.following(out, 0.15) if rng.random() < 0.5 else out
        links = {name: Links({"materials": before, "products": after}) for name, before, after in facts}
        for name, before, after in facts:
            payload["steps"].append(self.step(payload["keys"], name, before, after, folder, depth))
        holds = rng.random() < 0.8
        for step in payload["steps"]:
            for kind in ("materials", "products"):
                rules = [self.rule(names, getattr(links[step["name"]], kind)) for _ in range(rng.choice([0, 0, 1, 2, 3, 4, 6]))]
                if rng.random() < 0.4:
                    rules.append(["DISALLOW", "*"])
                step[f"expected_{kind}"] = self.repaired(step["name"], kind, rules, links) if holds else rules
        return document(self.form(), payload, signers)

    def form(self):
        return "dsse" if self.rng.random() < 0.6 else "metablock"

    def artifacts(self, count):
        return {name: self.digests() for name in self.rng.sample(ARTIFACTS, count)}

    def digests(self):
        rng = self.rng
        sets = [{"sha256": rng.choice(DIGESTS)}, {"sha256": DIGESTS[0]}, {"sha256": DIGESTS[0], "sha512": rng.choice(LONG)}]
        sets += [{"sha512": LONG[0]}, {"gitCommit": "ab" * 20}, {"own": "abcd"}]
        return rng.choices(sets, [60, 20, 10, 4, 3, 3])[0]

    def following(self, artifacts, change=0.4):
        rng = self.rng
        kept = {}
        for name, digests in artifacts.items():
            if rng.random() < change:
                continue
            if rng.random() < 0.25:
                name = rng.choice(["lib/", "a/", ""]) + name.lstrip("/")
            kept[name] = digests if rng.random() < 0.7 else self.digests()
        kept.update(self.artifacts(rng.choice([0, 1, 1, 2])))
        kept = {name: digests for name, digests in kept.items() if name not in ODD_ARTIFACTS and "//" not in name or ":" in name}
        return kept

    def step(self, keys, name, materials, products, folder, depth):
        rng = self.rng
        parties = rng.sample(FUNCTIONARIES, rng.choices([1, 2, 3, 4], [40, 30, 20, 10])[0])
        if rng.random() < 0.97:
            parties = [key for key in parties if key.name != "alias"] or [BY_NAME["alias"]]
        for key in parties:
            keys[key.id] = copy.deepcopy(key.public)
        threshold = min(len(parties), rng.choices([1, 2, 3], [55, 30, 15])[0])
        for key in rng.sample(parties, rng.randint(threshold, len(parties))):
            self.put_link(key, name, materials, products, folder, depth)
        command = ["make"] if rng.random() < 0.5 else []
        return {
            "_type": "step", "name": name, "threshold": threshold, "pubkeys": [key.id for key in parties],
            "expected_command": command, "expected_materials": [], "expected_products": [],
        }

    def put_link(self, key, name, materials, products, folder, depth):
        rng = self.rng
        stem = f"{folder}{name}.{key.id[:8]}"
        if depth < 2 and rng.random() < 0.1:
            self.links[f"{stem}.link"] = self.chain([key.name], f"{stem}/", materials, products, depth + 1)
            return
        payload = {
            "_type": "link", "name": name, "command": rng.choice([[], ["make"], ["é", ""]]), "materials": materials,
            "products": products, "byproducts": rng.choice([{}, {"return-value": 0, "stdout": "a\n\t\"\\"}]), "environment": {},
        }
        signers = [key.name]
        twin = self.links.get(f"{stem}.link")
        if twin:
            signers += [item["key"] for item in twin["signatures"]]
        elif rng.random() < 0.05:
            signers.insert(rng.randint(0, 1), rng.choice(FUNCTIONARIES).name)
        self.links[f"{stem}.link"] = copy.deepcopy(document(self.form(), payload, list(dict.fromkeys(signers))))

    # Rules.

    def pattern(self, artifacts):
        rng = self.rng
        kind = rng.random()
        if kind < 0.3 and artifacts:
            return rng.choice(sorted(artifacts))
        if kind < 0.7:
            return rng.choice(PATTERNS)
        return "".join(rng.choice(TOKENS) for _ in range(rng.randint(1, 4)))

    def rule(self, names, artifacts):
        rng = self.rng
        word = rng.choices(["ALLOW", "CREATE", "DELETE", "MODIFY", "MATCH", "DISALLOW", "REQUIRE"], [14, 12, 8, 10, 36, 12, 8])[0]
        pattern = self.pattern(artifacts)
        rule = [word, pattern]
        if word == "MATCH":
            if rng.random() < 0.4:
                rule += ["IN", rng.choice(PREFIXES)]
            rule += ["WITH", rng.choice(["MATERIALS", "PRODUCTS", "PRODUCTS"])]
            if rng.random() < 0.35:
                rule += ["IN", rng.choice(PREFIXES)]
            rule += ["FROM", rng.choice(names) if rng.random() < 0.9 else rng.choice(["nowhere", "S1", ""])]
        if rng.random() < 0.05:
            rule = [part.lower() if part.isupper() and len(part) > 1 and part not in names else part for part in rule]
        return rule

    def repaired(self, name, kind, rules, links):
        """The rules, with what fails taken out or allowed before it."""
        for _ in range(12):
            try:
                verifylib.verify_item_rules(name, kind, rules, links)
                return rules
            except RuleVerificationError:
                at = len(verifylib.RULE_TRACE["trace"])
                word, pattern = rules[at]
                if word.upper() == "DISALLOW" and self.rng.random() < 0.8:
                    queue = verifylib.RULE_TRACE["trace"][-1]["queue"] if at else list(getattr(links[name], kind))
                    found = sorted(fnmatch.filter(queue, pattern))
                    literal = "".join(f"[{c}]" if c in "*?[" else c for c in self.rng.choice(found))
                    consuming = self.rng.choice(["ALLOW", "ALLOW", "CREATE", "MODIFY", "DELETE"])
                    rules = [*rules[:at], [consuming, literal], *rules[at:]]
                else:
                    rules = [*rules[:at], *rules[at + 1:]]
            except Exception:
                at = len(verifylib.RULE_TRACE["trace"])
                rules = [*rules[:at], *rules[at + 1:]]
        return []

    # Changes.

    def mutate(self, made):
        rng = self.rng
        paths = sorted(made["links"])
        if paths and rng.random() < 0.5:
            path = rng.choice(paths)
            doc = made["links"][path]
            is_link = doc["form"] != "raw" and doc["payload"].get("_type") == "link"
            if rng.random() < 0.3:
                self.mutate_place(made, path)
            elif is_link and rng.random() < 0.6:
                self.mutate_link(doc["payload"])
            elif doc["form"] != "raw":
                self.mutate_document(doc)
            return
        layouts = [made["layout"], *(doc for doc in made["links"].values() if is_layout(doc))]
        doc = made["layout"] if rng.random() < 0.7 else rng.choice(layouts)
        if rng.random() < 0.25:
            self.mutate_document(doc)
        elif is_layout(doc) and doc["payload"]["steps"] and rng.random() < 0.6:
            self.mutate_step(doc["payload"], rng.choice(doc["payload"]["steps"]))
        else:
            self.mutate_layout(doc["payload"], made)

    def mutate_place(self, made, path):
        rng, links = self.rng, made["links"]
        kind = rng.choice(["gone", "raw", "other", "copy", "elsewhere"])
        if kind == "gone":
            del links[path]
        elif kind == "raw":
            links[path] = {**links[path], "form": "raw", "payload": rng.choice(["", "{", "[]", "null", "{}", "\ufeff{}", '{"signed": {}, "signatures": []}', '"\ud800"'])}
        elif kind == "other":
            links[path] = copy.deepcopy(links[rng.choice(sorted(links))])
        elif kind == "copy":
            # A file where a functionary, or nobody, has not put one.
            folder, _, name = path.rpartition("/")
            key_id = rng.choice([*FUNCTIONARIES, STRANGER]).id
            stem = name.rsplit(".", 2)[0]
            links[f"{folder}/{stem}.{key_id[:8]}.link".lstrip("/")] = copy.deepcopy(links[path])
        else:
            links[f"elsewhere/{path}"] = links.pop(path)

    def mutate_link(self, payload):
        rng = self.rng
        kind = rng.choice(["digest", "digest", "add", "rename", "odd name", "odd digests", "step", "drop", "set", "unknown", "take"])
        artifacts = payload.get(rng.choice(["materials", "products"]))
        if kind == "step":
            payload["name"] = rng.choice(STEPS)
        elif kind == "drop":
            payload.pop(rng.choice(sorted(payload)))
        elif kind == "set":
            payload[rng.choice(["_type", "name", "command", "materials", "products", "byproducts", "environment"])] = rng.choice(ODD_VALUES)
        elif kind == "unknown":
            payload["more"] = rng.choice(ODD_VALUES)
        elif isinstance(artifacts, dict):
            name = rng.choice(sorted(artifacts) or ["a"])
            if kind == "digest":
                artifacts[name] = self.digests()
            elif kind == "add":
                artifacts.update(self.artifacts(1))
            elif kind == "rename":
                artifacts[rng.choice(ARTIFACTS)] = artifacts.pop(name, {"sha256": DIGESTS[0]})
            elif kind == "odd name":
                artifacts[rng.choice(ODD_ARTIFACTS)] = {"sha256": DIGESTS[0]}
            elif kind == "odd digests":
                artifacts[name] = rng.choice(ODD_DIGESTS)
            else:
                artifacts.pop(name, None)

    def mutate_document(self, doc):
        rng = self.rng
        kind = rng.choice(["form", "signer", "more", "again", "spoil", "id", "type", "payload text", "text", "inject", "envelope", "order"])
        signatures = doc["signatures"]
        keys = [*FUNCTIONARIES, STRANGER]
        if kind == "form":
            doc["form"] = {"dsse": "metablock", "metablock": "dsse"}[doc["form"]]
        elif kind == "type":
            doc["type"] = rng.choice(["application/json", TYPE + " ", "", TYPE])
        elif kind == "payload text":
            doc["edits"].append(["payload text", self.text_edit(doc)])
        elif kind == "text":
            doc["edits"].append(["text", rng.choice(["mark", "trailing", "cut", "twice signatures"])])
        elif kind == "inject":
            doc["edits"].append(["inject", rng.choice(["more", "readme", "environment", "expires"]), rng.choice(["", {}, FUTURE, 1])])
        elif kind == "envelope":
            doc["edits"].append(rng.choice([["both"], ["member", "more", 1], ["member", "more", None], ["no signatures"]]))
        elif kind == "more":
            key = rng.choice(keys)
            signatures.insert(rng.randint(0, len(signatures)), {"key": key.name, "id": key.id, "spoilt": rng.choice([None, None, "flipped", "garbage"])})
        elif kind == "order":
            rng.shuffle(signatures)
        elif signatures:
            item = rng.choice(signatures)
            if kind == "signer":
                item["key"] = rng.choice(keys).name
                item["id"] = rng.choice([item["id"], BY_NAME[item["key"]].id])
            elif kind == "again":
                signatures.insert(rng.randint(0, len(signatures)), {**item, "spoilt": rng.choice([None, "flipped"])})
            elif kind == "spoil":
                item["spoilt"] = rng.choice(["flipped", "capital", "garbage"])
            else:
                item["id"] = rng.choice([None, "", rng.choice(keys).id, item["id"] and item["id"].upper()])

    def text_edit(self, doc):
        names = sorted(doc["payload"]) if isinstance(doc["payload"], dict) else ["_type"]
        return self.rng.choice(["mark", "trailing", *(f"twice {name}" for name in names)])

    def mutate_step(self, layout, step):
        rng = self.rng
        kind = rng.choice(["threshold", "odd threshold", "name", "drop", "set", "unknown", "keys", "keys", "rule", "rule", "rule", "odd rule", "order", "command"])
        names = [other.get("name") for other in layout["steps"]]
        which = rng.choice(["expected_materials", "expected_products"])
        if kind == "threshold":
            step["threshold"] = rng.choice([1, 2, 3])
        elif kind == "odd threshold":
            step["threshold"] = rng.choice([0, -1, True, "1", 1.0, None, 2**70, False])
        elif kind == "name":
            step["name"] = rng.choice([*ODD_STEPS, *STEPS])
        elif kind == "drop":
            step.pop(rng.choice(sorted(step)))
        elif kind == "set":
            step[rng.choice(["_type", "name", "pubkeys", "expected_command", which])] = rng.choice([*ODD_VALUES, "link"])
        elif kind == "unknown":
            step["more"] = 1
        elif kind == "keys" and isinstance(step.get("pubkeys"), list):
            key = rng.choice([*FUNCTIONARIES, STRANGER])
            step["pubkeys"].insert(rng.randint(0, len(step["pubkeys"])), rng.choice([key.id, key.id, "f" * 64, "xyz", key.id[:8]]))
            if rng.random() < 0.5 and isinstance(layout.get("keys"), dict):
                layout["keys"][key.id] = copy.deepcopy(key.public)
        elif kind == "command":
            step["expected_command"] = rng.choice([["é"], ["{A}"], [1], ["{", "x"], ["{b-1}"]])
        elif isinstance(step.get(which), list):
            rules = step[which]
            if kind == "rule":
                rules.insert(rng.randint(0, len(rules)), self.rule([name for name in names if isinstance(name, str)] or ["s1"], ARTIFACTS))
            elif kind == "order":
                rng.shuffle(rules)
            else:
                odd = [[], ["ALLOW"], ["ALLOW", "a", "b"], ["GRANT", "a"], ["MATCH", "a"], "ALLOW a", ["ALLOW", 1], ["{A}", "a"]]
                odd += [["MATCH", "*", "WITH", "FILES", "FROM", "s1"], ["ALLOW", "{A!r}"], ["ALLOW", "{0}"], ["ALLOW", "{A:>3}"], ["ALLOW", "{A"], ["ALLOW", "{A}{{"]]
                odd += [["MATCH", "*", "IN", "{A}", "WITH", "PRODUCTS", "IN", "{A}", "FROM", "{A}"], ["DISALLOW", "{A}"], None, 5]
                rules.insert(rng.randint(0, len(rules)), rng.choice(odd))

    def mutate_layout(self, payload, made):
        rng = self.rng
        kind = rng.choice(["expires", "odd expires", "drop", "set", "unknown", "key", "key", "key", "readme", "steps", "owners", "twice", "parameters"])
        keys = payload.get("keys")
        if kind == "expires":
            payload["expires"] = rng.choice([PAST, FUTURE])
        elif kind == "odd expires":
            payload["expires"] = rng.choice(ODD_EXPIRES)
        elif kind == "drop":
            payload.pop(rng.choice(sorted(payload)))
        elif kind == "set":
            payload[rng.choice(["_type", "expires", "readme", "keys", "inspect"])] = rng.choice(ODD_VALUES)
        elif kind == "unknown":
            payload["more"] = 1
        elif kind == "readme":
            payload["readme"] = rng.choice(["é\n", "\u0000", "\"\\", 5])
        elif kind == "steps" and payload.get("steps"):
            rng.shuffle(payload["steps"])
        elif kind == "twice" and payload.get("steps"):
            payload["steps"].append(copy.deepcopy(payload["steps"][0]))
        elif kind == "owners":
            made["keys"] = rng.choice([{}, {"ab": "second owner"}, {**made["keys"], STRANGER.id: "stranger"}, {BY_NAME["owner"].id: "owner"}])
        elif kind == "parameters":
            made["parameters"] = rng.choice([None, {}, {"A": "x"}, {"a b": "x"}, {"A": 5}, {"A": "a", "b-1": "*"}])
        elif kind == "key" and isinstance(keys, dict) and keys:
            key_id = rng.choice(sorted(keys))
            self.mutate_key(keys, key_id, keys[key_id])

    def mutate_key(self, keys, key_id, key):
        rng = self.rng
        kind = rng.choice(["no id", "other id", "scheme", "unknown", "private", "hash", "gone", "not hex", "swap", "value"])
        if kind == "gone":
            del keys[key_id]
        elif kind == "not hex":
            keys["xyz"] = copy.deepcopy(key)
        elif not isinstance(key, dict) or not isinstance(key.get("keyval"), dict):
            return
        elif kind == "no id":
            key.pop("keyid", None)
        elif kind == "other id":
            key["keyid"] = rng.choice(FUNCTIONARIES).id
        elif kind == "scheme":
            key["scheme"] = rng.choice(["ed25519", "ecdsa-sha2-nistp256", "unknown"])
        elif kind == "unknown":
            key["more"] = 1
        elif kind == "private":
            key["keyval"]["private"] = rng.choice(["", "secret"])
        elif kind == "hash":
            key["keyid_hash_algorithms"] = ["sha256", "sha512"]
        elif kind == "swap":
            other = rng.choice(FUNCTIONARIES)
            keys[key_id] = {**copy.deepcopy(other.public), "keyid": key_id}
        else:
            key["keyval"]["public"] = rng.choice(["", "zz", "-----BEGIN PUBLIC KEY-----"])


def is_layout(doc):
    return doc["form"] != "raw" and doc["payload"].get("_type") == "layout" and isinstance(doc["payload"].get("steps"), list)
