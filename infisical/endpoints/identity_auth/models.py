"""What the login methods of identities share: their access, and the models of logins and settings."""

from __future__ import annotations

from dataclasses import dataclass, field

from infisical.access import Access
from infisical.model import Model, describe_field

ACCESS = Access("identity_auth")


def select_organization(slug: str | None) -> dict[str, str | None]:
    """Return the fields of a login body that select a sub-organization.

    Servers since January 2026 read the first field, older servers the second.
    """
    return {"organizationSlug": slug, "subOrganizationName": slug}


@dataclass(frozen=True, kw_only=True, slots=True)
class LoginResponse(Model):
    """The response of every login. Times are in seconds; `expires_in` is 0 for a token that does not expire.

    Servers of 2026 cap a TTL of 0 at their configured maximum: they may refuse such a token later.
    """

    access_token: str = field(repr=False)
    expires_in: int = 0
    access_token_max_ttl: int = field(default=0, metadata=describe_field("accessTokenMaxTTL"))
    token_type: str = "Bearer"


@dataclass(frozen=True, kw_only=True, slots=True)
class TrustedIp(Model):
    """An IP address or a range (`10.0.0.0/8`). Pass `ip_address` only; responses have `prefix` and `type` apart."""

    ip_address: str
    prefix: int | None = None
    type: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ClearLockoutsResponse(Model):
    """The number of lockouts that were cleared."""

    deleted: int
