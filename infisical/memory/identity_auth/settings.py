"""Settings of login methods: attach, update, read and revoke them, in the same way for every method.

A LoginMethod is the data of one method; methods.py has ten of them. logins.py has the logins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from typing import Any, Final

from infisical.memory import tables
from infisical.memory.call import Call, pick
from infisical.memory.domain.plans import refuse_in_community
from infisical.memory.identities import store as identities
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.routing import MACHINES, Answer, Route, route
from infisical.memory.state import Generation, Row
from infisical.memory.tokens import MONTH_SECONDS
from infisical.memory.validation import Field, Issues, Path, array, boolean, build_issue, number, obj, string

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
    """The settings of a login method, and the server's refusals about them."""

    name: str
    """The name in paths and tables: `aws-auth`."""
    key: str
    """The key of the settings in an answer: `identityAwsAuth`."""
    title: str
    """The name in messages: `AWS Auth`."""
    columns: tuple[str, ...] = COLUMNS
    """The columns of the settings in every answer."""
    secrets: tuple[str, ...] = ()
    """The columns that only a read answers."""
    columns_2024: tuple[str, ...] | None = None
    """The columns on servers of 2024, if they are known to differ from `columns`."""
    attach: Field
    update: Field
    extra_columns: Callable[[Call], Mapping[str, Any]] = lambda call: {}
    """Returns the columns that the server adds when the method is attached."""
    update_refusal: tuple[int, str]
    """Status and message of an update without settings; `{}` is the id of the identity."""
    get_refusal: tuple[int, str]
    revoke_refusal: tuple[int, str]
    generation: Generation | None = None
    old_refusals: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    """The refusals of October 2024 by the verb of the route, where they differ."""
    range_name: str = "access token"
    """What the refusal of an address range by the plan names."""


# ---- fields of all methods
def build_addresses_field() -> Field:
    return array(obj(ipAddress=string()), least=1)


UNRESTRICTED_ADDRESSES: Final = frozenset({"0.0.0.0/0", "::/0"})


def list_all_addresses() -> list[dict[str, str]]:
    return [{"ipAddress": "0.0.0.0/0"}, {"ipAddress": "::/0"}]


def build_lifetime_fields(*, least_max: int = 0) -> dict[str, Field]:
    """Build the fields that limit access tokens when a method is attached."""
    return {
        "accessTokenTrustedIps": build_addresses_field().optional(list_all_addresses()),
        "accessTokenTTL": number(whole=True, least=0, most=DECADE_SECONDS).optional(MONTH_SECONDS),
        "accessTokenMaxTTL": number(whole=True, least=least_max, most=DECADE_SECONDS).optional(MONTH_SECONDS),
        "accessTokenNumUsesLimit": number(whole=True, least=0).optional(0),
    }


def build_lifetime_changes() -> dict[str, Field]:
    """Build the same fields for an update."""
    return {
        "accessTokenTrustedIps": build_addresses_field().optional(),
        "accessTokenTTL": number(whole=True, least=0, most=DECADE_SECONDS).optional(),
        "accessTokenMaxTTL": number(whole=True, least=0, most=DECADE_SECONDS).optional(),
        "accessTokenNumUsesLimit": number(whole=True, least=0).optional(),
    }


def build_lockout_fields() -> dict[str, Field]:
    """Build the fields of lockouts when a method is attached."""
    return {
        "lockoutEnabled": boolean().optional(True),
        "lockoutThreshold": number(least=1, most=30).optional(3),
        "lockoutDurationSeconds": number(least=30, most=86400).optional(300),
        "lockoutCounterResetSeconds": number(least=5, most=3600).optional(30),
    }


def build_lockout_changes() -> dict[str, Field]:
    """Build the same fields for an update."""
    return {name: field.optional() for name, field in build_lockout_fields().items()}


def build_old_lifetime_fields() -> dict[str, Field]:
    """Build the fields that limit access tokens when a method is attached, as October 2024 reads them."""
    return {
        "accessTokenTrustedIps": build_addresses_field().optional(list_all_addresses()),
        "accessTokenTTL": _refuse_zero(number(whole=True, least=1, most=DECADE_SECONDS), "accessTokenTTL").optional(
            MONTH_SECONDS
        ),
        "accessTokenMaxTTL": _refuse_zero(number(whole=True, most=DECADE_SECONDS), "accessTokenMaxTTL").optional(
            MONTH_SECONDS
        ),
        "accessTokenNumUsesLimit": number(whole=True, least=0).optional(0),
    }


def build_old_lifetime_changes() -> dict[str, Field]:
    """Build the same fields for an update."""
    longest = _refuse_zero(number(whole=True, most=DECADE_SECONDS), "accessTokenMaxTTL")
    return {**build_lifetime_changes(), "accessTokenMaxTTL": longest.optional()}


def _refuse_zero(field: Field, name: str) -> Field:
    """Return a field that refuses 0 also where a bound refuses it already, as the server's validator does."""

    def check(value: Any, path: Path, issues: Issues) -> Any:
        value = field.check(value, path, issues)
        if not isinstance(value, bool) and value == 0:
            issues.append(build_issue(f"{name} must have a non zero number", path))
        return value

    return Field(check, expected="number")


def check_lifetime(field: Field) -> Field:
    """Return a body whose TTL is at most its max TTL."""
    return field.where(lambda body: bool(body["accessTokenTTL"] <= body["accessTokenMaxTTL"]), TTL_MESSAGE)


def check_lifetime_change(field: Field) -> Field:
    """Return a body whose TTL is at most its max TTL, if it has both and neither is 0."""

    def is_valid(body: Mapping[str, Any]) -> bool:
        ttl, most = body.get("accessTokenTTL"), body.get("accessTokenMaxTTL")
        return not (ttl and most) or bool(ttl <= most)

    return field.where(is_valid, TTL_MESSAGE)


# ---- actions
def attach_method(call: Call, method: LoginMethod) -> Row:
    """Attach a login method to an identity; servers of 2024 allow one method per identity, and check it first."""
    identity = identities.find_identity(call, call.path["identityId"])
    if not call.is_2024:
        identities.permit_identity(call, identity, "create")
    methods = identities.list_methods(call.draft, identity["id"])
    if method.name in methods or (call.is_2024 and methods):
        raise bad_request(f"Failed to add {method.title} to already configured identity")
    if call.is_2024:
        _refuse_long_ttl(call.body)
        identities.permit_identity(call, identity, "create")
    _refuse_ranges(call, method)
    row = {
        **call.new_row(identityId=identity["id"]),
        "accessTokenPeriod": 0,
        **method.extra_columns(call),
        **_build_columns(call.body),
    }
    _refuse_long_ttl(row)
    _touch(call, identity)
    return call.draft.put(tables.auth_settings(method.name), identity["id"], row)


def update_settings(call: Call, method: LoginMethod) -> Row:
    row = get_settings(call, method, "edit", method.update_refusal)
    _refuse_ranges(call, method)
    updated_row = call.draft.merge(
        tables.auth_settings(method.name), row["identityId"], **_build_columns(call.body), updatedAt=call.timestamp
    )
    _refuse_long_ttl(updated_row)
    return updated_row


def revoke_method(call: Call, method: LoginMethod) -> Row:
    """Remove a login method of an identity, with the tokens of its logins."""
    row = get_settings(call, method, "edit", method.revoke_refusal)
    identities.detach_method(call, row["identityId"], method.name)
    _touch(call, call.draft.rows(tables.IDENTITIES)[row["identityId"]])
    return row


def get_settings(call: Call, method: LoginMethod, action: str, absent: tuple[int, str]) -> Row:
    """Return the settings of the path's identity; refuse callers without permission; `absent` refuses missing ones."""
    identity = identities.find_identity(call, call.path["identityId"])
    if not call.is_2024:  # October 2024 looks for the settings before it checks the permission
        identities.permit_identity(call, identity, action)
    row = call.draft.get(tables.auth_settings(method.name), identity["id"])
    if row is None:
        if call.is_2024 and absent in (method.get_refusal, method.update_refusal):
            absent = method.old_refusals.get(call.request.method, absent)
        status, message = absent
        raise (not_found if status == 404 else bad_request)(message.format(identity["id"]))
    if call.is_2024:
        identities.permit_identity(call, identity, action)
    return row


def show_settings(call: Call, method: LoginMethod, row: Row) -> Row:
    return pick(row, *(method.columns_2024 if call.is_2024 and method.columns_2024 is not None else method.columns))


def _build_columns(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _parse_addresses(value) if name in ADDRESS_COLUMNS else value for name, value in body.items()}


def _parse_addresses(addresses: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """Parse addresses and ranges into the server's form."""
    rows: list[dict[str, Any]] = []
    for one in addresses:
        address, slash, prefix = one["ipAddress"].partition("/")
        try:
            kind = f"ipv{ip_network(one['ipAddress'], strict=False).version}"
            rows.append({"type": kind, **({"prefix": int(prefix)} if slash else {}), "ipAddress": address})
        except ValueError:
            raise bad_request("The IP is not a valid IPv4, IPv6, or CIDR block") from None
    return rows


def _refuse_ranges(call: Call, method: LoginMethod) -> None:
    """Refuse trusted addresses other than all, on a community server."""
    addresses = {one["ipAddress"] for name in ADDRESS_COLUMNS for one in call.body.get(name, ())}
    if not addresses <= UNRESTRICTED_ADDRESSES:
        refuse_in_community(call, f"add IP access range to {method.range_name}", "add IP access range")


def _refuse_long_ttl(row: Mapping[str, Any]) -> None:
    if row["accessTokenMaxTTL"] and row["accessTokenTTL"] > row["accessTokenMaxTTL"]:
        raise bad_request("Access token TTL cannot be greater than max TTL")


def _touch(call: Call, identity: Row) -> None:
    """Update the time of an identity: servers of 2024 store the login method in its row."""
    if call.is_2024:
        call.draft.merge(tables.IDENTITIES, identity["id"], updatedAt=call.timestamp)


# ---- routes
def build_settings_routes(
    method: LoginMethod, old_attach: Field | None = None, old_update: Field | None = None
) -> tuple[Route, ...]:
    """Build the routes that attach, update, get and revoke a method.

    `old_attach` and `old_update` are the bodies of October 2024, where they differ.
    """
    generation = method.generation if old_attach is None else "current"
    path = f"/api/v1/auth/{method.name}/identities/{{identityId}}"

    @route("POST", path, generation=generation, access=MACHINES, body=method.attach)
    def attach_settings(call: Call) -> Answer:
        return {method.key: show_settings(call, method, attach_method(call, method))}

    @route("PATCH", path, generation=generation, access=MACHINES, body=method.update)
    def change_settings(call: Call) -> Answer:
        return {method.key: show_settings(call, method, update_settings(call, method))}

    @route("GET", path, generation=method.generation, access=MACHINES)
    def read_settings(call: Call) -> Answer:
        row = get_settings(call, method, "read", method.get_refusal)
        return {method.key: {**show_settings(call, method, row), **pick(row, *method.secrets)}}

    @route("DELETE", path, generation=method.generation, access=MACHINES)
    def revoke_settings(call: Call) -> Answer:
        return {method.key: show_settings(call, method, revoke_method(call, method))}

    routes = (attach_settings, change_settings, read_settings, revoke_settings)
    if old_attach is None:
        return routes
    return (
        *routes,
        replace(attach_settings, generations=frozenset({"2024-10"}), body=old_attach),
        replace(change_settings, generations=frozenset({"2024-10"}), body=old_update),
    )
