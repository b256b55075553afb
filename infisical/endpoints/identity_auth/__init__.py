"""Login methods of machine identities and their settings, one file per method.

This file has the group, and what the methods share.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from infisical.access import Access
from infisical.group import Group, R
from infisical.model import Model, describe_field

if TYPE_CHECKING:
    from infisical.endpoints.identity_auth.alicloud import AliCloud
    from infisical.endpoints.identity_auth.aws import Aws
    from infisical.endpoints.identity_auth.azure import Azure
    from infisical.endpoints.identity_auth.gcp import Gcp
    from infisical.endpoints.identity_auth.jwt import JwtLogin
    from infisical.endpoints.identity_auth.kubernetes import Kubernetes
    from infisical.endpoints.identity_auth.ldap import Ldap
    from infisical.endpoints.identity_auth.oci import Oci
    from infisical.endpoints.identity_auth.oidc import Oidc
    from infisical.endpoints.identity_auth.tls_cert import TlsCert
    from infisical.endpoints.identity_auth.token import Token
    from infisical.endpoints.identity_auth.universal import Universal

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


class IdentityAuth(Group[R]):
    """The login methods of machine identities: one sub-group per method."""

    @cached_property
    def universal(self) -> Universal[R]:
        from infisical.endpoints.identity_auth.universal import Universal

        return Universal(self._run)

    @cached_property
    def token(self) -> Token[R]:
        from infisical.endpoints.identity_auth.token import Token

        return Token(self._run)

    @cached_property
    def gcp(self) -> Gcp[R]:
        from infisical.endpoints.identity_auth.gcp import Gcp

        return Gcp(self._run)

    @cached_property
    def azure(self) -> Azure[R]:
        from infisical.endpoints.identity_auth.azure import Azure

        return Azure(self._run)

    @cached_property
    def kubernetes(self) -> Kubernetes[R]:
        from infisical.endpoints.identity_auth.kubernetes import Kubernetes

        return Kubernetes(self._run)

    @cached_property
    def oidc(self) -> Oidc[R]:
        from infisical.endpoints.identity_auth.oidc import Oidc

        return Oidc(self._run)

    @cached_property
    def jwt(self) -> JwtLogin[R]:
        from infisical.endpoints.identity_auth.jwt import JwtLogin

        return JwtLogin(self._run)

    @cached_property
    def aws(self) -> Aws[R]:
        from infisical.endpoints.identity_auth.aws import Aws

        return Aws(self._run)

    @cached_property
    def ldap(self) -> Ldap[R]:
        from infisical.endpoints.identity_auth.ldap import Ldap

        return Ldap(self._run)

    @cached_property
    def tls_cert(self) -> TlsCert[R]:
        from infisical.endpoints.identity_auth.tls_cert import TlsCert

        return TlsCert(self._run)

    @cached_property
    def oci(self) -> Oci[R]:
        from infisical.endpoints.identity_auth.oci import Oci

        return Oci(self._run)

    @cached_property
    def alicloud(self) -> AliCloud[R]:
        from infisical.endpoints.identity_auth.alicloud import AliCloud

        return AliCloud(self._run)
