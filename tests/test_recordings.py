"""Every recording of a real server plays through the client and the whole chain: its refusals as errors, typed.

Those that fall into a group play through its functions in tests/endpoints/; here: the refusals, and each of them once.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import yaml
from returns.result import Failure, Success

from infisical import (
    ForbiddenError,
    IdentityAccessToken,
    InfisicalClient,
    NotFoundError,
    Request,
    UnauthorizedError,
    ValidationError,
)
from infisical.decode import nothing
from infisical.demo.recorded import RECORDING
from infisical.executors import CassetteExecutor
from infisical.executors.cassette.etags import is_random
from infisical.request import get, post
from tests.wire import CASSETTES, PROJECT, RECORDED_AT, replaying

UNKNOWN = "00000000-0000-0000-0000-000000000005"
TAPES = sorted(tape.name for tape in CASSETTES.glob("*.yaml"))


def as_json(response: Any) -> Any:
    return Success(json.loads(response.body))


def asked_again(interaction: dict[str, Any]) -> Request[Any]:
    asked = interaction["request"]
    url = urlsplit(asked["uri"])
    body = None if asked["body"] is None else json.loads(asked["body"])
    query = tuple(parse_qsl(url.query, keep_blank_values=True))
    return Request(asked["method"], url.path, (), query, body, as_json)


def seen(got: Any) -> Any:
    return got if isinstance(got, Success) else (got.failure().status_code, got.failure().error_type)


def expected(interaction: dict[str, Any]) -> Any:
    status, said = interaction["response"]["status"]["code"], json.loads(interaction["response"]["body"]["string"])
    return Success(said) if status < 300 else (status, said["error"])


@pytest.mark.parametrize("tape", TAPES)
def test_every_recorded_exchange_plays_in_order_through_hand_made_requests(tape):
    interactions = yaml.safe_load((CASSETTES / tape).read_text())["interactions"]
    client = replaying(tape)

    assert [seen(client(asked_again(it))) for it in interactions] == [expected(it) for it in interactions]


@pytest.mark.parametrize("tape", [*CASSETTES.glob("*.yaml"), RECORDING], ids=lambda path: path.name)
def test_no_recording_holds_an_etag_of_the_server_which_is_a_hash_of_the_body_before_it_was_scrubbed(tape):
    interactions = yaml.safe_load(tape.read_text())["interactions"]
    etags = [tag for one in interactions for tag in one["response"]["headers"]["etag"]]

    assert [tag for tag in etags if not is_random(tag)] == []


def test_the_recorded_refusals():
    client = replaying("errors.yaml")
    anonymous = InfisicalClient(base_url=RECORDED_AT, executor=CassetteExecutor(CASSETTES / "errors.yaml"))
    workspace = get("/api/v1/workspace/{projectId}", {"projectId": PROJECT}, returns=nothing)
    errors = [
        client.identities.get(identity_id=UNKNOWN).failure(),
        client(workspace).failure(),
        client.projects.get(project_id=PROJECT).failure(),
        client(post("/api/v1/identities", body={"name": ""}, returns=nothing)).failure(),
        client.kms.create_key(project_id=PROJECT, name="Bad Name!").failure(),
        client(get("/api/v1/no-such-route", returns=nothing)).failure(),
    ]

    assert [(type(error), error.status_code, error.message) for error in errors] == [
        (NotFoundError, 404, f"Failed to find identity with id {UNKNOWN}"),
        (UnauthorizedError, 401, "Token missing"),
        (
            ForbiddenError,
            403,
            "The provided access token is malformed. Please use a valid token or generate a new one and try again.",
        ),
        (ValidationError, 401, "organizationId: Required"),
        (ValidationError, 401, "name: Name must be slug friendly"),
        (
            NotFoundError,
            404,
            "Route GET:/api/v1/no-such-route not found (this server does not have the endpoint: "
            "it is older or newer than it, or base_url is not its root)",
        ),
    ]
    assert [error.route_missing for error in errors if isinstance(error, NotFoundError)] == [False, True]
    assert anonymous(get("/api/v1/admin/config", returns=as_json)).unwrap()["config"]["initialized"] is True


def test_a_server_without_v4_points_to_secrets_v3():
    from infisical.executors import ScriptedExecutor
    from tests.wire import answer

    said = {"message": "Route GET:/api/v4/secrets not found", "error": "Not Found", "statusCode": 404}
    client = InfisicalClient(auth=IdentityAccessToken("t"), executor=ScriptedExecutor(answer(said, 404)))
    got = client.secrets.list(project_id="p", environment="dev")

    assert isinstance(got, Failure)
    assert (got.failure().route_missing, "client.secrets_v3" in got.failure().message) == (True, True)
