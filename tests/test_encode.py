"""Encoding: `prepare` returns for every request, with path, query and body as the server reads them."""

from __future__ import annotations

import json
import math
import string
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from returns.result import Failure, Result, Success

from infisical import RequestError
from infisical.decode import text
from infisical.encode import prepare
from infisical.endpoints.secrets import NewSecret, Secrets
from infisical.model import Model, describe_field
from infisical.request import NULL, Base64, HttpRequest, Null, Request, delete, get, patch, post, put

HOST = "https://infisical.example.com"
ACCEPT = ("Accept", "application/json")
TYPED = ("Content-Type", "application/json")
WITH_BODY = (post, patch, put)
quick = settings(deadline=None)


def prepared(request: Request[Any], base: str = HOST) -> Result[HttpRequest, RequestError]:
    return prepare(request, base, (ACCEPT,), 30.0)


def url(request: Request[Any]) -> str:
    return prepared(request).unwrap().url.removeprefix(HOST)


def written(body: Mapping[str, Any]) -> str:
    """The body as it goes over the wire."""
    content = prepared(post("/x", body=body, returns=text)).unwrap().body
    assert content is not None
    return content.decode()


def refusal(request: Request[Any]) -> str:
    """Why a request is refused, without the endpoint."""
    error = prepared(request).failure()
    assert (type(error), error.sent) == (RequestError, False)
    beginning = f"{request.method} {request.path}: "
    assert error.message.startswith(beginning)
    return error.message.removeprefix(beginning)


def broken(*texts: str) -> bool:
    """Whether there is half a surrogate pair in a text: UTF-8 has no form for it."""
    return any(0xD800 <= ord(c) <= 0xDFFF for c in "".join(texts))


def create(value: Any) -> Request[Any]:
    return Secrets.create(secret_name="A", project_id="p", environment="e", secret_value=value)


# ---- paths
raw = st.text(st.characters(), max_size=9)  # halves of surrogate pairs among them
part = raw | st.text(alphabet="/?#%.\\;:@&=+~!$'()*, \n\r\t\x00e2fü\u202e\U0001f600", max_size=12)


@quick
@given(name=part, key=part)
@example(name="..", key="a")
@example(name="../..", key="%2e%2e")
@example(name="//evil.example.com", key="\\\\evil")
@example(name="\ud800", key="a")
def test_any_text_stays_in_its_own_part_of_the_path_or_is_refused(name, key):
    request = get("/api/v1/{name}/keys/{key}", {"name": name, "key": key}, returns=text)
    outcome = prepared(request)
    if isinstance(outcome, Failure):
        assert {name, key} & {"", ".", ".."} or broken(name, key)
        return
    parsed = urlsplit(outcome.unwrap().url)

    assert (parsed.scheme, parsed.netloc, parsed.query + parsed.fragment) == ("https", "infisical.example.com", "")
    assert [unquote(part) for part in parsed.path.split("/")] == ["", "api", "v1", name, "keys", key]
    assert set(parsed.path) <= set(string.ascii_letters + string.digits + "/-._~%")


BAD_PARTS = [
    ("", "secretName cannot be ''"), (".", "secretName cannot be '.'"), ("..", "secretName cannot be '..'"),
    (None, "secretName must be a string, not NoneType"), (7, "secretName must be a string, not int"),
    (b"A", "secretName must be a string, not bytes"), (["A"], "secretName must be a string, not list"),
    (NULL, "secretName must be a string, not Null"),
    ("\ud800", "secretName: text with half a surrogate pair has no form in UTF-8"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "why"), BAD_PARTS)
def test_a_path_part_that_cannot_be_one_is_refused(value, why):
    assert refusal(Secrets.get_by_name(secret_name=value, project_id="p", environment="e")) == why


PATH = "a path is /like/{this}, from the root, without query, dotted or empty parts"
ELSEWHERE = [
    "", "/", "x", "x/y", "//x", "/x//y", "https://evil.example.com/x", "@evil.example.com", "/x?y=1", "/x#y", "/é",
    "/x y", "/x\n", "/x\r\nHost: y", "/x\\y", "/.", "/..", "/x/../y", "/x/./y", "/x/..", "/%2e%2E/x", "/.%2e/x", "/x/%",
    "/x/%2", "/x/%zz", "/%2{a}", "/{a!r}", "/{a.b}", "/{a[0]}", "/{}", "/{0}", "/{{a}}", "/{a", "/a}", "/{a:>9}",
]  # fmt: skip


@pytest.mark.parametrize("path", ELSEWHERE)
def test_a_template_that_could_lead_elsewhere_is_refused(path):
    assert refusal(get(path, {"a": "e", "0": "e"}, returns=text)) == PATH


MISFITS = [
    ("/x/{a}", {}, "the path takes a, not none"), ("/x/{a}", {"b": "1"}, "the path takes a, not b"),
    ("/x/{a}", {"a": "1", "b": "2"}, "the path takes a, not a, b"),
    ("/x/{a}/{b}", {"a": "1"}, "the path takes a, b, not a"), ("/x", {"a": "1"}, "the path takes no parts, not a"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "parts", "why"), MISFITS)
def test_missing_and_extra_parts_are_refused(path, parts, why):
    assert refusal(get(path, parts, returns=text)) == why


PATHS = [
    ("/x", {}, "/x"), ("/x/", {}, "/x/"), ("/x/...", {}, "/x/..."), ("/x/%41", {}, "/x/%41"),
    ("/x/{a}.json", {"a": ".b"}, "/x/.b.json"), ("/x/{a}{b}", {"b": "2", "a": "1"}, "/x/12"),
    ("/x/{a}", {"a": "ä/{b}%41"}, "/x/%C3%A4%2F%7Bb%7D%2541"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "parts", "expected"), PATHS)
def test_a_path_is_its_template_with_its_parts_percent_encoded(path, parts, expected):
    assert url(get(path, parts, returns=text)) == expected


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "PUT", "DELETE"])
def test_the_url_is_the_base_and_the_path_whatever_the_method(method):
    request = Request(method, "/x", (), (), None, text)

    expected = HttpRequest(method, f"{HOST}/prefix/x", (ACCEPT,), None, 30.0)
    assert prepared(request, f"{HOST}/prefix") == Success(expected)


# ---- queries
ONE, AB = Enum("One", {"IT": 1}, type=int)(1), StrEnum("Ab", {"IT": "a b"})("a b")
POINT_FIVE = Enum("PointFive", {"IT": 0.5}, type=float)(0.5)
QUERY_VALUES = [
    ("", ""), ("a b&c=d+é/?#", "a%20b%26c%3Dd%2B%C3%A9%2F%3F%23"), (True, "true"), (False, "false"), (0, "0"),
    (-7, "-7"), (10**30, "1" + "0" * 30), (1.5, "1.5"), (1e300, "1e%2B300"),
    (["a", "b,c", 1, True], "a%2Cb%2Cc%2C1%2Ctrue"), (("a",), "a"), (deque(["a", "b"]), "a%2Cb"), ([], ""),
    (ONE, "1"), (POINT_FIVE, "0.5"), (AB, "a%20b"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), QUERY_VALUES)
def test_a_query_value_is_written_as_the_server_reads_it(value, expected):
    assert url(get("/x", query={"q": value}, returns=text)) == f"/x?q={expected}"


def test_none_leaves_out_of_the_query_and_the_order_is_kept():
    assert url(get("/x", query={"b": 1, "n": None, "a": False}, returns=text)) == "/x?b=1&a=false"
    assert url(get("/x", query={"n": None}, returns=text)) == "/x"


@quick
@given(st.dictionaries(raw.filter(bool), raw, min_size=1, max_size=4))
def test_any_names_and_texts_in_a_query_come_back_when_it_is_parsed(query):
    outcome = prepared(get("/x", query=query, returns=text))
    if isinstance(outcome, Failure):
        assert broken(*query, *query.values())
        return
    parsed = urlsplit(outcome.unwrap().url)

    assert (parsed.netloc, parsed.path, parsed.fragment) == ("infisical.example.com", "/x", "")
    assert parse_qsl(parsed.query, keep_blank_values=True, strict_parsing=True) == list(query.items())


# ---- bodies and headers
@pytest.mark.parametrize("make", WITH_BODY)
def test_a_body_is_always_sent_with_its_type_where_the_method_has_one(make):
    message = prepared(make("/x", returns=text)).unwrap()

    assert (message.body, message.headers) == (b"{}", (ACCEPT, TYPED))


@pytest.mark.parametrize("make", [get, delete])
def test_a_get_and_a_bodyless_delete_have_neither_body_nor_content_type(make):
    message = prepared(make("/x", returns=text)).unwrap()

    assert (message.body, message.headers) == (None, (ACCEPT,))


@pytest.mark.parametrize(("body", "expected"), [({"a": 1}, b'{"a":1}'), ({}, b"{}"), ({"a": None}, b"{}")])
def test_a_delete_with_a_body_sends_it(body, expected):
    message = prepared(delete("/x", body=body, returns=text)).unwrap()

    assert (message.body, message.headers) == (expected, (ACCEPT, TYPED))


@dataclass(frozen=True, kw_only=True, slots=True)
class Inner(Model):
    kept: str | None = None
    import_: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Outer(Model):
    max_ttl: int = field(metadata=describe_field("maxTTL"))
    cleared: str | Null | None = None
    inner: Inner | None = None
    many: tuple[Inner, ...] | None = None
    data: Base64 | None = None


DEEP = Outer(max_ttl=0, inner=Inner(import_=False), many=(Inner(), Inner(kept="")), data=Base64("é"))
BODIES = [
    ({"a": None, "b": NULL, "c": ""}, '{"b":null,"c":""}'),
    ({"a": {"b": None, "c": NULL, "d": {"e": None}}}, '{"a":{"c":null,"d":{}}}'),
    ({"a": [None, NULL, [None]]}, '{"a":[null,null,[null]]}'), ({"a": Outer(max_ttl=1)}, '{"a":{"maxTTL":1}}'),
    ({"a": Outer(max_ttl=1, cleared=NULL)}, '{"a":{"maxTTL":1,"cleared":null}}'),
    ({"a": [DEEP]}, '{"a":[{"maxTTL":0,"inner":{"import":false},"many":[{},{"kept":""}],"data":"w6k="}]}'),
    ({"a": Base64(b"\x00\xff")}, '{"a":"AP8="}'), ({"a": range(2), "b": deque([1])}, '{"a":[0,1],"b":[1]}'),
    ({"a": Base64(bytearray(b"a")), "b": Base64(memoryview(b"b"))}, '{"a":"YQ==","b":"Yg=="}'),
    ({"a": True, "b": 0, "c": 1.5, "d": 10**30}, '{"a":true,"b":0,"c":1.5,"d":1' + "0" * 30 + "}"),
    ({"a": ONE, "b": POINT_FIVE, "c": AB}, '{"a":1,"b":0.5,"c":"a b"}'),
    ({"ä": "línea\n\u2028\x00\U0001f600"}, '{"ä":"línea\\n\u2028\\u0000\U0001f600"}'),
]  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), BODIES)
def test_a_body_is_written_by_names_on_the_wire_without_what_is_none(body, expected):
    assert written(body) == expected


class Odd:
    """Something that JSON has no form for."""


def holding_itself() -> Any:
    endless: list[Any] = ["x"]
    endless.append({"again": endless})
    return endless


def nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


ENDLESS = "a value that is nested too deeply, or contains itself, cannot be written"
NOT_FINITE = "a number is not finite, or too long"
HALF = "text with half a surrogate pair has no form in UTF-8"
ODD = [b"s3cret", bytearray(b"s3cret"), memoryview(b"s3cret"), {"s3cret"}, frozenset(), 1j, Odd(), Odd]
NO_FORM = [
    *((it, f"{type(it).__name__} has no form in JSON", f"{type(it).__name__} has no form in a query") for it in ODD),
    *((it, NOT_FINITE, "float has no form in a query") for it in (math.nan, math.inf, -math.inf)),
    *((it, why, why) for it, why in ((10**5000, NOT_FINITE), ("s3cret\ud800", HALF))),
    *((it, ENDLESS, ENDLESS) for it in (nested(100_000), holding_itself())),
]
NAMES = [type(value).__name__ for value, _, _ in NO_FORM]


@pytest.mark.parametrize(("value", "why", "_"), NO_FORM, ids=NAMES)
def test_what_json_has_no_form_for_is_refused_with_its_place_and_without_its_value(value, why, _):
    assert refusal(create(value)) == f"{why}, at secretValue"


@pytest.mark.parametrize(("value", "why", "_"), NO_FORM, ids=NAMES)
def test_the_place_of_what_stands_deeper_is_named_by_its_path(value, why, _):
    new = [NewSecret(secret_key="A", secret_value="v"), NewSecret(secret_key="B", secret_value=value)]
    said = refusal(Secrets.batch_create(project_id="p", environment="e", secrets=new))

    assert said == f"{why}, at {'secrets' if why == ENDLESS else 'secrets[1].secretValue'}"


@pytest.mark.parametrize(("value", "_", "why"), NO_FORM, ids=NAMES)
def test_what_a_query_has_no_form_for_is_refused_with_its_name_and_without_its_value(value, _, why):
    assert refusal(get("/x", query={"a": 1, "q": value}, returns=text)) == f"{why}, at q"


@pytest.mark.parametrize("value", [{"a": 1}, NULL, Base64("a"), Inner(), ["a", [{}]]])
def test_json_is_not_written_into_a_query(value):
    assert refusal(get("/x", query={"q": value}, returns=text)).endswith(" has no form in a query, at q")


BAD_NAMES = [
    (post("/x", body={1: "a"}, returns=text), "a name is not a string"),
    (post("/x", body={"a": [{"b": {None: 1}}]}, returns=text), "a name is not a string, at a[0].b"),
    (post("/x", body={"\ud800": 1}, returns=text), HALF),
    (get("/x", query={1: "a"}, returns=text), "a name in the query is not a string"),
    (get("/x", query={"\ud800": 1}, returns=text), f"{HALF}, at \\ud800"),
]


@pytest.mark.parametrize(("request_", "why"), BAD_NAMES)
def test_a_name_that_is_none_is_refused(request_, why):
    assert refusal(request_) == why


@pytest.mark.parametrize("value", ["a\nb", "a\r\nX: y", "a\r", "\x00", "\x7f", "é", "a\u2028", 7, None, b"a"])
def test_a_header_value_that_cannot_be_sent_is_refused_without_showing_it(value):
    said = refusal(get("/x", headers=(("X-A", value),), returns=text))

    assert said == "the header X-A has a line break, a control or a non-ASCII character in it"


@pytest.mark.parametrize("name", ["", "a b", "a\nb", "a\r\nX: y", "a:", "é", 7, None])
def test_a_header_name_that_cannot_be_sent_is_refused(name):
    assert refusal(get("/x", headers=((name, "v"),), returns=text)) == "invalid header name"


def test_headers_of_a_request_stand_behind_those_of_the_client_and_before_the_content_type():
    message = prepared(post("/x", headers=(("X-A", "a\tb ~"),), returns=text)).unwrap()

    assert message.headers == (ACCEPT, ("X-A", "a\tb ~"), TYPED)


BY_HAND = [{"body": ["a"]}, {"body": {"a": holding_itself()}}, {"body": "text"}, {"query": 7}, {"query": ((1, 2, 3),)}]
BY_HAND += [{"path": None}, {"path": ["/x"]}, {"parts": (("a",),)}, {"parts": ((["a"], "b"),)}]
BY_HAND += [{"headers": ("a",)}, {"headers": 7}, {"headers": (("a", "b", "c"),)}]


@pytest.mark.parametrize("fields", BY_HAND)
def test_a_request_made_by_hand_against_its_types_is_a_failure_too(fields):
    request = replace(post("/x", returns=text), **fields)

    assert isinstance(prepared(request).failure(), RequestError)


# ---- any value at all
names = st.text(max_size=4)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
odd = st.binary(max_size=4) | st.complex_numbers() | st.just(NULL) | st.just(Odd()) | st.sets(st.integers(), max_size=2)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
in_json = st.recursive(
    st.none() | st.booleans() | numbers | st.text('aé\n\\"\U0001f600'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=12,
)
anything = st.recursive(
    scalars | odd | st.builds(Base64, st.text(max_size=4) | st.binary(max_size=4) | st.integers()),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(names | st.integers(), inner, max_size=3)
        | st.builds(NewSecret, secret_key=inner, secret_value=inner, metadata=inner, tag_ids=inner)
    ),
    max_leaves=8,
)
objects = st.dictionaries(names | st.integers(), anything, max_size=3)


@quick
@given(parts=st.dictionaries(names, scalars, max_size=2), query=objects, body=objects, path=st.text(max_size=9))
def test_prepare_never_raises_and_what_it_writes_is_json(parts, query, body, path):
    for request in (post("/x", query=query, body=body, returns=text), get(path, parts, returns=text)):
        outcome = prepared(request)
        if isinstance(outcome, Failure):
            assert isinstance(outcome.failure(), RequestError)
            assert str(outcome.failure()).encode()
        else:
            json.loads(outcome.unwrap().body or b"{}", parse_constant=lambda name: pytest.fail(name))


def present(value: Any) -> Any:
    """A JSON value as a body keeps it: without the members that are None."""
    if isinstance(value, dict):
        return {name: present(item) for name, item in value.items() if item is not None}
    return [present(item) for item in value] if isinstance(value, list) else value


@quick
@given(st.dictionaries(st.text(max_size=4), in_json, max_size=4))
def test_a_body_of_json_values_parses_back_to_the_same_values(body):
    assert json.loads(written(body)) == present(body)
