"""The bars: ours against raw urllib3, json.loads and infisicalsdk, in turns, so that a busy machine slows both alike.

A turn times a few calls of each; its ratio is ours over theirs. Nothing asserts a time: a table is printed at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

import pytest

RATIOS: list[tuple[str, str, list[float], float]] = []


def timed(call: Callable[[], Any], times: int) -> float:
    spent = []
    for _ in range(times):
        start = perf_counter()
        call()
        spent.append(perf_counter() - start)
    return median(spent)


def compared(calls: dict[str, Callable[[], Any]], against: str, turns: int, times: int) -> list[float]:
    ours, theirs = calls["ours"], calls[against]
    timed(ours, times), timed(theirs, times)
    return [timed(ours, times) / timed(theirs, times) for _ in range(turns)]


@pytest.mark.parametrize(("against", "bar"), [("urllib3", 1.4), ("infisicalsdk", 0.45)])
def test_one_small_get(server: str, against: str, bar: float) -> None:
    from benchmarks.test_benchmarks import official, ours, raw_urllib3

    calls = {"ours": ours(server), "urllib3": raw_urllib3(server), "infisicalsdk": official(server)}
    RATIOS.append(("small GET", against, compared(calls, against, 60, 50), bar))


@pytest.mark.parametrize(("against", "bar"), [("json.loads", 2.2), ("infisicalsdk", 0.7)])
def test_decoding(against: str, bar: float) -> None:
    from benchmarks.test_benchmarks import decoders

    RATIOS.append(("decode 1,000 secrets", against, compared(decoders(), against, 40, 5), bar))


@pytest.mark.usefixtures("installed")
def test_starting(server: str) -> None:
    from benchmarks.test_benchmarks import starting

    calls = {who: starting(server, who) for who in ("ours", "infisicalsdk")}
    RATIOS.append(("import to first answer", "infisicalsdk", compared(calls, "infisicalsdk", 15, 1), 0.75))


def test_the_links_of_an_undisturbed_call() -> None:
    """What retry and log add to a call that goes well, in microseconds."""
    from returns.result import Success

    from infisical import HttpRequest, Response, Retry
    from infisical.drivers.blocking import drive
    from infisical.drivers.flights import Flights
    from infisical.flow import Next, chain
    from infisical.middleware.log import log_call
    from infisical.middleware.retry import Budget, retry

    policy, reply, flights = Retry(), Success(Response(200)), Flights()
    request = HttpRequest("GET", "https://infisical.example.com/api/status")

    def thousand(following: Next) -> Callable[[], None]:
        def run() -> None:
            for _ in range(1000):
                drive(following(request), lambda _: reply, flights)

        return run

    with_links = thousand(chain([log_call(perf_counter), retry(policy, Budget(policy.budget), lambda: 0.5)]))
    without = thousand(chain([]))
    spent = [(timed(with_links, 3) - timed(without, 3)) * 1000 for _ in range(40)]
    RATIOS.append(("retry and log links", "nothing, in us", spent, 5.0))
