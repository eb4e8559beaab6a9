"""A case as docs/spec/in-toto.md reads it, put into words that leave the reference tools no choice.

What that page drops is dropped here, what it refuses is refused here, and the rest is written anew: DSSE, one plain id a link, a
threshold that makes all links of a step agree. What the reference tools say about *that* is what our verdict must be. Each place where the
reading departs from theirs adds a cause; a case without one must get the same verdict as it stands.
"""

import base64
import binascii
import datetime
import json
import re
import string

from in_toto.rulelib import unpack_rule
from securesystemslib.formats import encode_canonical

from .documents import TYPE, document
from .keys import BY_MATERIAL, material, verifies

REFUSES, ACCEPTS = "refuses", "accepts"

# Cause → the verdicts of ours that may differ from theirs because of it. The words are those of docs/spec/in-toto-differences.md.
CAUSES = {
    "layout: not strict JSON": {REFUSES},
    "layout: envelope": {REFUSES},
    "layout: member unknown": {REFUSES},
    "layout: member missing": {REFUSES},
    "layout: type of a member": {REFUSES},
    "layout: expires": {REFUSES},
    "layout: name": {REFUSES},
    "layout: threshold": {REFUSES},
    "layout: key": {REFUSES},
    "layout: key without its id": {ACCEPTS},
    "layout: parameter with a format": {REFUSES},
    "metablock as received": {REFUSES, ACCEPTS},
    "signature: form": {REFUSES, ACCEPTS},
    "one key, two ids": {REFUSES, ACCEPTS},
    "links disagree": {REFUSES},
    "file of an id without a key": {ACCEPTS},
    "link: not strict JSON": {REFUSES, ACCEPTS},
    "link: envelope": {REFUSES, ACCEPTS},
    "link: payload type": {REFUSES, ACCEPTS},
    "link: form": {REFUSES, ACCEPTS},
    "link: opaque member": {ACCEPTS},
    "link: other step": {REFUSES, ACCEPTS},
    "link: artifact name": {REFUSES, ACCEPTS},
    "link: digests": {REFUSES, ACCEPTS},
    "match: name that would be an absolute path": {REFUSES, ACCEPTS},
}

LINK_MEMBERS = {"_type", "name", "command", "materials", "products", "byproducts", "environment"}
LAYOUT_MEMBERS = {"_type", "expires", "readme", "keys", "steps", "inspect"}
STEP_MEMBERS = {"_type", "name", "threshold", "pubkeys", "expected_command", "expected_materials", "expected_products"}
KEY_MEMBERS = {"keyid", "keyid_hash_algorithms", "keytype", "keyval", "scheme"}
SCHEMES = {("ed25519", "ed25519"), ("ecdsa", "ecdsa-sha2-nistp256"), ("rsa", "rsassa-pss-sha256")}
LENGTHS = {"sha256": [64], "sha512": [128], "gitCommit": [40, 64], "sha1": [40]}


class Refused(Exception):
    """The whole case is refused; with a cause when the reference tools may see that otherwise."""


class Dropped(Exception):
    """One link is no evidence."""


class Reading:
    """Reads `layout` (bytes), `keys` (id → key), `links` (path → bytes), `parameters`."""

    def __init__(self, layout, keys, links, parameters):
        self.links, self.parameters = links, parameters
        self.causes = set()
        self.written = {}
        self.matches, self.names = [], set()
        try:
            for key in keys.values():
                self.key(key["keyid"], key)
            root = self.layout(layout, list(keys.values()), "", "", parameters)
            self.case = {"layout": document("dsse", root, ["owner"]), "links": self.written}
        except Refused as refused:
            self.causes.update(refused.args)
            self.case = None
        if any(is_a_path(rule, name) for rule in self.matches for name in self.names):
            self.causes.add("match: name that would be an absolute path")

    def layout(self, content, keys, folder, new_folder, parameters):
        """The layout's payload as it is written anew; what belongs to it is added to `self.written`."""
        if not keys:
            raise Refused
        try:
            envelope = Envelope(content, self.causes)
        except NotStrict:
            raise Refused("layout: not strict JSON") from None
        except ValueError:
            raise Refused("layout: envelope") from None
        if envelope.is_metablock:
            self.metablock(envelope)
        signers = envelope.signers(keys)
        if any(material(key) not in signers for key in keys):
            raise Refused
        if len({material(key) for key in keys}) < len(keys):
            self.causes.add("one key, two ids")
        if envelope.type != TYPE:
            raise Refused
        try:
            value = envelope.value()
        except NotStrict:
            raise Refused("layout: not strict JSON") from None
        steps = self.members(value, envelope.is_metablock)
        if parameters is not None:
            self.parameters_are_names(steps)
        named = {step["name"]: self.step(step, value["keys"], folder, new_folder, f"{at:04x}") for at, step in enumerate(steps)}
        functionaries = {key_id: key for _, found in named.values() for key_id, key in found.items()}
        new = {"_type": "layout", "expires": value["expires"], "readme": "", "inspect": [], "keys": functionaries}
        return {**new, "steps": [step for step, _ in named.values()]}

    def members(self, value, is_metablock):
        """The steps, when every member of the layout is there and has its form."""
        shape(value, LAYOUT_MEMBERS, LAYOUT_MEMBERS - {"readme"})
        if value["_type"] != "layout" or not isinstance(value.get("readme", ""), str):
            raise Refused
        if "readme" not in value and is_metablock:
            self.causes.add("metablock as received")
        expires = value["expires"]
        if not isinstance(expires, str) or not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", expires):
            raise Refused("layout: expires")
        try:
            datetime.datetime.strptime(expires, "%Y-%m-%dT%H:%M:%SZ")
        except ValueError:
            raise Refused("layout: expires") from None
        if not isinstance(value["keys"], dict) or not isinstance(value["steps"], list) or value["inspect"] != []:
            raise Refused("layout: type of a member")
        for key_id, key in value["keys"].items():
            self.key(key_id, key)
        for step in value["steps"]:
            self.step_members(step, value["keys"])
        names = [step["name"] for step in value["steps"]]
        if len(set(names)) < len(names):
            raise Refused
        return value["steps"]

    def key(self, key_id, key):
        if not re.fullmatch("[0-9a-fA-F]{1,128}", key_id) or not isinstance(key, dict):
            raise Refused
        keyval = key.get("keyval")
        if not isinstance(keyval, dict) or set(keyval) - {"public", "private", "certificate"}:
            raise Refused("layout: key")
        if set(key) - KEY_MEMBERS or keyval.get("private", "") != "" or keyval.get("certificate", "") != "":
            raise Refused("layout: key")
        if (key.get("keytype"), key.get("scheme")) not in SCHEMES or material(key) not in BY_MATERIAL:
            raise Refused("layout: key")
        if "keyid" not in key:
            self.causes.add("layout: key without its id")
        elif key["keyid"] != key_id:
            raise Refused("layout: key")

    def step_members(self, step, keys):
        shape(step, STEP_MEMBERS, STEP_MEMBERS)
        name, threshold, listed = step["name"], step["threshold"], step["pubkeys"]
        if step["_type"] != "step":
            raise Refused("layout: type of a member")
        if not isinstance(name, str):
            raise Refused("layout: type of a member")
        if not re.fullmatch("[A-Za-z0-9._ -]{1,128}", name) or name.startswith(".") or ".." in name:
            raise Refused("layout: name")
        if type(threshold) is not int or threshold < 1:
            raise Refused("layout: threshold")
        if not words(step["expected_command"]):
            raise Refused("layout: type of a member")
        if not words(listed) or not all(re.fullmatch("[0-9a-fA-F]+", key_id) for key_id in listed):
            raise Refused
        distinct = {material(keys[key_id]) for key_id in listed if key_id in keys}
        if len(distinct) < len({key_id for key_id in listed if key_id in keys}):
            self.causes.add("one key, two ids")
        if threshold > len(distinct):
            raise Refused("layout: threshold")
        for rule in [*listed_rules(step["expected_materials"]), *listed_rules(step["expected_products"])]:
            try:
                rule = unpack_rule(rule)
            except Exception:
                raise Refused from None
            if rule.get("source_prefix") or rule.get("dest_prefix"):
                self.matches.append(rule)

    def parameters_are_names(self, steps):
        """A field with a conversion, an attribute, an index or a format stands for nothing."""
        for step in steps:
            rules = step["expected_materials"] + step["expected_products"]
            for word in [*step["expected_command"], *(word for rule in rules for word in rule)]:
                try:
                    fields = [field for field in string.Formatter().parse(word) if field[1] is not None]
                except ValueError:
                    raise Refused("layout: parameter with a format") from None
                for _, name, form, conversion in fields:
                    if form or conversion or "." in name or "[" in name:
                        raise Refused("layout: parameter with a format")

    def step(self, step, keys, folder, new_folder, number):
        """The step as it is written anew, with the keys of the links that are left."""
        places, votes, left, found = {}, set(), [], {}
        for key_id in step["pubkeys"]:
            stem = f"{step['name']}.{key_id[:8]}"
            if key_id in keys:
                place = places.setdefault(stem, {})
                place[key_id] = {**keys[key_id], "keyid": key_id}
            elif f"{folder}{stem}.link" in self.links:
                self.causes.add("file of an id without a key")
        for stem, place in places.items():
            content = self.links.get(f"{folder}{stem}.link")
            if content is None:
                continue
            try:
                value, signers = self.evidence(content, list(place.values()), step["name"])
            except Dropped as dropped:
                self.causes.update(dropped.args)
                continue
            votes |= signers
            signer = next(key for key in place.values() if material(key) in signers)
            new_id = f"{number}{len(left):04x}" + "0" * 32
            new_stem = f"{new_folder}{step['name']}.{new_id[:8]}"
            if value["_type"] == "layout":
                value = self.layout(content, [signer], f"{folder}{stem}/", f"{new_stem}/", None)
            left.append(value)
            found[new_id] = {**BY_MATERIAL[material(signer)].public, "keyid": new_id}
            doc = document("dsse", value, [BY_MATERIAL[material(signer)].name])
            doc["signatures"][0]["id"] = new_id
            self.written[f"{new_stem}.link"] = doc
        if len(votes) < step["threshold"]:
            raise Refused
        if step["threshold"] == 1 and any(not equal(left[0], other) for other in left):
            self.causes.add("links disagree")
        return {**step, "threshold": len(left), "pubkeys": list(found)}, found

    def evidence(self, content, keys, name):
        try:
            envelope = Envelope(content, self.causes)
        except NotStrict:
            raise Dropped("link: not strict JSON") from None
        except ValueError:
            raise Dropped("link: envelope") from None
        if envelope.type != TYPE:
            # Theirs refuses the whole chain before it asks for a signature.
            self.causes.add("link: payload type")
        if envelope.is_metablock:
            self.metablock(envelope)
        signers = envelope.signers(keys)
        if not signers:
            raise Dropped
        if envelope.type != TYPE:
            raise Dropped
        try:
            value = envelope.value()
        except NotStrict:
            raise Dropped("link: not strict JSON") from None
        if isinstance(value, dict) and value.get("_type") == "layout":
            return value, signers
        return self.link(value, name), signers

    def metablock(self, envelope):
        """Theirs reads and writes a metablock before it asks for a signature."""
        value = envelope.value()
        if not isinstance(value, dict) or value.get("_type") not in ("link", "layout"):
            self.causes.add("link: form")
        elif value["_type"] == "link":
            if set(value) != LINK_MEMBERS:
                self.causes.add("metablock as received")
            try:
                self.link(value, value.get("name"))
            except Dropped as dropped:
                self.causes.update(dropped.args)
        else:
            probe = Reading.__new__(Reading)
            probe.causes, probe.matches, probe.names = self.causes, [], set()
            try:
                probe.members(value, True)
            except Refused:
                self.causes.add("metablock as received")

    def link(self, value, name):
        if not isinstance(value, dict) or value.get("_type") != "link":
            raise Dropped("link: form")
        for opaque in ("byproducts", "environment"):
            if opaque in value and not isinstance(value[opaque], dict):
                self.causes.add("link: opaque member")
        if not words(value.get("command", [])) or not isinstance(value.get("name"), str):
            raise Dropped("link: form")
        for artifacts in (value.get("materials"), value.get("products")):
            if not isinstance(artifacts, dict):
                raise Dropped("link: form")
            for artifact, digests in artifacts.items():
                if not normal(artifact):
                    raise Dropped("link: artifact name")
                self.names.add(artifact)
                if not digest_set(digests):
                    raise Dropped("link: digests")
        if value["name"] != name:
            raise Dropped("link: other step")
        kept = {member: value[member] for member in ("_type", "name", "materials", "products")}
        return {**kept, "command": [], "byproducts": {}, "environment": {}}


def shape(value, known, needed):
    if not isinstance(value, dict):
        raise Refused("layout: type of a member")
    if set(value) - known:
        raise Refused("layout: member unknown")
    if needed - set(value):
        raise Refused("layout: expires" if "expires" in needed - set(value) else "layout: member missing")


def words(value):
    return isinstance(value, list) and all(isinstance(word, str) for word in value)


def listed_rules(value):
    if not isinstance(value, list):
        raise Refused
    return value


def equal(one, other):
    """Whether two links are; of a summary nothing is known here."""
    if "layout" in (one["_type"], other["_type"]):
        return one is other
    return one["materials"] == other["materials"] and one["products"] == other["products"]


def is_a_path(rule, name):
    """Whether joining prefix and name as paths of files gives another name than writing one after the other."""
    start, target = rule["source_prefix"], rule["dest_prefix"]
    if start and not start.endswith("/"):
        start += "/"
    if not name.startswith(start) and "\\" not in start:
        return False
    return "\\" in start + target + name or (start != "" and name[len(start):].startswith("/"))


def normal(name):
    scheme = re.match("[A-Za-z][A-Za-z0-9+.-]*:", name)
    rest = name[scheme.end():] if scheme else name.removeprefix("/")
    parts = rest.split("/")
    return rest != "" and not {".", ".."} & set(parts) and (bool(scheme) or "" not in parts)


def digest_set(digests):
    if not isinstance(digests, dict) or not digests:
        return False
    for algorithm, value in digests.items():
        if not isinstance(value, str) or not re.fullmatch("[0-9a-f]+", value):
            return False
        if len(value) not in LENGTHS.get(algorithm, range(2, 513, 2)):
            return False
        if not re.fullmatch("[A-Za-z0-9_/.-]{1,64}", algorithm):
            return False
    return True


class NotStrict(ValueError):
    """Text that is not one strict JSON document."""


class Envelope:
    def __init__(self, content, causes):
        outer = strict(content)
        if not isinstance(outer, dict) or not isinstance(outer.get("signatures"), list):
            raise ValueError
        self.is_metablock = "signed" in outer
        if self.is_metablock and "payload" in outer:
            raise ValueError
        if self.is_metablock:
            self.signed, self.type = outer["signed"], TYPE
            self.message = encode_canonical(self.signed).encode()
        else:
            self.signed, self.type = unbase64(outer.get("payload")), outer.get("payloadType")
            if self.signed is None or not isinstance(self.type, str):
                raise ValueError
            kind = self.type.encode()
            self.message = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(self.signed), self.signed)
        self.signatures = []
        for item in outer["signatures"]:
            if not isinstance(item, dict) or not isinstance(item.get("keyid") or "", str):
                raise ValueError
            key_id = item.get("keyid") or None
            decode = unhex if self.is_metablock else unbase64
            self.signatures.append((key_id, decode(item.get("sig"))))
        ids = [key_id for key_id, _ in self.signatures]
        if None in ids or len(set(ids)) < len(ids) or None in [made for _, made in self.signatures]:
            causes.add("signature: form")

    def signers(self, keys):
        """The keys that signed: a signature that names an id counts for the key of that id alone."""
        found = set()
        for key_id, made in self.signatures:
            for key in keys:
                if made is not None and key_id in (None, key["keyid"]) and verifies(key, self.message, made):
                    found.add(material(key))
                    break
        return found

    def value(self):
        return self.signed if self.is_metablock else strict(self.signed)


def strict(content):
    def pairs(members):
        if len({name for name, _ in members}) < len(members):
            raise ValueError
        return dict(members)

    def refuse(_):
        raise ValueError

    def integer(text):
        if text == "-0":
            raise ValueError
        return int(text)

    try:
        text = content.decode()
        value = json.loads(text, object_pairs_hook=pairs, parse_float=refuse, parse_constant=refuse, parse_int=integer)
        json.dumps(value, ensure_ascii=False).encode()
        return value
    except ValueError:
        raise NotStrict from None


def unbase64(text):
    for alternative in (None, b"-_"):
        try:
            made = base64.b64decode(text.encode(), altchars=alternative, validate=True)
            spelt = base64.b64encode(made, altchars=alternative).decode()
            if spelt == text:
                return made
        except (binascii.Error, AttributeError):
            pass
    return None


def unhex(text):
    return bytes.fromhex(text) if isinstance(text, str) and re.fullmatch("([0-9a-f]{2})*", text) else None
