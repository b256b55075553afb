"""Decoders: every response becomes a value or a DecodeError with its place."""

from __future__ import annotations

import copy
import json
import pickle
import sys
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from returns.result import Success

from infisical import DecodeError, Response
from infisical.decode import by_name, either, many, nothing, one, text, text_in
from infisical.endpoints.kms import KmsKey
from infisical.endpoints.secrets import Secret, SecretApproval, SecretList, SecretReferenceNode, SecretTag
from infisical.model import Model
from tests.model.test_reader import (
    Branch,
    Everything,
    Leaf,
    json_values,
    nearly,
    quick,
)
from tests.wire import answer


def failed(decoder: Any, response: Response) -> tuple[str, str]:
    """Path and message of the DecodeError, which has the response in it."""
    error = decoder(response).failure()
    assert (type(error), error.response, error.sent) == (DecodeError, response, True)
    return error.path, error.message


def test_empty_and_false_values_are_values():
    document = {
        "id": "",
        "secretKey": "",
        "secretValue": "",
        "version": 0,
        "secretValueHidden": False,
        "secretComment": "0",
    }
    expected = Secret(id="", secret_key="", secret_value="", version=0, secret_value_hidden=False, secret_comment="0")

    assert one(Secret)(answer(document)) == Success(expected)


TAG, ODD_TAG = {"id": "t"}, {"id": 7}


@pytest.mark.parametrize(
    ("decoder", "document", "expected"),
    [
        (one(SecretTag), TAG, SecretTag(id="t")),
        (one(SecretTag, at="tag"), {"tag": TAG, "tags": None}, SecretTag(id="t")),
        (many(SecretTag), [TAG, TAG], (SecretTag(id="t"),) * 2),
        (many(SecretTag), [], ()), (by_name(Leaf), {}, {}), (by_name(Leaf), {"a": {"id": "l"}}, {"a": Leaf(id="l")}),
        (many(SecretTag, at="tags"), {"tags": [TAG]}, (SecretTag(id="t"),)),
        (either(one(SecretTag, at="tag"), one(Leaf, at="leaf")), {"tag": TAG}, SecretTag(id="t")),
        (either(one(SecretTag, at="tag"), one(Leaf, at="leaf")), {"leaf": {"id": "l"}}, Leaf(id="l")),
        (either(one(SecretTag, at="tag"), one(Leaf, at="leaf")), {"tag": TAG, "leaf": None}, SecretTag(id="t")),
        (either(one(SecretTag, at="tag"), one(Leaf, at="leaf")), {"tag": None, "leaf": {"id": "l"}}, Leaf(id="l")),
        (either(many(SecretTag, at="tags"), one(Leaf, at="leaf")), {"tags": [TAG]}, (SecretTag(id="t"),)),
    ],
)  # fmt: skip
def test_a_decoder_reads_the_answer_or_one_field_of_it(decoder, document, expected):
    assert decoder(answer(document)) == Success(expected)


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b"<html>", b"\xff"])
def test_nothing_reads_any_answer(body):
    assert nothing(Response(200, (), body)) == Success(None)


@pytest.mark.parametrize("said", ["", "-----BEGIN PRIVATE KEY-----\n", '"quoted"', "línea \U0001f600\x00"])
def test_text_is_read_as_it_came(said):
    assert text(Response(200, (), said.encode())) == Success(said)
    assert text_in(Leaf, "id")(Response(200, (), said.encode())) == Success(Leaf(id=said))


def test_text_that_is_not_utf_8_is_a_decode_error():
    assert failed(text, Response(200, (), b"\xff")) == ("", "the answer is not UTF-8 text")
    assert failed(text_in(Leaf, "id"), Response(200, (), b"\xff")) == ("", "the answer is not UTF-8 text")


def test_decoders_are_values():
    made = [either(many(Secret, at="secrets"), one(SecretApproval, at="approval")) for _ in range(2)]

    assert made[0] == made[1]
    assert hash(made[0]) == hash(made[1])
    assert pickle.loads(pickle.dumps(made[0])) == copy.deepcopy(made[0]) == made[0]
    assert len({one(Secret), one(SecretTag), one(Secret, at="secret"), many(Secret)}) == 4


TAGS = either(many(SecretTag, at="tags"), one(Leaf, at="leaf"))


PLACES = [
    (one(SecretTag), [], "", "expected an object, found a list at the top"),
    (one(SecretTag), None, "", "expected an object, found null at the top"),
    (one(SecretTag), {}, "id", "expected a string, found nothing at id"),
    (one(SecretTag), {"id": None}, "id", "expected a string, found null at id"),
    (one(SecretTag), {"id": 1.5}, "id", "expected a string, found a number at id"),
    (one(SecretTag), {"id": False}, "id", "expected a string, found a boolean at id"),
    (one(SecretTag, at="tag"), [], "", "expected an object, found a list at the top"),
    (one(SecretTag, at="tag"), {}, "tag", "expected an object, found nothing at tag"),
    (one(SecretTag, at="tag"), {"tag": ODD_TAG}, "tag.id", "expected a string, found an integer at tag.id"),
    (many(SecretTag), {}, "", "expected a list, found an object at the top"),
    (many(SecretTag), [TAG, ODD_TAG], "[1].id", "expected a string, found an integer at [1].id"),
    (many(SecretTag, at="tags"), {"tags": TAG}, "tags", "expected a list, found an object at tags"),
    (many(SecretTag, at="tags"), {"tags": [TAG, None]}, "tags[1]", "expected an object, found null at tags[1]"),
    (by_name(Leaf), [], "", "expected an object, found a list at the top"),
    (by_name(Leaf), {"a": {"id": "l"}, "b": {}}, "b.id", "expected a string, found nothing at b.id"),
    (TAGS, {"leaf": []}, "leaf", "expected an object, found a list at leaf"),
    (TAGS, {"tags": None, "leaf": None}, "tags", "expected a list, found null at tags"),
    (TAGS, [], "", "expected an object, found a list at the top"),
    (TAGS, {"neither": 1}, "tags", "expected a list, found nothing at tags"),
    (one(SecretList), {"secrets": [{"id": "i", "secretKey": "k", "secretValue": "v"}] * 3
        + [{"id": "i", "secretKey": "k", "secretValue": "v", "type": 1}]}, "secrets[3].type",
        "expected a string, found an integer at secrets[3].type"),
]  # fmt: skip


@pytest.mark.parametrize(("decoder", "document", "path", "message"), PLACES)
def test_an_error_says_what_was_expected_what_came_and_where(decoder, document, path, message):
    assert failed(decoder, answer(document)) == (path, message)


HTML = (("Content-Type", "text/html; charset=utf-8"),)


TYPED = (("content-type", "application/json"),)


DEEP = 100_000


NOT_JSON = [
    (Response(200), "the answer is empty"),
    (Response(200, HTML, b"<html>"), "the answer is not JSON but text/html"),
    (Response(200, TYPED, b'{"id": "x"'), "the answer is not JSON"),
    (Response(200, (), b'{"id": "x"} trailing'), "the answer is not JSON"),
    (Response(200, (), b'{"id": "\xff"}'), "the answer is not JSON"),
    (Response(200, (), b"\xef\xbb\xbf{}"), "the answer is not JSON"),
    (Response(200, (), '{"id": "x"}'.encode("utf-16")), "the answer is not JSON"),
    (Response(200, (), b'{"id": "x", "n": NaN}'), "the answer is not JSON"),
    (Response(200, (), b'{"id": "x", "n": -Infinity}'), "the answer is not JSON"),
    (Response(200, (), b'{"id": "x", "n": ' + b"9" * 10_000 + b"}"), "the answer is not JSON"),
    (Response(200, (), b"[" * DEEP + b"]" * DEEP), "the answer is nested too deeply"),
    (Response(200, (), b'{"id": ' * DEEP), "the answer is nested too deeply"),
]


@pytest.mark.parametrize(("response", "message"), NOT_JSON, ids=range(len(NOT_JSON)))
@pytest.mark.parametrize(
    "decoder", [one(Leaf), one(Leaf, at="x"), many(Leaf), TAGS], ids=["one", "at", "many", "either"]
)
def test_what_is_not_json_is_a_decode_error(decoder, response, message):
    assert failed(decoder, response) == ("", message)


def nodes(depth: int, innermost: Any) -> Any:
    """A tree of references that goes so deep, each node the only child of the one above."""
    for _ in range(depth):
        innermost = {"key": "k", "children": [innermost]}
    return innermost


def test_a_fault_far_down_is_found_at_once():
    path, message = failed(one(SecretReferenceNode), answer(nodes(60, {"key": 5})))

    assert path == "children[0]." * 60 + "key"
    assert message == f"expected a string, found an integer at {path}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Nesting(Model):
    """A level of a nested answer: the decoder needs several frames for it, the JSON scanner one."""

    next: Nesting | None = None


def test_an_answer_that_is_json_and_too_deep_for_its_model_is_a_decode_error():
    depth = sys.getrecursionlimit() * 3 // 4
    body = '{"next": ' * depth + "{}" + "}" * depth

    assert list(json.loads(body)) == ["next"]
    assert failed(one(Nesting), Response(200, (), body.encode())) == ("", "the answer is nested too deeply")


def test_a_decoded_model_can_be_replaced_and_matched():
    key = one(KmsKey)(answer({"id": "k", "name": "n"})).unwrap()

    assert replace(key, name="m") == KmsKey(id="k", name="m")
    match key:
        case KmsKey(id=found, name="n"):
            assert found == "k"
        case _:
            pytest.fail("it did not match")


DECODERS = [one(Everything), many(Leaf), one(Branch, at="leaf"), by_name(Leaf), TAGS, one(SecretReferenceNode)]


@quick
@given(
    st.binary(max_size=30)
    | json_values.map(lambda it: json.dumps(it).encode())
    | nearly.map(lambda it: json.dumps(it).encode())
)
@example(b"\xff\xfe{\x00}\x00")
@example(b'{"id": 1e999}')
def test_no_answer_makes_a_decoder_raise(body):
    for decoder in DECODERS:
        outcome = decoder(Response(200, (), body))

        assert isinstance(outcome, Success) or failed(decoder, Response(200, (), body))
