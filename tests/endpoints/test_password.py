"""The password group: both requests as values, and the token that a reset is sent with."""

from __future__ import annotations

import pytest
from returns.result import Success

from infisical import InfisicalClient, Jwt, Request, RequestError
from infisical.access import Access
from infisical.decode import nothing
from infisical.endpoints.password import Password
from infisical.executors import ScriptedExecutor
from tests.wire import answer

RESET_ACCESS = Access("password", "none", ())

REQUESTS = [
    (
        Password.reset(new_password="new", reset_token="r"),
        Request(
            "POST",
            "/api/v2/password/password-reset",
            (),
            (),
            {"newPassword": "new"},
            nothing,
            RESET_ACCESS,
            (("Authorization", "Bearer r"),),
        ),
    ),
    (
        Password.reset(new_password="new"),
        Request("POST", "/api/v2/password/password-reset", (), (), {"newPassword": "new"}, nothing, RESET_ACCESS),
    ),
    (
        Password.reset_authenticated(old_password="old", new_password="new"),
        Request(
            "POST",
            "/api/v2/password/user/password-reset",
            (),
            (),
            {"oldPassword": "old", "newPassword": "new"},
            nothing,
            Access("password"),
        ),
    ),
]


@pytest.mark.parametrize(("built", "expected"), REQUESTS)
def test_an_endpoint_builds_this_request(built, expected):
    assert expected == built


@pytest.mark.parametrize("request_", [request for request, _ in REQUESTS])
def test_an_empty_answer_is_none(request_):
    assert Success(None) == request_.returns(answer(b""))


def send(call, auth=None):
    executor = ScriptedExecutor(answer(b""))
    result = call(Password(InfisicalClient(auth=auth, executor=executor)))
    return result, [[value for name, value in sent.headers if name == "Authorization"] for sent in executor.sent]


@pytest.mark.parametrize("auth", [None, Jwt("session")])
def test_a_reset_carries_the_reset_token_and_never_the_credential_of_the_session(auth):
    assert (Success(None), [["Bearer r"]]) == send(lambda it: it.reset(new_password="n", reset_token="r"), auth)
    assert (Success(None), [[]]) == send(lambda it: it.reset(new_password="n"), auth)


def test_a_change_of_the_password_carries_the_session():
    change = {"old_password": "o", "new_password": "n"}

    assert (Success(None), [["Bearer session"]]) == send(lambda it: it.reset_authenticated(**change), Jwt("session"))


def test_a_reset_token_with_a_line_break_is_refused_before_it_is_sent_and_in_no_message():
    result, sent = send(lambda it: it.reset(new_password="n", reset_token="secret\n"))
    path = "POST /api/v2/password/password-reset"
    why = "the header Authorization has a line break, a control or a non-ASCII character in it"

    assert (RequestError(f"{path}: {why}"), []) == (result.failure(), sent)


def test_passwords_and_the_reset_token_are_not_in_the_repr_of_a_request():
    text = repr(Password.reset(new_password="hunter2", reset_token="hunter3"))

    assert "hunter" not in text
