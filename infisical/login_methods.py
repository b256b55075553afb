"""The twelve login methods: values that build a fresh login request each time they are asked.

Imported when one of them is: a client that has a token already does not pay for them. The requests themselves are
endpoints/identity_auth/, holding what comes back is middleware/session.py.
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
class _InOrganization:
    """Logins that may choose a sub-organization, by its slug."""

    organization_slug: str | None = field(default=None, kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class UniversalAuth(_InOrganization):
    """Client id and client secret of a machine identity. Three wrong secrets lock it for some minutes."""

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
    """The documented login with a token, whose route servers no longer have: it answers 404.

    A token of token auth is used as it is: `InfisicalClient(auth=IdentityAccessToken(token))`.
    """

    identity_id: str

    def request(self) -> Request[LoginResponse]:
        from infisical.endpoints.identity_auth.token import Token

        return Token.login(identity_id=self.identity_id)


@dataclass(frozen=True, slots=True)
class _WithJwt(_InOrganization):
    """Logins that show a signed token of somebody else's."""

    identity_id: str
    jwt: str = field(repr=False)

    def __post_init__(self) -> None:
        refuse_controls("jwt", self.jwt)

    def _shown(self) -> _Shown:
        return {
            "identity_id": self.identity_id,
            "jwt": self.jwt,
            "organization_slug": self.organization_slug,
        }


class _Shown(TypedDict):
    identity_id: str
    jwt: str
    organization_slug: str | None


@dataclass(frozen=True, slots=True)
class GcpAuth(_WithJwt):
    """A Google identity token, or a JWT signed by a service account."""

    def request(self) -> Request[LoginResponse]:
        from infisical.endpoints.identity_auth.gcp import Gcp

        return Gcp.login(**self._shown())


@dataclass(frozen=True, slots=True)
class AzureAuth(_WithJwt):
    """An access token of Azure's managed identity."""

    def request(self) -> Request[LoginResponse]:
        from infisical.endpoints.identity_auth.azure import Azure

        return Azure.login(**self._shown())


@dataclass(frozen=True, slots=True)
class KubernetesAuth(_WithJwt):
    """The token of a Kubernetes service account. It is renewed in its file: give `login` a factory that reads it."""

    def request(self) -> Request[LoginResponse]:
        from infisical.endpoints.identity_auth.kubernetes import Kubernetes

        return Kubernetes.login(**self._shown())


@dataclass(frozen=True, slots=True)
class OidcAuth(_WithJwt):
    """An OpenID Connect identity token, as CI systems hand out."""

    def request(self) -> Request[LoginResponse]:
        from infisical.endpoints.identity_auth.oidc import Oidc

        return Oidc.login(**self._shown())


@dataclass(frozen=True, slots=True)
class JwtAuth(_WithJwt):
    """A JWT that the identity's settings can verify."""

    def request(self) -> Request[LoginResponse]:
        from infisical.endpoints.identity_auth.jwt import JwtLogin

        return JwtLogin.login(**self._shown())


@dataclass(frozen=True, slots=True)
class AwsAuth(_InOrganization):
    """A signed STS GetCallerIdentity request: body and headers as base64, the headers of JSON."""

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
class LdapAuth(_InOrganization):
    """User name and password in a directory. Three wrong passwords lock the identity for some minutes."""

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
class TlsCertAuth(_InOrganization):
    """A client certificate in PEM, sent in a header as a TLS-terminating proxy does."""

    identity_id: str
    client_certificate: str = field(repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.client_certificate, str) or "-----BEGIN CERTIFICATE-----" not in self.client_certificate:
            raise ValueError("the client certificate is not PEM")

    def request(self) -> Request[LoginResponse]:
        from infisical.endpoints.identity_auth.tls_cert import TlsCert

        return TlsCert.login(
            identity_id=self.identity_id,
            client_certificate=self.client_certificate,
            organization_slug=self.organization_slug,
        )


@dataclass(frozen=True, slots=True)
class OciAuth(_InOrganization):
    """A signed request to Oracle Cloud: `authorization`, `host`, and `date` or `x-date` of its headers."""

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


def _now() -> datetime:
    return datetime.now(UTC)


def _nonce() -> str:
    return uuid.uuid4().hex


@dataclass(frozen=True, slots=True)
class AliCloudAuth(_InOrganization):
    """An access key of Alibaba Cloud, with which a GetCallerIdentity query is signed afresh for every login.

    `clock` gives the time of the signature (aware, any zone), `nonce` a text never used before. A `security_token`
    (temporary keys) needs a server that passes it on.
    """

    identity_id: str
    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)
    clock: Callable[[], datetime] = field(default=_now, repr=False, kw_only=True)
    nonce: Callable[[], str] = field(default=_nonce, repr=False, kw_only=True)

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
            signature=alicloud_signature(query, self.access_key_secret),
            organization_slug=self.organization_slug,
        )
        return replace(login, body=Body({**(login.body or {}), **temporary})) if temporary else login


def alicloud_signature(query: Mapping[str, str], secret: str) -> str:
    """Sign a query as Alibaba Cloud's RPC style wants it (GET, HMAC-SHA1, base64): the server sends it on by GET."""
    canonical = "&".join(f"{quote(name, safe='~')}={quote(query[name], safe='~')}" for name in sorted(query))
    text = f"GET&%2F&{quote(canonical, safe='~')}"
    return base64.b64encode(hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()).decode()
