"""The tags of a project: every request as a value, and every answer decoded."""

from __future__ import annotations

import pytest
from returns.result import Success

from infisical import Request
from infisical.access import Access
from infisical.decode import many, one
from infisical.encode import prepare
from infisical.endpoints.secret_tags import SecretTags, Tag
from tests.wire import PROJECT, answer

TAGS = "/api/v1/projects/{projectId}/tags"
TAG = "/api/v1/projects/{projectId}/tags/{tagId}"
IN = (("projectId", "p"),)
ONE = (("projectId", "p"), ("tagId", "t1"))
TAG_DECODER = one(Tag, at="tag")


def request(verb, path, parts, returns, body=None):
    return Request(verb, path, parts, (), body, returns, Access("secret_tags"))


REQUESTS = [
    (SecretTags.list(project_id="p"), request("GET", TAGS, IN, many(Tag, at="tags"))),
    (SecretTags.get_by_id(project_id="p", tag_id="t1"), request("GET", TAG, ONE, TAG_DECODER)),
    (
        SecretTags.get_by_slug(project_id="p", tag_slug="prod"),
        request("GET", "/api/v1/projects/{projectId}/tags/slug/{tagSlug}", (*IN, ("tagSlug", "prod")), TAG_DECODER),
    ),
    (
        SecretTags.create(project_id="p", slug="prod", color="#ff0000"),
        request("POST", TAGS, IN, TAG_DECODER, {"slug": "prod", "color": "#ff0000"}),
    ),
    (
        SecretTags.update(project_id="p", tag_id="t1", slug="dev", color=""),
        request("PATCH", TAG, ONE, TAG_DECODER, {"slug": "dev", "color": ""}),
    ),
    (SecretTags.delete(project_id="p", tag_id="t1"), request("DELETE", TAG, ONE, TAG_DECODER)),
]


@pytest.mark.parametrize(("built", "expected"), REQUESTS, ids=[f"{r.method} {r.path}" for _, r in REQUESTS])
def test_an_endpoint_builds_this_request(built, expected):
    assert expected == built


TAG_BODY = {
    "id": "2a803808-5b92-4ad0-95a0-dcf9d8047b8c",
    "slug": "t1",
    "color": "#ff0000",
    "createdAt": "2026-11-22T00:56:15.462Z",
    "updatedAt": "2026-11-22T00:56:15.462Z",
    "createdBy": "6c1d484e-b52e-4ea8-aef5-4d5dbf1622b0",
    "projectId": PROJECT,
    "createdByActorType": "identity",
}
RED_TAG = Tag(
    id="2a803808-5b92-4ad0-95a0-dcf9d8047b8c",
    slug="t1",
    color="#ff0000",
    created_at="2026-11-22T00:56:15.462Z",
    updated_at="2026-11-22T00:56:15.462Z",
    created_by="6c1d484e-b52e-4ea8-aef5-4d5dbf1622b0",
    project_id=PROJECT,
    created_by_actor_type="identity",
)
ANSWERS = [
    (SecretTags.list(project_id="p"), {"tags": [TAG_BODY, {"id": "t2", "color": None}]}, (RED_TAG, Tag(id="t2"))),
    (SecretTags.create(project_id="p", slug="t1", color="#ff0000"), {"tag": TAG_BODY}, RED_TAG),
    (
        SecretTags.get_by_id(project_id="p", tag_id="t1"),
        {"tag": {"id": "t1", "slug": "prod", "name": "prod"}},
        Tag(id="t1", slug="prod", name="prod"),
    ),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_decodes_to_its_last_field(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


def test_an_empty_color_is_sent_because_the_server_requires_it():
    sent = prepare(SecretTags.create(project_id="p", slug="prod", color=""), "https://i.invalid", (), 30).unwrap()

    assert (sent.url, sent.body) == ("https://i.invalid/api/v1/projects/p/tags", b'{"slug":"prod","color":""}')
