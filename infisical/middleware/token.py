"""The token middleware: sends the session's token with a call, and has it renewed, in one flight for all callers.

It decides when a token is renewed; login.py describes how, and session.py keeps the result.
"""

from __future__ import annotations

from collections.abc import Callable

from returns.result import Failure, Result, Success

from infisical.access import AuthMode
from infisical.errors import AuthenticationError, InfisicalError, as_unsent, with_cool_down
from infisical.flow import Flow, Middleware, Next, Outcome, once
from infisical.middleware.auth_mode import Check
from infisical.rejection import parse_rejection
from infisical.request import HttpRequest
from infisical.response import Response
from infisical.session import Grant, Renewal, Session, SessionStore


def attach_token(store: SessionStore, clock: Callable[[], float], check: Check) -> Middleware:
    """Make the middleware. It applies `check` to the token that it sends, since the session may have changed."""

    def attach(request: HttpRequest, following: Next) -> Flow[Outcome]:
        access, session = request.access, store.session
        if access.need == "none":
            return (yield from following(request))
        grant = session.grant  # read once: it may change at any time
        if session.renew is not None and (grant is None or session.needs_renewal(grant, clock())):
            refusal = check(access, session.mode)  # the session may have changed since the mode was checked
            if refusal is not None:
                return Failure(refusal)
            renewed = yield from renew(session, grant, session.renew, False, following)
            if isinstance(renewed, Failure):
                error = renewed.failure()
                return Failure(as_unsent(error, session.seconds_until_login(error, clock())))
            grant = renewed.unwrap()
        if grant is None:
            refusal = check(access, None)
            return Failure(refusal) if refusal is not None else (yield from following(request))
        refusal = check(access, grant.mode)
        if refusal is not None:
            return Failure(refusal)
        outcome = yield from following(request.with_header(*grant.header))
        if session.renew is None or not access.judges_session or not _is_token_refused(outcome, grant.mode):
            return outcome
        return (yield from send_again(request, following, grant, outcome))

    def send_again(request: HttpRequest, following: Next, refused: Grant, outcome: Outcome) -> Flow[Outcome]:
        """Send the request once more with another token, if there is one."""
        session = store.session  # read again: another caller may have logged in or out
        grant, method = session.grant, session.renew
        if grant is None or (grant is refused and method is None):
            return outcome
        endpoint = (request.method, request.url if request.about is None else request.about.path)
        if grant is refused and session.ignores_refusal(endpoint, clock()):
            return outcome
        if method is not None and (grant is refused or session.needs_renewal(grant, clock())):
            renewed = yield from renew(session, grant, method, grant is refused, following)
            if isinstance(renewed, Failure):
                error = renewed.failure()
                failed = with_cool_down(error, session.seconds_until_login(error, clock()))
                failed.sent = True  # the call itself was sent, whatever happened to the login
                return Failure(failed)
            grant = renewed.unwrap()
        refusal = check(request.access, grant.mode)
        if refusal is not None:
            return Failure(refusal)
        last = yield from following(request.with_header(*grant.header))
        if _is_token_refused(last, grant.mode):
            session.note_refusal(endpoint, clock())
        return last

    def renew(
        session: Session, old: Grant | None, method: Renewal, is_refused: bool, following: Next
    ) -> Flow[Result[Grant, InfisicalError]]:
        """Return a token in place of one that was refused, is due, or is still missing."""
        renewed = yield from once(session, lambda: log_in(session, old, method, following))
        if (
            isinstance(renewed, Failure)
            and old is not None
            and not is_refused
            and clock() < old.expires_at
            and store.session is session
        ):
            return Success(old)  # the renewal was early: the old token still lives
        return renewed

    def log_in(
        session: Session, old: Grant | None, method: Renewal, following: Next
    ) -> Flow[Result[Grant, InfisicalError]]:
        """Get a token in place of the old one. This is the flight that callers share."""
        current = session.grant
        if current is not None and current is not old and not session.needs_renewal(current, clock()):
            return Success(current)  # another flight completed since the caller looked
        cool_down = session.current_cool_down(clock())
        if cool_down is not None:
            return Failure(cool_down.error)
        renewed = yield from method(following)
        latest = session.grant
        if latest is not None and latest is not current:
            renewed = Success(latest)  # this flight was abandoned, and its successor has completed
        elif isinstance(renewed, Failure):
            session.start_cool_down(renewed.failure(), clock())
        else:
            session.accept(renewed.unwrap())
        if store.session is session:
            return renewed
        latest = store.session.grant
        if latest is None:
            return Failure(AuthenticationError("logged out while the token was renewed"))
        return Success(latest)

    return attach


def _is_token_refused(outcome: Outcome, mode: AuthMode) -> bool:
    """True if the server refused the token itself: not the request, nor the rights of the token's owner."""
    if isinstance(outcome, Failure):
        return False
    response: Response = outcome.unwrap()
    if response.status == 401:
        return parse_rejection(response).error_type != "ValidationFailure"
    if response.status == 403:
        return parse_rejection(response).error_type == "TokenError"
    # servers of 2024 answer so where a user's session has ended
    return response.status == 404 and mode == "jwt" and parse_rejection(response).message == "Session not found"
