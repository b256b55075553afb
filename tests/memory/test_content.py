"""Bodies in every form that the server reads, and service tokens as old clients keep them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from infisical.memory import declare_login
from infisical.request import HttpRequest
from tests.memory.secrets_world import V4, put, query, service_token
from tests.memory.world import World, refusal, without_id

LOGIN = "/api/v1/auth/universal-auth/login"
WRONG = refusal(500, "InternalServerError", "Something went wrong")
FORM = "application/x-www-form-urlencoded"


def asked(
    world: World, method: str, path: str, body: bytes | None, kind: str | None, token: str | None = None
) -> tuple[int, Any]:
    """Send a body of a content type."""
    headers = (
        *(() if kind is None else (("content-TYPE", kind),)),
        *(() if token is None else (("Authorization", f"Bearer {token}"),)),
    )
    answer = world.memory(HttpRequest(method, f"http://localhost:8080{path}", headers, body, 30.0)).unwrap()
    return answer.status, json.loads(answer.body)


def credentials(world: World) -> dict[str, str]:
    return {"clientId": world.given.client_id, "clientSecret": world.given.client_secret}


@pytest.mark.parametrize("generation", ["current", "2024-10"])
@pytest.mark.parametrize("kind", [FORM, "Application/X-WWW-Form-Urlencoded;charset=utf-8", f"  {FORM} ; x"])
def test_a_form_logs_in_as_json_does(generation: Any, kind: str):
    world = World(generation=generation)

    status, answer = asked(world, "POST", LOGIN, urlencode(credentials(world)).encode(), kind)

    assert (status, answer["tokenType"]) == (200, "Bearer")


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=utf-8", "APPLICATION/JSON", "application/scim+json"]
)
def test_a_content_type_is_compared_without_case_and_parameters(kind: str):
    world = World()

    assert asked(world, "POST", LOGIN, json.dumps(credentials(world)).encode(), kind)[0] == 200


@pytest.mark.parametrize("kind", [None, "application/jsonp", "application/xml", "json", "multipart/form-data; x"])
def test_another_content_type_is_a_500(kind: str | None):
    world = World()

    assert without_id(asked(world, "POST", LOGIN, json.dumps(credentials(world)).encode(), kind)) == WRONG


def test_a_form_is_read_by_every_route_that_reads_json():
    world = World()
    body = {"projectId": world.project_id, "environment": "dev", "secretValue": "a b&c=ü+"}
    made = asked(world, "POST", f"{V4}/K", urlencode(body).encode(), FORM, world.token())
    read = asked(world, "GET", f"{V4}/K?{urlencode(query(world))}", None, None, world.token())

    assert (made[0], read[1]["secret"]["secretValue"]) == (200, "a b&c=ü+")


def test_a_form_logs_in_by_a_declared_credential_too():
    world = World()
    identity_id = world.given.identity_id
    settings = {"type": "iam", "allowedServiceAccounts": "a@b.iam.gserviceaccount.com"}
    world.send("POST", f"/api/v1/auth/gcp-auth/identities/{identity_id}", settings)
    world.memory.change(lambda state, now: declare_login(state, "gcp-auth", identity_id, now=now, jwt="x.y"))
    body = urlencode({"identityId": identity_id, "jwt": "x.y"}).encode()

    assert asked(world, "POST", "/api/v1/auth/gcp-auth/login", body, FORM)[0] == 200


def test_what_a_form_repeats_is_a_list_and_its_values_are_texts():
    world = World()
    twice = asked(world, "POST", LOGIN, b"clientId=a&clientId=b&clientSecret=1", FORM)
    none = asked(world, "POST", LOGIN, b"", FORM)

    assert (twice[0], [issue["message"] for issue in twice[1]["message"]]) == (
        422,
        ["Expected string, received array"],
    )
    assert (none[0], [issue["path"] for issue in none[1]["message"]]) == (422, [["clientId"], ["clientSecret"]])


def test_a_text_is_a_text():
    status, answer = asked(World(), "POST", LOGIN, b"{}", "text/plain")

    assert (status, answer["message"][0]["message"]) == (422, "Expected object, received string")


@pytest.mark.parametrize("length", [None, "0"])
def test_a_delete_with_a_content_type_needs_no_body(length: str | None):
    world = World()
    made = world.machine.identities.create(name="a", organization_id=world.given.organization_id).unwrap()
    headers = (
        ("Content-Type", "application/json"),
        ("Authorization", f"Bearer {world.token()}"),
        *(() if length is None else (("Content-Length", length),)),
    )
    body = None if length is None else b""
    request = HttpRequest("DELETE", f"http://x/api/v1/identities/{made.id}", headers, body, 30.0)

    assert world.memory(request).unwrap().status == 200


@pytest.mark.parametrize(("method", "path"), [("POST", LOGIN), ("PATCH", f"{V4}/K")])
def test_an_empty_json_body_is_a_500(method: str, path: str):
    world = World()

    assert without_id(asked(world, method, path, None, "application/json", world.token())) == WRONG


@pytest.mark.parametrize("where", ["form", "query"])
def test_a_hundred_thousand_fields_are_refused(where: str):
    world, many = World(), "a=b&" * 100_000
    if where == "form":
        assert without_id(asked(world, "POST", LOGIN, many.encode(), FORM)) == WRONG
    else:
        answer = asked(world, "GET", f"{V4}?{many}", None, None, world.token())
        assert without_id(answer) == refusal(400, "BadRequest", "The query has more than 10000 fields")


@pytest.mark.parametrize(
    ("more", "status"), [("", 200), (".key", 200), (".a.b.c", 200), (".", 200), ("x", 401), ("x.key", 401)]
)
def test_a_service_token_may_have_a_fourth_part(more: str, status: int):
    world = World()
    put(world, K="v")
    token = service_token(world, ("dev", "/"))

    assert asked(world, "GET", f"{V4}/K?{urlencode(query(world))}", None, None, token + more)[0] == status


@pytest.mark.parametrize("token", ["st.", "st.a", "st..", "st...", "st.a.b.c"])
def test_a_service_token_without_its_parts_is_refused(token: str):
    assert asked(World(), "GET", f"{V4}/K", None, None, token)[0] == 404
