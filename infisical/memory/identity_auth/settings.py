"""Settings of login methods: attached to an identity, changed, read and revoked, for every method in the same way.

What the methods differ in is data: a LoginMethod (login_methods.py has ten of them). How one logs in is not said here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, Final

from infisical.memory import tables
from infisical.memory.call import Call, pick
from infisical.memory.identities import store as identities
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.routing import MACHINES, Answer, Route, route
from infisical.memory.state import Generation, Row
from infisical.memory.tokens import MONTH_SECONDS
from infisical.memory.validation import Field, array, boolean, number, obj, string

COLUMNS: Final = (
    "id",
    "identityId",
    "accessTokenTTL",
    "accessTokenMaxTTL",
    "accessTokenNumUsesLimit",
    "accessTokenTrustedIps",
    "createdAt",
    "updatedAt",
)
LOCKOUT_COLUMNS: Final = ("lockoutEnabled", "lockoutThreshold", "lockoutDurationSeconds", "lockoutCounterResetSeconds")
ADDRESS_COLUMNS: Final = ("accessTokenTrustedIps", "clientSecretTrustedIps")
TTL_MESSAGE: Final = "Access Token TTL cannot be greater than Access Token Max TTL."
DECADE_SECONDS: Final = 315360000


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginMethod:
    """What a login method's settings are, and what the server says about them."""

    name: str
    """In paths and in tables: `aws-auth`."""
    key: str
    """Of the settings in an answer: `identityAwsAuth`."""
    called: str
    """In messages: `AWS Auth`."""
    columns: tuple[str, ...] = COLUMNS
    """What every answer shows of the settings."""
    secrets: tuple[str, ...] = ()
    """What only reading shows."""
    before: tuple[str, ...] | None = None
    """What servers of 2024 showed, where that is known to be other than `columns`."""
    attach: Field
    update: Field
    made: Callable[[Call], Mapping[str, Any]] = lambda call: {}
    """Columns that the server adds when it is attached."""
    no_update: tuple[int, str]
    """Status and message where settings are changed that are not there; `{}` is the identity's id."""
    no_get: tuple[int, str]
    no_revoke: tuple[int, str]
    generation: Generation | None = None


# ---- fields that all have
def build_addresses_field() -> Field:
    return array(obj(ipAddress=string()), least=1)


def list_all_addresses() -> list[dict[str, str]]:
    return [{"ipAddress": "0.0.0.0/0"}, {"ipAddress": "::/0"}]


def build_lifetime_fields(*, least_max: int = 0) -> dict[str, Field]:
    """What attaching takes of an access token's life."""
    return {
        "accessTokenTrustedIps": build_addresses_field().optional(list_all_addresses()),
        "accessTokenTTL": number(whole=True, least=0, most=DECADE_SECONDS).optional(MONTH_SECONDS),
        "accessTokenMaxTTL": number(whole=True, least=least_max, most=DECADE_SECONDS).optional(MONTH_SECONDS),
        "accessTokenNumUsesLimit": number(whole=True, least=0).optional(0),
    }


def build_lifetime_changes() -> dict[str, Field]:
    """What a change takes of it."""
    return {
        "accessTokenTrustedIps": build_addresses_field().optional(),
        "accessTokenTTL": number(whole=True, least=0, most=DECADE_SECONDS).optional(),
        "accessTokenMaxTTL": number(whole=True, least=0, most=DECADE_SECONDS).optional(),
        "accessTokenNumUsesLimit": number(whole=True, least=0).optional(),
    }


def build_lockout_fields() -> dict[str, Field]:
    """What attaching takes of lockouts."""
    return {
        "lockoutEnabled": boolean().optional(True),
        "lockoutThreshold": number(least=1, most=30).optional(3),
        "lockoutDurationSeconds": number(least=30, most=86400).optional(300),
        "lockoutCounterResetSeconds": number(least=5, most=3600).optional(30),
    }


def build_lockout_changes() -> dict[str, Field]:
    """What a change takes of them."""
    return {name: field.optional() for name, field in build_lockout_fields().items()}


def check_lifetime(field: Field) -> Field:
    """A body in which the TTL is at most the max TTL."""
    return field.where(lambda body: bool(body["accessTokenTTL"] <= body["accessTokenMaxTTL"]), TTL_MESSAGE)


def check_lifetime_change(field: Field) -> Field:
    """The same where either may be left out, or be 0."""

    def holds(body: Mapping[str, Any]) -> bool:
        ttl, most = body.get("accessTokenTTL"), body.get("accessTokenMaxTTL")
        return not (ttl and most) or bool(ttl <= most)

    return field.where(holds, TTL_MESSAGE)


# ---- what is done to them
def attach_method(call: Call, method: LoginMethod) -> Row:
    """Give an identity a login method; servers of 2024 knew one for each identity."""
    identity = identities.get_identity(call, call.path["identityId"], "create")
    there = identities.list_methods(call.draft, identity["id"])
    if method.name in there or (call.is_2024 and there):
        raise bad_request(f"Failed to add {method.called} to already configured identity")
    row = {
        **call.new_row(identityId=identity["id"]),
        "accessTokenPeriod": 0,
        **method.made(call),
        **_build_columns(call.body),
    }
    _refuse_long_ttl(row)
    _touch(call, identity)
    return call.draft.put(tables.auth_settings(method.name), identity["id"], row)


def update_settings(call: Call, method: LoginMethod) -> Row:
    row = get_settings(call, method, "edit", method.no_update)
    changed = call.draft.merge(
        tables.auth_settings(method.name), row["identityId"], **_build_columns(call.body), updatedAt=call.timestamp
    )
    _refuse_long_ttl(changed)
    return changed


def revoke_method(call: Call, method: LoginMethod) -> Row:
    """Take a login method from an identity; the tokens that it gave end."""
    row = get_settings(call, method, "edit", method.no_revoke)
    identities.detach_method(call, row["identityId"], method.name)
    _touch(call, call.draft.rows(tables.IDENTITIES)[row["identityId"]])
    return row


def get_settings(call: Call, method: LoginMethod, action: str, absent: tuple[int, str]) -> Row:
    """Return the settings that the path names; refuse who may not do this to identities."""
    identity = identities.get_identity(call, call.path["identityId"], action)
    row = call.draft.get(tables.auth_settings(method.name), identity["id"])
    if row is None:
        status, message = absent
        raise (not_found if status == 404 else bad_request)(message.format(identity["id"]))
    return row


def show_settings(call: Call, method: LoginMethod, row: Row) -> Row:
    return pick(row, *(method.before if call.is_2024 and method.before is not None else method.columns))


def _build_columns(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _parse_addresses(value) if name in ADDRESS_COLUMNS else value for name, value in body.items()}


def _parse_addresses(given: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """Read addresses and ranges as the server keeps them."""
    read: list[dict[str, Any]] = []
    for one in given:
        address, slash, prefix = one["ipAddress"].partition("/")
        try:
            kind = f"ipv{ip_network(one['ipAddress'], strict=False).version}"
            read.append({"type": kind, **({"prefix": int(prefix)} if slash else {}), "ipAddress": address})
        except ValueError:
            raise bad_request("The IP is not a valid IPv4, IPv6, or CIDR block") from None
    return read


def _refuse_long_ttl(row: Row) -> None:
    if row["accessTokenMaxTTL"] and row["accessTokenTTL"] > row["accessTokenMaxTTL"]:
        raise bad_request("Access token TTL cannot be greater than max TTL")


def _touch(call: Call, identity: Row) -> None:
    """Servers of 2024 kept the method in the identity's own row."""
    if call.is_2024:
        call.draft.merge(tables.IDENTITIES, identity["id"], updatedAt=call.timestamp)


# ---- their routes
def build_settings_routes(method: LoginMethod) -> tuple[Route, Route, Route, Route]:
    """Return the routes that attach, update, get and revoke a method."""
    path = f"/api/v1/auth/{method.name}/identities/{{identityId}}"

    @route("POST", path, generation=method.generation, access=MACHINES, body=method.attach)
    def attached(call: Call) -> Answer:
        return {method.key: show_settings(call, method, attach_method(call, method))}

    @route("PATCH", path, generation=method.generation, access=MACHINES, body=method.update)
    def changed(call: Call) -> Answer:
        return {method.key: show_settings(call, method, update_settings(call, method))}

    @route("GET", path, generation=method.generation, access=MACHINES)
    def read(call: Call) -> Answer:
        row = get_settings(call, method, "read", method.no_get)
        return {method.key: {**show_settings(call, method, row), **pick(row, *method.secrets)}}

    @route("DELETE", path, generation=method.generation, access=MACHINES)
    def revoked(call: Call) -> Answer:
        return {method.key: show_settings(call, method, revoke_method(call, method))}

    return attached, changed, read, revoked
