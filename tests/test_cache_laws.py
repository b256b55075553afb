"""The laws of the cache, over interleavings of reads, writes, logins, renewals, outages and time.

Calls are flows of effects, so a test can stop each of them where it waits for the server, and decide what happens next.
The server of this test answers a read with what it knows at that moment: whose read it was, of which project, after how
many writes, and when.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from returns.result import Failure, Success

from infisical import Cache, IdentityAccessToken, InfisicalClient, InfisicalNetworkError, Response
from infisical.executors import ScriptedExecutor
from infisical.flow import Call, Once, Send
from infisical.request import get, post
from infisical.response import Response as AnyResponse
from tests.conftest import FEW
from tests.wire import answer

TTL, STALE = 60.0, 30.0
STEPS = 120
OUTAGE = Failure(InfisicalNetworkError("no connection", reason="reset", sent=True))


@dataclass(frozen=True)
class Login:
    """A login whose tokens belong to `owner`: the server grants `owner-1`, `owner-2` and so on."""

    owner: str

    def request(self) -> Any:
        from infisical.endpoints.identity_auth.universal import Universal

        return Universal.login(client_id=self.owner, client_secret="s")


def decode(response: AnyResponse) -> Any:
    return Success(tuple(response.body.decode().split("|")))


@dataclass
class Running:
    """A call that waits for the server, or for the flight of another."""

    flow: Any
    project: str = ""
    is_write: bool = False
    owners: set[str] = field(default_factory=set)
    """Whose the session was while the call ran."""
    started: float = 0.0
    writes_done: int = 0
    """The writes of its project that had ended when it started."""
    stack: list[Any] = field(default_factory=list)
    waits_for: Hashable = None
    effect: Send | None = None
    count: int = 0
    """The writes of its project that the server had done, this one included."""
    processed: Any = None
    """The server's reply that is on its way, or None."""
    is_failed: bool = False
    """True if the server failed to answer a request of this call, or of a flight that it shared."""
    is_live: bool = False
    """True if the server has just answered its read: that answer may have been on its way for long."""


class World:
    """A client, the server, and the calls that wait between them."""

    def __init__(self) -> None:
        self.now = 0.0
        self.client = InfisicalClient(
            auth=IdentityAccessToken("anna-0"),
            executor=ScriptedExecutor(),
            clock=lambda: self.now,
            retry=None,
            cache=Cache(ttl=TTL, stale_if_error=STALE),
        )
        self.owner, self.tokens = "anna", 0
        self.written = {"p": 0, "q": 0}
        self.done = {"p": 0, "q": 0}
        self.confirmed: dict[str, float] = {}
        """When the server said last that an answer has not changed, by its ETag."""
        self.running: list[Running] = []
        self.flights: dict[Hashable, tuple[Running, list[Running]]] = {}

    # ---- the driver: runs a call until it waits
    def start(self, call: Running, request: Any) -> None:
        call.started, call.owners = self.now, {self.owner}
        call.writes_done = self.done.get(call.project, 0)
        hit = self.client._pipeline.find_hit
        found = None if hit is None else hit(request)
        if found is not None:
            self.end(call, found)
            return
        call.stack = [self.client._pipeline.call(request)]
        self.running.append(call)
        self.step(call, None)

    def step(self, call: Running, value: Any) -> None:
        """Resume a call with the answer of its effect; flights are frames of its stack."""
        while True:
            try:
                effect = call.stack[-1].send(value) if not isinstance(call.stack[-1], tuple) else None
            except StopIteration as end:
                call.stack.pop()
                if not call.stack:
                    self.running.remove(call)
                    self.end(call, end.value)
                    return
                key = call.stack.pop()[0]
                _, followers = self.flights.pop(key)
                value = end.value
                for follower in followers:
                    follower.waits_for = None
                    follower.is_failed |= call.is_failed
                    follower.is_live = call.is_live
                    self.step(follower, value)
                continue
            if isinstance(effect, Send):
                call.effect, call.processed = effect, None
                return
            if isinstance(effect, Once):
                if effect.key in self.flights:
                    call.waits_for = effect.key
                    self.flights[effect.key][1].append(call)
                    return
                self.flights[effect.key] = (call, [])
                call.stack += [(effect.key,), effect.flow()]
                value = None
                continue
            assert isinstance(effect, Call)
            value = Success(effect.function())

    def end(self, call: Running, result: Any) -> None:
        if call.is_write:
            self.done[call.project] = max(self.done[call.project], call.count)
            return
        if not call.project or isinstance(result, Failure):
            return
        owner, project, writes, at = result.unwrap()
        known_at = max(float(at), self.confirmed.get(f'"{owner}{project}{writes}"', 0.0))
        cooling_down = self.client._pipeline.store.session.current_cool_down(
            self.now
        )  # a login that failed just before
        is_failed = call.is_failed or cooling_down is not None
        limit = TTL + STALE if is_failed else TTL
        assert project == call.project, "of another place"
        assert owner in call.owners, "of another identity"
        assert int(writes) >= call.writes_done, "of before a write of this client"
        assert call.is_live or self.now - known_at <= limit, "too old"

    # ---- what happens
    def read(self, project: str, is_quick: bool, is_lost: bool) -> None:
        call = Running(None, project)
        self.start(call, get("/api/v1/x", query={"projectId": project}, returns=decode))
        self.finish(call, is_quick, is_lost)

    def write(self, project: str, is_quick: bool, is_lost: bool) -> None:
        call = Running(None, project, is_write=True)
        self.start(call, post("/api/v1/x", body={"projectId": project}, returns=lambda _: Success(None)))
        self.finish(call, is_quick, is_lost)

    def finish(self, call: Running, is_quick: bool, is_lost: bool) -> None:
        """Let the server answer all requests of a call at once, or leave it waiting."""
        while is_quick and call.effect is not None:
            self.process(call, is_lost)
            self.reply(call)

    def process(self, call: Running, is_lost: bool) -> None:
        """The server processes a request that has reached it; its reply is on its way."""
        if call.processed is not None or call.effect is None:
            return
        request = call.effect.request
        if is_lost:
            call.processed = "lost"
        elif "/login" in request.url:
            self.tokens += 1
            owner = request.about.body["clientId"]
            token = {"accessToken": f"{owner}-{self.tokens}", "expiresIn": 100, "accessTokenMaxTTL": 0}
            call.processed = answer({**token, "tokenType": "Bearer"})
        elif request.method == "POST":
            project = request.about.body["projectId"]
            self.written[project] += 1
            call.processed = self.written[project]
        else:
            owner = dict(request.headers)["Authorization"].removeprefix("Bearer ").partition("-")[0]
            project = request.url[-1]
            body = f"{owner}|{project}|{self.written[project]}|{self.now}"
            etag = f'"{owner}{project}{self.written[project]}"'
            same = dict(request.headers).get("If-None-Match") == etag
            self.confirmed[etag] = self.now
            call.processed = Response(304) if same else Response(200, (("etag", etag),), body.encode())

    def reply(self, call: Running) -> None:
        reply, is_read = call.processed, call.effect is not None and call.effect.request.method == "GET"
        call.effect = call.processed = None
        call.is_live = is_read and reply != "lost"
        if reply == "lost":
            call.is_failed = True
            self.step(call, OUTAGE)
        elif isinstance(reply, int):
            call.count = reply
            self.step(call, Success(answer({})))
        else:
            self.step(call, Success(reply))

    def set_token(self, owner: str) -> None:
        self.change(owner)
        self.client.set_access_token(f"{owner}-0")

    def hold_login(self, owner: str) -> None:
        """Hold a token that is renewed."""
        self.change(owner)
        self.client.set_access_token(f"{owner}-0", expires_in=100, renew=Login(owner))

    def change(self, owner: str) -> None:
        self.owner = owner
        for call in self.running:
            call.owners.add(owner)

    def check_sizes(self) -> None:
        store = self.client._pipeline.cache
        assert store is not None
        assert store.bytes == sum(entry.size for entry in store.entries.values())
        assert set(store.aliases.values()) <= set(store.entries)


def act(world: World, random: Random) -> None:
    """Let one thing happen. Time passes in steps that just reach the limits of an entry's life."""
    waiting = [call for call in world.running if call.effect is not None]
    asked, processed = (
        [call for call in waiting if (call.processed is None) is is_asked] for is_asked in (True, False)
    )
    project, owner = random.choice("ppq"), random.choice(["anna", "ben"])
    is_lost = random.random() < 0.25
    what = random.choice(["read"] * 6 + ["write"] * 2 + ["process", "reply", "reply"] * 2 + ["wait"] * 3 + ["log in"])
    if what == "read":
        world.read(project, random.random() < 0.7, is_lost)
    elif what == "write":
        world.write(project, random.random() < 0.5, is_lost)
    elif what == "process" and asked:
        world.process(random.choice(asked), is_lost)
    elif what == "reply" and processed:
        world.reply(random.choice(processed))
    elif what == "wait":
        world.now += random.choice([1, 10, 29, 31, 59, 61])
    elif what == "log in" and random.random() < 0.5:
        random.choice([world.set_token, world.hold_login])(owner)
    elif what == "log in" and random.random() < 0.3:
        world.client.forget_cached()
    world.check_sizes()


@given(seed=st.integers(0, 2**32))
@settings(max_examples=2 * FEW)
def test_no_answer_is_too_old_of_another_identity_of_another_place_or_of_before_a_write(seed):
    world, random = World(), Random(seed)

    for _ in range(STEPS):
        act(world, random)
