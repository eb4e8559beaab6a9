"""What a client must do, case by case. Each is a function of a client and its repository, named after the behaviour."""

import json

from play import KEYS, in_days

ALL = []


def case(function):
    ALL.append((function.__name__, function))
    return function


def each(**variants):
    """One case for each variant of the last argument."""

    def register(function):
        for name, variant in variants.items():
            played = lambda client, repository, variant=variant: function(client, repository, variant)
            ALL.append((f"{function.__name__}[{name}]", played))
        return function

    return register


FIRST = ["2.root", "timestamp", "1.snapshot", "1.targets"]
ONES = {"root": 1, "timestamp": 1, "snapshot": 1, "targets": 1}


@case
def a_refresh_asks_for_each_role_once(client, repository):
    assert client.init() and repository.asked == []
    assert client.refresh() and repository.asked == FIRST
    assert client.trusts() == ONES


@case
def a_download_refreshes_first(client, repository):
    assert client.init()
    assert not client.download("nothing")
    assert repository.asked == FIRST and client.trusts() == ONES


@case
def what_is_trusted_is_byte_for_byte_what_was_served(client, repository):
    assert client.init() and client.refresh()
    for name in ["root", "snapshot", "targets"]:
        with open(f"{client.metadata}/{name}.json", "rb") as file:
            assert file.read() == repository.files[f"1.{name}.json"]


@case
def a_root_without_a_version_asks_for_nothing(client, repository):
    root = json.loads(client.pinned)
    del root["signed"]["version"]
    client.pinned = json.dumps(root).encode()
    client.init()
    assert not client.refresh() and repository.asked == []


@case
def a_root_that_nobody_signed_asks_for_nothing(client, repository):
    root = json.loads(client.pinned)
    root["signatures"][0]["sig"] = "00" * 64
    client.pinned = json.dumps(root).encode()
    client.init()
    assert not client.refresh() and repository.asked == []


@case
def a_second_refresh_asks_for_what_may_be_new_only(client, repository):
    assert client.init() and client.refresh()
    repository.asked.clear()
    assert client.refresh() and repository.asked == ["2.root", "timestamp"]


@case
def unknown_members_are_kept_under_the_signature(client, repository):
    assert client.init() and client.refresh()
    repository.root.unrecognized_fields["custom"] = "value"
    key = repository.root.roles["root"].keyids[0]
    repository.root.keys[key].unrecognized_fields["extra"] = {"a": 1}
    repository.root.roles["root"].unrecognized_fields["other"] = "value"
    repository.publish("root")
    assert client.refresh() and client.trusts()["root"] == 2


@case
def another_timestamp_of_the_same_version_is_not_taken(client, repository):
    assert client.init() and client.refresh()
    before = open(f"{client.metadata}/timestamp.json", "rb").read()
    repository.timestamp.snapshot_meta.version = 100
    repository.write("timestamp")
    client.refresh()
    assert open(f"{client.metadata}/timestamp.json", "rb").read() == before


@case
def targets_of_another_hash_than_the_snapshot_says_are_refused(client, repository):
    repository.with_hashes = True
    repository.publish_all("targets")
    assert client.init() and client.refresh()
    repository.roles["targets"].version += 1
    repository.write("targets")
    repository.publish("snapshot", "timestamp")
    repository.roles["targets"].unrecognized_fields["late"] = True
    saved = dict(repository.snapshot.meta)
    repository.write("targets")
    repository.snapshot.meta = saved
    assert not client.refresh() and client.trusts()["targets"] == 2


@case
def targets_of_another_version_than_the_snapshot_says_are_refused(client, repository):
    assert client.init() and client.refresh()
    repository.publish_all("targets")
    repository.files["2.targets.json"] = repository.files["1.targets.json"]
    assert not client.refresh() and client.trusts()["targets"] == 1


@case
def a_snapshot_of_another_version_than_the_timestamp_says_is_refused(client, repository):
    assert client.init()
    repository.snapshot.version = 2
    repository.write("snapshot")
    repository.files["1.snapshot.json"] = repository.files["2.snapshot.json"]
    assert not client.refresh()
    assert client.trusts() == {"root": 1, "timestamp": 1}
    assert repository.asked[-1] == "1.snapshot"


# Expiry.


@case
def an_expired_root_is_taken_and_nothing_below_it(client, repository):
    assert client.init() and client.refresh()
    repository.publish("root")
    assert client.refresh()
    repository.root.expires = in_days(-1)
    repository.publish("root")
    repository.publish_all("targets")
    assert not client.refresh()
    assert client.trusts() == {**ONES, "root": 3}


@case
def a_root_between_that_has_expired_leads_to_the_newest(client, repository):
    assert client.init()
    repository.root.expires = in_days(-1)
    repository.publish("root")
    repository.root.expires = in_days(9)
    repository.publish("root")
    assert client.refresh() and client.trusts()["root"] == 3


@each(timestamp="timestamp", snapshot="snapshot", targets="targets")
def what_has_expired_is_not_taken(client, repository, role):
    assert client.init() and client.refresh()
    repository.roles[role].expires = in_days(-5)
    repository.publish_all("targets")
    assert not client.refresh() and client.trusts()[role] == 1


@case
def expired_roles_in_the_store_are_replaced(client, repository):
    assert client.init()
    repository.timestamp.expires = in_days(7)
    repository.write("timestamp")
    assert client.refresh()
    repository.timestamp.expires = in_days(21)
    repository.publish_all("targets")
    assert client.refresh(days=18)
    assert client.trusts() == {"root": 1, "timestamp": 2, "snapshot": 2, "targets": 2}


@case
def expired_roles_in_the_store_stay_a_floor(client, repository):
    assert client.init()
    repository.timestamp.version = 5
    repository.timestamp.expires = in_days(7)
    repository.write("timestamp")
    assert client.refresh()
    repository.timestamp.version = 4
    repository.timestamp.expires = in_days(21)
    repository.write("timestamp")
    assert not client.refresh(days=18) and client.trusts()["timestamp"] == 5


def with_delegated(repository, days):
    repository.delegate("targets", "delegated", ["d/*"])
    repository.roles["delegated"].expires = in_days(days)
    repository.add("delegated", "d/one", b"one")
    repository.add("delegated", "d/two", b"two")
    repository.write("delegated")
    repository.publish_all("targets")


@case
def a_delegated_role_that_has_expired_vouches_for_nothing(client, repository):
    with_delegated(repository, -1)
    assert client.init() and client.refresh()
    assert not client.download("d/one") and client.has() == []
    assert "delegated" not in client.trusts()


@case
def a_delegated_role_that_expires_in_the_store_vouches_no_longer(client, repository):
    with_delegated(repository, 7)
    assert client.init() and client.download("d/one")
    assert not client.download("d/two", days=18) and client.has() == [b"one"]


@case
def a_delegated_role_that_was_renewed_vouches_again(client, repository):
    with_delegated(repository, 7)
    assert client.init() and client.download("d/one")
    repository.roles["delegated"].expires = in_days(21)
    repository.publish_all("delegated")
    assert client.download("d/two", days=18) and client.has() == [b"one", b"two"]


# Targets.


@each(plain="file.txt", folder="path/to/a/file.txt", odd="a b/ä?#%41.txt")
def a_target_is_downloaded(client, repository, path):
    repository.add("targets", path, b"content")
    repository.publish_all("targets")
    assert client.init() and client.refresh() and client.has() == []
    assert client.download(path) and client.has() == [b"content"]


@case
def a_target_that_was_replaced_on_the_server_is_refused(client, repository):
    for name in ["one", "two"]:
        repository.add("targets", name, name.encode())
    repository.publish_all("targets")
    assert client.init() and client.download("one")
    for name in repository.targets:
        repository.targets[name] = b"bad"
    client.download("one")
    assert client.has() == [b"one"]
    assert not client.download("two") and client.has() == [b"one"]


@case
def a_target_that_changes_is_replaced(client, repository):
    assert client.init()
    for number in range(3):
        content = f"content {number}".encode()
        repository.add("targets", "file", content)
        repository.publish_all("targets")
        assert client.download("file") and client.has() == [content]


@case
def a_target_is_not_fetched_twice(client, repository):
    repository.add("targets", "file", b"content")
    repository.publish_all("targets")
    assert client.init() and client.download("file")
    repository.targets.clear()
    assert client.download("file")


# Rollback.


@case
def an_older_timestamp_is_refused(client, repository):
    repository.publish("timestamp")
    assert client.init() and client.refresh()
    repository.timestamp.version = 1
    repository.write("timestamp")
    repository.asked.clear()
    assert not client.refresh() and client.trusts()["timestamp"] == 2
    assert repository.asked[-1] == "timestamp"


@each(plain=False, hashes=True)
def a_newer_timestamp_with_an_older_snapshot_is_refused(client, repository, with_hashes):
    repository.with_hashes = with_hashes
    repository.publish("snapshot", "timestamp")
    assert client.init() and client.refresh()
    repository.snapshot.version = 1
    repository.write("snapshot")
    repository.publish("timestamp")
    assert not client.refresh()
    assert client.trusts()["timestamp"] == 2 and client.trusts()["snapshot"] == 2


@each(plain=False, hashes=True)
def a_newer_snapshot_with_older_targets_is_refused(client, repository, with_hashes):
    repository.with_hashes = with_hashes
    repository.publish_all("targets")
    assert client.init() and client.refresh()
    repository.roles["targets"].version = 1
    repository.write("targets")
    repository.publish("snapshot", "timestamp")
    assert not client.refresh()
    assert client.trusts()["snapshot"] == 2 and client.trusts()["targets"] == 2


@case
def a_snapshot_that_drops_a_role_is_refused(client, repository):
    with_delegated(repository, 30)
    assert client.init() and client.refresh()
    del repository.snapshot.meta["delegated.json"]
    repository.publish("snapshot", "timestamp")
    assert not client.refresh() and client.trusts()["snapshot"] == 2


@each(timestamp="timestamp", snapshot="snapshot", targets="targets")
def versions_out_of_reach_are_recovered_by_other_online_keys(client, repository, role):
    repository.roles[role].version = 99_999
    repository.write("targets", "snapshot", "timestamp")
    assert client.init() and client.refresh() and client.trusts()[role] == 99_999
    repository.hold("snapshot", 1, [8])
    repository.hold("timestamp", 1, [9])
    repository.publish("root")
    repository.roles[role].version = 1
    repository.write("targets", "snapshot", "timestamp")
    assert client.refresh() and client.trusts()[role] == 1


# Keys.


@case
def a_threshold_above_the_number_of_keys_is_never_met(client, repository):
    assert client.init() and client.refresh()
    repository.hold("snapshot", 6, [2, 5, 6, 7, 8])
    repository.publish("root")
    repository.publish_all("targets")
    # What its holders of before signed is no longer shown (§5.3.11).
    assert not client.refresh() and client.trusts() == {"root": 2, "timestamp": 2, "targets": 1}


@case
def a_threshold_that_cannot_be_met_is_mended_by_the_next_root(client, repository):
    assert client.init() and client.refresh()
    repository.hold("snapshot", 3, [2])
    repository.publish("root")
    assert not client.refresh() and client.trusts()["root"] == 2
    repository.hold("snapshot", 3, [2, 5, 6])
    repository.publish("root")
    repository.publish("snapshot", "timestamp")
    assert client.refresh() and client.trusts()["root"] == 3


@case
def keys_in_the_root_alone_do_not_sign_the_snapshot(client, repository):
    assert client.init() and client.refresh()
    repository.hold("snapshot", 3, [2, 5, 6, 7], signing=[2, 5])
    repository.publish("root")
    repository.publish_all("targets")
    assert not client.refresh()
    assert client.trusts()["root"] == 2 and client.trusts().get("snapshot", 1) == 1


@case
def one_signature_under_two_ids_counts_once(client, repository):
    assert client.init() and client.refresh()
    root, key = repository.root, KEYS[5].public_key
    repository.hold("snapshot", 2, [5])
    root.keys["ab" * 32] = type(key)("ab" * 32, key.keytype, key.scheme, key.keyval)
    root.roles["snapshot"].keyids.append("ab" * 32)
    repository.publish("root")
    repository.publish_all("targets")
    assert not client.refresh()
    assert client.trusts().get("snapshot", 1) == 1


@case
def members_of_keys_that_nobody_knows_do_not_matter(client, repository):
    key = repository.root.roles["snapshot"].keyids[0]
    repository.root.keys[key].unrecognized_fields["keyid_hash_algorithms"] = ["md5"]
    repository.publish("root")
    repository.publish_all("targets")
    assert client.init() and client.refresh()
    assert client.trusts() == {"root": 2, "timestamp": 2, "snapshot": 2, "targets": 2}


ROOTS = {
    "rotated": [([1], 1, [1]), ([2], 1, [2, 1]), ([2], 1, [2])],
    "with_strangers_signatures": [([1], 1, [3, 1, 4]), ([2], 1, [3, 2, 1, 4])],
    "three_of_five_by_turns": [([0, 1, 2, 3, 4], 3, [0, 2, 4]), ([0, 1, 2, 3, 4], 3, [0, 4, 1]), ([0, 1, 2, 3, 4], 3, [1, 3, 0])],
    "one_of_five_rotated": [([0, 1, 2, 3, 4], 3, [0, 2, 4]), ([0, 1, 3, 4, 5], 3, [0, 4, 1])],
    "all_of_five_rotated": [([0, 1, 2, 3, 4], 3, [0, 2, 4]), ([5, 6, 7, 8, 9], 3, [0, 2, 4, 5, 6, 7]), ([5, 6, 7, 8, 9], 3, [5, 6, 7])],
    "threshold_raised": [([1, 2, 3], 1, [1]), ([1, 2, 3], 2, [1, 2])],
    "threshold_lowered": [([1, 2, 3], 2, [1, 2]), ([1, 2, 3], 1, [1, 2]), ([1, 2, 3], 1, [1])],
    "holder_added": [([1], 1, [1]), ([1, 2], 2, [1, 2])],
    "REFUSED_without_the_old_key": [([1], 1, [1]), ([2], 1, [2, 3, 4])],
    "REFUSED_without_the_new_key": [([1], 1, [1]), ([2], 1, [1, 3, 4])],
    "REFUSED_two_of_the_new_three": [([0, 1, 2, 3, 4], 3, [0, 2, 4]), ([0, 1, 3, 4, 5], 3, [0, 2, 4])],
    "REFUSED_two_of_the_old_three": [([0, 1, 2, 3, 4], 3, [0, 2, 4]), ([0, 1, 3, 4, 5], 3, [0, 4, 5])],
    "REFUSED_new_threshold_not_met": [([1, 2, 3], 1, [1]), ([1, 2, 3], 2, [2])],
    "REFUSED_old_threshold_not_met": [([1, 2, 3], 2, [1, 2]), ([1, 2, 3], 1, [1])],
}


@each(**{name: (name, roots) for name, roots in ROOTS.items()})
def a_chain_of_roots_ends_where_it_should(client, repository, variant):
    name, roots = variant
    repository.root.version = 0
    for keys, threshold, signing in roots:
        repository.hold("root", threshold, keys, signing)
        repository.publish("root")
    client.pinned = repository.files["1.root.json"]
    refused = name.startswith("REFUSED")
    assert client.init() and client.refresh() != refused
    expected = len(roots) - 1 if refused else len(roots)
    with open(f"{client.metadata}/root.json", "rb") as file:
        assert file.read() == repository.files[f"{expected}.root.json"]


@case
def a_root_that_skips_a_version_is_refused(client, repository):
    repository.root.version = 3
    repository.write("root")
    repository.files["2.root.json"] = repository.files["3.root.json"]
    assert client.init() and not client.refresh() and client.trusts()["root"] == 1


HOLDERS = {
    "rotated": ([2], 1, [2]),
    "with_strangers_signatures": ([1], 1, [3, 1, 4]),
    "first_three": ([0, 1, 2, 3, 4], 3, [0, 2, 4]),
    "other_three": ([0, 1, 2, 3, 4], 3, [2, 3, 4]),
    "REFUSED_by_strangers": ([2], 1, [1, 3, 4]),
    "REFUSED_two_and_a_stranger": ([0, 1, 3, 4, 5], 3, [0, 2, 4]),
    "REFUSED_two_of_three": ([0, 1, 3, 4, 5], 3, [0, 4]),
}


@each(**{f"{role}_{name}": (role, name, *how) for role in ["timestamp", "snapshot", "targets"] for name, how in HOLDERS.items()})
def a_role_counts_by_its_holders_of_today(client, repository, variant):
    role, name, keys, threshold, signing = variant
    assert client.init()
    repository.hold(role, threshold, keys, signing)
    repository.publish("root")
    repository.publish_all("targets")
    assert client.refresh() != name.startswith("REFUSED")
