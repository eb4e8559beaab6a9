"""Makes a case smaller as long as it shows the same."""

import copy


def shrunk(case, shows):
    """The smallest case on the way down for which `shows` holds."""
    found = True
    while found:
        found = False
        for smaller in candidates(case):
            if shows(smaller):
                case, found = smaller, True
                break
    return case


def candidates(case):
    for path in case["links"]:
        yield without(case, "links", path)
        prefix = path.removesuffix(".link") + "/"
        if any(other.startswith(prefix) for other in case["links"]):
            less = copy.deepcopy(case)
            less["links"] = {other: doc for other, doc in case["links"].items() if not other.startswith(prefix)}
            yield less
    if case["parameters"] is not None:
        yield {**copy.deepcopy(case), "parameters": None}
        for name in case["parameters"]:
            yield without(case, "parameters", name)
    for where in [("layout",), *(("links", path) for path in case["links"])]:
        yield from of_document(case, where)


def of_document(case, where):
    doc = at(case, where)
    for name in ("edits", "signatures"):
        for index in range(len(doc[name])):
            yield without(case, *where, name, index)
    for item, signature in enumerate(doc["signatures"]):
        if signature["spoilt"]:
            yield changed(case, (*where, "signatures", item, "spoilt"), None)
    if doc["form"] == "metablock":
        yield changed(case, (*where, "form"), "dsse")
    payload = doc["payload"]
    if not isinstance(payload, dict):
        return
    for name in ("materials", "products", "keys"):
        if isinstance(payload.get(name), dict):
            for member in payload[name]:
                yield without(case, *where, "payload", name, member)
    steps = payload.get("steps")
    for index, step in enumerate(steps if isinstance(steps, list) else []):
        yield without(case, *where, "payload", "steps", index)
        if not isinstance(step, dict):
            continue
        for name in ("pubkeys", "expected_command", "expected_materials", "expected_products"):
            for item in range(len(step[name]) if isinstance(step.get(name), list) else 0):
                yield without(case, *where, "payload", "steps", index, name, item)
        for name in ("expected_materials", "expected_products"):
            yield from of_rules(case, (*where, "payload", "steps", index, name), step.get(name))
        if type(step.get("threshold")) is int and step["threshold"] > 1:
            yield changed(case, (*where, "payload", "steps", index, "threshold"), 1)


def of_rules(case, where, rules):
    for index, rule in enumerate(rules if isinstance(rules, list) else []):
        if not isinstance(rule, list) or len(rule) < 2 or not isinstance(rule[1], str):
            continue
        for cut in range(len(rule[1])):
            yield changed(case, (*where, index, 1), rule[1][:cut] + rule[1][cut + 1:])
        if "IN" in rule[2:]:
            start = rule.index("IN", 2)
            yield changed(case, (*where, index), rule[:start] + rule[start + 2:])


def at(value, path):
    for name in path:
        value = value[name]
    return value


def without(case, *path):
    less = copy.deepcopy(case)
    del at(less, path[:-1])[path[-1]]
    return less


def changed(case, path, value):
    less = copy.deepcopy(case)
    at(less, path[:-1])[path[-1]] = value
    return less
