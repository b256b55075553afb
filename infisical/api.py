"""Every group of endpoints by its name, each imported when it is first asked for. How calls run is client.py's."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from infisical.group import Group, R

if TYPE_CHECKING:
    from infisical.endpoints.admin import Admin
    from infisical.endpoints.app_connections import AppConnections
    from infisical.endpoints.dynamic_secrets import DynamicSecrets
    from infisical.endpoints.identities import Identities
    from infisical.endpoints.identity_access_tokens import IdentityAccessTokens
    from infisical.endpoints.identity_auth import IdentityAuth
    from infisical.endpoints.integration_auth import IntegrationAuth
    from infisical.endpoints.kms import Kms
    from infisical.endpoints.mfa import Mfa
    from infisical.endpoints.mfa_sessions import MfaSessions
    from infisical.endpoints.org_admin import OrgAdmin
    from infisical.endpoints.organization_identities import OrganizationIdentities
    from infisical.endpoints.organizations import Organizations
    from infisical.endpoints.password import Password
    from infisical.endpoints.pki import Pki
    from infisical.endpoints.pki.alerts import PkiAlerts
    from infisical.endpoints.pki.ca import CertificateAuthorities
    from infisical.endpoints.pki.templates import CertificateTemplates
    from infisical.endpoints.project_identities import ProjectIdentities
    from infisical.endpoints.projects import Projects
    from infisical.endpoints.secret_folders import SecretFolders
    from infisical.endpoints.secret_imports import SecretImports
    from infisical.endpoints.secret_sharing import SecretSharing
    from infisical.endpoints.secret_syncs import SecretSyncs
    from infisical.endpoints.secret_tags import SecretTags
    from infisical.endpoints.secrets import Secrets
    from infisical.endpoints.secrets_v3 import SecretsV3
    from infisical.endpoints.service_tokens import ServiceTokens
    from infisical.endpoints.status import Status
    from infisical.endpoints.users import Users
    from infisical.endpoints.webhooks import Webhooks


class Api(Group[R]):
    """Every group, imported when it is first asked for."""

    @cached_property
    def admin(self) -> Admin[R]:
        from infisical.endpoints.admin import Admin

        return Admin(self._run)

    @cached_property
    def app_connections(self) -> AppConnections[R]:
        from infisical.endpoints.app_connections import AppConnections

        return AppConnections(self._run)

    @cached_property
    def dynamic_secrets(self) -> DynamicSecrets[R]:
        from infisical.endpoints.dynamic_secrets import DynamicSecrets

        return DynamicSecrets(self._run)

    @cached_property
    def identities(self) -> Identities[R]:
        from infisical.endpoints.identities import Identities

        return Identities(self._run)

    @cached_property
    def identity_access_tokens(self) -> IdentityAccessTokens[R]:
        from infisical.endpoints.identity_access_tokens import IdentityAccessTokens

        return IdentityAccessTokens(self._run)

    @cached_property
    def identity_auth(self) -> IdentityAuth[R]:
        from infisical.endpoints.identity_auth import IdentityAuth

        return IdentityAuth(self._run)

    @cached_property
    def integration_auth(self) -> IntegrationAuth[R]:
        from infisical.endpoints.integration_auth import IntegrationAuth

        return IntegrationAuth(self._run)

    @cached_property
    def kms(self) -> Kms[R]:
        from infisical.endpoints.kms import Kms

        return Kms(self._run)

    @cached_property
    def mfa(self) -> Mfa[R]:
        from infisical.endpoints.mfa import Mfa

        return Mfa(self._run)

    @cached_property
    def mfa_sessions(self) -> MfaSessions[R]:
        from infisical.endpoints.mfa_sessions import MfaSessions

        return MfaSessions(self._run)

    @cached_property
    def org_admin(self) -> OrgAdmin[R]:
        from infisical.endpoints.org_admin import OrgAdmin

        return OrgAdmin(self._run)

    @cached_property
    def organization_identities(self) -> OrganizationIdentities[R]:
        from infisical.endpoints.organization_identities import OrganizationIdentities

        return OrganizationIdentities(self._run)

    @cached_property
    def organizations(self) -> Organizations[R]:
        from infisical.endpoints.organizations import Organizations

        return Organizations(self._run)

    @cached_property
    def password(self) -> Password[R]:
        from infisical.endpoints.password import Password

        return Password(self._run)

    @cached_property
    def pki(self) -> Pki[R]:
        from infisical.endpoints.pki import Pki

        return Pki(self._run)

    @cached_property
    def project_identities(self) -> ProjectIdentities[R]:
        from infisical.endpoints.project_identities import ProjectIdentities

        return ProjectIdentities(self._run)

    @cached_property
    def projects(self) -> Projects[R]:
        from infisical.endpoints.projects import Projects

        return Projects(self._run)

    @cached_property
    def secret_folders(self) -> SecretFolders[R]:
        from infisical.endpoints.secret_folders import SecretFolders

        return SecretFolders(self._run)

    @cached_property
    def secret_imports(self) -> SecretImports[R]:
        from infisical.endpoints.secret_imports import SecretImports

        return SecretImports(self._run)

    @cached_property
    def secret_sharing(self) -> SecretSharing[R]:
        from infisical.endpoints.secret_sharing import SecretSharing

        return SecretSharing(self._run)

    @cached_property
    def secret_syncs(self) -> SecretSyncs[R]:
        from infisical.endpoints.secret_syncs import SecretSyncs

        return SecretSyncs(self._run)

    @cached_property
    def secret_tags(self) -> SecretTags[R]:
        from infisical.endpoints.secret_tags import SecretTags

        return SecretTags(self._run)

    @cached_property
    def secrets(self) -> Secrets[R]:
        from infisical.endpoints.secrets import Secrets

        return Secrets(self._run)

    @cached_property
    def secrets_v3(self) -> SecretsV3[R]:
        from infisical.endpoints.secrets_v3 import SecretsV3

        return SecretsV3(self._run)

    @cached_property
    def service_tokens(self) -> ServiceTokens[R]:
        from infisical.endpoints.service_tokens import ServiceTokens

        return ServiceTokens(self._run)

    @cached_property
    def status(self) -> Status[R]:
        from infisical.endpoints.status import Status

        return Status(self._run)

    @cached_property
    def users(self) -> Users[R]:
        from infisical.endpoints.users import Users

        return Users(self._run)

    @cached_property
    def webhooks(self) -> Webhooks[R]:
        from infisical.endpoints.webhooks import Webhooks

        return Webhooks(self._run)

    # ---- names of the older layout
    @property
    def pki_ca(self) -> CertificateAuthorities[R]:
        """The older name of `pki.ca`."""
        return self.pki.ca

    @property
    def pki_templates(self) -> CertificateTemplates[R]:
        """The older name of `pki.templates`."""
        return self.pki.templates

    @property
    def pki_alerts(self) -> PkiAlerts[R]:
        """The older name of `pki.alerts`."""
        return self.pki.alerts
