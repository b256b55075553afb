"""The auth-mode middleware: refuses a call that the policy does not allow, before any effect. It attaches nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from returns.result import Failure

from infisical.access import Access, AuthMode, Policy, get_server_modes
from infisical.errors import AuthenticationError
from infisical.flow import Flow, Middleware, Next, Outcome
from infisical.request import HttpRequest

Check: TypeAlias = Callable[[Access, AuthMode | None], AuthenticationError | None]


def make_check(policy: Policy) -> Check:
    """Make the check of a mode (None: no credential) against an access: it returns an error, or None."""

    def check(access: Access, mode: AuthMode | None) -> AuthenticationError | None:
        if access.need == "none" or (mode is None and access.need == "optional"):
            return None
        if mode is None and access.server == () and policy is get_server_modes:
            return None
        allowed = policy(access)
        if mode in allowed:
            return None
        remedy = f"it takes {', '.join(allowed) or 'no credential of this client'}"
        if mode is None:
            message = f"not logged in, and {access.category} needs a credential; {remedy}"
        else:
            message = f"{access.category} does not take {mode} here; {remedy}"
        return AuthenticationError(message, current_mode=mode, allowed_modes=allowed)

    return check


def check_auth_mode(check: Check, get_mode: Callable[[], AuthMode | None]) -> Middleware:
    """Make the middleware. `get_mode` returns the mode of the client as the call starts."""

    def refuse(request: HttpRequest, following: Next) -> Flow[Outcome]:
        refusal = check(request.access, get_mode())
        if refusal is not None:
            return Failure(refusal)
        return (yield from following(request))

    return refuse
