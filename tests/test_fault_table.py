"""The fault table: what the whole chain makes of each way of a server's to fail, by each executor and kind of call.

Expectations are data, one row a fault; `tests/fault_server.py` knows how to misbehave. What an executor promises by
itself stands in `infisical.testing.executor_contract`.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import pytest
from returns.result import Failure, Success

from infisical import (
    AsyncInfisicalClient,
    DecodeError,
    ForbiddenError,
    IdentityAccessToken,
    InfisicalApiError,
    InfisicalClient,
    InfisicalNetworkError,
    InternalServerError,
    RateLimitError,
    UnauthorizedError,
    UniversalAuth,
)
from infisical.endpoints.kms import EncryptResponse
from infisical.endpoints.secrets import Secret, SecretList
from infisical.executors.aiohttp import AiohttpExecutor
from infisical.executors.httpx import AsyncHttpxExecutor, HttpxExecutor
from infisical.executors.requests import RequestsExecutor
from infisical.executors.urllib3 import Urllib3Executor
from tests import fault_server as server
from tests.fault_server import Act, FaultServer, misbehaving
from tests.forms import mark_exhaustive

pytestmark = pytest.mark.enable_socket

EXECUTORS = (Urllib3Executor, HttpxExecutor, AsyncHttpxExecutor, AiohttpExecutor, RequestsExecutor)
CHANCE = 0.5
"""Half of what a wait may be, so that a wait by chance looks like no other."""
BACKOFF = (0.125, 0.25, 0.5)
TIMEOUTS = (0.1, 0.8, 6.4)
"""Seconds for a call that stalls: on a machine that is too busy to send in the first of these, the next is tried."""
NEXT = "next"
"""What the call after the fault is about: that is how its messages are told from those of the call before."""


# ---- the calls
@dataclass(frozen=True)
class Verb:
    """A kind of call; `harmless` says that it may be done twice."""

    name: str
    method: str
    harmless: bool
    call: Callable[[Any, str], Any]
    gives: Any


STORED = Secret(id="s1", secret_key="K", secret_value="v")
VERBS = (
    Verb(
        "GET",
        "GET",
        True,
        lambda client, about: client.secrets.list(project_id="p", environment=about),
        SecretList(secrets=(STORED,)),
    ),
    Verb(
        "POST",
        "POST",
        False,
        lambda client, about: client.secrets.create(
            secret_name=about, project_id="p", environment="dev", secret_value="v"
        ),
        STORED,
    ),
    Verb(
        "PATCH",
        "PATCH",
        False,
        lambda client, about: client.secrets.update(
            secret_name=about, project_id="p", environment="dev", secret_value="v"
        ),
        STORED,
    ),
    Verb(
        "DELETE",
        "DELETE",
        False,
        lambda client, about: client.secrets.delete(secret_name=about, project_id="p", environment="dev"),
        STORED,
    ),
    Verb(
        "POST that reads",
        "POST",
        True,
        lambda client, about: client.kms.encrypt(key_id=about, plaintext=b"a"),
        EncryptResponse(ciphertext="YQ=="),
    ),
    Verb(
        "PATCH declared idempotent",
        "PATCH",
        True,
        lambda client, about: client.with_options(idempotent=True).secrets.update(
            secret_name=about, project_id="p", environment="dev", secret_value="v"
        ),
        STORED,
    ),
)


# ---- what is expected
@dataclass(frozen=True)
class Told:
    """What became of a call: of what kind its failure was (None: it succeeded), and what it took.

    `seen` is how many of its messages the server read, `waits` are in seconds, `logins` those during the call.
    """

    failure: type[Exception] | None
    reason: tuple[str, ...] = ()
    status: int = 0
    sent: bool = True
    seen: int = 1
    waits: tuple[float, ...] = ()
    attempts: int = 1
    logins: int = 0


def recovers(seen: int = 2, waits: tuple[float, ...] = BACKOFF[:1], logins: int = 0) -> Told:
    return Told(None, seen=seen, waits=waits, logins=logins)


def lost(*reason: str, seen: int = 1, waits: tuple[float, ...] = (), sent: bool = True) -> Told:
    return Told(InfisicalNetworkError, reason, sent=sent, seen=seen, waits=waits, attempts=1 + len(waits))


def refused(
    failure: type[Exception], status: int, *, seen: int = 1, waits: tuple[float, ...] = (), logins: int = 0
) -> Told:
    return Told(failure, status=status, seen=seen, waits=waits, attempts=1 + len(waits), logins=logins)


AT_ONCE = Told(None)


# ---- the table
@dataclass(frozen=True)
class Fault:
    """A script for the server, and what becomes of a call that may be done twice, and of a write.

    `warm`: a call goes well before, and leaves its connection; `unnoticed`: no event loop has run since it was closed.
    `stalls`: the stricken call has a short timeout. `refuses` is until when the port is closed. `otherwise` is what
    else may come of it, where libraries differ.
    """

    name: str
    script: tuple[Act, ...]
    harmless: Told
    write: Told
    warm: bool = False
    unnoticed: bool = False
    logged_in: bool = False
    stalls: bool = False
    refuses: str | None = None
    otherwise: tuple[Told, Told] | None = None

    def expected(self, harmless: bool) -> tuple[Told, ...]:
        """What may become of a call, in general first."""
        rows = [(self.harmless, self.write), *([] if self.otherwise is None else [self.otherwise])]
        return tuple(told if harmless else write for told, write in rows)

    @property
    def is_of_connection(self) -> bool:
        """Whether executors notice it each in its own way: all but a complete answer with a status."""
        failed = {told.failure for told in (self.harmless, self.write)} & {InfisicalNetworkError, DecodeError}
        return bool(failed) or self.warm or self.refuses is not None or self.harmless == AT_ONCE


def once(name: str, act: Act, write: Told, harmless: Told | None = None, **settings: Any) -> Fault:
    return Fault(name, (act, server.well), harmless or recovers(), write, **settings)


def storm(name: str, act: Act, reason: tuple[str, ...], seen: int = 1, **settings: Any) -> Fault:
    """Every attempt meets it: a write gives up after the first, what is harmless after the last."""
    often = lost(*reason, seen=4 * seen, waits=BACKOFF)
    return Fault(name, (act,), often, lost(*reason, seen=seen), **settings)


def always(name: str, act: Act, told: Told, **settings: Any) -> Fault:
    """The same for every kind of call."""
    return Fault(name, (act,), told, told, **settings)


def gateway(status: int) -> tuple[Fault, Fault]:
    act = server.refusing(status)
    gives_up = refused(InternalServerError, status)
    often = refused(InternalServerError, status, seen=4, waits=BACKOFF)
    return once(f"{status} once", act, gives_up), Fault(f"{status} in a storm", (act,), often, gives_up)


CLOSED, TORN = ("reset", "protocol"), ("protocol", "reset")
"""Where libraries differ: an end for a break, or for an answer that is none."""
EXCESS = (lost("protocol", seen=4, waits=BACKOFF), lost("protocol"))
"""Some look at what comes after an answer, and take all of it for none."""
UNNOTICED: Any = {"warm": True, "unnoticed": True, "otherwise": (recovers(seen=1), lost("reset", seen=0))}
"""Most look at a kept connection before they use it; one that learns of its end from the event loop has not yet."""
UNDER_A_CALL = (server.well, server.end, server.well)
RESET_UNDER_A_CALL = (server.well, server.reset, server.well)
NO_TOKEN = server.refusing(401, "Unauthorized")
BAD_TOKEN = server.refusing(403, "TokenError")
SLOW_DOWN = server.refusing(429, retry_after="7")
RENEWED = recovers(waits=(), logins=1)
FAULTS = (
    # no connection: a write has surely not left
    always("refused", server.well, lost("refused", sent=False, seen=0, waits=BACKOFF), refuses="the whole call"),
    always("refused once", server.well, recovers(seen=1), refuses="one attempt"),
    # it breaks
    once("reset before reading", server.reset_unread, lost("reset", seen=0), recovers(seen=1)),
    storm("reset before reading, each time", server.reset_unread, ("reset",), seen=0),
    once("reset after reading", server.reset, lost("reset")),
    storm("reset after reading, each time", server.reset, ("reset",)),
    once("closed after reading", server.end, lost(*CLOSED)),
    storm("closed after reading, each time", server.end, CLOSED),
    # kept connections
    once("kept connection closed while idle", server.well_then_end, AT_ONCE, AT_ONCE, warm=True),
    once("kept connection reset while idle", server.well_then_reset, AT_ONCE, AT_ONCE, warm=True),
    once("kept connection closed unnoticed", server.well_then_end, AT_ONCE, AT_ONCE, **UNNOTICED),
    once("kept connection reset unnoticed", server.well_then_reset, AT_ONCE, AT_ONCE, **UNNOTICED),
    Fault("kept connection closed under a call", UNDER_A_CALL, recovers(), lost(*CLOSED), warm=True),
    Fault("kept connection reset under a call", RESET_UNDER_A_CALL, recovers(), lost("reset"), warm=True),
    # it stalls
    once("stalls", server.stall, lost("timeout"), stalls=True),
    storm("stalls each time", server.stall, ("timeout",), stalls=True),
    once("stalls in the headers", server.stall_in_headers, lost("timeout"), stalls=True),
    once("stalls in the body", server.stall_in_body, lost("timeout"), stalls=True),
    once("length too long, and waits", server.length_too_long, lost("timeout"), stalls=True),
    # the answer is none
    once("body cut", server.cut_body, lost(*TORN)),
    storm("body cut, each time", server.cut_body, TORN),
    once("chunks cut", server.cut_chunks, lost(*TORN)),
    once("headers cut", server.cut_headers, lost(*TORN)),
    once("garbage", server.garbage, lost("protocol")),
    storm("garbage each time", server.garbage, ("protocol",)),
    once("a megabyte of headers", server.huge_headers, lost("protocol")),
    storm("a megabyte of headers, each time", server.huge_headers, ("protocol",)),
    once("one header of a megabyte", server.huge_header, lost("protocol")),
    always("length too short", server.length_too_short, Told(DecodeError), otherwise=EXCESS),
    always("an answer that nobody asked for", server.two_answers, AT_ONCE),
    # the token is refused
    once("401 once", NO_TOKEN, RENEWED, RENEWED, logged_in=True),
    always("401 after a login", NO_TOKEN, refused(UnauthorizedError, 401, seen=2, logins=1), logged_in=True),
    always("401 and no login to be had", NO_TOKEN, refused(UnauthorizedError, 401)),
    once("403 TokenError once", BAD_TOKEN, RENEWED, RENEWED, logged_in=True),
    always("403 TokenError after a login", BAD_TOKEN, refused(ForbiddenError, 403, seen=2, logins=1), logged_in=True),
    always("403 TokenError and no login to be had", BAD_TOKEN, refused(ForbiddenError, 403)),
    always("403", server.refusing(403, "PermissionDenied"), refused(ForbiddenError, 403), logged_in=True),
    # it is sick
    once("429 once", SLOW_DOWN, recovers(waits=(7.0,)), recovers(waits=(7.0,))),
    always("429 in a storm", SLOW_DOWN, refused(RateLimitError, 429, seen=4, waits=(7.0,) * 3)),
    always("429 for too long", server.refusing(429, retry_after="31"), refused(RateLimitError, 429)),
    once("429 that does not say how long", server.refusing(429), recovers(), recovers()),
    always("500", server.refusing(500), refused(InternalServerError, 500)),
    *gateway(502),
    *gateway(503),
    *gateway(504),
    once(
        "503 with Retry-After",
        server.refusing(503, retry_after="3"),
        refused(InternalServerError, 503),
        recovers(waits=(3.0,)),
    ),
    # it sends us elsewhere
    always("302 elsewhere", server.redirecting(302), refused(InfisicalApiError, 302)),
    always("307 elsewhere", server.redirecting(307), refused(InfisicalApiError, 307)),
    always("308 elsewhere", server.redirecting(308), refused(InfisicalApiError, 308)),
)


# ---- at work
class Bench:
    """One executor for all its cases, blocking or on one event loop."""

    def __init__(self, make: type[Any]) -> None:
        self._loop = asyncio.Runner()
        self.asynchronous = inspect.iscoroutinefunction(make.__call__)
        self.execute = self.done(self._made(make)) if self.asynchronous else make()

    async def _made(self, make: type[Any]) -> Any:
        return make()

    def client(self, url: str, waits: list[float], on_wait: Callable[[], None]) -> Any:
        def sleep(seconds: float) -> None:
            waits.append(seconds)
            on_wait()

        async def asleep(seconds: float) -> None:
            sleep(seconds)

        settings: Any = {"base_url": url, "auth": IdentityAccessToken("first"), "random": lambda: CHANCE}
        if self.asynchronous:
            return AsyncInfisicalClient(executor=self.execute, sleep=asleep, **settings)
        return InfisicalClient(executor=self.execute, sleep=sleep, **settings)

    def idle(self) -> None:
        """Let the event loop look at its connections, as one does that has nothing else to do."""

        async def nothing() -> None:
            for _ in range(3):
                await asyncio.sleep(0)

        self.done(nothing())

    def done(self, outcome: Any) -> Any:
        """What a call gives, awaited if it has to be."""
        return self._loop.run(outcome) if inspect.iscoroutine(outcome) else outcome

    def close(self) -> None:
        self.done(self.execute.aclose() if self.asynchronous else self.execute.close())
        self._loop.close()


@pytest.fixture(scope="module")
def bench(request: pytest.FixtureRequest) -> Any:
    made = Bench(request.param)
    yield made
    made.close()


@pytest.fixture(scope="module")
def elsewhere() -> Any:
    """Another origin, where nothing may arrive."""
    with misbehaving(server.well) as other:
        yield other


@pytest.fixture(autouse=True)
def without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def told(outcome: Any, verb: Verb, seen: int, waits: list[float], logins: int) -> Told:
    """Say what became of a call in the words of the table."""
    took: Any = {"seen": seen, "waits": tuple(waits), "logins": logins}
    if isinstance(outcome, Success):
        assert outcome.unwrap() == verb.gives
        return Told(None, **took)
    assert isinstance(outcome, Failure), outcome
    error = outcome.failure()
    reason = (error.reason,) if isinstance(error, InfisicalNetworkError) else ()
    return Told(type(error), reason, getattr(error, "status_code", 0), error.sent, attempts=error.attempts, **took)


def nearest(actual: Told, expected: tuple[Told, ...]) -> Told:
    """Find the expectation that is met, with the reason that was given of those that may be; else the first."""
    given = [replace(one, reason=actual.reason) if set(actual.reason) & set(one.reason) else one for one in expected]
    return actual if actual in given else given[0]


def suffer(
    bench: Bench, fault: Fault, verb: Verb, one: FaultServer, timeout: float
) -> tuple[Any, Any, list[float], int]:
    """Make the stricken call and the next one: both outcomes, what the first waited, and its logins."""
    waits: list[float] = []

    def on_wait() -> None:
        if fault.refuses == "one attempt":
            one.listen()

    client = bench.client(one.url, waits, on_wait)
    if fault.logged_in:
        assert isinstance(bench.done(client.login(UniversalAuth("id", "secret"))), Success)
    if fault.warm:
        assert isinstance(bench.done(client.secrets.list(project_id="p", environment="warm")), Success)
        if fault.script[0] is not server.well:
            one.drop_kept()
            if not fault.unnoticed:
                bench.idle()
    logins = one.logins
    stricken = client.with_options(timeout=timeout) if fault.stalls else client
    first = bench.done(verb.call(stricken, "first"))
    waited, logins = waits[:], one.logins - logins
    if fault.refuses == "the whole call":
        one.listen()
    one.heal()
    return first, bench.done(verb.call(client, NEXT)), waited, logins


@dataclass(frozen=True)
class Case:
    """What became of the stricken call and of the next one, and the messages of each."""

    told: Told
    following: Any
    stricken: list[tuple[str, str, bytes]]
    afterwards: list[tuple[str, str, bytes]]


def case(bench: Bench, fault: Fault, verb: Verb, elsewhere: str, timeout: float) -> Case:
    with misbehaving(*fault.script, listening=fault.refuses is None, elsewhere=elsewhere) as one:
        first, following, waits, logins = suffer(bench, fault, verb, one, timeout)
    messages = [(message.method, message.target, message.body) for message in one.seen if "warm" not in message.target]
    stricken = [message for message in messages if "first" in message[1]]
    afterwards = [message for message in messages if NEXT in message[1]]
    return Case(told(first, verb, len(stricken), waits, logins), following, stricken, afterwards)


def all_cases() -> list[Any]:
    """Every executor with every fault and verb.

    The short form has each fault of a connection by each executor, with another verb each time; each other fault by
    one executor for a call that may be done twice, and by another for a write; and each verb by each executor.
    """
    cases = []
    for (i, make), (j, fault), (k, verb) in product(enumerate(EXECUTORS), enumerate(FAULTS), enumerate(VERBS)):
        is_short = k == (i + j) % len(VERBS)
        if not fault.is_of_connection:
            is_short = (i, k) in {(j % len(EXECUTORS), j % 3), ((j + 1) % len(EXECUTORS), 3 + j % 3)}
        param = pytest.param if is_short else mark_exhaustive
        cases.append(param(make, fault, verb, id=f"{make.__name__}-{fault.name}-{verb.name}"))
    return cases


@pytest.mark.parametrize(("bench", "fault", "verb"), all_cases(), indirect=["bench"])
def test_a_call_meets_a_fault_as_the_table_says_and_the_next_one_goes_well(
    bench: Bench, elsewhere: FaultServer, fault: Fault, verb: Verb
):
    for timeout in TIMEOUTS if fault.stalls else TIMEOUTS[:1]:
        found = case(bench, fault, verb, elsewhere.url, timeout)
        expected = nearest(found.told, fault.expected(verb.harmless))
        if found.told == expected:
            break

    assert found.told == expected
    assert (found.following, len(found.afterwards)) == (Success(verb.gives), 1)
    assert found.stricken == found.stricken[:1] * len(found.stricken)  # what is sent again is sent as it was
    written = {(method, body != b"") for method, _, body in [*found.stricken, *found.afterwards]}
    assert written == {(verb.method, verb.method != "GET")}
    assert elsewhere.seen == []


def test_the_table_covers_what_it_says():
    names = [fault.name for fault in FAULTS]
    size = (len(names), len(set(names)), len(VERBS), len(EXECUTORS), len(FAULTS) * len(VERBS) * len(EXECUTORS))
    assert size == (52, 52, 6, 5, 1560)
    assert {replace(verb, call=len).method for verb in VERBS} == {"GET", "POST", "PATCH", "DELETE"}
    for fault in FAULTS:  # nothing that may have been done is done again, unless the server said that it was not
        again = fault.write.seen - 1
        assert again <= 0 or fault.write.logins == again or "429" in fault.name, fault.name


def test_the_short_form_has_each_fault_by_each_executor_that_notices_it_and_both_kinds_of_calls():
    short = [case.values for case in all_cases() if not case.marks]
    of_connections = [fault for fault in FAULTS if fault.is_of_connection]
    assert {(make, fault) for make, fault, _ in short} >= set(product(EXECUTORS, of_connections))
    assert {(make, verb) for make, _, verb in short} == set(product(EXECUTORS, VERBS))
    assert {(fault, verb.harmless) for _, fault, verb in short} == set(product(FAULTS, (True, False)))
    assert (len(of_connections), len(short)) == (30, 194)
