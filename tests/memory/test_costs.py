"""What one request may cost, whatever it says: by counting, or by the ratio of CPU times at two sizes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from infisical.memory.dynamic_secrets.routes import is_template
from infisical.memory.pki.chains import split_chain
from infisical.memory.pki.fields import build_alt_names_field, parse_duration
from infisical.memory.secrets import lookup, references, store
from tests.memory.secrets_world import V4, body, folder, put, query, service_token
from tests.memory.world import World, refusal, without_id


def growth(work: Callable[[int], object], size: int) -> float:
    """How much longer four times the size takes; the best of three, since other processes run too."""

    def seconds(size: int) -> float:
        found = []
        for _ in range(3):
            start = time.process_time()
            work(size)
            found.append(time.process_time() - start)
        return max(min(found), 1e-4)

    return seconds(4 * size) / seconds(size)


def expanded(world: World, name: str, **how: Any) -> str:
    how = {"token": world.token(), **how}
    status, answer = world.send("GET", f"{V4}/{name}", query=query(world, expandSecretReferences="true"), **how)
    assert status == 200
    return str(answer["secret"]["secretValue"])


# ---- references
@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that were looked up for references."""
    names: list[str] = []
    read_value, find_secret = references._read_value, lookup.find_secret

    def counting(call: Any, project_id: str, target: references.Target, origin: references.Target) -> str:
        names.append(target.key)
        return read_value(call, project_id, target, origin)

    def counting_today(call: Any, place: Any, key: str, sight: lookup.Sight) -> Any:
        names.append(key)
        return find_secret(call, place, key, sight)

    monkeypatch.setattr(references, "_read_value", counting)
    monkeypatch.setattr(lookup, "find_secret", counting_today)
    return names


def test_references_that_multiply_are_followed_so_often_only(looked_up: list[str]):
    world = World()
    put(world, **{f"K{level}": f"${{K{level + 1}}}" * 8 for level in range(7)}, K7="x")

    text = expanded(world, "K0")

    assert len(looked_up) <= references.FOLLOWED_LIMIT
    assert text.startswith("x" * 1000)
    assert "${K1}" in text
    assert expanded(world, "K5") == "x" * 64


def test_all_secrets_of_a_listing_together_follow_so_many(looked_up: list[str]):
    world = World()
    put(world, **{f"A{number:02}": "${B}" * 1000 for number in range(30)}, B="b")
    status, answer = world.send("GET", V4, query=query(world, expandSecretReferences="true"), token=world.token())

    assert (status, len(looked_up)) == (200, references.FOLLOWED_LIMIT)
    assert len({secret["secretValue"] for secret in answer["secrets"]}) > 2


def test_the_tree_of_references_is_bounded_too(looked_up: list[str]):
    world = World()
    put(world, **{f"K{level}": f"${{K{level + 1}}}" * 8 for level in range(7)}, K7="x")
    status, _ = world.send("GET", f"{V4}/K0/secret-reference-tree", query=query(world))

    assert status == 200
    assert len(looked_up) <= references.FOLLOWED_LIMIT


def test_a_large_value_is_put_in_so_often_only():
    world = World()
    put(world, BIG="x" * 500_000, MANY="${BIG}" * 100)

    text = expanded(world, "MANY")

    assert references.WRITTEN_LIMIT - 500_000 < text.count("x") <= references.WRITTEN_LIMIT
    assert text.endswith("${BIG}")


def test_references_that_name_nothing_count_as_well(looked_up: list[str]):
    world = World()
    put(world, A="${NOPE}" * 50_000)

    assert (expanded(world, "A"), len(looked_up)) == ("${NOPE}" * 50_000, references.FOLLOWED_LIMIT)


def test_every_scope_of_a_token_counts(looked_up: list[str]):
    world = World()
    token = service_token(world, *(("dev", f"/{number}/**") for number in range(99)), ("dev", "/"))
    put(world, A="${B}" * 1000, B="b")
    text = expanded(world, "A", token=token)

    assert (text.count("b"), len(looked_up)) == (references.FOLLOWED_LIMIT // 101,) * 2


# ---- batches and lists
def test_a_batch_of_more_than_ten_thousand_is_refused_unread():
    world = World()
    status, answer = world.send("POST", f"{V4}/batch", body(world, secrets=[1] * 10_001))

    assert (status, [issue["message"] for issue in answer["message"]]) == (
        422,
        ["Array must contain at most 10000 element(s)"],
    )


def test_issues_are_told_up_to_a_number():
    world = World()
    status, answer = world.send("POST", f"{V4}/batch", body(world, secrets=[{}] * 10_000))

    assert (status, 1000 <= len(answer["message"]) < 1010) == (422, True)


def test_the_time_of_a_batch_grows_with_its_size():
    def work(size: int) -> None:
        world = World()
        items = [{"secretKey": f"K{number}", "secretValue": ""} for number in range(size)]
        assert world.send("POST", f"{V4}/batch", body(world, secrets=items))[0] == 200
        paths = [{**item, "secretPath": f"/{number}"} for number, item in enumerate(items)]
        assert world.send("PATCH", f"{V4}/batch", body(world, secrets=paths))[0] == 404
        assert world.send("DELETE", f"{V4}/batch", body(world, secrets=items))[0] == 200

    assert growth(work, 150) < 9


def test_a_batch_looks_for_personal_overrides_once(monkeypatch: pytest.MonkeyPatch):
    world, looked = World(), []
    put(world, **{f"K{number}": "" for number in range(50)})
    found = store.group_overrides
    monkeypatch.setattr(store, "group_overrides", lambda *of: looked.append(1) or found(*of))
    status, _ = world.send(
        "DELETE", f"{V4}/batch", body(world, secrets=[{"secretKey": f"K{number}"} for number in range(50)])
    )

    assert (status, len(looked)) == (200, 1)


def test_names_that_a_batch_has_twice_are_taken_once():
    world = World()
    put(world, C="")
    items = [{"secretKey": name, "secretValue": ""} for name in ("A", "B", "A", "C", "A")]

    assert without_id(world.send("POST", f"{V4}/batch", body(world, secrets=items))) == refusal(
        400, "BadRequest", "Secret already exists: 'C' in path '/' of environment 'dev'"
    )


# ---- folders
@pytest.mark.parametrize("path", ["/a" * 101, "/a" * 200_000])
def test_a_path_of_more_than_a_hundred_folders_makes_none(path: str):
    world = World()
    before = world.memory.state
    status, _ = world.send("POST", "/api/v2/folders", {**body(world), "name": "x", "path": path})

    assert status in (400, 422)
    assert world.memory.state.tables == before.tables


def test_a_recursive_listing_goes_over_the_folders_once():
    def work(size: int) -> None:
        world = worlds[size]
        assert world.send("GET", V4, query=query(world, recursive="true"), token=world.token())[0] == 200

    worlds = {size: World() for size in (100, 400)}
    for size, world in worlds.items():
        for number in range(size):
            folder(world, f"f{number}")

    assert growth(work, 100) < 9


def test_folders_are_listed_before_those_in_them():
    world = World()
    for names in (("b", "x", "y"), ("a",), ("b", "w")):
        folder(world, *names)
    asked = {**body(world), "path": "/", "recursive": "true"}
    status, answer = world.send("GET", "/api/v2/folders", query=asked)

    assert (status, [one["relativePath"] for one in answer["folders"]]) == (200, ["/a", "/b", "/b/w", "/b/x", "/b/x/y"])


def test_a_scope_is_bounded_in_number_and_length():
    world = World()
    scope = {"environment": "dev", "secretPath": "/a"}
    made = {"name": "t", "workspaceId": world.project_id, "encryptedKey": "", "iv": "", "tag": "", "expiresIn": None}

    def issues(*scopes: dict[str, str]) -> list[str]:
        sent = {**made, "scopes": scopes, "permissions": ["read"]}
        status, answer = world.send("POST", "/api/v2/service-token", sent)
        return [issue["message"] for issue in answer["message"]] if status == 422 else []

    assert issues(*[scope] * 100) == []
    assert issues(*[scope] * 101) == ["Array must contain at most 100 element(s)"]
    assert issues({**scope, "secretPath": "/a" * 600}) == ["A scope has 1024 characters at most"]


# ---- texts
@pytest.mark.parametrize(
    ("work", "size"),
    [
        (lambda size: parse_duration("1" * size + "!"), 20_000),
        (lambda size: is_template("{{" + " " * size), 2000),
        (lambda size: split_chain("-----BEGIN CERTIFICATE-----" * size), 2000),
    ],
)
def test_the_time_of_reading_a_text_grows_with_its_length(work: Callable[[int], object], size: int):
    assert growth(work, size) < 9


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        ("{{randomUsername}}", True),
        ("a{{ unixTimestamp }}-{{identity.name}}b}}", True),
        ("", True),
        ("{{nope}}", False),
        ("{{randomUsername", False),
        ("{{ {{randomUsername}} }}", False),
        ("{{}}", False),
    ],
)
def test_a_template_has_known_names_in_it_only(text: str, sound: bool):
    assert is_template(text) is sound


@pytest.mark.parametrize(
    ("text", "seconds"), [("90d", 7776000.0), ("1.5 hours", 5400.0), (".5m", 30.0), ("-2s", -2.0), ("01 h", 3600.0)]
)
def test_times_are_read_as_before(text: str, seconds: float):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "d", "1.", "1.d", "1.2.3s", "--1s", "1 fortnight", "1e3s"])
def test_what_is_no_time_is_nan(text: str):
    assert parse_duration(text) != parse_duration(text)


def test_a_chain_has_its_certificates_in_order_and_not_too_many():
    one = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----"

    assert split_chain(f"a{one}\n{one}b-----BEGIN CERTIFICATE-----") == [one, one]
    with pytest.raises(Exception, match="400"):
        split_chain(one * 33)


# ---- lists in one text, and objects with any names
def test_alternative_names_are_bounded_before_each_is_looked_at():
    def issues(count: int) -> list[str]:
        found: list[dict[str, Any]] = []
        build_alt_names_field().read(",".join(["a b"] * count), ("altNames",), found)
        return [issue["message"] for issue in found]

    assert issues(1001) == ["There may be 1000 alt names at most"]
    assert issues(1000) == ["Each alt name must be a valid hostname, email address, IP address or URL"]


def test_more_overrides_than_there_are_variables_are_refused_unread():
    world = World()
    sent = {"envOverrides": {f"K{number}": 1 for number in range(10_000)}}
    status, answer = world.send("PATCH", "/api/v1/admin/config", sent)

    assert (status, [issue["path"] for issue in answer["message"]]) == (422, [["envOverrides"]])
