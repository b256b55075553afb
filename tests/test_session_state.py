"""The state of a session, to the second: when a token is due, and how long a failed login cools down."""

from __future__ import annotations

from math import inf

import pytest

from infisical import (
    AuthenticationError,
    DeadlineExceededError,
    InfisicalError,
    InfisicalNetworkError,
    RequestError,
)
from infisical.errors import BadRequestError, InfisicalApiError, InternalServerError, RateLimitError, UnauthorizedError
from infisical.session import (
    CoolDown,
    Grant,
    Session,
    SessionStore,
    collect_tokens,
    make_grant,
)

LOGIN_TIME = 1000.0


def with_cause(error: InfisicalError) -> InfisicalError:
    error.__cause__ = KeyError()
    return error


def make_defect() -> InfisicalNetworkError:
    error = InfisicalNetworkError("raised")
    error.defect = True
    error.__cause__ = KeyError()
    return error


def make_rate_limit(seconds: float | None) -> RateLimitError:
    error = RateLimitError("later", status_code=429)
    error.retry_after = seconds
    return error


# ---- tokens
@pytest.mark.parametrize(
    ("expires_in", "renew_after", "expires_after"),
    [(None, inf, inf), (0, inf, inf), (60, 30, 60), (61, 31, 61), (59, 29.5, 59), (1, 0.5, 1), (3600, 3570, 3600)],
)
def test_a_token_is_due_its_leeway_or_half_its_life_before_it_expires(expires_in, renew_after, expires_after):
    grant = make_grant("jwt", "t", expires_in, LOGIN_TIME, 30, True)
    static = make_grant("jwt", "t", expires_in, LOGIN_TIME, 30, False)

    assert (grant.mode, grant.token, grant.header) == ("jwt", "t", ("Authorization", "Bearer t"))
    assert (grant.renew_at - LOGIN_TIME, grant.expires_at - LOGIN_TIME) == (renew_after, expires_after)
    assert (static.renew_at, static.expires_at) == (inf, grant.expires_at)


def test_the_tokens_of_grants_are_collected():
    grants = [Grant("jwt", token, ("a", token)) for token in ("t", "u")]

    assert (collect_tokens(*grants, None), collect_tokens(None), collect_tokens()) == ({"t", "u"}, set(), set())


@pytest.mark.parametrize(
    ("now", "cool_down", "expected"),
    [
        (999, None, False), (1000, None, True), (1001, None, True), (1000, 1001, False), (1000, 1000, True),
        (1029, 1040, False), (1030, 1040, True), (1031, 1040, True), (999, 900, False),
    ],
)  # fmt: skip
def test_a_token_that_is_due_is_renewed_unless_a_login_cools_down_and_it_still_lives(now, cool_down, expected):
    grant = Grant("jwt", "t", ("a", "t"), LOGIN_TIME, LOGIN_TIME + 30)
    session = Session("jwt", grant, cool_down=cool_down and CoolDown(InfisicalError("no"), cool_down))

    assert session.needs_renewal(grant, now) is expected


# ---- cool-downs
@pytest.mark.parametrize(("now", "is_current"), [(999, True), (1000, False), (1001, False)])
def test_a_cool_down_ends_at_its_time(now, is_current):
    cool_down = CoolDown(InfisicalError("no"), LOGIN_TIME)

    assert Session(cool_down=cool_down).current_cool_down(now) is (cool_down if is_current else None)
    assert Session().current_cool_down(now) is None


@pytest.mark.parametrize(("now", "seconds"), [(990, 10.0), (1000, 0.0), (1010, 0.0)])
def test_the_wait_for_a_login_is_that_of_its_own_error(now, seconds):
    error = InfisicalError("no")
    session = Session(cool_down=CoolDown(error, LOGIN_TIME))

    assert session.seconds_until_login(error, now) == seconds
    assert session.seconds_until_login(InfisicalError("no"), now) == Session().seconds_until_login(error, now) == inf


@pytest.mark.parametrize("by_factory", [False, True])
@pytest.mark.parametrize(
    ("error", "seconds", "factory_seconds"),
    [
        (InfisicalNetworkError("no"), 5, 5), (InternalServerError("no", status_code=500), 5, 5),
        (InternalServerError("no", status_code=503), 5, 5), (InfisicalError("no"), 5, 5),
        (BadRequestError("no", status_code=400), inf, 60), (UnauthorizedError("no", status_code=401), inf, 60),
        (InfisicalApiError("no", status_code=499), inf, 60), (InfisicalApiError("no", status_code=399), 5, 5),
        (InfisicalApiError("no", status_code=302), 5, 5), (make_rate_limit(None), 5, 5), (make_rate_limit(7), 7, 7),
        (make_rate_limit(0), 1, 1), (make_rate_limit(1), 1, 1), (make_rate_limit(1.5), 1.5, 1.5),
        (make_rate_limit(300), 300, 300), (make_rate_limit(299), 299, 299), (make_rate_limit(301), 300, 300),
        (AuthenticationError("no"), 5, 5),
    ],
)  # fmt: skip
def test_a_failed_login_cools_down_by_its_error(error, seconds, factory_seconds, by_factory):
    session = Session(by_factory=by_factory)
    session.start_cool_down(error, LOGIN_TIME)

    assert session.cool_down == CoolDown(error, LOGIN_TIME + (factory_seconds if by_factory else seconds))
    assert session.interrupted is False


@pytest.mark.parametrize(
    ("error", "by_factory"),
    [
        (RequestError("no"), False), (RequestError("no"), True), (make_defect(), False), (make_defect(), True),
        (with_cause(AuthenticationError("no")), False),
    ],
)  # fmt: skip
def test_the_first_exception_in_a_login_starts_no_cool_down_and_the_second_does(error, by_factory):
    session = Session(by_factory=by_factory)
    session.start_cool_down(error, LOGIN_TIME)
    first = (session.cool_down, session.interrupted)
    session.start_cool_down(error, LOGIN_TIME + 1)

    assert (first, session.cool_down) == ((None, True), CoolDown(error, LOGIN_TIME + 6))


@pytest.mark.parametrize(
    ("error", "by_factory"),
    [
        (with_cause(AuthenticationError("no")), True), (with_cause(InfisicalNetworkError("no")), False),
        (with_cause(InfisicalError("no")), False), (AuthenticationError("no"), False),
    ],
)  # fmt: skip
def test_other_failures_of_a_login_are_no_interruption(error, by_factory):
    session = Session(by_factory=by_factory)
    session.start_cool_down(error, LOGIN_TIME)

    assert (session.cool_down, session.interrupted) == (CoolDown(error, LOGIN_TIME + 5), False)


def test_the_deadline_of_a_call_starts_no_cool_down():
    session = Session()
    session.start_cool_down(DeadlineExceededError("late"), LOGIN_TIME)

    assert (session.cool_down, session.interrupted) == (None, False)


def test_a_fresh_token_ends_a_cool_down_and_an_interruption():
    grant = Grant("jwt", "t", ("a", "t"))
    session = Session(cool_down=CoolDown(InfisicalError("no"), inf), interrupted=True)
    session.accept(grant)

    assert (session.grant is grant, session.cool_down, session.interrupted) == (True, None, False)


def test_an_empty_session_has_no_credential_no_login_and_no_failure():
    session = Session()
    state = {name: getattr(session, name) for name in Session.__slots__}

    assert state == {
        "mode": None, "grant": None, "renew": None, "by_factory": False, "cool_down": None, "interrupted": False,
        "refusals": {},
    }  # fmt: skip


# ---- refusals
def test_a_refusal_counts_for_its_endpoint_for_30_seconds():
    session, endpoint, other = Session(), ("GET", "/a"), ("POST", "/a")
    before = session.ignores_refusal(endpoint, LOGIN_TIME)
    session.note_refusal(endpoint, LOGIN_TIME)
    session.note_refusal(other, LOGIN_TIME + 10)
    ignored = {seconds: session.ignores_refusal(endpoint, LOGIN_TIME + seconds) for seconds in (0, 29, 30, 31)}
    session.note_refusal(("GET", "/b"), LOGIN_TIME + 30)

    assert (before, ignored) == (False, {0: True, 29: True, 30: False, 31: False})
    assert session.refusals == {other: LOGIN_TIME + 40, ("GET", "/b"): LOGIN_TIME + 60}


def test_a_store_holds_one_session_and_shows_its_mode():
    store, session = SessionStore(), Session("jwt")
    before = store.mode()
    store.replace(session)
    after = (store.session is session, store.mode())
    store.clear()

    assert (before, after, store.session is session, store.mode()) == (None, (True, "jwt"), False, None)
