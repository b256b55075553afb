"""A memory server with a clock that stands still, and clients on it, as the tests of the memory server use them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from infisical import InfisicalClient, Jwt
from infisical.executors.memory import MemoryExecutor
from infisical.login_methods import UniversalAuth
from infisical.memory import Generation, Given
from infisical.request import HttpRequest
from infisical.response import Response

START = 1_790_000_000.0


@dataclass
class Clock:
    """A clock that goes only when it is told to."""

    now: float = START

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class World:
    """One memory server, its clock, and clients: `machine` (an identity, admin), `person` (a JWT, admin), `anyone`."""

    generation: Generation = "current"
    clock: Clock = field(default_factory=Clock)
    rate_limits: dict[str, int] | None = None
    memory: MemoryExecutor = field(init=False)
    machine: InfisicalClient = field(init=False)
    person: InfisicalClient = field(init=False)
    anyone: InfisicalClient = field(init=False)

    def __post_init__(self) -> None:
        self.memory = MemoryExecutor(clock=self.clock, generation=self.generation, rate_limits=self.rate_limits)
        self.machine, self.person, self.anyone = self.client(), self.client(Jwt(self.given.user_token)), self.client()
        self.machine.login(UniversalAuth(self.given.client_id, self.given.client_secret)).unwrap()

    def client(self, credential: Any = None, **settings: Any) -> InfisicalClient:
        return InfisicalClient(executor=self.memory, auth=credential, auth_policy="server", **settings)

    @property
    def given(self) -> Given:
        return self.memory.given

    @property
    def project_id(self) -> str:
        return self.given.project_id

    def become(self, generation: Generation) -> None:
        """Go on as another generation of the server, on the same data."""
        self.memory.change(lambda state, now: state.of_generation(generation))

    def token(self) -> str:
        """A fresh access token of the identity."""
        body = {"clientId": self.given.client_id, "clientSecret": self.given.client_secret}
        return str(self.send("POST", "/api/v1/auth/universal-auth/login", body, token=None)[1]["accessToken"])

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = "",
        query: dict[str, str] | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        raw: bytes | None = None,
    ) -> Response:
        """Send a message written by hand; token "" is the person's JWT, None no credential."""
        bearer = self.given.user_token if token == "" else token
        credential = () if bearer is None else (("Authorization", f"Bearer {bearer}"),)
        content = json.dumps(body).encode() if raw is None and body is not None else raw
        kind = () if content is None else (("Content-Type", "application/json"),)
        url = f"http://localhost:8080{path}{'?' + urlencode(query) if query else ''}"
        return self.memory(HttpRequest(method, url, (*credential, *kind, *headers), content, 30.0)).unwrap()

    def send(self, method: str, path: str, body: Any = None, **how: Any) -> tuple[int, Any]:
        """The same, as status and decoded JSON."""
        answer = self.ask(method, path, body, **how)
        return answer.status, json.loads(answer.body) if answer.body else None


def refusal(status: int, error: str, message: Any) -> tuple[int, Any]:
    """What `send` gives for a refusal; the id of the request is left out by `without_id`."""
    return status, {"statusCode": status, "message": message, "error": error}


def without_id(answer: tuple[int, Any]) -> tuple[int, Any]:
    """An answer without the ids that every refusal has anew."""
    status, body = answer
    return status, {name: value for name, value in body.items() if name not in ("reqId", "details")}
