"""Watching a request: what is yielded, how the server is asked, how long it waits, and how it ends."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
from returns.result import Success

from infisical import (
    AsyncInfisicalClient,
    Cache,
    IdentityAccessToken,
    InfisicalClient,
    InfisicalNetworkError,
    RequestError,
    Response,
    Retry,
    UniversalAuth,
    awatch,
    watch,
)
from infisical.endpoints.secrets import Secrets
from infisical.executors import AsyncScriptedExecutor, ScriptedExecutor
from infisical.request import get, post
from tests.middleware.test_cache import Clock, listing
from tests.wire import answer

TOKEN = IdentityAccessToken("T1")
WHERE = {"project_id": "p", "environment": "dev"}
REQUEST = Secrets.list(**WHERE)
OUTAGE = InfisicalNetworkError("no connection", reason="refused", sent=False)
UNCHANGED = Response(304, (("etag", '"1"'),))


class Stage:
    """A client on a script, whose pauses are a list."""

    def __init__(self, *script: Response | InfisicalNetworkError, **settings: Any) -> None:
        self.executor, self.pauses = ScriptedExecutor(*script), list[float]()
        defaults: dict[str, Any] = {"retry": None, "random": lambda: 0.5, "sleep": self.sleep, "auth": TOKEN}
        self.client = InfisicalClient(executor=self.executor, **{**defaults, **settings})

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def watch(self, count: int, every: float = 30.0) -> list[str]:
        return [describe(one) for one in itertools.islice(watch(self.client, REQUEST, every), count)]


def describe(result: Any) -> str:
    if isinstance(result, Success):
        return str(result.unwrap().secrets[0].secret_value)
    return type(result.failure()).__name__


def test_the_first_answer_comes_and_then_each_changed_one():
    stage = Stage(listing("1"), listing("1"), listing("2"), listing("2"), listing("1"))

    assert stage.watch(3) == ["1", "2", "1"]


def test_an_unchanged_answer_costs_a_304_and_is_the_same_object():
    stage = Stage(listing("1", '"1"'), UNCHANGED, UNCHANGED, listing("2", '"2"'))

    assert stage.watch(2) == ["1", "2"]
    etags = [dict(request.headers).get("If-None-Match") for request in stage.executor.sent]
    assert etags == [None, '"1"', '"1"', '"1"']


def test_a_failure_comes_once_per_outage_and_the_answer_after_it_again():
    stage = Stage(OUTAGE, OUTAGE, listing("1"), OUTAGE, answer({}, 503), listing("1"), listing("1"), listing("2"))

    assert stage.watch(5) == [
        "InfisicalNetworkError",
        "1",
        "InfisicalNetworkError",
        "1",
        "2",
    ]


def test_a_pause_varies_by_a_tenth():
    for share, expected in ((0.0, 9.0), (0.5, 10.0), (0.99, 10.98)):
        stage = Stage(listing("1"), listing("2"), random=lambda share=share: share)
        stage.watch(2, every=10)
        assert sum(stage.pauses) == pytest.approx(expected)


def test_pauses_double_in_an_outage_up_to_five_minutes():
    stage = Stage(listing("1"), *[OUTAGE] * 6, listing("2"), listing("3"))
    at: list[float] = []
    stage.client._execute = lambda request: (at.append(sum(stage.pauses)), stage.executor(request))[1]
    stage.watch(4, every=30)

    assert [round(after - before) for before, after in itertools.pairwise(at)] == [30, 60, 120, 240, 300, 300, 300, 30]


def test_a_longer_interval_stays_in_an_outage():
    stage = Stage(OUTAGE, OUTAGE, listing("1"))
    stage.watch(2, every=1000)

    assert sum(stage.pauses) == pytest.approx(2000)


def test_a_rate_limit_is_waited_for():
    stage = Stage(answer({"message": "slow"}, 429, retry_after="100"), listing("1"))
    stage.watch(2, every=1)

    assert sum(stage.pauses) == pytest.approx(100)


def test_it_asks_past_a_fresh_entry():
    stage = Stage(listing("1"), listing("2"), cache=Cache(ttl=60))

    values = [describe(stage.client(REQUEST)), *stage.watch(1), describe(stage.client(REQUEST))]

    assert values == ["1", "2", "2"]


def test_what_it_reads_is_in_the_cache():
    clock = Clock()
    stage = Stage(listing("1", '"1"'), UNCHANGED, listing("2"), cache=Cache(ttl=60), clock=clock)
    walk = watch(stage.client, REQUEST, 30)

    first = next(walk)
    assert stage.client(REQUEST).unwrap() is first.unwrap()
    clock.now += 59
    second = next(walk)  # a 304, and then a change
    assert stage.client(REQUEST).unwrap() is second.unwrap()
    assert (describe(second), len(stage.executor.sent)) == ("2", 3)


def test_a_304_for_an_entry_that_was_dropped_fills_nothing():
    stage = Stage(listing("1", '"1"'), UNCHANGED, listing("2", '"2"'), cache=Cache(ttl=60))
    walk = watch(stage.client, REQUEST, 30)
    next(walk)
    stage.client.forget_cached()

    assert describe(next(walk)) == "2"
    assert stage.client.cache_info().revalidated == 0


def test_a_304_makes_the_entry_young_again():
    clock = Clock()
    stage = Stage(listing("1", '"1"'), UNCHANGED, listing("2"), cache=Cache(ttl=60), clock=clock)

    def sleep(_: float) -> None:
        if len(stage.executor.sent) == 2:  # 60 slices of half a second
            clock.now += 0.9
            values.append(describe(stage.client(REQUEST)))

    values: list[str] = []
    stage.client._sleep = sleep
    stage.watch(2, every=30)

    assert set(values) == {"1"}
    assert len(stage.executor.sent) == 3


def test_a_request_that_cannot_be_written_ends_the_walk():
    stage = Stage()
    broken = Secrets.get_by_name(secret_name="..", **WHERE)

    assert [describe(one) for one in watch(stage.client, broken)] == ["RequestError"]
    assert [type(one.failure()) for one in watch(stage.client, "x")] == [RequestError]  # type: ignore[arg-type]


@pytest.mark.parametrize("every", [0, -1, True, "30", float("nan")])
def test_an_interval_that_cannot_be_right_is_refused_at_once(every):
    with pytest.raises(ValueError, match=r"^every must be "):
        watch(Stage().client, REQUEST, every)
    with pytest.raises(ValueError, match=r"^every must be "):
        awatch(AsyncInfisicalClient(executor=AsyncScriptedExecutor()), REQUEST, every)


def test_each_watch_takes_its_own_kind_of_client():
    with pytest.raises(ValueError, match=r"^watch takes an InfisicalClient; awatch takes the asyncio one$"):
        watch(AsyncInfisicalClient(executor=AsyncScriptedExecutor()), REQUEST)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^watch takes an InfisicalClient; awatch takes the asyncio one$"):
        watch("client", REQUEST)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^awatch takes an AsyncInfisicalClient; watch takes the blocking one$"):
        awatch(Stage().client, REQUEST)  # type: ignore[arg-type]


# ---- how it asks
def get_etags(stage: Stage) -> list[str | None]:
    return [dict(request.headers).get("If-None-Match") for request in stage.executor.sent]


def test_the_etag_of_a_former_path_is_not_sent_to_another_path():
    missing = answer({"message": "Route GET:/x not found", "error": "Not Found", "statusCode": 404}, 404)
    moved = get("/api/v2/x", returns=str, formerly=("/api/v1/x",))  # type: ignore[arg-type]
    stage = Stage(missing, listing("1", '"1"'), missing, listing("2", '"1"'))
    request = replace(REQUEST, path=moved.path, parts=(), formerly=moved.formerly)

    walk = watch(stage.client, request)

    assert [describe(next(walk)), describe(next(walk))] == ["1", "2"]
    paths = [sent.url.partition("?")[0].rpartition("/api/")[2] for sent in stage.executor.sent]
    assert paths == ["v2/x", "v1/x", "v1/x", "v2/x"]
    assert get_etags(stage) == [None, None, '"1"', None]


def test_the_etag_of_one_identity_is_not_sent_for_another():
    stage = Stage(listing("1", '"1"'), listing("2", '"1"'), UNCHANGED, listing("3"))
    walk = watch(stage.client, REQUEST)

    values = [describe(next(walk))]
    stage.client.set_access_token("T2")
    values += [describe(next(walk)), describe(next(walk))]

    assert (values, get_etags(stage)) == (["1", "2", "3"], [None, None, '"1"', '"1"'])


def test_after_a_logout_it_fails_and_nothing_is_sent():
    stage = Stage(listing("1", '"1"'))
    walk = watch(stage.client, REQUEST)

    next(walk)
    stage.client.logout()

    assert describe(next(walk)) == "AuthenticationError"
    assert len(stage.executor.sent) == 1


def test_only_a_get_is_asked_by_an_etag():
    search = post("/api/v1/identities/search", returns=REQUEST.returns, access=REQUEST.access)
    stage = Stage(listing("1", '"1"'), listing("2", '"1"'))
    walk = watch(stage.client, search)

    assert [describe(next(walk)), describe(next(walk))] == ["1", "2"]
    assert get_etags(stage) == [None, None]


def test_a_condition_of_the_application_stays():
    stage = Stage(listing("1", '"1"'), UNCHANGED)
    walk = watch(stage.client, replace(REQUEST, headers=(("if-none-match", '"0"'),)))

    assert [describe(next(walk)), describe(next(walk))] == ["1", "InfisicalApiError"]
    assert [dict(request.headers)["if-none-match"] for request in stage.executor.sent] == ['"0"', '"0"']


def test_a_client_without_a_deadline_watches():
    stage = Stage(OUTAGE, listing("1", '"1"'), UNCHANGED, listing("2"), deadline=None, retry=Retry(attempts=2))

    assert stage.watch(2) == ["1", "2"]


def test_a_login_that_fails_is_an_outage():
    refusal = answer({"message": "no", "statusCode": 401, "error": "Unauthorized"}, 401)
    stage = Stage(refusal, listing("1"), auth=UniversalAuth("id", "s3cr3t"))
    walk = watch(stage.client, REQUEST)

    assert describe(next(walk)) == "UnauthorizedError"
    stage.client.set_access_token("T2")
    assert describe(next(walk)) == "1"


def test_a_login_that_cannot_be_encoded_does_not_end_the_walk():
    methods = iter([TokenlessLogin("..", "s"), UniversalAuth("id", "s")])
    login = answer({"accessToken": "L1", "expiresIn": 0, "accessTokenMaxTTL": 0, "tokenType": "Bearer"})
    clock = Clock()
    stage = Stage(login, listing("1"), auth=lambda: next(methods), clock=clock)
    walk = watch(stage.client, REQUEST)

    assert describe(next(walk)) == "RequestError"
    clock.now += 60
    assert describe(next(walk)) == "1"


class TokenlessLogin(UniversalAuth):
    """A login whose request cannot be encoded."""

    def request(self) -> Any:
        return Secrets.get_by_name(secret_name="..", **WHERE)
