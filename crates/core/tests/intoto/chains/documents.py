"""Documents as data that can be mutated and made smaller, and the bytes that they become.

A document is `{"form": "dsse" | "metablock" | "raw", "payload": JSON, "type": TEXT, "signatures": [SIGNATURE], "edits": [EDIT]}`.
A signature is `{"key": NAME, "id": TEXT | None, "spoilt": None | "flipped" | "capital" | "garbage"}`.
Edits happen in order: those of the payload's text before it is signed, all others afterwards.
"""

import base64
import json

from securesystemslib.formats import encode_canonical

from .keys import BY_NAME

TYPE = "application/vnd.in-toto+json"


def document(form, payload, names):
    signatures = [{"key": name, "id": BY_NAME[name].id, "spoilt": None} for name in names]
    return {"form": form, "payload": payload, "type": TYPE, "signatures": signatures, "edits": []}


def written(doc):
    """The bytes of a document."""
    if doc["form"] == "raw":
        return doc["payload"].encode("utf-8", "surrogatepass")
    edits = doc["edits"]
    text = json.dumps(doc["payload"], ensure_ascii=False)
    for edit in edits:
        if edit[0] == "payload text":
            text = edit_text(text, edit[1])
    if doc["form"] == "dsse":
        body = text.encode("utf-8", "surrogatepass")
        kind = doc["type"].encode()
        message = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(body), body)
        envelope = {"payload": base64.b64encode(body).decode(), "payloadType": doc["type"]}
    else:
        try:
            message = encode_canonical(json.loads(text)).encode()
        except Exception:
            message = text.encode("utf-8", "surrogatepass")
        envelope = {"signed": "@"}
    encode = (lambda b: base64.b64encode(b).decode()) if doc["form"] == "dsse" else bytes.hex
    envelope["signatures"] = [signature(item, message, encode) for item in doc["signatures"]]
    for edit in edits:
        edit_envelope(envelope, edit)
        if edit[0] == "inject":
            # A member that nobody signed.
            text = json.dumps({**doc["payload"], edit[1]: edit[2]}, ensure_ascii=False)
            if doc["form"] == "dsse":
                envelope["payload"] = base64.b64encode(text.encode()).decode()
    whole = json.dumps(envelope, ensure_ascii=False)
    if doc["form"] == "metablock":
        whole = whole.replace('"@"', text, 1)
    for edit in edits:
        if edit[0] == "text":
            whole = edit_text(whole, edit[1])
    return whole.encode("utf-8", "surrogatepass")


def signature(item, message, encode):
    made = BY_NAME[item["key"]].sign(message)
    if item["spoilt"] == "flipped":
        made = made[:-1] + bytes([made[-1] ^ 1])
    text = encode(made)
    if item["spoilt"] == "capital":
        text = text.upper()
    if item["spoilt"] == "garbage":
        text = "%" + text
    return {"sig": text} if item["id"] is None else {"keyid": item["id"], "sig": text}


def edit_text(text, kind):
    if kind == "mark":
        return "\ufeff" + text
    if kind == "trailing":
        return text + " {}"
    if kind == "cut":
        return text[:-1]
    # The same member twice, first with a null.
    name = kind[len("twice "):]
    return text.replace("{", '{"%s": null, ' % name, 1)


def edit_envelope(envelope, edit):
    if edit[0] == "both":
        envelope["payload" if "signed" in envelope else "signed"] = {}
    if edit[0] == "member":
        envelope[edit[1]] = edit[2]
    if edit[0] == "no signatures":
        envelope.pop("signatures", None)
