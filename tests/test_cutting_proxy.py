"""Connections that break under load: no write that was acknowledged is lost, none is done twice, every call ends.

A proxy cuts a fifth of the exchanges, some connections are refused, some messages are slow. What came of each call is
held against what the client sent, what the proxy cut and what the server did; time is each thread's own, and invented.
"""

from __future__ import annotations

import random
import socket
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from returns.result import Failure, Success

from infisical import DeadlineExceededError, HttpRequest, InfisicalClient, InfisicalNetworkError, Jwt
from infisical.executors import FaultyExecutor, MemoryExecutor, Urllib3Executor
from infisical.executors.faults import Delayed
from infisical.server.serve import serving
from infisical.transport import Executor, Reply
from tests.cutting_proxy import Cut, CuttingProxy, Message, cutting, seeded
from tests.forms import mark_exhaustive

pytest.importorskip("waitress")
pytestmark = pytest.mark.enable_socket

SEED, THREADS = 20, 8
DEADLINE, SLOW = 60.0, Delayed(25.0)
"""Two slow messages have time, a third has not. What is left for it is far more than a message really takes."""
CREATE, UPDATE, READ = "create", "update", "read"
SHARED = ("SHARED_0", "SHARED_1")
GOES_WRONG: dict[str | None, set[tuple[str, bool]]] = {
    "request": {("reset", True)},
    "unanswered": {("reset", True)},
    "answer": {("reset", True), ("protocol", True)},
}
"""What an executor may say of an exchange that was cut: its reason, and whether the request was sent."""


class Time(threading.local):
    """A clock for each thread, which only sleeping moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def said(request: HttpRequest) -> Message:
    return Message(request.method, "/" + request.url.split("/", 3)[3], request.body or b"")


class Sent(threading.local):
    """An executor that notes, for each thread, what a call has sent and what came back."""

    def __init__(self, inner: Executor) -> None:
        self._inner = inner
        self.replies: list[tuple[Message, Reply]] = []

    def __call__(self, request: HttpRequest) -> Reply:
        reply = self._inner(request)
        self.replies.append((said(request), reply))
        return reply


class Wrong:
    """An executor that sends a share of the messages to where nobody listens: really refused, and never sent."""

    def __init__(self, inner: Executor, url: str, nowhere: str, share: float) -> None:
        self._inner, self._url, self._nowhere, self._share = inner, url, nowhere, share
        self._seen: Counter[Message] = Counter()
        self._lock = threading.Lock()

    def __call__(self, request: HttpRequest) -> Reply:
        message = said(request)
        with self._lock:
            self._seen[message] += 1
            draw = random.Random(f"{SEED} {self._seen[message]} {message}").random()
        if draw >= self._share:
            return self._inner(request)
        return self._inner(replace(request, url=request.url.replace(self._url, self._nowhere)))


class Done:
    """The server, and in which order it did what."""

    def __init__(self) -> None:
        self.memory = MemoryExecutor()
        self.messages: list[Message] = []
        self._lock = threading.Lock()

    def __call__(self, request: HttpRequest) -> Reply:
        with self._lock:
            self.messages.append(said(request))
            return self.memory(request)


@dataclass
class Call:
    """What a thread asked for, what it sent for it, and what it got."""

    kind: str
    key: str
    value: str
    sent: list[tuple[Message, Reply]]
    answer: Any
    seconds: float


@dataclass
class Worker:
    """One thread's work, of `size` calls: it creates secrets, raises its own and shared values, and reads."""

    number: int
    size: int
    client: InfisicalClient
    sent: Sent
    time: Time
    where: dict[str, Any]
    calls: list[Call] = field(default_factory=list)
    crashed: BaseException | None = None

    def work(self) -> None:
        try:
            draw = random.Random(f"{SEED} {self.number}")
            for step in range(self.size):
                self.once(draw.choices((CREATE, UPDATE, READ), (30, 40, 30))[0], step, draw)
        except BaseException as cause:
            self.crashed = cause

    def once(self, kind: str, step: int, draw: random.Random) -> None:
        own = f"OWN_{self.number}"
        key = f"NEW_{self.number}_{step}" if kind == CREATE else draw.choice((own, own, *SHARED))
        value = f"{self.number}:{step:04}"
        self.sent.replies, before = [], self.time()
        if kind == READ:
            answer: Any = self.client.secrets.get_by_name(secret_name=key, **self.where)
        else:
            write = self.client.secrets.create if kind == CREATE else self.client.secrets.update
            answer = write(secret_name=key, secret_value=value, **self.where)
        self.calls.append(Call(kind, key, value, self.sent.replies, answer, self.time() - before))


@dataclass
class Run:
    """All that is known when it is over."""

    calls: list[Call]
    workers: list[Worker]
    hung: list[str]
    done: Done
    proxy: CuttingProxy

    def arrived(self, call: Call) -> int:
        """How often the server was asked for a write; those of a run all differ."""
        return self.counted[call.sent[0][0]]

    def __post_init__(self) -> None:
        self.counted = Counter(self.done.messages)

    def versions(self) -> dict[str, list[str]]:
        """What the server holds, read from it directly: the values of all versions of each secret."""
        given = self.done.memory.given
        client = InfisicalClient(executor=self.done.memory, auth=Jwt(given.user_token))
        where: Any = {"project_id": given.project_id, "environment": given.environment}
        found = {}
        for one in client.secrets.list(**where).unwrap().secrets:
            read = [
                client.secrets.get_by_name(secret_name=one.secret_key, version=version, **where).unwrap()
                for version in range(1, (one.version or 0) + 1)
            ]
            found[one.secret_key] = [version.secret_value or "" for version in read]
        return found


@contextmanager
def nobody() -> Iterator[str]:
    """A place where nobody listens, and nobody else can."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


def slow(request: HttpRequest) -> Delayed | None:
    return SLOW if random.Random(f"{SEED} {request.timeout} {said(request)}").random() < 0.75 else None


@pytest.fixture(scope="module", params=[80, mark_exhaustive(200)])
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    done, time = Done(), Time()
    given = done.memory.given
    where: Any = {"project_id": given.project_id, "environment": given.environment}
    with ExitStack() as stack:
        proxy = stack.enter_context(cutting(stack.enter_context(serving(done)), seeded(SEED, 0.2)))
        nowhere = stack.enter_context(nobody())
        transport = stack.enter_context(Urllib3Executor(proxy=None))
        sent = Sent(FaultyExecutor(Wrong(transport, proxy.url, nowhere, 0.05), slow, sleep=time.sleep))
        client = InfisicalClient(
            base_url=proxy.url,
            auth=Jwt(given.user_token),
            executor=sent,
            deadline=DEADLINE,
            clock=time,
            sleep=time.sleep,
            random=random.Random(SEED).random,
        )
        direct = InfisicalClient(executor=done.memory, auth=Jwt(given.user_token))
        for key in (*SHARED, *(f"OWN_{number}" for number in range(THREADS))):
            direct.secrets.create(secret_name=key, secret_value="start", **where).unwrap()
        workers = [Worker(number, request.param, client, sent, time, where) for number in range(THREADS)]
        threads = [
            threading.Thread(target=worker.work, name=f"worker-{worker.number}", daemon=True) for worker in workers
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        hung = [thread.name for thread in threads if thread.is_alive()]
        calls = [call for worker in workers for call in worker.calls]
        yield Run(calls, workers, hung, done, proxy)


def test_every_call_ends_in_a_result_and_none_raises(run: Run):
    assert (run.hung, [worker.crashed for worker in run.workers]) == ([], [None] * THREADS)
    assert [len(worker.calls) for worker in run.workers] == [worker.size for worker in run.workers]
    assert {type(call.answer) for call in run.calls} == {Success, Failure}


def test_a_fifth_of_the_exchanges_was_cut_in_all_three_places(run: Run):
    counted = run.proxy.count()
    cut = counted.total() - counted["whole"]
    assert set(counted) == {"whole", "request", "unanswered", "answer"}
    assert 0.15 < cut / counted.total() < 0.25


def test_every_failure_is_one_of_the_network(run: Run):
    errors = [call.answer.failure() for call in run.calls if isinstance(call.answer, Failure)]
    assert {(type(error), error.reason) for error in errors} == {
        (InfisicalNetworkError, "reset"),
        (InfisicalNetworkError, "protocol"),
        (DeadlineExceededError, "timeout"),
    }


def test_an_executor_says_of_each_cut_what_it_was(run: Run):
    """Each write that the proxy saw, with what the client heard of it; those of a run all differ."""
    heard = defaultdict(list)
    for call in run.calls:
        for message, reply in call.sent:
            if call.kind != READ and not (
                isinstance(reply, Failure) and reply.failure().reason in ("refused", "timeout")
            ):
                heard[message].append(reply)
    for message, replies in heard.items():
        cuts = run.proxy.cuts[message]
        assert len(cuts) == len(replies)
        assert [_fits(cut, reply) for cut, reply in zip(cuts, replies, strict=True)] == [True] * len(cuts), (
            message,
            cuts,
        )


def _fits(cut: Cut | None, reply: Reply) -> bool:
    if cut is None or isinstance(reply, Success):
        return cut is None and isinstance(reply, Success) and reply.unwrap().status == 200
    error = reply.failure()
    return (error.reason, error.sent) in GOES_WRONG[cut.place]


def test_a_write_is_sent_again_only_where_it_surely_was_not_sent(run: Run):
    writes = [call for call in run.calls if call.kind != READ]
    again = [reply.failure() for call in writes for _, reply in call.sent[:-1]]
    assert {(error.reason, error.sent) for error in again} == {("refused", False)}


def test_reads_are_sent_again_whatever_became_of_them(run: Run):
    again = {reply.failure().reason for call in run.calls if call.kind == READ for _, reply in call.sent[:-1]}
    assert again == {"refused", "reset", "protocol"}


def test_no_write_is_done_twice(run: Run):
    writes = [call for call in run.calls if call.kind != READ]
    assert {run.arrived(call) for call in writes} == {0, 1}
    assert len({call.sent[0][0] for call in writes}) == len(writes)


def test_the_server_did_what_the_cuts_let_it_do(run: Run):
    """A part of a request is never acted upon; what was lost on the way back was done."""
    expected = Counter(
        {
            message: sum(cut is None or cut.place != "request" for cut in cuts)
            for message, cuts in run.proxy.cuts.items()
        }
    )
    assert run.counted == +expected


def test_no_acknowledged_write_is_lost(run: Run):
    """Each version that the client was told of is there with its value; and there is none that nobody wrote."""
    held = run.versions()
    acknowledged = [(call, call.answer.unwrap()) for call in run.calls if isinstance(call.answer, Success)]
    written = [(call.key, secret.version, call.value) for call, secret in acknowledged if call.kind != READ]
    there = {(key, number): value for key, values in held.items() for number, value in enumerate(values, start=1)}
    assert [(key, version, there.get((key, version))) for key, version, _ in written] == written
    assert len(written) == len(set(written)) > len(run.calls) / 3

    arrived = {key: ["start"] for key in held if not key.startswith("NEW")}
    by_message = {call.sent[0][0]: call for call in run.calls if call.kind != READ}
    for message in run.done.messages:
        if message in by_message:
            call = by_message[message]
            arrived.setdefault(call.key, []).append(call.value)
    assert held == arrived


def test_the_values_of_a_thread_only_rise(run: Run):
    for key, values in run.versions().items():
        for number in range(THREADS):
            own = [value for value in values if value.startswith(f"{number}:")]
            assert own == sorted(set(own)), key


def test_a_read_never_shows_less_than_was_acknowledged_before(run: Run):
    seen = 0
    for worker in run.workers:
        newest: Counter[str] = Counter()
        for call in worker.calls:
            if isinstance(call.answer, Success) and call.kind != CREATE:
                secret = call.answer.unwrap()
                assert secret.version >= newest[call.key] + (call.kind == UPDATE)
                newest[call.key] = secret.version
                seen += call.kind == READ
    assert seen > len(run.calls) / 6


def test_no_call_takes_longer_than_its_deadline(run: Run):
    assert max(call.seconds for call in run.calls) <= DEADLINE + 1e-6  # sums of floats
    late = [call for call in run.calls if isinstance(call.answer, Failure) and call.answer.failure().timed_out]
    assert {type(call.answer.failure()) for call in late} == {DeadlineExceededError}


def test_a_failure_tells_how_often_the_call_was_sent(run: Run):
    counted = [
        (len(call.sent), call.answer.failure().attempts) for call in run.calls if isinstance(call.answer, Failure)
    ]
    assert [sent for sent, _ in counted] == [attempts for _, attempts in counted]
