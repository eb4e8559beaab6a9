"""Keys by name, the same in every run (RSA keys have the same ids in every run, and new material)."""

import hashlib

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from securesystemslib.signer import Key as AnyKey
from securesystemslib.signer import Signature


class Key:
    def __init__(self, name, kind, key_id=None, material_of=None):
        self.name = name
        seed = hashlib.sha256((material_of or name).encode()).digest()
        self.id = key_id or hashlib.sha256(f"id of {name}".encode()).hexdigest()
        if kind == "ed25519":
            self.private = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
            raw = self.private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            public, scheme = raw.hex(), "ed25519"
        else:
            if kind == "ecdsa":
                self.private = ec.derive_private_key(int.from_bytes(seed, "big") >> 1, ec.SECP256R1())
            else:
                self.private = rsa.generate_private_key(65537, 2048)
            form = serialization.PublicFormat.SubjectPublicKeyInfo
            public = self.private.public_key().public_bytes(serialization.Encoding.PEM, form).decode()
            scheme = {"ecdsa": "ecdsa-sha2-nistp256", "rsa": "rsassa-pss-sha256"}[kind]
        self.kind = kind
        self.public = {"keyid": self.id, "keytype": kind, "scheme": scheme, "keyval": {"public": public}}
        BY_MATERIAL.setdefault(material(self.public), self)

    def sign(self, message):
        if self.kind == "ed25519":
            return self.private.sign(message)
        if self.kind == "ecdsa":
            return self.private.sign(message, ec.ECDSA(hashes.SHA256()))
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32)
        return self.private.sign(message, pss, hashes.SHA256())


def material(public):
    """What tells one key from another, whatever its id."""
    return public["keyval"]["public"].strip()


def verifies(public, message, signature):
    key_id = "00"
    members = {name: public[name] for name in ("keytype", "scheme")}
    key = AnyKey.from_dict(key_id, {**members, "keyval": {"public": public["keyval"]["public"]}})
    try:
        key.verify_signature(Signature(key_id, signature.hex()), message)
        return True
    except Exception:
        return False


BY_MATERIAL = {}
OWNERS = [Key("owner", "ed25519"), Key("second owner", "ecdsa")]
ALICE = Key("alice", "ed25519")
FUNCTIONARIES = [
    ALICE,
    Key("bob", "ed25519"),
    Key("carol", "ed25519"),
    Key("dave", "ed25519"),
    Key("erin", "ecdsa"),
    Key("frank", "rsa"),
    # Files its links under the same name as alice.
    Key("twin", "ed25519", key_id=ALICE.id[:8] + "5" * 56),
    Key("short", "ed25519", key_id="ab"),
    Key("capital", "ed25519", key_id="ABCDEF01" * 5),
    # The same key as bob, under another id.
    Key("alias", "ed25519", material_of="bob"),
]
STRANGER = Key("stranger", "ed25519")
BY_NAME = {key.name: key for key in [*OWNERS, *FUNCTIONARIES, STRANGER]}
