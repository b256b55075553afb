"""The cache of a client: which requests share an entry, which writes drop it, and how much it holds."""

from __future__ import annotations

from typing import Any

import pytest
from returns.result import Failure, Success

from infisical import (
    Cache,
    InfisicalClient,
    InfisicalNetworkError,
)
from infisical.cache import find_projects, make_alias
from infisical.endpoints.kms import Kms
from infisical.endpoints.projects import Projects
from infisical.endpoints.secrets import Secrets
from infisical.request import HttpRequest, delete, get, post
from infisical.session import Session
from infisical.transport import Reply
from tests.middleware.test_cache import WHERE, Stage, listing
from tests.wire import answer


# ---- writes
def test_a_write_drops_the_entries_of_its_project_only():
    stage = Stage(listing("1"), listing("other"), answer({"secret": {"id": "i", "secretKey": "B", "secretValue": ""}}))
    stage.read()
    other = {"project_id": "q", "environment": "dev"}
    stage.client.secrets.list(**other)
    stage.client.secrets.create(secret_name="B", secret_value="", **WHERE)

    assert stage.client.cache_info().entries == 1
    assert stage.client.secrets.list(**other).unwrap().secrets[0].secret_value == "other"


@pytest.mark.parametrize(
    "write",
    [
        post("/api/v1/x", body={"name": "x"}, returns=lambda _: Success(None)),
        post("/api/v1/x", body={"projectSlug": "q"}, returns=lambda _: Success(None)),
        delete("/api/v1/x/{id}", {"id": "q"}, returns=lambda _: Success(None)),
    ],
    ids=["no project", "a project by another kind of name", "an id of something"],
)
def test_a_write_that_may_concern_a_project_drops_its_entries(write):
    stage = Stage(listing("1"), answer({}), listing("2"))
    stage.read()
    stage.client(write)

    assert stage.read() == "2"


def test_a_write_that_fails_drops_the_entries_too():
    stage = Stage(listing("1"), InfisicalNetworkError("cut", reason="reset", sent=True), listing("2"))
    stage.read()
    stage.client.secrets.delete(secret_name="A", **WHERE)

    assert stage.read() == "2"


def test_encrypting_is_no_write():
    stage = Stage(listing("1"), answer({"ciphertext": "c"}))
    stage.read()
    stage.client.kms.encrypt(key_id="k", plaintext="x")

    assert stage.read() == "1"


def test_the_posts_that_read_are_those_of_the_endpoints():
    from infisical.middleware.cache import READING_TEMPLATES

    assert Kms.decrypt(key_id="k", ciphertext="c").path in READING_TEMPLATES
    assert len(READING_TEMPLATES) == 6


def test_a_read_in_flight_while_a_write_ends_does_not_fill_the_cache():
    stage = Stage(listing("1"), answer({"secret": {"id": "i", "secretKey": "A", "secretValue": ""}}), listing("2"))

    def execute(request: HttpRequest) -> Reply:
        is_first = not stage.executor.sent
        reply = stage.executor(request)
        if is_first:
            stage.client.secrets.delete(secret_name="A", **WHERE)
        return reply

    stage.client._execute = execute

    assert [stage.read(), stage.read()] == ["1", "2"]
    assert stage.sent == ["GET", "DELETE", "GET"]


def test_a_read_that_ends_while_a_write_is_in_flight_does_not_fill_the_cache():
    stage = Stage(listing("1"), listing("2"))
    store = stage.client._pipeline.cache
    assert store is not None
    with store.writing(frozenset()):
        stage.read()

    assert stage.read() == "2"


# ---- the key: the five wrong hits of another client, and more
READS: dict[str, dict[str, Any]] = {
    "another version": {"version": 7},
    "references as they are": {"expand_secret_references": False},
    "without the value": {"view_secret_value": False},
    "another path": {"secret_path": "/a"},
    "another type": {"type": "personal"},
}


@pytest.mark.parametrize("change", READS.values(), ids=READS)
def test_a_read_with_another_parameter_is_another_entry(change):
    secret = [answer({"secret": {"id": "i", "secretKey": "A", "secretValue": value}}) for value in "12"]
    stage = Stage(*secret)
    values = [
        stage.client.secrets.get_by_name(secret_name="A", **WHERE, **more).unwrap().secret_value
        for more in ({}, change)
    ]

    assert values == ["1", "2"]


def test_entries_that_were_one_request_before_encoding_are_removed_one_by_one():
    returns = Secrets.list(**WHERE).returns
    stage = Stage(listing("1"), listing("2"))
    store = stage.client._pipeline.cache
    assert store is not None
    plain, marked = (get("/api/v1/x", headers=headers, returns=returns) for headers in ((), (("x-a", "b"),)))
    for one in (plain, marked):
        stage.client(one)
    store.drop(Session(), next(iter(store.entries)))  # of another session: nothing of this one
    assert len(store.entries) == 2
    for key in list(store.entries):
        store.drop(store.sessions.session, key)

    assert (len(store.entries), store.aliases, store.bytes) == (0, {}, 0)


def test_two_projects_by_slug_do_not_share_an_entry():
    stage = Stage(listing("1"), listing("2"))
    request = get("/api/v3/secrets/raw", query={"workspaceSlug": "one"}, returns=Secrets.list(**WHERE).returns)
    other = get("/api/v3/secrets/raw", query={"workspaceSlug": "two"}, returns=Secrets.list(**WHERE).returns)

    assert [stage.client(one).unwrap().secrets[0].secret_value for one in (request, other)] == ["1", "2"]


def test_a_rename_leaves_neither_name_in_the_cache():
    secret = [answer({"secret": {"id": "i", "secretKey": name, "secretValue": name}}) for name in ("OLD", "NEW", "NEW")]
    stage = Stage(*secret, answer({"message": "gone"}, 404))
    stage.client.secrets.get_by_name(secret_name="OLD", **WHERE)
    stage.client.secrets.update(secret_name="OLD", new_secret_name="NEW", **WHERE)

    assert stage.client.secrets.get_by_name(secret_name="NEW", **WHERE).unwrap().secret_key == "NEW"
    assert isinstance(stage.client.secrets.get_by_name(secret_name="OLD", **WHERE), Failure)


@pytest.mark.parametrize("values", [(True, 1), (1, "1"), ("a", "b"), (None, "None")])
def test_values_that_are_encoded_differently_are_different_entries(values):
    def read(value: object) -> Any:
        return get("/api/v1/x", query={"a": value, "b": "x"}, returns=Secrets.list(**WHERE).returns)

    stage = Stage(listing("1"), listing("2"))
    results = [stage.client(read(value)).unwrap().secrets[0].secret_value for value in values]

    assert results == (["1", "1"] if values == (1, "1") else ["1", "2"])  # 1 and "1" are one URL


def test_a_request_with_conditions_or_headers_of_its_own_has_its_own_entry_or_none():
    conditional = get("/api/v1/x", headers=(("If-None-Match", '"0"'),), returns=Secrets.list(**WHERE).returns)
    marked = get("/api/v1/x", headers=(("x-infisical-org", "o"),), returns=Secrets.list(**WHERE).returns)
    plain = get("/api/v1/x", returns=Secrets.list(**WHERE).returns)
    stage = Stage(*(listing(str(number)) for number in range(9)))
    requests = [conditional, conditional, marked, marked, plain, plain]

    assert [stage.client(one).unwrap().secrets[0].secret_value for one in requests] == ["0", "1", "2", "2", "3", "3"]


def test_an_alias_needs_plain_values_and_a_get():
    assert make_alias(Secrets.list(**WHERE)) is not None
    assert make_alias(get("/x", query={"a": 1.5}, returns=lambda _: Success(None))) is None
    assert make_alias(get("/x", query={"a": ["b"]}, returns=lambda _: Success(None))) is None
    assert make_alias(post("/x", returns=lambda _: Success(None))) is None


def test_projects_are_found_in_path_query_and_body():
    assert find_projects(Projects.get(project_id="p")) == {("id", "p")}
    assert find_projects(Secrets.list(**WHERE)) == {("id", "p")}
    assert find_projects(Secrets.create(secret_name="A", secret_value="", **WHERE)) == {("id", "p")}
    assert find_projects(None) == frozenset()


# ---- bounds
def test_the_least_recently_used_entry_goes_first():
    stage = Stage(*(listing(name) for name in "abca"), cache={"entries": 2})

    def read(path: str) -> None:
        stage.client.secrets.list(**WHERE, secret_path=path)

    for path in ("/a", "/b", "/a", "/c", "/a", "/b"):
        read(path)

    paths = [request.url.rpartition("secretPath=")[2].partition("&")[0] for request in stage.executor.sent]
    assert paths == ["%2Fa", "%2Fb", "%2Fc", "%2Fb"]


def test_entries_are_bounded_by_their_bytes():
    stage = Stage(*(listing("x" * 1000) for _ in range(9)), cache={"max_bytes": 4000})
    for number in range(9):
        stage.client.secrets.list(**WHERE, secret_path=f"/{number}")
        assert stage.client.cache_info().bytes <= 4000

    assert stage.client.cache_info().entries == 2


def test_a_response_that_is_larger_than_the_cache_is_not_kept_and_moves_nothing_out():
    stage = Stage(listing("1"), listing("x" * 5000), cache={"max_bytes": 4000})
    stage.read()
    stage.client.secrets.list(**WHERE, secret_path="/large")

    assert stage.client.cache_info().entries == 1


def test_a_hit_that_is_larger_than_a_call_allows_is_a_failure():
    stage = Stage(listing("1"))
    stage.read()

    assert stage.read(max_response_bytes=10).reason == "protocol"


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"ttl": -1}, "ttl is a number of seconds from 0, not -1"),
        ({"ttl": float("inf")}, "ttl is a number of seconds from 0, not inf"),
        ({"stale_if_error": True}, "stale_if_error is a number of seconds from 0, not True"),
        ({"entries": 0}, "entries is a whole number of at least 1, not 0"),
        ({"max_bytes": 1.5}, "max_bytes is a whole number of at least 1, not 1.5"),
    ],
)
def test_settings_that_cannot_be_right_are_refused(setting, message):
    with pytest.raises(ValueError, match="^" + message.replace("(", r"\(") + "$"):
        Cache(**setting)


def test_a_client_takes_a_cache_and_nothing_else():
    with pytest.raises(ValueError, match=r"^cache is a Cache or None, not int: cache=Cache\(ttl=60\)$"):
        InfisicalClient(cache=60)  # type: ignore[arg-type]


def test_no_repr_shows_a_value():
    stage = Stage(listing("hunter22"))
    stage.read()
    store = stage.client._pipeline.cache

    assert "hunter22" not in f"{stage.client!r} {store!r} {store.entries!r} {stage.client.cache_info()!r} {Cache()!r}"  # type: ignore[union-attr]
