"""The app connections group: every request as a value, and every answer decoded."""

from __future__ import annotations

import json

import pytest
from returns.result import Success

from infisical import Request
from infisical.access import Access
from infisical.decode import many, one
from infisical.encode import prepare
from infisical.endpoints.app_connections import AppConnection, AppConnections, AvailableConnection, ConnectionProject
from infisical.request import NULL
from tests.wire import answer

CONNECTIONS = Access("app_connections")
CONNECTION = one(AppConnection, at="appConnection")
ALL = many(AppConnection, at="appConnections")
PATH = "/api/v1/app-connections/{app}/{connectionId}"
ID = (("app", "aws"), ("connectionId", "c1"))
KEYS = {"accessKeyId": "AKIA", "secretAccessKey": "hidden"}

REQUESTS = [
    (
        AppConnections.create(
            app="aws",
            name="n",
            method="access-key",
            credentials=KEYS,
            description="d",
            project_id="p",
            is_platform_managed_credentials=False,
            gateway_id="g",
            gateway_pool_id="gp",
            is_auto_rotation_enabled=True,
            rotation={"rotationInterval": 30},
            configuration={"region": "eu"},
        ),
        Request(
            "POST",
            "/api/v1/app-connections/{app}",
            (("app", "aws"),),
            (),
            {
                "name": "n",
                "method": "access-key",
                "credentials": KEYS,
                "description": "d",
                "projectId": "p",
                "isPlatformManagedCredentials": False,
                "gatewayId": "g",
                "gatewayPoolId": "gp",
                "isAutoRotationEnabled": True,
                "rotation": {"rotationInterval": 30},
                "configuration": {"region": "eu"},
            },
            CONNECTION,
            CONNECTIONS,
        ),
    ),
    (
        AppConnections.update(
            app="aws",
            connection_id="c1",
            name="n",
            credentials=KEYS,
            description=NULL,
            is_platform_managed_credentials=True,
            gateway_id=NULL,
            gateway_pool_id=NULL,
            is_auto_rotation_enabled=True,
            rotation=NULL,
            configuration=NULL,
        ),
        Request(
            "PATCH",
            PATH,
            ID,
            (),
            {
                "name": "n",
                "credentials": KEYS,
                "description": NULL,
                "isPlatformManagedCredentials": True,
                "gatewayId": NULL,
                "gatewayPoolId": NULL,
                "isAutoRotationEnabled": True,
                "rotation": NULL,
                "configuration": NULL,
            },
            CONNECTION,
            CONNECTIONS,
        ),
    ),
    (
        AppConnections.delete(app="aws", connection_id="c1"),
        Request("DELETE", PATH, ID, (), None, CONNECTION, CONNECTIONS),
    ),
    (
        AppConnections.get(app="aws", connection_id="c1"),
        Request("GET", PATH, ID, (), None, CONNECTION, CONNECTIONS),
    ),
    (
        AppConnections.list(app="aws", project_id="p"),
        Request(
            "GET",
            "/api/v1/app-connections/{app}",
            (("app", "aws"),),
            (("projectId", "p"),),
            None,
            ALL,
            CONNECTIONS,
        ),
    ),
    (
        AppConnections.get_by_name(app="aws", connection_name="n", project_id="p"),
        Request(
            "GET",
            "/api/v1/app-connections/{app}/connection-name/{connectionName}",
            (("app", "aws"), ("connectionName", "n")),
            (("projectId", "p"),),
            None,
            CONNECTION,
            CONNECTIONS,
        ),
    ),
    (
        AppConnections.check_availability(app="aws", project_id="p"),
        Request(
            "GET",
            "/api/v1/app-connections/{app}/available",
            (("app", "aws"),),
            (("projectId", "p"),),
            None,
            many(AvailableConnection, at="appConnections"),
            CONNECTIONS,
        ),
    ),
    (
        AppConnections.list_all(project_id="p"),
        Request("GET", "/api/v1/app-connections", (), (("projectId", "p"),), None, ALL, CONNECTIONS),
    ),
]


@pytest.mark.parametrize(("built", "expected"), REQUESTS, ids=[f"{r.method} {r.path}" for _, r in REQUESTS])
def test_an_endpoint_builds_this_request(built, expected):
    assert expected == built


ROW = {
    "id": "c1",
    "name": "n",
    "description": None,
    "app": "aws",
    "method": "access-key",
    "orgId": "o",
    "version": 2,
    "createdAt": "2026-01-01T00:00:00.000Z",
    "updatedAt": "2026-01-02T00:00:00.000Z",
    "isPlatformManagedCredentials": False,
    "gatewayId": "g",
    "gatewayPoolId": "gp",
    "isAutoRotationEnabled": True,
    "projectId": "p",
    "credentialsHash": "h",
    "project": {"name": "P", "id": "p", "type": "secret-manager", "slug": "p-slug"},
    "credentials": {"accessKeyId": "AKIA"},
}
FULL_CONNECTION = AppConnection(
    id="c1",
    name="n",
    app="aws",
    method="access-key",
    org_id="o",
    version=2,
    created_at="2026-01-01T00:00:00.000Z",
    updated_at="2026-01-02T00:00:00.000Z",
    is_platform_managed_credentials=False,
    gateway_id="g",
    gateway_pool_id="gp",
    is_auto_rotation_enabled=True,
    project_id="p",
    credentials_hash="h",
    project=ConnectionProject(name="P", id="p", type="secret-manager", slug="p-slug"),
    credentials={"accessKeyId": "AKIA"},
)

ANSWERS = [
    (AppConnections.get(app="aws", connection_id="c1"), {"appConnection": ROW}, FULL_CONNECTION),
    (
        AppConnections.list(app="aws"),
        {"appConnections": [ROW, {"id": "c2"}]},
        (FULL_CONNECTION, AppConnection(id="c2")),
    ),
    (
        AppConnections.check_availability(app="aws"),
        {"appConnections": [{"app": "aws", "name": "n", "id": "c1", "projectId": None, "orgId": "o"}]},
        (AvailableConnection(app="aws", name="n", id="c1", org_id="o"),),
    ),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_decodes_to_its_last_field(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


def test_an_app_unknown_to_this_library_is_requested_like_any_other():
    http = prepare(AppConnections.list(app="tomorrow/cloud"), "https://x", (), 1.0).unwrap()

    assert http.url == "https://x/api/v1/app-connections/tomorrow%2Fcloud"


def test_null_clears_and_omitted_parameters_are_not_sent():
    http = prepare(AppConnections.update(app="aws", connection_id="c1", description=NULL), "", (), 1.0).unwrap()

    assert json.loads(http.body) == {"description": None}


def test_credentials_are_in_no_repr():
    connection = AppConnection(id="c1", credentials=KEYS)
    request = AppConnections.create(app="aws", name="n", method="access-key", credentials=KEYS)

    assert "hidden" not in repr(connection) + repr(request)
