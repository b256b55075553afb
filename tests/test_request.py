"""Requests as values: they compare, hash, copy and pickle, and nobody can change them."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest
from returns.result import Result

from infisical import RequestError
from infisical.access import ANY_ACCESS, Access
from infisical.decode import one, text
from infisical.encode import prepare
from infisical.endpoints.kms import Kms, KmsKey
from infisical.endpoints.secrets import NewSecret, SecretMetadata, Secrets
from infisical.request import NULL, Base64, Body, HttpRequest, Null, Request, post

HOST = "https://infisical.example.com"
ACCEPT = ("Accept", "application/json")
COPIES = [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))]


def prepared(request: Request[Any], base: str = HOST) -> Result[HttpRequest, RequestError]:
    return prepare(request, base, (ACCEPT,), 30.0)


def test_equal_calls_give_equal_requests_with_equal_hashes():
    made = [
        post(
            "/x/{a}",
            {"a": "1"},
            query={"q": [1, 2]},
            body={"b": {"c": [{"d": 1}]}},
            returns=one(KmsKey),
            access=ANY_ACCESS,
        )
        for _ in range(2)
    ]

    assert made[0] == made[1]
    assert hash(made[0]) == hash(made[1])


DIFFERENCES = {"method": "PATCH", "path": "/y/{a}", "parts": (("a", "2"),), "query": (("q", 2),), "body": Body(b=2)}
DIFFERENCES |= {"returns": one(KmsKey), "access": Access("kms"), "headers": (("h", "v"),)}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_requests_that_differ_in_anything_are_not_equal(name):
    request = post("/x/{a}", {"a": "1"}, query={"q": 1}, body={"b": 1}, returns=text)

    assert request == replace(request)
    assert request != replace(request, **{name: DIFFERENCES[name]})


@pytest.mark.parametrize("copied", COPIES)
def test_a_request_survives_copying_and_pickling(copied):
    new = NewSecret(secret_key="A", secret_value="v", metadata={"a": "b"}, skip_multiline_encoding=NULL)
    request = Secrets.batch_create(project_id="p", environment="e", secrets=[new])
    again = copied(request)

    assert again == request
    assert hash(again) == hash(request)
    assert type(again.body) is Body
    assert again.body["secrets"][0].skip_multiline_encoding is NULL
    assert prepared(again) == prepared(request)


CHANGES: list[Callable[[Any], object]] = [
    lambda body: body.update(a=2), lambda body: body.clear(), lambda body: body.pop("a"), lambda body: body.popitem(),
    lambda body: body.setdefault("z", 1), lambda body: body.__setitem__("a", 2), lambda body: body.__delitem__("a"),
    lambda body: body.__ior__({"a": 2}),
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("inner", [False, True], ids=["outer", "inner"])
def test_a_request_and_its_body_cannot_be_changed(change, inner):
    request = post("/x", body={"a": 1, "b": {"a": 1}}, returns=text)
    body = request.body
    with pytest.raises(FrozenInstanceError):
        request.body = {}
    with pytest.raises(TypeError, match="cannot be changed"):
        change(body["b"] if inner else body)

    assert body == {"a": 1, "b": {"a": 1}}


def test_what_a_caller_changes_afterwards_is_not_in_the_request():
    tags, metadata, secrets, query = ["t1"], {"k": {"deep": ["v"]}}, [{"secretKey": "A"}], ["a"]
    new = NewSecret(secret_key="B", secret_value="v", tag_ids=tags, metadata=metadata)
    data = bytearray(b"data")
    body = {"tags": tags, "metadata": metadata, "secrets": secrets, "new": [new], "data": Base64(data)}
    request = post("/x", query={"q": query}, body=body, returns=text)
    before = (hash(request), prepared(request), copy.deepcopy(request))
    tags.append("t2")
    metadata["k"]["deep"].append("w")
    metadata["l"] = {}
    secrets[0]["secretKey"] = "Z"
    secrets.append({})
    query.append("b")
    data[0] = 0
    body["more"] = 1

    assert (hash(request), prepared(request), request) == before


def test_models_in_a_body_keep_what_they_are_but_for_lists_and_mappings_of_the_caller():
    plain = SecretMetadata(key="k", value="v")
    held = NewSecret(secret_key="A", secret_value="v", tag_ids=["t"], secret_metadata=[plain])
    request = post("/x", body={"plain": plain, "held": [held]}, returns=text)

    assert request.body["plain"] is plain
    assert request.body["held"] == (replace(held, tag_ids=("t",), secret_metadata=(plain,)),)


def test_reprs_show_neither_bodies_nor_headers():
    request = post("/x", body={"secretValue": "s3cret"}, headers=(("X-Token", "t0ken"),), returns=text)
    message = prepared(request).unwrap().with_header("Authorization", "Bearer t0ken")

    assert repr(request).startswith("Request(method='POST', path='/x', parts=(), query=(), returns=<function text")
    assert repr(message) == f"HttpRequest(method='POST', url='{HOST}/x', timeout=30.0)"
    assert repr(Base64("s3cret")) == "Base64()"
    assert "s3cret" not in repr(request)
    assert "t0ken" not in repr(request)


@pytest.mark.parametrize("copied", [*COPIES, lambda _: Null()])
def test_null_is_one_object_and_false(copied):
    assert copied(NULL) is NULL
    assert (bool(NULL), repr(NULL)) == (False, "NULL")


def test_an_http_request_knows_its_request_but_is_compared_without_it():
    request = Kms.get_key(key_id="k")
    http_request = prepared(request).unwrap()

    assert http_request.about is request
    assert http_request.access == Access("kms")
    assert http_request == replace(http_request, about=None)
    assert replace(http_request, about=None).access == ANY_ACCESS
    assert http_request.with_header("A", "b") == replace(http_request, headers=(*http_request.headers, ("A", "b")))


@pytest.mark.parametrize("view", [lambda data: data, memoryview])
def test_base64_copies_bytes_that_the_caller_could_change(view):
    data = bytearray(b"before")
    given = Base64(view(data))
    data[:] = b"behind"

    assert given == Base64(b"before")
    assert hash(given) == hash(Base64(b"before"))
