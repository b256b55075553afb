"""The session: which token goes along, when it is renewed, and what becomes of a renewal that fails.

Time is a list with one number in it, the server a function: nothing here waits for anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from returns.result import Failure, Success

from infisical import (
    ApiKey,
    AsyncInfisicalClient,
    AuthenticationError,
    DecodeError,
    HttpRequest,
    IdentityAccessToken,
    InfisicalClient,
    InfisicalNetworkError,
    InternalServerError,
    Jwt,
    KubernetesAuth,
    LoginResponse,
    NotFoundError,
    RateLimitError,
    Response,
    ServiceToken,
    UnauthorizedError,
    UniversalAuth,
)
from infisical.endpoints.secrets import SecretList
from infisical.executors import AsyncScriptedExecutor, ScriptedExecutor
from tests.wire import answer

WHERE = {"project_id": "p", "environment": "dev"}
LISTED = answer({"secrets": []})
EMPTY = Success(SecretList(secrets=()))
REFUSED_401 = answer(
    {"statusCode": 401, "message": "No identity access token found", "error": "UnauthorizedError"}, 401
)
REFUSED_403 = answer({"statusCode": 403, "message": "Your token has expired.", "error": "TokenError"}, 403)
WRONG_SECRET = answer({"message": "Invalid credentials", "error": "UnauthorizedError"}, 401)


def login(token: str, expires_in: int = 7200) -> Response:
    return answer({"accessToken": token, "expiresIn": expires_in, "accessTokenMaxTTL": 7200, "tokenType": "Bearer"})


def logged_in(
    *script: Response | InfisicalNetworkError, first: Response | None = None, **settings: Any
) -> tuple[InfisicalClient, ScriptedExecutor, list[float]]:
    """A client that has logged in as T1 at time 0, what it will be answered, and its clock."""
    now = [0.0]
    executor = ScriptedExecutor(first or login("T1"), *script)
    client = InfisicalClient(retry=None, executor=executor, clock=lambda: now[0], **settings)
    client.login(UniversalAuth("id", "secret")).unwrap()
    executor.sent.clear()
    return client, executor, now


def told(requests: Iterable[HttpRequest]) -> list[str]:
    """What was sent, a word each: the token it carried, or that it was a login."""
    return [
        "login" if request.url.endswith("/login") else dict(request.headers).get("Authorization", "nothing")
        for request in requests
    ]


# ---- which credential goes along
@pytest.mark.parametrize(
    ("credential", "header"),
    [
        (IdentityAccessToken("t"), ("Authorization", "Bearer t")),
        (Jwt("t"), ("Authorization", "Bearer t")),
        (ServiceToken("t"), ("Authorization", "Bearer t")),
        (ApiKey("t"), ("X-API-Key", "t")),
    ],
)
def test_each_kind_of_credential_goes_into_its_header(credential, header):
    executor = ScriptedExecutor(LISTED)
    client = InfisicalClient(
        retry=None, auth=credential, executor=executor, auth_policy=lambda access: (credential.mode,)
    )
    client.secrets.list(**WHERE)

    assert header in executor.sent[0].headers


def test_a_client_without_a_credential_sends_nothing():
    executor = ScriptedExecutor()
    error = InfisicalClient(retry=None, executor=executor).secrets.list(**WHERE).failure()

    assert isinstance(error, AuthenticationError)
    assert (error.current_mode, error.allowed_modes) == (None, ("identity_access_token", "jwt", "service_token"))
    assert executor.sent == []


def test_login_holds_the_token_and_logout_forgets_it():
    client, _, _ = logged_in()
    before = (client.is_authenticated, client.auth_mode)
    client.logout()

    assert before == (True, "identity_access_token")
    assert (client.is_authenticated, client.auth_mode) == (False, None)


def test_a_failed_login_changes_nothing():
    client, executor, _ = logged_in(WRONG_SECRET, LISTED)
    error = client.login(UniversalAuth("id", "wrong")).failure()
    client.secrets.list(**WHERE)

    assert isinstance(error, UnauthorizedError)
    assert told(executor.sent) == ["login", "Bearer T1"]


def test_setting_a_token_by_hand_clears_what_a_login_left_behind():
    client, executor, _ = logged_in(REFUSED_401)
    client.set_jwt("hand-made")
    error = client.secrets.list(**WHERE).failure()

    assert isinstance(error, UnauthorizedError)
    assert (told(executor.sent), client.auth_mode) == (["Bearer hand-made"], "jwt")


# ---- when a token is renewed
def test_a_token_is_not_renewed_before_its_time():
    client, executor, now = logged_in(LISTED)
    now[0] = 7169.9
    client.secrets.list(**WHERE)

    assert told(executor.sent) == ["Bearer T1"]


def test_a_token_is_renewed_from_leeway_before_its_end():
    client, executor, now = logged_in(login("T2"), LISTED, LISTED)
    now[0] = 7170.0
    answers = [client.secrets.list(**WHERE), client.secrets.list(**WHERE)]

    assert answers == [EMPTY, EMPTY]
    assert told(executor.sent) == ["login", "Bearer T2", "Bearer T2"]


def test_a_short_lived_token_is_renewed_at_half_its_life_not_before_every_call():
    client, executor, now = logged_in(LISTED, login("T2", 20), LISTED, first=login("T1", 20))
    now[0] = 9.9
    client.secrets.list(**WHERE)
    now[0] = 10.0
    client.secrets.list(**WHERE)

    assert told(executor.sent) == ["Bearer T1", "login", "Bearer T2"]


def test_a_token_with_expires_in_0_never_expires():
    client, executor, now = logged_in(LISTED, first=login("T1", 0))
    now[0] = 1e9
    client.secrets.list(**WHERE)

    assert told(executor.sent) == ["Bearer T1"]


@pytest.mark.parametrize("refusal", [REFUSED_401, REFUSED_403])
def test_a_refused_token_is_renewed_once_and_the_same_bytes_are_sent_again(refusal):
    written = answer({"secret": {"id": "1", "secretKey": "K", "secretValue": "v"}})
    client, executor, _ = logged_in(refusal, login("T2"), written)
    got = client.secrets.create(secret_name="K", secret_value="v", **WHERE)
    first, _, second = executor.sent

    assert isinstance(got, Success)
    assert told(executor.sent) == ["Bearer T1", "login", "Bearer T2"]
    assert (first.method, first.url, first.body) == (second.method, second.url, second.body)


@pytest.mark.parametrize(
    "refusal",
    [
        answer({"error": "PermissionDenied", "message": "You are not allowed to create on secrets"}, 403),
        answer({"error": "ForbiddenError", "message": "no"}, 403),
        answer({"error": "ValidationFailure", "message": []}, 401),
        answer({"error": "BadRequest", "message": "no"}, 400),
        answer({"error": "InternalServerError", "message": "no"}, 500),
    ],
)
def test_other_refusals_renew_nothing(refusal):
    client, executor, _ = logged_in(refusal)

    assert isinstance(client.secrets.list(**WHERE), Failure)
    assert told(executor.sent) == ["Bearer T1"]


@pytest.mark.parametrize("call", ["renew", "revoke"])
def test_a_refusal_of_the_token_in_the_body_renews_nothing_and_is_not_repeated(call):
    client, executor, _ = logged_in(REFUSED_401)
    error = getattr(client.identity_access_tokens, call)(access_token="another").failure()

    assert isinstance(error, UnauthorizedError)
    assert told(executor.sent) == ["Bearer T1"]


def test_a_static_token_that_is_refused_is_not_renewed():
    executor = ScriptedExecutor(REFUSED_401)
    client = InfisicalClient(retry=None, auth=IdentityAccessToken("T"), executor=executor)

    assert isinstance(client.secrets.list(**WHERE).failure(), UnauthorizedError)
    assert told(executor.sent) == ["Bearer T"]


def test_a_second_refusal_is_the_answer_and_that_endpoint_starts_no_login_for_30_seconds():
    script = (REFUSED_401, login("T2"), REFUSED_401, REFUSED_401, LISTED, REFUSED_401, login("T3"), LISTED)
    client, executor, now = logged_in(*script)
    first, second = client.secrets.list(**WHERE), client.secrets.list(**WHERE)
    elsewhere = client(client_secrets_of_another_endpoint())
    now[0] = 30.0
    third = client.secrets.list(**WHERE)

    assert [type(got.failure()) for got in (first, second)] == [UnauthorizedError, UnauthorizedError]
    assert (elsewhere, third) == (EMPTY, EMPTY)
    expected = ["Bearer T1", "login", "Bearer T2", "Bearer T2", "Bearer T2", "Bearer T2", "login", "Bearer T3"]
    assert told(executor.sent) == expected


def client_secrets_of_another_endpoint():
    from infisical.decode import one
    from infisical.request import get

    return get("/api/v9/elsewhere", returns=one(SecretList))


def test_a_login_factory_is_called_for_every_login():
    secrets = iter(["first", "second"])
    now = [0.0]
    executor = ScriptedExecutor(login("T1"), login("T2"), LISTED)
    client = InfisicalClient(retry=None, executor=executor, clock=lambda: now[0])
    client.login(lambda: UniversalAuth("id", next(secrets))).unwrap()
    now[0] = 7190.0
    client.secrets.list(**WHERE)

    assert [b"first" in (executor.sent[0].body or b""), b"second" in (executor.sent[1].body or b"")] == [True, True]


def test_a_factory_may_bring_a_token_from_elsewhere():
    tokens = iter([LoginResponse(access_token="U1", expires_in=60), LoginResponse(access_token="U2", expires_in=60)])
    now = [0.0]
    executor = ScriptedExecutor(LISTED, LISTED)
    client = InfisicalClient(retry=None, executor=executor, clock=lambda: now[0])
    client.set_jwt("U0", expires_in=60, renew=lambda: next(tokens))
    client.secrets.list(**WHERE)
    now[0] = 59.0
    client.secrets.list(**WHERE)

    assert (told(executor.sent), client.auth_mode) == (["Bearer U0", "Bearer U1"], "jwt")


def test_a_renewal_for_a_token_set_by_hand():
    now = [0.0]
    executor = ScriptedExecutor(login("T2"), LISTED)
    client = InfisicalClient(retry=None, executor=executor, clock=lambda: now[0])
    client.set_access_token("T1", expires_in=100, renew=UniversalAuth("id", "secret"))
    now[0] = 75.0
    client.secrets.list(**WHERE)

    assert told(executor.sent) == ["login", "Bearer T2"]


# ---- renewals that fail
def test_a_failed_early_renewal_uses_the_old_token_and_rests_5_seconds():
    sick = answer({}, 503)
    client, executor, now = logged_in(sick, LISTED, LISTED, sick, LISTED)
    answers = []
    for now[0] in (7171.0, 7175.9, 7176.0):
        answers.append(client.secrets.list(**WHERE))

    assert answers == [EMPTY] * 3
    assert told(executor.sent) == ["login", "Bearer T1", "Bearer T1", "login", "Bearer T1"]


def after_expiry(failing: Response | InfisicalNetworkError, *then: Response, method: Any = None) -> Any:
    """A client whose token has expired, and whose next login fails; and how it does on each call after that."""
    now = [0.0]
    executor = ScriptedExecutor(login("T1"), failing, *then)
    client = InfisicalClient(retry=None, executor=executor, clock=lambda: now[0])
    client.login(method or UniversalAuth("id", "secret")).unwrap()
    executor.sent.clear()
    now[0] = 7200.0
    return client, executor, now


@pytest.mark.parametrize(
    ("failing", "kind", "rest"),
    [
        (WRONG_SECRET, UnauthorizedError, 1e9),
        (
            answer({"message": "No identity with specified client ID was found", "error": "NotFound"}, 404),
            NotFoundError,
            1e9,
        ),
        (answer({"message": "no", "error": "RateLimitExceeded"}, 429, retry_after="17"), RateLimitError, 17.0),
        (answer({"message": "no", "error": "InternalServerError"}, 500), InternalServerError, 5.0),
        (InfisicalNetworkError("timed out", reason="timeout"), InfisicalNetworkError, 5.0),
        (InfisicalNetworkError("nobody there", reason="refused", sent=False), InfisicalNetworkError, 5.0),
        (answer({"accessToken": 7}), DecodeError, 5.0),
        (answer({"accessToken": "with\nline break"}), DecodeError, 5.0),
    ],
)
def test_a_failed_renewal_fails_20_later_calls_without_a_login_until_its_time(failing, kind, rest):
    client, executor, now = after_expiry(failing, login("T2"), LISTED)
    errors = [client.secrets.list(**WHERE).failure()]
    now[0] += rest - 0.1
    errors += [client.secrets.list(**WHERE).failure() for _ in range(20)]

    assert {(type(error), error.sent) for error in errors} == {(kind, False)}
    assert told(executor.sent) == ["login"]
    if rest < 1e9:
        now[0] += 0.1
        assert client.secrets.list(**WHERE) == EMPTY
        assert told(executor.sent) == ["login", "login", "Bearer T2"]


def test_a_refused_login_is_tried_again_after_60_seconds_if_a_factory_may_do_better():
    client, executor, now = after_expiry(WRONG_SECRET, login("T2"), LISTED, method=lambda: KubernetesAuth("id", "jwt"))
    first = client.secrets.list(**WHERE)
    now[0] += 59.9
    second = client.secrets.list(**WHERE)
    now[0] += 0.1
    third = client.secrets.list(**WHERE)

    assert [type(first.failure()), type(second.failure()), third] == [UnauthorizedError, UnauthorizedError, EMPTY]
    assert told(executor.sent) == ["login", "login", "Bearer T2"]


@pytest.mark.parametrize("way_out", ["login", "set_access_token", "set_jwt"])
def test_a_remembered_failure_ends_with_the_next_login_or_token(way_out):
    script = (login("T2"), LISTED) if way_out == "login" else (LISTED,)
    client, executor, _ = after_expiry(WRONG_SECRET, *script)
    client.secrets.list(**WHERE)
    if way_out == "login":
        client.login(UniversalAuth("id", "right"))
    else:
        getattr(client, way_out)("T2")

    assert client.secrets.list(**WHERE) == EMPTY
    assert told(executor.sent)[-1] == "Bearer T2"


def test_a_refused_early_renewal_is_not_repeated_while_the_old_token_lives_nor_after():
    client, executor, now = logged_in(WRONG_SECRET, LISTED, LISTED)
    answers = []
    for now[0] in (7171.0, 7190.0, 7200.0):
        answers.append(client.secrets.list(**WHERE))

    assert answers[:2] == [EMPTY, EMPTY]
    assert isinstance(answers[2].failure(), UnauthorizedError)
    assert told(executor.sent) == ["login", "Bearer T1", "Bearer T1"]


def test_a_renewal_on_a_connection_that_had_gone_stale_is_tried_a_second_time():
    client, executor, _ = after_expiry(InfisicalNetworkError("gone", reason="reset"), login("T2"), LISTED)

    assert client.secrets.list(**WHERE) == EMPTY
    assert told(executor.sent) == ["login", "login", "Bearer T2"]


def test_a_factory_that_raises_is_a_failure_that_names_the_place_and_not_the_message():
    def factory() -> UniversalAuth:
        raise FileNotFoundError("/run/secrets/TOPSECRET")

    error = InfisicalClient(retry=None, executor=ScriptedExecutor()).login(factory).failure()

    assert isinstance(error, AuthenticationError)
    assert error.message.startswith("the login factory failed: FileNotFoundError was raised at test_session.py:")
    assert "TOPSECRET" not in repr(error)


@pytest.mark.parametrize("nonsense", [lambda: None, lambda: "token", object()])
def test_what_is_not_a_login_method_is_a_failure(nonsense):
    error = InfisicalClient(retry=None, executor=ScriptedExecutor()).login(nonsense).failure()

    assert isinstance(error, AuthenticationError)
    assert error.message.endswith("is not a login method")


def test_a_method_that_builds_something_else_than_a_request_is_a_failure():
    class Wrong:
        def request(self) -> str:
            return "https://app.infisical.com/api/v1/auth/login"

    error = InfisicalClient(retry=None, executor=ScriptedExecutor()).login(Wrong()).failure()

    assert error == AuthenticationError("Wrong is not a login method: it built no Request")


def test_a_factory_that_calls_its_own_client_is_a_failure_not_a_deadlock():
    seen = []

    def factory() -> UniversalAuth:
        if now[0]:
            seen.append(client.secrets.list(**WHERE).failure())
        return UniversalAuth("id", "secret")

    now = [0.0]
    client = InfisicalClient(
        retry=None, executor=ScriptedExecutor(login("T1"), login("T2"), LISTED), clock=lambda: now[0]
    )
    client.login(factory).unwrap()
    now[0] = 7200.0

    assert client.secrets.list(**WHERE) == EMPTY
    assert seen == [
        AuthenticationError("a login factory called the client that waits for its login: use another client in it")
    ]


def test_an_async_factory_that_calls_its_own_client_is_a_failure_too():
    errors = []

    async def factory() -> LoginResponse:
        errors.append((await client.secrets.list(**WHERE)).failure())
        return LoginResponse(access_token="T", expires_in=0)

    client = AsyncInfisicalClient(retry=None, auth=factory, executor=AsyncScriptedExecutor(LISTED))

    assert asyncio.run(client.secrets.list(**WHERE)) == EMPTY
    assert errors == [
        AuthenticationError("a login factory called the client that waits for its login: use another client in it")
    ]


# ---- what happens meanwhile
def meanwhile(act: Callable[[InfisicalClient], None]) -> Any:
    """Let something happen while the renewal of an expired token is in the air."""
    now = [0.0]
    sent = []

    def execute(request: HttpRequest) -> Any:
        sent.append(request)
        if not request.url.endswith("/login"):
            return Success(LISTED)
        if now[0]:
            act(client)
        return Success(login("T2" if now[0] else "T1"))

    client = InfisicalClient(retry=None, executor=execute, clock=lambda: now[0])
    client.login(UniversalAuth("id", "secret"))
    sent.clear()
    now[0] = 7200.0
    return client, client.secrets.list(**WHERE), sent


def test_logout_during_a_renewal_wins():
    client, got, sent = meanwhile(lambda client: client.logout())

    assert isinstance(got.failure(), AuthenticationError)
    assert (client.is_authenticated, told(sent)) == (False, ["login"])


def test_a_token_set_during_a_renewal_wins():
    client, got, sent = meanwhile(lambda client: client.set_jwt("U"))

    assert got == EMPTY
    assert (client.auth_mode, told(sent)) == ("jwt", ["login", "Bearer U"])


@pytest.mark.parametrize(
    ("act", "kind", "sent"),
    [
        (lambda client: client.logout(), UnauthorizedError, ["Bearer T1"]),
        (lambda client: client.set_jwt("U"), SecretList, ["Bearer T1", "Bearer U"]),
    ],
)
def test_a_refusal_that_arrives_after_a_logout_or_a_new_token_starts_no_login(act, kind, sent):
    requests: list[HttpRequest] = []

    def execute(request: HttpRequest) -> Any:
        requests.append(request)
        if request.url.endswith("/login"):
            return Success(login("T1"))
        if told([request]) == ["Bearer T1"]:
            act(client)
            return Success(REFUSED_401)
        return Success(LISTED)

    client = InfisicalClient(retry=None, executor=execute)
    client.login(UniversalAuth("id", "secret"))
    requests.clear()
    got = client.secrets.list(**WHERE)

    assert (type(got.failure() if isinstance(got, Failure) else got.unwrap()), told(requests)) == (kind, sent)


def test_logout_during_an_explicit_login_wins():
    def execute(_: HttpRequest) -> Any:
        client.logout()
        return Success(login("T"))

    client = InfisicalClient(retry=None, executor=execute)
    got = client.login(UniversalAuth("id", "secret"))

    assert (isinstance(got, Success), client.is_authenticated) == (True, False)


def test_a_token_of_another_mode_that_arrives_between_the_links_is_checked_again():
    executor = ScriptedExecutor()

    def policy(access: Any) -> Any:
        if client.auth_mode == "identity_access_token":  # the check of the first link has begun
            client.set_jwt("U")
        return ("identity_access_token",)

    client = InfisicalClient(retry=None, auth=IdentityAccessToken("T"), executor=executor, auth_policy=policy)
    error = client.secrets.list(**WHERE).failure()

    assert isinstance(error, AuthenticationError)
    assert (error.current_mode, executor.sent) == ("jwt", [])


def test_a_logout_between_the_links_does_not_send_the_call_without_a_credential():
    executor = ScriptedExecutor()

    def policy(access: Any) -> Any:
        client.logout()
        return ("identity_access_token",)

    client = InfisicalClient(retry=None, auth=IdentityAccessToken("T"), executor=executor, auth_policy=policy)

    assert isinstance(client.secrets.list(**WHERE).failure(), AuthenticationError)
    assert executor.sent == []
