"""The cache of a client: what it serves, what it asks the server, and what empties it."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from returns.result import Success

from infisical import (
    AsyncInfisicalClient,
    Cache,
    CacheInfo,
    ForbiddenError,
    IdentityAccessToken,
    InfisicalClient,
    InfisicalNetworkError,
    InternalServerError,
    Jwt,
    NotFoundError,
    Response,
    UnauthorizedError,
    UniversalAuth,
)
from infisical.cache import _restart_all
from infisical.endpoints.secrets import Secrets
from infisical.executors import AsyncScriptedExecutor, ScriptedExecutor
from infisical.executors.memory import MemoryExecutor
from infisical.request import HttpRequest, get
from infisical.transport import Reply
from tests.wire import answer

TOKEN = IdentityAccessToken("T1")
WHERE = {"project_id": "p", "environment": "dev"}
OUTAGE = InfisicalNetworkError("no connection", reason="refused", sent=False)
BUSY = answer({"message": "busy"}, 503)
LOGIN = answer({"accessToken": "L1", "expiresIn": 0, "accessTokenMaxTTL": 0, "tokenType": "Bearer"})
UNCHANGED = Response(304, (("etag", '"1"'),))


def listing(value: str, etag: str | None = None) -> Response:
    body = {"secrets": [{"id": "i", "secretKey": "A", "secretValue": value}], "imports": []}
    headers = () if etag is None else (("etag", etag),)
    return Response(200, headers, json.dumps(body).encode())


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Stage:
    """A client with a cache on a script, and its clock."""

    def __init__(self, *script: Response | InfisicalNetworkError, auth: Any = TOKEN, **options: Any) -> None:
        self.executor, self.clock = ScriptedExecutor(*script), Clock()
        settings = {"cache": Cache(**options.pop("cache", {})), "retry": None, **options}
        self.client = InfisicalClient(auth=auth, executor=self.executor, clock=self.clock, **settings)

    def read(self, **options: Any) -> Any:
        result = self.client.with_options(**options).secrets.list(**WHERE)
        return result.unwrap().secrets[0].secret_value if isinstance(result, Success) else result.failure()

    @property
    def sent(self) -> list[str]:
        return [request.method for request in self.executor.sent]

    def etags_sent(self) -> list[str | None]:
        return [dict(request.headers).get("If-None-Match") for request in self.executor.sent]


# ---- fresh, expired, stale
def test_a_fresh_answer_is_the_same_object_and_sends_nothing():
    stage = Stage(listing("1"))

    first, second = (stage.client.secrets.list(**WHERE) for _ in range(2))

    assert first.unwrap() is second.unwrap()
    assert stage.sent == ["GET"]
    assert stage.client.cache_info() == CacheInfo(hits=1, misses=1, entries=1, bytes=stage.client.cache_info().bytes)


def test_an_answer_is_served_until_its_ttl_from_the_time_of_asking():
    stage = Stage(listing("1"), listing("2"), cache={"ttl": 60})

    values = []
    for now in (1000, 1059.9, 1060):
        stage.clock.now = now
        values.append(stage.read())

    assert values == ["1", "1", "2"]


def test_a_clock_that_goes_back_makes_every_entry_old():
    stage = Stage(listing("1"), listing("2"))
    stage.read()
    stage.clock.now = 999.0

    assert stage.read() == "2"


def test_an_expired_answer_is_asked_for_by_its_etag_and_served_again():
    stage = Stage(listing("1", '"1"'), UNCHANGED, cache={"ttl": 60})
    first = stage.client.secrets.list(**WHERE)
    stage.clock.now += 60
    second = stage.client.secrets.list(**WHERE)
    stage.clock.now += 59
    third = stage.client.secrets.list(**WHERE)

    assert first.unwrap() is second.unwrap() is third.unwrap()
    assert stage.etags_sent() == [None, '"1"']
    assert stage.client.cache_info().revalidated == 1


def test_a_changed_answer_replaces_the_expired_one():
    stage = Stage(listing("1", '"1"'), listing("2", '"2"'), UNCHANGED, cache={"ttl": 60})
    values = []
    for _ in range(3):
        values.append(stage.read())
        stage.clock.now += 60

    assert values == ["1", "2", "2"]
    assert stage.etags_sent() == [None, '"1"', '"2"']


@pytest.mark.parametrize("outage", [OUTAGE, BUSY], ids=["network", "503"])
@pytest.mark.parametrize(("age", "served"), [(60, True), (90, True), (90.1, False)])
def test_an_outage_is_bridged_for_so_many_seconds_after_the_ttl(outage, age, served):
    stage = Stage(listing("1"), outage, cache={"ttl": 60, "stale_if_error": 30})
    stage.read()
    stage.clock.now += age
    result = stage.read()

    assert (result == "1") is served
    assert served or isinstance(result, (InfisicalNetworkError, InternalServerError))
    assert stage.client.cache_info().stale == int(served)


def test_by_default_nothing_bridges_an_outage():
    stage = Stage(listing("1"), OUTAGE, cache={"ttl": 0})
    stage.read()

    assert isinstance(stage.read(), InfisicalNetworkError)


@pytest.mark.parametrize(("status", "error"), [(401, UnauthorizedError), (403, ForbiddenError), (404, NotFoundError)])
def test_a_refusal_is_never_bridged_and_ends_what_was_cached(status, error):
    refusal = answer({"message": "no", "error": "PermissionDenied"}, status)
    stage = Stage(listing("1"), refusal, OUTAGE, cache={"ttl": 60, "stale_if_error": 1000})
    stage.read()
    stage.clock.now += 60

    assert isinstance(stage.read(), error)
    assert isinstance(stage.read(), InfisicalNetworkError)


@pytest.mark.parametrize(("status", "served"), [(401, False), (403, False), (404, False), (429, True)])
def test_a_login_that_is_refused_ends_what_was_cached(status, served):
    login = answer({"accessToken": "L1", "expiresIn": 100, "accessTokenMaxTTL": 0, "tokenType": "Bearer"})
    refusal = answer({"message": "no"}, status)
    auth = lambda: UniversalAuth("id", "secret")  # noqa: E731  # a factory: it is asked again after a refusal
    stage = Stage(login, listing("1"), refusal, OUTAGE, auth=auth, cache={"ttl": 60, "stale_if_error": 10_000})
    stage.read()
    stage.clock.now += 200

    assert stage.read().status_code == status
    stage.clock.now += 1000
    assert (stage.read() == "1") is served


def test_a_rate_limit_is_not_bridged_and_ends_nothing():
    stage = Stage(listing("1"), answer({"message": "slow"}, 429), OUTAGE, cache={"ttl": 60, "stale_if_error": 1000})
    stage.read()
    stage.clock.now += 60

    assert stage.read().status_code == 429
    assert stage.read() == "1"


def test_a_defective_executor_is_not_an_outage():
    stage = Stage(listing("1"), cache={"ttl": 0, "stale_if_error": 1000})
    stage.read()
    stage.client._execute = lambda _: None  # type: ignore[assignment, return-value]

    assert stage.read().defect


@pytest.mark.parametrize(
    ("outage", "served"), [(OUTAGE, "1"), (answer({"message": "x"}, 500), "1"), (answer({"message": "x"}, 401), None)]
)
def test_a_renewal_that_fails_for_an_outage_is_bridged_and_a_refused_one_is_not(outage, served):
    login = answer({"accessToken": "L1", "expiresIn": 100, "accessTokenMaxTTL": 0, "tokenType": "Bearer"})
    auth = UniversalAuth("id", "secret")
    stage = Stage(login, listing("1"), outage, auth=auth, cache={"ttl": 60, "stale_if_error": 1000})
    stage.read()
    stage.clock.now += 200
    value = stage.read()

    assert (value if isinstance(value, str) else None) == served


def test_an_unreadable_answer_is_not_served_again():
    stage = Stage(Response(200, body=b"<html>"), listing("1"))

    assert [type(stage.read()).__name__, stage.read()] == ["DecodeError", "1"]


# ---- one identity
CHANGES: dict[str, Callable[[InfisicalClient], object]] = {
    "login": lambda client: client.login(UniversalAuth("id", "secret")),
    "set_access_token": lambda client: client.set_access_token("T2"),
    "the same token again": lambda client: client.set_access_token("T1"),
    "set_jwt": lambda client: client.set_jwt("J"),
    "logout": lambda client: (client.logout(), client.set_access_token("T1")),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_another_session_reads_nothing_of_the_one_before(change):
    script = [LOGIN] if change is CHANGES["login"] else []
    stage = Stage(listing("1"), *script, listing("2"))
    stage.read()
    change(stage.client)

    assert stage.read() == "2"


def test_a_renewal_keeps_what_was_cached():
    login = answer({"accessToken": "L1", "expiresIn": 100, "accessTokenMaxTTL": 0, "tokenType": "Bearer"})
    other = answer({"message": "gone"}, 404)
    stage = Stage(login, listing("1"), login, other, auth=UniversalAuth("id", "secret"), cache={"ttl": 1000})
    stage.read()
    stage.clock.now += 200
    stage.client.secrets.get_by_name(secret_name="B", **WHERE)

    assert stage.sent == ["POST", "GET", "POST", "GET"]
    assert stage.read() == "1"


def test_a_read_of_an_earlier_session_finds_nothing_and_drops_nothing():
    stage = Stage(listing("1"), listing("2"))
    earlier = stage.client._pipeline.store.session
    stage.client.set_access_token("T2")
    stage.read()
    store = stage.client._pipeline.cache
    assert store is not None
    [key] = store.entries

    assert store.find(earlier, key) is None
    assert list(store.entries) == [key]


def test_a_logout_forgets_what_was_cached_at_once():
    stage = Stage(listing("1"))
    stage.read()
    stage.client.logout()

    assert (stage.client.cache_info().entries, stage.client.cache_info().bytes) == (0, 0)


def test_a_mode_that_is_refused_sees_no_cached_answer():
    stage = Stage(listing("1"), auth_policy=lambda _: frozenset({"identity_access_token"}))
    stage.read()
    stage.client._pipeline.store.session.mode = "jwt"

    assert stage.read().current_mode == "jwt"


# ---- with the rest of the client
def test_a_fresh_copy_asks_the_server_and_fills_the_cache():
    stage = Stage(listing("1"), listing("2"))

    assert [stage.read(), stage.read(fresh=True), stage.read()] == ["1", "2", "2"]


def test_copies_share_the_cache():
    stage = Stage(listing("1"))

    assert [stage.read(), stage.read(timeout=5), stage.read(idempotent=True)] == ["1", "1", "1"]


def test_forgetting_empties_the_cache_of_every_copy():
    stage = Stage(listing("1"), listing("2"))
    stage.read()
    stage.client.with_options(timeout=5).forget_cached()

    assert stage.read() == "2"


def test_a_client_without_a_cache_has_nothing_to_forget():
    client = InfisicalClient(executor=ScriptedExecutor())
    client.forget_cached()

    assert client.cache_info() is None


def test_the_log_says_how_the_cache_answered(caplog):
    stage = Stage(listing("1", '"1"'), UNCHANGED, OUTAGE, cache={"ttl": 60, "stale_if_error": 1000})
    caplog.set_level(logging.INFO, "infisical")
    for seconds in (0, 0, 60, 60):
        stage.clock.now += seconds
        stage.read()

    notes = [record.getMessage().partition("request id: -")[2] for record in caplog.records]
    assert notes == ["", ", cache: hit", ", cache: revalidated", ", cache: stale"]


def test_middleware_of_the_application_runs_for_a_hit_too():
    seen = []

    def note(request: HttpRequest, following: Any) -> Any:
        seen.append(request.method)
        return (yield from following(request))

    stage = Stage(listing("1"), middleware=[note])
    stage.read()
    stage.read()

    assert (seen, stage.sent) == (["GET", "GET"], ["GET"])


def test_a_middleware_that_changes_the_body_of_a_hit_changes_the_answer():
    def change(request: HttpRequest, following: Any) -> Any:
        outcome = yield from following(request)
        return Success(replace(outcome.unwrap(), body=listing("changed").body))

    stage = Stage(listing("1"), middleware=[change])

    assert [stage.read(), stage.read()] == ["changed", "changed"]


def test_decoders_without_a_hash_decode_each_time():
    class Unhashable:
        __hash__ = None  # type: ignore[assignment]

        def __call__(self, response: Response) -> Any:
            return Success([response.status])

    stage = Stage(listing("1"))
    request = get("/api/v1/x", returns=Unhashable())
    first, second = stage.client(request), stage.client(request)

    assert (first.unwrap(), second.unwrap(), first.unwrap() is second.unwrap()) == ([200], [200], False)
    assert stage.sent == ["GET"]


def test_what_the_application_raises_at_a_hit_is_a_failure_too():
    class Sometimes:
        """A policy and a decoder that raise from the second time on."""

        def __init__(self) -> None:
            self.count = 0

        def __call__(self, argument: Any) -> Any:
            self.count += 1
            if self.count > 1:
                raise KeyError("mine")
            return Success(1) if isinstance(argument, Response) else frozenset({"identity_access_token"})

    decoding = Stage(listing("1"))
    store = decoding.client._pipeline.cache
    request = get("/api/v1/x", returns=Sometimes())
    first = decoding.client(request)
    assert store is not None
    [entry] = store.entries.values()
    entry.response.answers.by_decoder.clear()
    judged = Stage(listing("1"), auth_policy=lambda access: policy(access))
    policy: Any = lambda access: frozenset({"identity_access_token"})  # noqa: E731
    before = judged.read()
    policy = Sometimes()
    policy.count = 1

    assert (first, before) == (Success(1), "1")
    assert "KeyError" in decoding.client(request).failure().message
    assert "KeyError" in judged.read().message


def test_a_request_made_by_hand_with_lists_has_an_entry_too():
    stage = Stage(listing("1"))
    plain = Secrets.list(**WHERE)
    request = replace(plain, parts=list(plain.parts), query=list(plain.query))

    assert stage.client(request).unwrap() is stage.client(request).unwrap()
    assert stage.sent == ["GET"]


def test_an_entry_remembers_the_answers_of_a_few_decoders():
    stage = Stage(listing("1"))
    for number in range(20):
        stage.client(get("/api/v1/x", returns=lambda _, number=number: Success(number)))
    store = stage.client._pipeline.cache
    assert store is not None

    assert [len(entry.response.answers.by_decoder) for entry in store.entries.values()] == [8]


# ---- threads, tasks, forks
def test_sixteen_cold_threads_with_sixty_four_equal_reads_send_one_request():
    memory, sent, gate = MemoryExecutor(), [], threading.Event()

    def execute(request: HttpRequest) -> Reply:
        sent.append(request.method)
        gate.wait(10)
        return memory(request)

    given = memory.given
    client = InfisicalClient(executor=execute, auth=Jwt(given.user_token), cache=Cache())
    answers: list[Any] = []

    def work() -> None:
        for _ in range(4):
            answers.append(client.secrets.list(project_id=given.project_id, environment="dev"))

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join(30)

    assert (len(answers), sent) == (64, ["GET"])
    assert all(isinstance(one, Success) for one in answers)


def test_equal_reads_of_tasks_share_one_request():
    async def main() -> list[str]:
        executor = AsyncScriptedExecutor(listing("1"))
        client = AsyncInfisicalClient(executor=executor, auth=TOKEN, cache=Cache())
        results = await asyncio.gather(*(client.secrets.list(**WHERE) for _ in range(64)))
        results.append(await client.secrets.list(**WHERE))
        return [one.unwrap().secrets[0].secret_value for one in results]

    assert asyncio.run(main()) == ["1"] * 65


def test_a_restarted_cache_has_the_entries_a_free_lock_and_no_write():
    stage = Stage(listing("1"), listing("2"))
    stage.read()
    store = stage.client._pipeline.cache
    assert store is not None
    before = stage.client.cache_info()
    store.lock.acquire()
    store.writes = 1
    _restart_all()

    assert (store.lock.locked(), store.writes, stage.client.cache_info()) == (False, 0, before)
    assert (stage.read(), stage.read(fresh=True), stage.read()) == ("1", "2", "2")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_has_the_entries_even_if_its_parent_held_the_lock():
    stage = Stage(listing("1"), listing("2"))
    stage.read()
    store = stage.client._pipeline.cache
    assert store is not None
    with store.lock:
        child = os.fork()
        if child == 0:
            os._exit(0 if stage.read() == "1" and stage.client.cache_info().entries == 1 else 1)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
