"""The memory server as a function: order of checks, errors, ETags, rate limits, generations, and that it is pure."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from returns.result import Success

from infisical.executors import MemoryExecutor
from infisical.executors.memory import AsyncMemoryExecutor
from infisical.memory import handle, start
from infisical.memory.routing import list_routes
from infisical.request import HttpRequest
from infisical.response import Response
from tests.forms import try_examples
from tests.memory.world import START, Clock, World, refusal, without_id

LOGIN = "/api/v1/auth/universal-auth/login"
WRONG = refusal(500, "InternalServerError", "Something went wrong")
TEXT = st.text(max_size=20)
BODIES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT, lambda kind: st.lists(kind) | st.dictionaries(TEXT, kind)
)
HEADERS = st.lists(st.tuples(st.sampled_from(["Authorization", "Content-Type", "If-None-Match", "x-api-key"]), TEXT))


def tags(world: World) -> str:
    return f"/api/v1/projects/{world.project_id}/tags"


# ---- a function of values
def test_equal_states_requests_and_times_give_equal_states_and_responses():
    state = start(now=START)
    login = json.dumps({"clientId": state.given.client_id, "clientSecret": state.given.client_secret}).encode()
    request = HttpRequest("POST", f"http://x{LOGIN}", (("Content-Type", "application/json"),), login, 30.0)

    once, again = handle(state, request, now=START + 1), handle(state, request, now=START + 1)

    assert once == again
    assert once[0] != state
    assert state == start(now=START)


def test_seeds_tell_servers_apart_and_equal_seeds_do_not():
    assert start(now=START, seed="a") == start(now=START, seed="a")
    assert start(now=START, seed="a").given.client_secret != start(now=START, seed="b").given.client_secret


def test_a_server_goes_on_from_a_state_that_was_kept():
    world = World()
    kept = world.memory.state
    world.send("POST", tags(world), {"slug": "later", "color": ""})

    again = MemoryExecutor(kept, clock=world.clock)

    assert again.state == kept
    assert len(world.memory.state.rows(("tags", world.project_id))) == 1
    assert len(again.state.rows(("tags", world.project_id))) == 0


async def answered(memory: AsyncMemoryExecutor, request: HttpRequest) -> object:
    return await memory(request)


def test_the_asyncio_twin_answers_from_the_same_state():
    import asyncio

    world = World()
    request = HttpRequest("GET", "http://x/api/status", (), None, 30.0)

    assert asyncio.run(answered(AsyncMemoryExecutor(world.memory), request)) == world.memory(request)


@given(st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "X"]), TEXT, HEADERS, st.binary())
def test_whatever_is_sent_is_answered(method, path, headers, body):
    url = f"http://x/api/{path}"
    _, response = handle(start(now=START), HttpRequest(method, url, tuple(headers), body, 30.0), now=START)

    assert isinstance(response, Response)
    assert 200 <= response.status < 600


@try_examples(40, 400)
@given(st.sampled_from(list_routes()), BODIES)
def test_a_route_answers_whatever_body_it_gets_without_breaking(route, body):
    world = World(generation=next(iter(route.generations)))
    credential = None if not route.access else "" if "jwt" in route.access else world.token()

    status, _ = world.send(route.method, route.path.replace("{", "").replace("}", ""), body, token=credential)

    assert 200 <= status < 600


# ---- the order of checks, and errors
def test_a_route_that_is_not_there_is_told_without_an_id():
    assert World().send("GET", "/api/v9/nope") == (
        404,
        {"message": "Route GET:/api/v9/nope not found", "error": "Not Found", "statusCode": 404},
    )


def test_a_slash_at_the_end_leads_to_the_same_route():
    assert World().send("GET", "/api/status/")[0] == 200


def test_a_refusal_of_today_has_an_id_of_its_own_and_one_of_2024_has_none():
    world = World()
    first, second = (world.send("GET", tags(world), token=None)[1]["reqId"] for _ in "ab")
    world.become("2024-10")
    old = world.send("GET", f"/api/v1/workspace/{world.project_id}/tags", token=None)

    assert first != second
    assert len(first) == len("req-") + 14
    assert old == refusal(401, "UnauthorizedError", "Token missing")


def test_the_credential_is_looked_at_before_the_body_and_the_body_before_its_fields():
    world = World()
    assert without_id(world.send("POST", tags(world), raw=b"{nope", token=None)) == refusal(
        401, "UnauthorizedError", "Token missing"
    )
    assert without_id(world.send("POST", tags(world), raw=b"{nope")) == WRONG
    assert world.send("POST", tags(world), {})[0] == 422


@pytest.mark.parametrize(
    "raw", [b"", b"{nope", b"\xff", b'"' + b"x" * (1 << 20) + b'"', b"[" * 100_000, b'{"clientId": NaN}']
)
def test_a_body_that_the_framework_cannot_take_is_a_500(raw):
    assert without_id(World().send("POST", LOGIN, raw=raw, token=None)) == WRONG


@pytest.mark.parametrize(("generation", "status"), [("current", 422), ("2024-10", 401)])
def test_no_body_where_one_belongs_is_a_failed_validation(generation, status):
    world = World(generation=generation)
    issue = {
        "code": "invalid_type",
        "expected": "object",
        "received": "null",
        "path": [],
        "message": "Expected object, received null",
    }

    assert without_id(world.send("POST", LOGIN, token=None)) == refusal(status, "ValidationFailure", [issue])


def test_a_credential_of_the_wrong_kind_is_told_the_url():
    world = World()

    got = world.send("GET", f"{tags(world)}?a=b", token=service_token(world))

    assert without_id(got) == refusal(
        403, f"Forbidden access to {tags(world)}?a=b", "You are not allowed to access this resource"
    )


def service_token(world: World) -> str:
    from infisical.memory import tables
    from infisical.memory.state import Draft

    def put(state, now):
        draft = Draft(state)
        row = {
            "id": "one",
            "projectId": world.project_id,
            "secret": "two",
            "scopes": [{"environment": "dev", "secretPath": "/**"}],
            "permissions": ["read"],
            "expiresAt": None,
        }
        draft.put(tables.SERVICE_TOKENS, "one", row)
        return draft.finish()

    world.memory.change(put)
    return "st.one.two"


@pytest.mark.parametrize(
    ("token", "status", "error", "message"),
    [
        ("nonsense", 403, "TokenError", "malformed"),
        ("a.b.c", 403, "TokenError", "invalid token"),
        ("st.one.two", 404, "NotFound", "Service token with ID 'one' not found"),
        ("st.one", 404, "NotFound", "Service token with ID 'one' not found"),
    ],
)
def test_a_credential_that_is_not_good_is_refused_on_open_routes_too(token, status, error, message):
    got = World().send("GET", "/api/status", token=token)

    assert (got[0], got[1]["error"]) == (status, error)
    assert message in got[1]["message"]


def test_a_token_signed_by_another_server_is_refused():
    other = start(now=START, seed="other").given.user_token

    assert without_id(World().send("GET", "/api/status", token=other)) == refusal(
        403, "TokenError", "invalid signature"
    )


def test_an_api_key_is_refused_by_todays_server():
    got = World().send("GET", "/api/status", token=None, headers=(("X-API-Key", "ak.x"),))

    assert (got[0], got[1]["message"].partition(".")[0]) == (
        400,
        "API key authentication is not supported anymore",
    )


# ---- ETag, HEAD, OPTIONS
def test_who_has_the_answer_already_gets_304_without_a_body():
    world = World()
    first = world.ask("GET", tags(world))
    tag = first.header("etag")

    same = world.ask("GET", tags(world), headers=(("If-None-Match", tag),))
    weak = world.ask("GET", tags(world), headers=(("If-None-Match", f"W/{tag}"),))
    world.send("POST", tags(world), {"slug": "new", "color": ""})
    other = world.ask("GET", tags(world), headers=(("If-None-Match", tag),))

    assert (same.status, same.body, same.header("etag")) == (304, b"", tag)
    assert weak.status == 304
    assert (other.status, other.header("etag") != tag) == (200, True)


def test_an_etag_is_what_the_real_server_makes_of_the_same_body():
    from infisical.memory.server import _render_response

    body = b'{"statusCode":404,"message":"Secret with name \'NOPE\' not found","error":"NotFound"}'
    request = HttpRequest("GET", "http://x", (), None, 30.0)

    assert (
        _render_response(request, 404, body, (), "application/json").header("etag") == '"AzM845K80T452eTBheGJ2yHVaew="'
    )


def test_head_is_a_get_without_its_body_and_options_is_empty():
    world = World()
    got, head = world.ask("GET", "/api/status"), world.ask("HEAD", "/api/status")

    assert (head.status, head.headers, head.body) == (got.status, got.headers, b"")
    assert world.ask("OPTIONS", "/api/status").status == 204


# ---- rate limits
def test_without_limits_there_are_no_headers_of_them_as_on_self_hosted_servers():
    world = World()
    assert [name for name, _ in world.ask("GET", tags(world)).headers if name.startswith("x-ratelimit")] == []


def test_a_limit_counts_down_refuses_and_opens_again_after_its_window():
    world = World(rate_limits={"read": 2})
    first, second, third = (world.ask("GET", tags(world)) for _ in range(3))
    world.clock.advance(15)
    fourth = world.ask("GET", tags(world))
    world.clock.advance(45)
    fifth = world.ask("GET", tags(world))

    def limits(answer: Response) -> list[str | None]:
        return [answer.header(f"x-ratelimit-{name}") for name in ("limit", "remaining", "reset")] + [
            answer.header("retry-after")
        ]

    assert [answer.status for answer in (first, second, third, fourth, fifth)] == [200, 200, 429, 429, 200]
    assert [limits(answer) for answer in (first, second, third, fourth)] == [
        ["2", "1", "60", None],
        ["2", "0", "60", None],
        ["2", "0", "60", "60"],
        ["2", "0", "45", "45"],
    ]
    assert [json.loads(answer.body)["message"] for answer in (third, fourth)] == [
        "Rate limit exceeded. Please try again in 1 minute",
        "Rate limit exceeded. Please try again in 45 seconds",
    ]
    assert world.ask("POST", tags(world), {"slug": "a", "color": ""}).status == 200  # another class


def test_half_a_surrogate_pair_is_answered_as_json_escapes_it():
    world = World()
    world.ask("POST", tags(world), raw=b'{"slug": "a", "color": "\\ud800"}')

    assert rb'"color":"\ud800"' in world.ask("GET", tags(world)).body


def test_a_clock_of_its_own_is_all_the_time_a_server_knows():
    clock = Clock(0.0)
    status = MemoryExecutor(clock=clock)(HttpRequest("GET", "http://x/api/status", (), None, 1.0))

    assert isinstance(status, Success)
    assert json.loads(status.unwrap().body)["date"] == "1970-01-01T00:00:00.000Z"
