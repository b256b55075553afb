"""The session middleware stepped by hand, where two flows meet: which token is sent, and whether a login starts."""

from __future__ import annotations

from typing import Any

import pytest
from returns.result import Failure, Success

from infisical import AuthenticationError, HttpRequest, InfisicalClient, Response, UniversalAuth
from infisical.access import Access, get_documented_modes
from infisical.encode import prepare
from infisical.errors import InternalServerError
from infisical.executors import ScriptedExecutor
from infisical.flow import Once, Send, send
from infisical.middleware.auth_mode import make_check
from infisical.middleware.token import attach_token
from infisical.request import get
from infisical.session import Session, SessionStore, make_grant
from tests.wire import answer

LISTED = answer({"secrets": []})
REFUSED = answer({"error": "UnauthorizedError", "message": "no"}, 401)
WHERE = {"project_id": "p", "environment": "dev"}


class Stage:
    """A session with the token T1, which lives for 60 s, and the middleware around it; logins are the word `login`."""

    def __init__(self) -> None:
        self.now, self.logins = 0.0, 0
        self.store = SessionStore(Session("identity_access_token", self.grant("T1"), self.renew))
        self.attach = attach_token(self.store, lambda: self.now, make_check(get_documented_modes))

    def grant(self, token: str, expires_in: float = 60.0) -> Any:
        return make_grant("identity_access_token", token, expires_in, self.now, 10.0, True)

    def renew(self, _: Any) -> Any:
        self.logins += 1
        yield "login"
        return Success(self.grant(f"L{self.logins}"))

    def call(self, path: str = "/a", resource: Any = "secrets") -> Any:
        request = get(path, returns=lambda _: Success(None), access=Access(resource))
        return self.attach(prepare(request, "https://x", (), 1.0).unwrap(), send)


def token(effect: Any) -> str:
    assert isinstance(effect, Send)
    return dict(effect.request.headers)["Authorization"].removeprefix("Bearer ")


def ended(flow: Any, reply: Any) -> Any:
    with pytest.raises(StopIteration) as end:
        flow.send(reply)
    return end.value.value


def run(flow: Any, answers: list[Response]) -> tuple[list[str], Any]:
    """Run a flow to its end; return what it did, a word each, and its value."""
    did: list[str] = []
    reply = None
    while True:
        try:
            effect = flow.send(reply)
        except StopIteration as end:
            return did, end.value
        if effect == "login":
            did.append("login")
            reply = None
        elif isinstance(effect, Once):
            inner, reply = run(effect.flow(), answers)
            did += inner
        else:
            did.append(token(effect))
            reply = Success(answers.pop(0))


def test_a_token_that_another_thread_has_just_obtained_is_taken():
    stage = Stage()
    stage.now = 55.0
    flight = next(stage.call())
    stage.store.session.grant = stage.grant("T2")

    assert run(flight.flow(), []) == ([], Success(stage.store.session.grant))


def test_a_token_that_another_thread_has_just_obtained_is_not_taken_if_it_is_due_itself():
    stage = Stage()
    stage.now = 55.0
    flight = next(stage.call())
    stage.store.session.grant = stage.grant("T2", 20.0)
    stage.now = 66.0

    assert run(flight.flow(), []) == (["login"], Success(stage.store.session.grant))
    assert stage.store.session.grant.token == "L1"


def refused_late(stage: Stage) -> Any:
    """A call that was sent with T1 and is refused only now; its endpoint has refused a fresh token meanwhile."""
    flow = stage.call()
    assert token(next(flow)) == "T1"
    stage.store.session.refusals = {("GET", "/a"): stage.now + 30.0}
    return flow


def test_an_endpoint_that_refused_a_fresh_token_gets_a_newer_token():
    stage = Stage()
    flow = refused_late(stage)
    stage.store.session.grant = stage.grant("T2")

    assert token(flow.send(Success(REFUSED))) == "T2"
    assert stage.logins == 0


def test_an_endpoint_that_refused_a_fresh_token_does_not_stop_the_renewal_of_a_newer_token_that_is_due():
    stage = Stage()
    flow = refused_late(stage)
    stage.store.session.grant = stage.grant("T2", 20.0)
    stage.now = 15.0
    flight = flow.send(Success(REFUSED))

    assert isinstance(flight, Once)
    assert run(flight.flow(), [])[0] == ["login"]


def test_an_endpoint_that_refused_a_fresh_token_starts_no_login_for_the_same_token():
    stage = Stage()
    flow = refused_late(stage)

    assert ended(flow, Success(REFUSED)) == Success(REFUSED)
    assert stage.logins == 0


def test_endpoints_that_refused_a_fresh_token_are_forgotten_after_30_seconds():
    stage = Stage()
    for number in range(100):
        did, _ = run(stage.call(f"/{number}"), [REFUSED, REFUSED])
        assert did[1] == "login"
        stage.now += 10.0

    assert stage.store.session.refusals == {("GET", f"/{number}"): number * 10.0 + 30.0 for number in (97, 98, 99)}


def test_a_refused_call_is_not_sent_again_with_a_token_of_a_mode_that_the_endpoint_does_not_take():
    stage = Stage()
    flow = stage.call(resource="kms")
    assert token(next(flow)) == "T1"
    stage.store.replace(Session("service_token", make_grant("service_token", "S", None, 0.0, 10.0, False)))
    error = ended(flow, Success(REFUSED)).failure()

    assert (type(error), error.current_mode, stage.logins) == (AuthenticationError, "service_token", 0)


def test_a_mode_that_the_endpoint_does_not_take_starts_no_login_whatever_was_checked_before():
    stage = Stage()
    stage.store.session = Session("service_token", None, stage.renew)
    request = get("/a", returns=lambda _: Success(None), access=Access("kms"))
    flow = stage.attach(prepare(request, "https://x", (), 1.0).unwrap(), send)
    error = ended(flow, None).failure()

    assert (type(error), error.current_mode, stage.logins) == (AuthenticationError, "service_token", 0)


def test_a_logout_during_an_early_renewal_that_fails_ends_the_call():
    now, sent = [0.0], []

    def execute(request: HttpRequest) -> Any:
        sent.append(request.url.rpartition("/")[2])
        if now[0]:
            client.logout()
            return Success(answer({}, 503))
        return Success(answer({"accessToken": "T1", "expiresIn": 60}))

    client = InfisicalClient(retry=None, executor=execute, clock=lambda: now[0])
    client.login(UniversalAuth("id", "secret")).unwrap()
    now[0] = 59.0
    error = client.secrets.list(**WHERE).failure()

    assert isinstance(error, AuthenticationError)
    assert (sent, client.is_authenticated) == (["login", "login"], False)


def test_another_token_set_during_an_early_renewal_that_fails_is_the_one_that_is_sent():
    now, sent = [0.0], []

    def execute(request: HttpRequest) -> Any:
        if not request.url.endswith("/login"):
            sent.append(dict(request.headers)["Authorization"])
            return Success(LISTED)
        if now[0]:
            client.set_access_token("BY-HAND")
            return Success(answer({}, 503))
        return Success(answer({"accessToken": "T1", "expiresIn": 60}))

    client = InfisicalClient(retry=None, executor=execute, clock=lambda: now[0])
    client.login(UniversalAuth("id", "secret")).unwrap()
    now[0] = 59.0

    assert isinstance(client.secrets.list(**WHERE), Success)
    assert sent == ["Bearer BY-HAND"]


def test_an_early_renewal_that_fails_without_a_logout_sends_the_old_token():
    executor = ScriptedExecutor(answer({"accessToken": "T1", "expiresIn": 60}), answer({}, 503), LISTED)
    now = [0.0]
    client = InfisicalClient(retry=None, executor=executor, clock=lambda: now[0])
    client.login(UniversalAuth("id", "secret")).unwrap()
    now[0] = 59.0

    assert isinstance(client.secrets.list(**WHERE), Success)
    assert dict(executor.sent[-1].headers)["Authorization"] == "Bearer T1"


def test_the_failure_of_a_flight_that_was_abandoned_is_not_remembered_where_its_successor_completed():
    stage = Stage()
    stage.store.session.renew = failing
    stage.now = 55.0
    flight = next(stage.call()).flow()
    next(flight)
    stage.store.session.grant = newer = stage.grant("T2")

    assert ended(flight, None) == Success(newer)
    assert (stage.store.session.grant, stage.store.session.cool_down) == (newer, None)


def failing(_: Any) -> Any:
    yield "login"
    return Failure(InternalServerError("no", status_code=500))


# ---- refusals of a token, one by one
def test_an_endpoint_is_its_template_or_the_url_of_a_request_without_one():
    stage = Stage()
    request = get("/a/{id}", {"id": "1"}, returns=lambda _: Success(None), access=Access("secrets"))
    run(stage.attach(prepare(request, "https://x", (), 1.0).unwrap(), send), [REFUSED, REFUSED])
    run(stage.attach(HttpRequest("POST", "https://x/b?c=d"), send), [REFUSED, REFUSED])

    assert list(stage.store.session.refusals) == [("GET", "/a/{id}"), ("POST", "https://x/b?c=d")]


@pytest.mark.parametrize(
    ("mode", "status", "body", "is_refused"),
    [
        ("jwt", 401, {"error": "UnauthorizedError"}, True),
        ("jwt", 401, {}, True),
        ("jwt", 401, {"error": "ValidationFailure"}, False),
        ("jwt", 403, {"error": "TokenError"}, True),
        ("jwt", 403, {"error": "PermissionDenied"}, False),
        ("jwt", 404, {"message": "Session not found"}, True),
        ("identity_access_token", 404, {"message": "Session not found"}, False),
        ("jwt", 404, {"message": "Secret not found"}, False),
        ("jwt", 400, {"error": "TokenError", "message": "Session not found"}, False),
        ("jwt", 402, {"error": "TokenError", "message": "Session not found"}, False),
        ("jwt", 405, {"error": "TokenError", "message": "Session not found"}, False),
        ("jwt", 500, {"error": "TokenError"}, False),
        ("jwt", 200, {"error": "TokenError", "message": "Session not found"}, False),
    ],
)
def test_a_token_is_refused_by_these_answers(mode, status, body, is_refused):
    stage = Stage()
    stage.store.session = Session(mode, make_grant(mode, "T1", 60.0, 0.0, 10.0, True), stage.renew)
    done, outcome = run(stage.attach(HttpRequest("GET", "https://x/a"), send), [answer(body, status), LISTED])

    assert done == (["T1", "login", "L1"] if is_refused else ["T1"])
    assert outcome == Success(LISTED if is_refused else answer(body, status))


@pytest.mark.parametrize(
    ("access", "renews"),
    [(Access("secrets"), True), (Access("secrets", judges_session=False), False), (Access("any", "optional"), True)],
)
def test_a_refusal_renews_only_where_it_judges_the_session(access, renews):
    stage = Stage()
    request = get("/a", returns=lambda _: Success(None), access=access)
    done, _ = run(stage.attach(prepare(request, "https://x", (), 1.0).unwrap(), send), [REFUSED, LISTED])

    assert done == (["T1", "login", "L1"] if renews else ["T1"])


def test_a_call_that_takes_no_credential_is_sent_without_one_and_renews_nothing():
    stage = Stage()
    stage.now = 100.0
    request = get("/a", returns=lambda _: Success(None), access=Access("open", "none"))
    flow = stage.attach(prepare(request, "https://x", (), 1.0).unwrap(), send)
    effect = next(flow)

    assert (isinstance(effect, Send), "Authorization" in dict(effect.request.headers)) == (True, False)
    assert ended(flow, Success(REFUSED)) == Success(REFUSED)


@pytest.mark.parametrize(("now", "done"), [(49.0, ["T1"]), (50.0, ["login", "L1"]), (61.0, ["login", "L1"])])
def test_a_token_is_renewed_before_a_call_from_the_second_that_it_is_due(now, done):
    stage = Stage()
    stage.now = now

    assert run(stage.call(), [LISTED]) == (done, Success(LISTED))


@pytest.mark.parametrize(("now", "sends_old"), [(59.0, True), (60.0, False), (61.0, False)])
def test_a_renewal_that_fails_sends_the_old_token_until_the_second_of_its_expiry(now, sends_old):
    stage = Stage()
    stage.now = now

    def fail(_: Any) -> Any:
        yield "login"
        return Failure(InternalServerError("no", status_code=500))

    stage.store.session.renew = fail
    done, outcome = run(stage.call(), [LISTED])

    assert done == (["login", "T1"] if sends_old else ["login"])
    if sends_old:
        assert outcome == Success(LISTED)
    else:
        error = outcome.failure()
        assert (type(error), error.sent, error.cool_down) == (InternalServerError, False, 5.0)


def test_without_a_renewal_a_refused_token_is_the_answer_unless_another_one_is_there():
    stage = Stage()
    stage.store.session.renew = None
    assert run(stage.call(), [REFUSED]) == (["T1"], Success(REFUSED))
    stage.store.session.renew = stage.renew
    flow = stage.call()
    next(flow)
    stage.store.session = Session("identity_access_token", stage.grant("T2"), None)

    assert token(flow.send(Success(REFUSED))) == "T2"
    assert ended(flow, Success(LISTED)) == Success(LISTED)
