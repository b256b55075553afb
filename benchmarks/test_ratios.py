"""The ratios: our times divided by those of raw urllib3, json.loads and infisicalsdk.

Both take turns, so that a busy machine slows both equally. A turn times a few calls of each. No time is asserted; a
table with the limits is printed at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

import pytest

RATIOS: list[tuple[str, str, list[float], float]] = []


def time_call(call: Callable[[], Any], times: int) -> float:
    durations = []
    for _ in range(times):
        start = perf_counter()
        call()
        durations.append(perf_counter() - start)
    return median(durations)


def compare(calls: dict[str, Callable[[], Any]], against: str, turns: int, times: int) -> list[float]:
    ours, theirs = calls["ours"], calls[against]
    time_call(ours, times), time_call(theirs, times)
    return [time_call(ours, times) / time_call(theirs, times) for _ in range(turns)]


@pytest.mark.parametrize(("against", "limit"), [("urllib3", 1.4), ("infisicalsdk", 0.45)])
def test_one_small_get(server: str, against: str, limit: float) -> None:
    from benchmarks.test_benchmarks import make_official_call, make_our_call, make_raw_call

    calls = {
        "ours": make_our_call(server),
        "urllib3": make_raw_call(server),
        "infisicalsdk": make_official_call(server),
    }
    RATIOS.append(("small GET", against, compare(calls, against, 60, 50), limit))


@pytest.mark.parametrize(("against", "limit"), [("json.loads", 2.2), ("infisicalsdk", 0.7)])
def test_decoding(against: str, limit: float) -> None:
    from benchmarks.test_benchmarks import make_decoders

    RATIOS.append(("decode 1,000 secrets", against, compare(make_decoders(), against, 40, 5), limit))


def test_a_cached_read() -> None:
    """Read 1,000 secrets from the cache, against one `json.loads` of the answer."""
    import json

    from benchmarks.server import LISTING_BODY
    from infisical import Cache, IdentityAccessToken, InfisicalClient, Response
    from infisical.executors import ScriptedExecutor

    script = ScriptedExecutor(Response(200, body=LISTING_BODY))
    client = InfisicalClient(auth=IdentityAccessToken("token"), executor=script, cache=Cache(ttl=3600))
    calls = {
        "ours": lambda: client.secrets.list(project_id="p", environment="dev"),
        "json.loads": lambda: json.loads(LISTING_BODY),
    }
    RATIOS.append(("cached read of 1,000", "json.loads", compare(calls, "json.loads", 40, 20), 0.005))


@pytest.mark.usefixtures("compiled_package")
def test_starting(server: str) -> None:
    from benchmarks.test_benchmarks import make_start

    calls = {who: make_start(server, who) for who in ("ours", "infisicalsdk")}
    RATIOS.append(("import to first response", "infisicalsdk", compare(calls, "infisicalsdk", 15, 1), 0.75))


def test_the_middleware_of_a_successful_call() -> None:
    """Measure the time that retry and log add to a successful call, in microseconds."""
    from returns.result import Success

    from infisical import HttpRequest, Response, Retry
    from infisical.drivers.blocking import drive
    from infisical.drivers.flights import Flights
    from infisical.flow import Next, chain
    from infisical.middleware.log import log_call
    from infisical.middleware.retry import Budget, retry
    from infisical.session import SessionStore

    policy, reply, flights = Retry(), Success(Response(200)), Flights()
    request = HttpRequest("GET", "https://infisical.example.com/api/status")

    def repeat(following: Next) -> Callable[[], None]:
        def run() -> None:
            for _ in range(1000):
                drive(following(request), lambda _: reply, flights)

        return run

    with_middleware = repeat(
        chain([log_call(perf_counter, SessionStore()), retry(policy, Budget(policy.budget), lambda: 0.5)])
    )
    without = repeat(chain([]))
    additions = [(time_call(with_middleware, 3) - time_call(without, 3)) * 1000 for _ in range(40)]
    RATIOS.append(("retry and log", "nothing, in us", additions, 5.0))
