"""Cases of delegated roles: in which order they are asked, who holds them, and what they may be called."""

from urllib.parse import quote

from cases import case, each, with_delegated
from play import KEYS

GRAPHS = {
    "one": ([("targets", "A")], "A"),
    "two": ([("targets", "A"), ("targets", "B")], "AB"),
    "deep": ([("targets", "A"), ("targets", "B"), ("B", "C")], "ABC"),
    "depth_first": ([("targets", "A"), ("targets", "B"), ("A", "C"), ("A", "D")], "ACDB"),
    "depth_first_of_three": ([("targets", "A"), ("targets", "B"), ("A", "C"), ("C", "D")], "ACDB"),
    "terminating": ([("targets", "A"), ("targets", "B"), ("A", "C", "ends"), ("A", "D")], "AC"),
    "terminating_above": ([("targets", "A"), ("targets", "B"), ("A", "C", "ends"), ("C", "D")], "ACD"),
    "other_paths": ([("targets", "A", "*.py"), ("targets", "B"), ("A", "C")], "B"),
    "other_paths_below": ([("targets", "A"), ("targets", "B"), ("A", "C", "*.py"), ("C", "D")], "AB"),
    "circle": ([("targets", "A"), ("targets", "B"), ("B", "C"), ("C", "D"), ("D", "B")], "ABCD"),
    "two_ways": ([("targets", "A"), ("targets", "B"), ("B", "C"), ("A", "C")], "ACB"),
    "two_ways_one_of_other_paths": ([("targets", "A"), ("targets", "B"), ("B", "C"), ("A", "C", "*.py")], "ABC"),
}


@each(**GRAPHS)
def delegations_are_asked_in_order(client, repository, variant):
    delegations, order = variant
    for above, role, *how in delegations:
        paths = ["*.py"] if "*.py" in how else ["*"]
        repository.delegate(above, role, paths, terminating="ends" in how)
    repository.write(*{role for _, role, *_ in delegations})
    repository.publish_all("targets")
    assert client.init() and not client.download("missing")
    assert repository.asked[4:] == [f"1.{role}" for role in order]


TREE = {
    "top": ("targetfile", ""),
    "wildcard": ("README.md", "A"),
    "separators": ("releases/x/x_v1", "BC"),
    "separators_and_ending": ("releases/y/y_v1.zip", "BD"),
    "REFUSED_not_delegated_all_the_way": ("releases/z/z_v1.zip", "B"),
    "REFUSED_wildcard_over_a_separator": ("docs/README.md", ""),
}


@each(**{name: (name, *how) for name, how in TREE.items()})
def a_target_is_sought_where_its_path_leads(client, repository, variant):
    name, path, order = variant
    repository.delegate("targets", "A", ["*.doc", "*.md"])
    repository.delegate("targets", "B", ["releases/*/*"])
    repository.delegate("B", "C", ["releases/x/*"])
    repository.delegate("B", "D", ["releases/y/*.zip"])
    repository.add("targets", "targetfile", b"top")
    repository.add("A", "README.md", b"A")
    repository.add("A", "docs/README.md", b"A, too")
    repository.add("C", "releases/x/x_v1", b"C")
    repository.add("D", "releases/y/y_v1.zip", b"D")
    repository.add("D", "releases/z/z_v1.zip", b"D, too")
    repository.write("A", "B", "C", "D")
    repository.publish_all("targets")
    assert client.init()
    assert client.download(path) != name.startswith("REFUSED")
    assert repository.asked[4:] == [f"1.{role}" for role in order]


@case
def a_delegated_role_is_held_against_those_whom_its_delegator_names(client, repository):
    with_delegated(repository, 30)
    repository.signers["delegated"] = [KEYS[6]]
    repository.publish_all("delegated")
    assert client.init() and not client.download("d/one") and client.has() == []


@case
def a_delegated_role_in_the_store_is_held_against_the_holders_of_today(client, repository):
    with_delegated(repository, 30)
    assert client.init() and client.download("d/one")
    repository.roles["targets"].revoke_key(KEYS[5].public_key.keyid, "delegated")
    repository.roles["targets"].add_key(KEYS[6].public_key, "delegated")
    repository.publish_all("targets")
    assert not client.download("d/two") and client.has() == [b"one"]


@each(question="?", hash="#", folder="/delegated", above="../delegated", escaped="a%2Fb")
def an_odd_name_of_a_role_is_a_name(client, repository, role):
    repository.delegate("targets", role)
    repository.write(role)
    repository.publish_all("targets")
    assert client.init() and not client.download("missing")
    assert repository.asked[-1] == f"1.{quote(role, '')}"
    assert len(client.trusts()) == 5
