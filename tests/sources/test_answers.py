"""What platforms answer: statuses that are refusals, and JSON without the token."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from returns.result import Failure, Success

from infisical import AuthenticationError, InfisicalNetworkError, Response
from infisical.sources.answers import check_status, find_text


@pytest.mark.parametrize("status", [200, 201, 299])
def test_a_status_of_success_is_the_response(status):
    assert check_status("the platform", Response(status)) == Success(Response(status))


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "the platform answered with status 400: grant it"),
        (403, "the platform answered with status 403: grant it"),
        (
            307,
            "the platform answered with status 307: a redirect is not followed, since its target would receive the "
            "credential",
        ),
        (101, "the platform answered with status 101: grant it"),
    ],
)
def test_a_refusal_is_an_authentication_error_with_its_status_and_without_its_body(status, message):
    assert check_status("the platform", Response(status, (), b"hush"), "grant it") == Failure(
        AuthenticationError(message)
    )
    assert check_status("it", Response(404)).failure().message == "it answered with status 404"


@pytest.mark.parametrize("status", [408, 429, 500, 503, 599])
def test_a_platform_out_of_order_is_a_network_error_that_may_pass(status):
    error = check_status("the platform", Response(status, (), b"hush"), "grant it").failure()

    assert error == InfisicalNetworkError(f"the platform answered with status {status}", sent=False)
    assert error.transient


@pytest.mark.parametrize(
    "body",
    [b"", b"hush", b"\xff", b"[]", b'"hush"', b"null", b"[" * 100_000, b'{"value": "hush"', b"<html>hush</html>"],
)
def test_a_body_that_is_no_object_is_a_failure_without_it(body):
    error = find_text("the platform", Response(200, (), body), "value").failure()

    assert error == AuthenticationError("the platform answered with something that is no JSON object")
    assert (error.__cause__, error.__context__) == (None, None)


@pytest.mark.parametrize(
    "body", [b"{}", b'{"value": null}', b'{"value": 7}', b'{"value": " "}', b'{"value": ["hush"]}']
)
def test_an_object_without_the_text_is_a_failure_that_names_it(body):
    assert find_text("the platform", Response(200, (), body), "value") == Failure(
        AuthenticationError("the platform answered without a 'value' that is text")
    )


def test_the_text_is_found_and_trimmed():
    assert find_text("the platform", Response(200, (), b'{"count": 3, "value": " a.b.c\\n"}'), "value") == Success(
        "a.b.c"
    )


@given(st.binary(max_size=100))
def test_any_body_is_an_answer(body):
    assert isinstance(find_text("the platform", Response(200, (), body), "value"), (Success, Failure))
