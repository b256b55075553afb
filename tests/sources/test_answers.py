"""What platforms answer: statuses that are refusals, and JSON without the token."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from returns.result import Failure, Success

from infisical import AuthenticationError, InfisicalNetworkError, Response
from infisical.sources.answers import (
    REDIRECT_REMEDY,
    check_token,
    find_text,
    find_token,
    is_success,
    make_refusal,
    parse_object,
)

NO_OBJECT = (
    "the platform answered with something that is no JSON object: a captive portal or another service may have answered"
)


@pytest.mark.parametrize(("status", "expected"), [(199, False), (200, True), (201, True), (299, True), (300, False)])
def test_a_status_of_2xx_is_a_success(status, expected):
    assert is_success(Response(status)) == expected


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "the platform answered with status 400: grant it"),
        (403, "the platform answered with status 403: grant it"),
        (307, f"the platform answered with status 307: {REDIRECT_REMEDY}"),
        (101, "the platform answered with status 101: grant it"),
    ],
)
def test_a_refusal_is_an_authentication_error_with_its_status_and_without_its_body(status, message):
    assert make_refusal("the platform", Response(status, (), b"hush"), remedy="grant it") == AuthenticationError(
        message
    )
    assert make_refusal("it", Response(404)).message == "it answered with status 404"


@pytest.mark.parametrize("status", [408, 429, 500, 503, 599])
def test_a_platform_out_of_order_is_a_network_error_that_may_pass(status):
    error = make_refusal("the platform", Response(status, (), b"hush"), remedy="grant it")

    assert error == InfisicalNetworkError(f"the platform answered with status {status}", sent=False)
    assert error.transient


def test_a_code_is_shown_and_its_meaning_decides():
    response = Response(400)

    assert [make_refusal("it", response, code="busy", is_transient=known) for known in (None, True, False)] == [
        AuthenticationError("it answered with status 400 busy"),
        InfisicalNetworkError("it answered with status 400 busy", sent=False),
        AuthenticationError("it answered with status 400 busy"),
    ]
    assert make_refusal("it", Response(429), is_transient=False) == AuthenticationError("it answered with status 429")


@pytest.mark.parametrize(
    "body",
    [b"", b"hush", b"\xff", b"[]", b'"hush"', b"null", b"[" * 100_000, b'{"value": "hush"', b"<html>hush</html>"],
)
def test_a_body_that_is_no_object_is_a_failure_without_it(body):
    error = find_text("the platform", Response(200, (), body), "value").failure()

    assert error == AuthenticationError(NO_OBJECT)
    assert (error.__cause__, error.__context__) == (None, None)


@pytest.mark.parametrize(
    "body", [b"{}", b'{"value": null}', b'{"value": 7}', b'{"value": " "}', b'{"value": ["hush"]}']
)
def test_an_object_without_the_text_is_a_failure_that_names_it(body):
    assert find_text("the platform", Response(200, (), body), "value") == Failure(
        AuthenticationError("the platform answered without the text 'value'")
    )


def test_the_text_is_found_and_trimmed():
    assert find_text("the platform", Response(200, (), b'{"count": 3, "value": " a.b.c\\n"}'), "value") == Success(
        "a.b.c"
    )


@given(st.binary(max_size=100))
def test_any_body_is_an_answer(body):
    assert isinstance(find_text("the platform", Response(200, (), body), "value"), (Success, Failure))


def test_an_object_of_more_than_1_mib_is_none():
    body = b'{"value": "a.b.c"}'

    assert parse_object(Response(200, (), body + b" " * (2**20 - len(body)))) == {"value": "a.b.c"}
    assert parse_object(Response(200, (), body + b" " * (2**20 - len(body) + 1))) is None


# ---- tokens
@pytest.mark.parametrize("token", ["a.b.c", " a.b.c\n"])
def test_a_token_is_visible_ascii(token):
    assert check_token("the platform", token) == Success("a.b.c")


@pytest.mark.parametrize("token", [None, 7, "", " \n", ["a"]])
def test_a_value_that_is_no_token_is_a_failure(token):
    assert check_token("the platform", token) == Failure(AuthenticationError("the platform gave no token"))
    assert check_token("it", token, "log in").failure().message == "it gave no token: log in"


@pytest.mark.parametrize("token", ["hush hush", "hush\nhush", "h\0sh", "h\xfcsh"])
def test_a_token_with_another_character_is_a_failure_that_does_not_show_it(token):
    error = find_token("the platform", Response(200, (), json.dumps({"value": token}).encode()), "value").failure()

    assert error == AuthenticationError(
        "the platform gave a token with a space, a line break, a control or a non-ASCII character in it"
    )
