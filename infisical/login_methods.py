"""The twelve login methods: values that build a new login request for each login.

A client that already has a token does not import this module. The requests are in endpoints/identity_auth/;
middleware/session.py keeps the token that a login returns.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypedDict
from urllib.parse import quote

from infisical.credentials import refuse_controls

if TYPE_CHECKING:
    from infisical.endpoints.identity_auth import LoginResponse
    from infisical.request import Request


@dataclass(frozen=True, slots=True)
class _OrganizationLogin:
    """Logins that can select a sub-organization by its slug."""

    organization_slug: str | None = field(default=None, kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class UniversalAuth(_OrganizationLogin):
    """Log in with the client id and client secret of a machine identity.

    By default three wrong secrets lock the login for five minutes.
    """

    client_id: str
    client_secret: str = field(repr=False)

    def __post_init__(self) -> None:
        refuse_controls("client secret", self.client_secret)

    def request(self) -> Request[LoginResponse]:
        from infisical.endpoints.identity_auth.universal import Universal

        return Universal.login(
            client_id=self.client_id,
            client_secret=self.client_secret,
            organization_slug=self.organization_slug,
        )


@dataclass(frozen=True, slots=True)
class TokenAuth:
    """The documented login with a token; servers have removed its route and respond with 404.

    Use a token of token auth directly: `InfisicalClient(auth=IdentityAccessToken(token))`.
    """

    identity_id: str

    def request(self) -> Request[LoginResponse]:
        from infisical.endpoints.identity_auth.token import Token

        return Token.login(identity_id=self.identity_id)


@dataclass(frozen=True, slots=True)
class _JwtLogin(_OrganizationLogin):
    """Logins with a signed token of another party."""

    identity_id: str
    jwt: str = field(repr=False)

    def __post_init__(self) -> None:
        refuse_controls("jwt", self.jwt)

    def _to_fields(self) -> _JwtFields:
        return {
            "identity_id": self.identity_id,
            "jwt": self.jwt,
            "organization_slug": self.organization_slug,
        }


class _JwtFields(TypedDict):
    identity_id: str
    jwt: str
    organization_slug: str | None


@dataclass(frozen=True, slots=True)
class GcpAuth(_JwtLogin):
    """Log in with a Google identity token, or with a JWT signed by a service account."""

    def request(self) -> Request[LoginResponse]:
        from infisical.endpoints.identity_auth.gcp import Gcp

        return Gcp.login(**self._to_fields())


@dataclass(frozen=True, slots=True)
class AzureAuth(_JwtLogin):
    """Log in with an access token of an Azure managed identity."""

    def request(self) -> Request[LoginResponse]:
        from infisical.endpoints.identity_auth.azure import Azure

        return Azure.login(**self._to_fields())


@dataclass(frozen=True, slots=True)
class KubernetesAuth(_JwtLogin):
    """Log in with the token of a Kubernetes service account.

    Kubernetes rewrites the token file: `infisical.sources.kubernetes` reads it for each login.
    """

    def request(self) -> Request[LoginResponse]:
        from infisical.endpoints.identity_auth.kubernetes import Kubernetes

        return Kubernetes.login(**self._to_fields())


@dataclass(frozen=True, slots=True)
class OidcAuth(_JwtLogin):
    """Log in with an OpenID Connect identity token, such as the token of a CI job."""

    def request(self) -> Request[LoginResponse]:
        from infisical.endpoints.identity_auth.oidc import Oidc

        return Oidc.login(**self._to_fields())


@dataclass(frozen=True, slots=True)
class JwtAuth(_JwtLogin):
    """Log in with a JWT that the identity's settings can verify."""

    def request(self) -> Request[LoginResponse]:
        from infisical.endpoints.identity_auth.jwt import JwtLogin

        return JwtLogin.login(**self._to_fields())


@dataclass(frozen=True, slots=True)
class AwsAuth(_OrganizationLogin):
    """Log in with a signed STS GetCallerIdentity request.

    `iam_request_body` is the base64 of its body; `iam_request_headers` is the base64 of its headers as a JSON object.
    """

    identity_id: str
    iam_request_body: str = field(repr=False)
    iam_request_headers: str = field(repr=False)
    iam_http_request_method: str = "POST"

    def __post_init__(self) -> None:
        refuse_controls("IAM request body", self.iam_request_body)
        refuse_controls("IAM request headers", self.iam_request_headers)

    def request(self) -> Request[LoginResponse]:
        from infisical.endpoints.identity_auth.aws import Aws

        return Aws.login(
            identity_id=self.identity_id,
            iam_request_body=self.iam_request_body,
            iam_request_headers=self.iam_request_headers,
            iam_http_request_method=self.iam_http_request_method,
            organization_slug=self.organization_slug,
        )


@dataclass(frozen=True, slots=True)
class LdapAuth(_OrganizationLogin):
    """Log in with the user name and password of a directory.

    By default three wrong passwords lock the login for five minutes.
    """

    identity_id: str
    username: str
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        refuse_controls("password", self.password)

    def request(self) -> Request[LoginResponse]:
        from infisical.endpoints.identity_auth.ldap import Ldap

        return Ldap.login(
            identity_id=self.identity_id,
            username=self.username,
            password=self.password,
            organization_slug=self.organization_slug,
        )


@dataclass(frozen=True, slots=True)
class TlsCertAuth(_OrganizationLogin):
    """Log in with a client certificate (PEM), sent in a header as TLS-terminating proxies do."""

    identity_id: str
    client_certificate: str = field(repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.client_certificate, str) or "-----BEGIN CERTIFICATE-----" not in self.client_certificate:
            raise ValueError("the client certificate is not PEM: pass its text, with the BEGIN CERTIFICATE line")

    def request(self) -> Request[LoginResponse]:
        from infisical.endpoints.identity_auth.tls_cert import TlsCert

        return TlsCert.login(
            identity_id=self.identity_id,
            client_certificate=self.client_certificate,
            organization_slug=self.organization_slug,
        )


@dataclass(frozen=True, slots=True)
class OciAuth(_OrganizationLogin):
    """Log in with a signed request to Oracle Cloud.

    `request_headers` are its headers: `authorization`, `host`, and `date` or `x-date`.
    """

    identity_id: str
    user_ocid: str
    request_headers: Mapping[str, str] = field(repr=False, hash=False)

    def __post_init__(self) -> None:
        for name, value in self.request_headers.items():
            refuse_controls(f"header {name}", value)

    def request(self) -> Request[LoginResponse]:
        from infisical.endpoints.identity_auth.oci import Oci

        return Oci.login(
            identity_id=self.identity_id,
            user_ocid=self.user_ocid,
            headers=self.request_headers,
            organization_slug=self.organization_slug,
        )


def _read_clock() -> datetime:
    return datetime.now(UTC)


def _generate_nonce() -> str:
    return uuid.uuid4().hex


@dataclass(frozen=True, slots=True)
class AliCloudAuth(_OrganizationLogin):
    """Log in with an access key of Alibaba Cloud; each login signs a new GetCallerIdentity query.

    `clock` returns the time of the signature (aware, in any zone). `nonce` returns a text that was never used before. A
    `security_token` (temporary keys) requires a server that forwards it.
    """

    identity_id: str
    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)
    clock: Callable[[], datetime] = field(default=_read_clock, repr=False, kw_only=True)
    nonce: Callable[[], str] = field(default=_generate_nonce, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        refuse_controls("access key secret", self.access_key_secret)
        if self.security_token is not None:
            refuse_controls("security token", self.security_token)

    def request(self) -> Request[LoginResponse]:
        from infisical.endpoints.identity_auth.alicloud import AliCloud
        from infisical.request import Body

        temporary = {} if self.security_token is None else {"SecurityToken": self.security_token}
        query = {
            "Action": "GetCallerIdentity",
            "Format": "JSON",
            "Version": "2015-04-01",
            "AccessKeyId": self.access_key_id,
            "SignatureMethod": "HMAC-SHA1",
            "Timestamp": self.clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "SignatureVersion": "1.0",
            "SignatureNonce": self.nonce(),
            **temporary,
        }
        login = AliCloud.login(
            identity_id=self.identity_id,
            version=query["Version"],
            access_key_id=self.access_key_id,
            timestamp=query["Timestamp"],
            signature_nonce=query["SignatureNonce"],
            signature=sign_alicloud_query(query, self.access_key_secret),
            organization_slug=self.organization_slug,
        )
        return replace(login, body=Body({**(login.body or {}), **temporary})) if temporary else login


def sign_alicloud_query(query: Mapping[str, str], secret: str) -> str:
    """Sign a query in the RPC style of Alibaba Cloud (GET, HMAC-SHA1), and return the signature as base64.

    The method is GET because the server forwards the query by GET.
    """
    canonical = "&".join(f"{quote(name, safe='~')}={quote(query[name], safe='~')}" for name in sorted(query))
    text = f"GET&%2F&{quote(canonical, safe='~')}"
    return base64.b64encode(hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()).decode()
