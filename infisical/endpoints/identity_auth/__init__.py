"""Login methods of machine identities and their settings, one file per method. This file has the group."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from infisical.endpoints.identity_auth.models import ClearLockoutsResponse as ClearLockoutsResponse
from infisical.endpoints.identity_auth.models import LoginResponse as LoginResponse
from infisical.endpoints.identity_auth.models import TrustedIp as TrustedIp
from infisical.group import Group, R

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
