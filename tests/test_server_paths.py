"""Paths that moved: the former path is asked after "route not found", and only then; what the server has is kept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from returns.result import Failure, Success

from infisical import (
    AsyncInfisicalClient,
    DecodeError,
    HttpRequest,
    InfisicalClient,
    InfisicalNetworkError,
    Jwt,
    NotFoundError,
    RequestError,
    Response,
    UniversalAuth,
)
from infisical.decode import nothing
from infisical.endpoints.secret_sharing import SecretSharing
from infisical.endpoints.secrets import Secrets
from infisical.request import Request, delete, get, patch, post, put
from infisical.server_paths import MAX_ENDPOINTS, ServerPaths
from tests.wire import answer

NEW, OLD, OLDEST = "/api/v3/things/{id}", "/api/v2/things/{id}", "/api/v1/things/{id}"
THING = {"id": "t1"}
READ = get(NEW, THING, returns=nothing, formerly=(OLD, OLDEST))
WRITE = post(NEW, THING, body={"a": 1}, returns=nothing, formerly=(OLD, OLDEST))
WHERE = {"project_id": "p", "environment": "dev"}


def no_route(request: HttpRequest) -> Response:
    path = urlsplit(request.url).path
    body = {"message": f"Route {request.method}:{path} not found", "error": "Not Found", "statusCode": 404}
    return answer(body, 404)


class Server:
    """An executor that has these paths, by beginning, and counts what was done; the others are no routes of it."""

    def __init__(self, *has: str, says: Callable[[HttpRequest], Response] = lambda _: answer({})) -> None:
        self.has, self.says = has, says
        self.sent: list[tuple[str, str]] = []
        self.done: list[tuple[str, str, bytes | None]] = []

    def __call__(self, request: HttpRequest) -> Any:
        path = urlsplit(request.url).path
        self.sent.append((request.method, path))
        if not path.startswith(self.has):
            return Success(no_route(request))
        self.done.append((request.method, path, request.body))
        return Success(self.says(request))

    def paths(self) -> list[str]:
        sent, self.sent = [path for _, path in self.sent], []
        return sent


def client(server: Any, **how: Any) -> InfisicalClient:
    return InfisicalClient(executor=server, auth=Jwt("t"), clock=lambda: 0.0, sleep=lambda _: None, **how)


def at(version: int) -> str:
    return f"/api/v{version}/things/t1"


# ---- requests
@pytest.mark.parametrize("build", [get, post, patch, put, delete])
def test_a_request_has_no_former_paths_unless_it_is_given_some(build):
    assert build(NEW, THING, returns=nothing).formerly == ()
    assert build(NEW, THING, returns=nothing, formerly=(OLD,)) == replace(
        build(NEW, THING, returns=nothing), formerly=(OLD,)
    )


# ---- the order
def test_todays_path_is_asked_alone_where_the_server_has_it():
    server = Server("/api/v3")
    connected = client(server)

    assert [connected(READ), connected(WRITE)] == [Success(None)] * 2
    assert server.sent == [("GET", at(3)), ("POST", at(3))]


def test_the_former_paths_are_asked_in_order_and_the_one_that_answers_is_asked_first_from_then_on():
    server = Server("/api/v1")
    connected = client(server)

    assert connected(WRITE) == Success(None)
    assert server.paths() == [at(3), at(2), at(1)]
    assert connected(WRITE) == Success(None)
    assert server.paths() == [at(1)]
    assert server.done == [("POST", at(1), b'{"a":1}')] * 2


def test_what_is_remembered_is_of_one_verb_and_template():
    server = Server("/api/v2")
    connected = client(server)
    connected(WRITE)
    server.paths()

    connected(post(NEW, {"id": "other"}, body={"a": 1}, returns=nothing, formerly=(OLD, OLDEST)))
    connected(READ)

    assert server.paths() == ["/api/v2/things/other", at(3), at(2)]


def test_copies_of_a_client_share_what_is_remembered():
    server = Server("/api/v2")
    connected = client(server)
    copied = connected.with_options(timeout=5.0)
    copied(READ)
    server.paths()

    connected(READ)
    copied.with_options(deadline=None)(READ)

    assert server.paths() == [at(2), at(2)]


def test_a_server_that_was_updated_is_asked_by_todays_path_again():
    server = Server("/api/v2")
    connected = client(server)
    connected(READ)
    server.has = ("/api/v3",)
    server.paths()

    assert [connected(READ), connected(READ)] == [Success(None)] * 2
    assert server.paths() == [at(2), at(3), at(3)]


def test_a_server_that_has_none_of_the_paths_is_an_error_of_todays():
    server = Server("/elsewhere")
    connected = client(server)

    errors = [connected(READ).failure() for _ in range(2)]

    assert [(type(error), error.route_missing, error.template) for error in errors] == [(NotFoundError, True, NEW)] * 2
    assert f"Route GET:{at(3)} not found" in errors[0].message
    assert server.paths() == [at(3), at(2), at(1)] * 2


def test_a_remembered_path_that_is_gone_with_all_others_is_an_error_of_todays_path():
    server = Server("/api/v2")
    connected = client(server)
    connected(READ)
    server.has = ("/elsewhere",)
    server.paths()

    error = connected(READ).failure()

    assert (error.template, error.route_missing) == (NEW, True)
    assert server.paths() == [at(2), at(3), at(1)]


def test_an_endpoint_that_never_moved_is_asked_once():
    server = Server("/elsewhere")

    assert client(server)(get(NEW, THING, returns=nothing)).failure().route_missing
    assert server.paths() == [at(3)]


# ---- only after "route not found"
OBJECT_MISSING = {"reqId": "req-1", "statusCode": 404, "message": "Thing with ID 't1' not found", "error": "NotFound"}
ANSWERS = {
    "an object that is not there": answer(OBJECT_MISSING, 404),
    "an object whose message looks like a route": answer({**OBJECT_MISSING, "message": "Route GET:/x not found"}, 404),
    "a 404 of a proxy": Response(404, (("content-type", "text/html"),), b"<h1>Route GET:/x not found</h1>"),
    "a refused right": answer({"error": "PermissionDenied", "message": "no", "statusCode": 403}, 403),
    "a refused body": answer({"error": "ValidationFailure", "message": [], "statusCode": 422}, 422),
    "a wrong method": answer({"error": "Not Found", "message": "Route GET:/x not found"}, 405),
    "a broken server": answer({"error": "InternalServerError", "message": "Something went wrong"}, 500),
    "an answer that is no JSON": Response(404, (), b""),
}


@pytest.mark.parametrize("request_", [READ, WRITE], ids=["read", "write"])
@pytest.mark.parametrize("reply", ANSWERS.values(), ids=ANSWERS.keys())
def test_any_other_answer_is_the_answer(request_, reply):
    server = Server("/api", says=lambda _: reply)

    assert isinstance(client(server)(request_), Failure)
    assert server.paths() == [at(3)]


def test_a_request_that_got_no_answer_is_not_sent_elsewhere():
    sent = []

    def unreachable(request: HttpRequest) -> Any:
        sent.append(urlsplit(request.url).path)
        return Failure(InfisicalNetworkError("reset", reason="reset"))

    assert isinstance(client(unreachable)(WRITE).failure(), InfisicalNetworkError)
    assert sent == [at(3)]


@pytest.mark.parametrize(
    ("reply", "kept"),
    [
        (answer(OBJECT_MISSING, 404), True),
        (answer({"error": "BadRequest", "message": "no"}, 400), True),
        (answer({"error": "ValidationFailure", "message": []}, 422), True),
        (answer({"error": "TokenError", "message": "no"}, 403), False),
        (answer({"error": "RateLimitExceeded", "message": "no"}, 429), False),
        (answer({"message": "no"}, 502), False),
    ],
    ids=["404", "400", "422", "403", "429", "502"],
)
def test_a_former_path_is_remembered_by_an_error_of_its_own_but_not_of_what_stands_before_it(reply, kept):
    server = Server("/api/v2", says=lambda _: reply)
    connected = client(server, retry=None)
    connected(READ)
    server.paths()

    connected(READ)

    assert server.paths() == ([at(2)] if kept else [at(3), at(2)])


def test_an_answer_that_cannot_be_read_is_no_reason_to_ask_elsewhere():
    server = Server("/api/v1/secret-sharing", says=lambda _: answer({"secrets": 1}))
    connected = client(server)

    assert isinstance(connected.secret_sharing.list().failure(), DecodeError)
    assert server.paths() == ["/api/v1/shared-secrets", "/api/v1/secret-sharing"]


servers = st.lists(st.sampled_from(["none", "/api/v1", "/api/v2", "/api/v3"]), min_size=1, max_size=12)


@given(servers)
@settings(deadline=None)
def test_whatever_the_server_becomes_a_write_is_done_at_most_once_a_call_and_once_if_a_path_is_there(lives):
    server = Server("none")
    connected = client(server)
    for life in lives:
        server.has = (life,)
        server.done.clear()
        got = connected(WRITE)
        expected = 0 if life == "none" else 1
        assert (len(server.done), isinstance(got, Success)) == (expected, bool(expected))
        assert len(server.paths()) <= 3


# ---- within one call
def test_all_paths_share_the_deadline_of_the_call():
    now = [0.0]

    def slow(request: HttpRequest) -> Any:
        now[0] += 6.0
        return Success(no_route(request))

    connected = InfisicalClient(executor=slow, auth=Jwt("t"), clock=lambda: now[0], deadline=10.0)

    error = connected(READ).failure()

    assert (type(error).__name__, now[0]) == ("DeadlineExceededError", 12.0)


def test_the_former_path_goes_through_the_whole_chain_with_retry_and_token():
    script = iter([no_route, lambda _: answer({}, 503), lambda _: answer({})])
    sent: list[HttpRequest] = []

    def server(request: HttpRequest) -> Any:
        sent.append(request)
        return Success(next(script)(request))

    seen: list[str] = []

    def middleware(request, following):
        seen.append(request.about.path)
        return (yield from following(request))

    assert client(server, middleware=[middleware])(READ) == Success(None)
    assert [urlsplit(request.url).path for request in sent] == [at(3), at(2), at(2)]
    assert [("Authorization", "Bearer t") in request.headers for request in sent] == [True] * 3
    assert seen == [NEW, OLD]


def test_a_former_path_that_does_not_fit_the_parts_is_a_failure_that_says_so():
    server = Server("/elsewhere")

    error = client(server)(get(NEW, THING, returns=nothing, formerly=("/api/v2/{other}",))).failure()

    assert error == RequestError("GET /api/v2/{other}: the path takes other, not id")


def test_a_login_is_not_concerned():
    server = Server("/elsewhere")

    assert client(server).login(UniversalAuth("c", "s")).failure().route_missing
    assert server.paths() == ["/api/v1/auth/universal-auth/login"]


# ---- asyncio
def test_under_asyncio_calls_at_once_each_find_the_path_and_the_next_one_knows_it():
    server = Server("/api/v2")

    async def execute(request: HttpRequest) -> Any:
        await asyncio.sleep(0)
        return server(request)

    async def main() -> list[Any]:
        connected = AsyncInfisicalClient(executor=execute, auth=Jwt("t"))
        first = await asyncio.gather(*[connected(WRITE) for _ in range(5)])
        server.paths()
        return [*first, await connected(WRITE)]

    assert asyncio.run(main()) == [Success(None)] * 6
    assert server.paths() == [at(2)]
    assert len(server.done) == 6


# ---- memory
def test_what_is_remembered_is_bounded_and_the_oldest_goes_first():
    paths = ServerPaths()
    requests = [
        get(f"/new/{index}", returns=nothing, formerly=(f"/old/{index}",)) for index in range(MAX_ENDPOINTS + 1)
    ]
    for request in requests:
        paths.remember(request, request.formerly[0])

    known = [paths.list_templates(request)[0].startswith("/old") for request in requests]

    assert known == [False] + [True] * MAX_ENDPOINTS


def test_a_path_that_the_request_does_not_name_is_not_tried():
    paths = ServerPaths()
    paths.remember(READ, OLD)

    assert paths.list_templates(replace(READ, formerly=())) == (NEW,)
    assert paths.list_templates(replace(READ, formerly=(OLDEST, NEW))) == (NEW, OLDEST)


# ---- the endpoints that moved
def shared(**how: Any) -> Iterable[Request[Any]]:
    return (
        SecretSharing.create(secret_value="v"),
        SecretSharing.get(shared_secret_id="s1"),
        SecretSharing.delete(shared_secret_id="s1"),
        SecretSharing.list(),
        SecretSharing.access(shared_secret_id="s1"),
        Secrets.list_references(secret_name="K", **WHERE),
    )


BODIES = {
    ("POST", "/api/v1/secret-sharing"): {"id": "s1"},
    ("GET", "/api/v1/secret-sharing/s1"): {"id": "s1"},
    ("DELETE", "/api/v1/secret-sharing/s1"): {"id": "s1"},
    ("GET", "/api/v1/secret-sharing"): {"secrets": [], "totalCount": 0},
    ("POST", "/api/v1/secret-sharing/s1/access"): {"id": "s1", "secretValue": "v"},
    ("GET", "/api/v4/secrets/K/secret-references"): {"references": [], "totalCount": 0},
}


@pytest.mark.parametrize("request_", shared(), ids=lambda request: f"{request.method} {request.path}")
def test_an_endpoint_that_moved_works_on_older_servers(request_):
    has = ("/api/v1/secret-sharing", "/api/v4/secrets/K/secret-references")
    server = Server(*has, says=lambda request: answer(BODIES[request.method, urlsplit(request.url).path]))

    got = client(server)(request_)

    assert isinstance(got, Success), got
    assert [path for _, path, _ in server.done] == [server.sent[1][1]]
    assert json.loads(server.done[0][2] or b"{}") == {
        name: value for name, value in (request_.body or {}).items() if value is not None
    }
