"""Logins with credentials of other platforms: routes of the ten methods, built from the table in methods.py.

No platform is asked about a credential: a login succeeds if a test declared its credential valid (`declare_login`), or
if the method verifies it by what a test declared: the principal of AWS, for example.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import unquote

from infisical.memory import tables, tokens
from infisical.memory.call import Call
from infisical.memory.domain import lockouts
from infisical.memory.identity_auth.fields import Login
from infisical.memory.identity_auth.methods import LDAP, LOGINS
from infisical.memory.identity_auth.settings import build_settings_routes, get_settings
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.routing import MACHINES, PUBLIC_ACCESS, Answer, Route, route
from infisical.memory.state import Row


def answer_login(call: Call, login: Login) -> Row:
    """Check the credential of a login and return its answer."""
    credential = collect_credential(call, login)
    identity_id, name = call.body["identityId"], login.method.name
    settings = call.draft.get(tables.auth_settings(name), identity_id)
    if settings is None:
        raise not_found(login.missing_message.format(identity_id))
    lockout_name = call.body[login.counted_field].lower() if login.counted_field is not None else ""
    lockouts.refuse_locked(call, identity_id, name, lockout_name)
    declarations = call.draft.where(tables.declared_logins(name), identityId=identity_id)
    is_valid = any(
        all(credential.get(field) == value for field, value in row["fields"].items()) for row in declarations
    )
    if not is_valid and login.verify is not None:
        is_valid = login.verify(call, settings, declarations)
    if not is_valid:
        if login.counted_field is not None:
            lockouts.count_failure(call, settings, name, lockout_name)
        raise login.build_refusal()
    lockouts.forget_failures(call, identity_id, name, lockout_name)
    return tokens.issue(call, identity_id, name, settings)


def collect_credential(call: Call, login: Login) -> dict[str, Any]:
    """Return the raw body of a login, unknown names included, and the certificate of the header."""
    if login.header is None:
        return dict(call.raw_body)
    certificate = call.header(login.header)
    if not certificate:
        raise bad_request("Missing TLS certificate in header")
    return {**call.raw_body, "certificate": unquote(certificate)}


def build_login_route(login: Login) -> Route:
    path = f"/api/v1/auth/{login.method.name}/login"

    @route("POST", path, generation=login.method.generation, access=PUBLIC_ACCESS, body=login.body, limit="write")
    def log_in(call: Call) -> Answer:
        return answer_login(call, login)

    return log_in


ROUTES: Final[tuple[Route, ...]] = tuple(
    one for login in LOGINS for one in (build_login_route(login), *build_settings_routes(login.method))
)


@route("POST", "/api/v1/auth/ldap-auth/identities/{identityId}/clear-lockouts", generation="current", access=MACHINES)
def clear_ldap_lockouts(call: Call) -> Answer:
    row = get_settings(call, LDAP.method, "edit", (400, "The identity does not have ldap auth"))
    return {"deleted": lockouts.clear(call, row["identityId"], LDAP.method.name)}
