"""Who asks: auth modes, the policies that say which mode an endpoint takes, credentials, and the twelve login methods.

All values. Checking a call against a policy is middleware/auth_mode.py, holding a token is middleware/session.py.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal, Protocol, TypeAlias, TypedDict
from urllib.parse import quote

if TYPE_CHECKING:
    from infisical.endpoints.identity_auth import LoginResponse
    from infisical.request import Request

AuthMode: TypeAlias = Literal["identity_access_token", "jwt", "api_key", "service_token"]
Modes: TypeAlias = tuple[AuthMode, ...]
EVERY: Final[Modes] = ("identity_access_token", "jwt", "api_key", "service_token")


# ---- what an endpoint takes
@dataclass(frozen=True, slots=True)
class Access:
    """Who may call an endpoint: its category, and where the documents or the server differ from the category's table.

    `judges_session` is False where a refusal speaks of a token in the body, not of the session's: it renews nothing.
    """

    category: str
    need: Literal["required", "optional", "none"] = "required"
    documented: Modes | None = None
    server: Modes | None = None
    judges_session: bool = True


ANY: Final = Access("any", "optional", EVERY)
"""A hand-made request: whatever credential there is goes along."""
OPEN: Final = Access("open", "none", ())
"""A login: no credential, ever."""

IDENTITIES_AND_PEOPLE: Final[Modes] = ("identity_access_token", "jwt")
PEOPLE: Final[Modes] = ("jwt",)
WITH_SERVICE_TOKENS: Final[Modes] = ("identity_access_token", "jwt", "service_token")
DOCUMENTED: Final[Mapping[str, Modes]] = {
    **dict.fromkeys(("secrets", "secret_folders", "secret_imports"), WITH_SERVICE_TOKENS),
    **dict.fromkeys(
        (
            "projects",
            "organizations",
            "organization_identities",
            "identities",
            "identity_auth",
            "identity_access_tokens",
            "pki",
            "kms",
            "secret_tags",
            "app_connections",
            "secret_syncs",
            "integration_auth",
        ),
        IDENTITIES_AND_PEOPLE,
    ),
    **dict.fromkeys(
        (
            "admin",
            "org_admin",
            "secret_sharing",
            "webhooks",
            "users",
            "mfa",
            "mfa_sessions",
            "service_tokens",
            "password",
        ),
        PEOPLE,
    ),
}
"""The documents' table: category of an endpoint -> modes that it takes."""
Policy: TypeAlias = Callable[[Access], Modes]


def documented(access: Access) -> Modes:
    """Allow what the documents' table says, but for the exceptions that an endpoint names."""
    return DOCUMENTED.get(access.category, EVERY) if access.documented is None else access.documented


def server(access: Access) -> Modes:
    """Allow what a server of today takes."""
    return documented(access) if access.server is None else access.server


POLICIES: Final[Mapping[str, Policy]] = {"documented": documented, "server": server}


# ---- what may stand in a header
def sendable(what: str, value: str) -> str:
    """Return a credential that a header can carry; ValueError, which does not show it, if none can."""
    if not isinstance(value, str):
        raise ValueError(f"the {what} must be a string, not {type(value).__name__}")
    if not value:
        raise ValueError(f"the {what} is empty")
    if not re.fullmatch(r"[!-~]+", value):
        raise ValueError(f"the {what} has a space, a line break, a control or a non-ASCII character in it")
    return value


def _without_controls(what: str, value: str) -> None:
    """A secret for a JSON body: any text, but a line break at its end, say, is a mistake (a file not stripped)."""
    if not isinstance(value, str) or not value or re.search(r"[\x00-\x1f\x7f]", value):
        raise ValueError(f"the {what} is empty, or has a line break or control character in it")


# ---- credentials: a token that is there already
class Credential(Protocol):
    """A token and the mode that it stands for."""

    @property
    def mode(self) -> AuthMode: ...
    @property
    def value(self) -> str: ...


@dataclass(frozen=True, slots=True)
class IdentityAccessToken:
    """The access token of a machine identity, from a login elsewhere or from token auth."""

    access_token: str = field(repr=False)

    def __post_init__(self) -> None:
        sendable("access token", self.access_token)

    @property
    def mode(self) -> AuthMode:
        return "identity_access_token"

    @property
    def value(self) -> str:
        return self.access_token


@dataclass(frozen=True, slots=True)
class Jwt:
    """The token of a user."""

    token: str = field(repr=False)

    def __post_init__(self) -> None:
        sendable("token", self.token)

    @property
    def mode(self) -> AuthMode:
        return "jwt"

    @property
    def value(self) -> str:
        return self.token


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A user's API key, for hand-made requests to old servers: no endpoint of today takes one."""

    api_key: str = field(repr=False)

    def __post_init__(self) -> None:
        sendable("API key", self.api_key)

    @property
    def mode(self) -> AuthMode:
        return "api_key"

    @property
    def value(self) -> str:
        return self.api_key


@dataclass(frozen=True, slots=True)
class ServiceToken:
    """A service token (`st.…`); deprecated by Infisical in favour of machine identities."""

    service_token: str = field(repr=False)

    def __post_init__(self) -> None:
        sendable("service token", self.service_token)

    @property
    def mode(self) -> AuthMode:
        return "service_token"

    @property
    def value(self) -> str:
        return self.service_token


def header(mode: AuthMode, token: str) -> tuple[str, str]:
    """Make the header that carries a token of that mode."""
    return ("X-API-Key", token) if mode == "api_key" else ("Authorization", f"Bearer {token}")


# ---- login methods: how to get one
class LoginMethod(Protocol):
    """Builds a fresh login request each time it is asked."""

    def request(self) -> Request[LoginResponse]: ...


Login: TypeAlias = "LoginMethod | Callable[[], LoginMethod | LoginResponse]"
"""A login method, or a factory that is called for every login: to read a token file again, say.

A factory may also return a `LoginResponse`: a token that it got elsewhere, and its life in seconds.
"""
AsyncLogin: TypeAlias = "Login | Callable[[], Awaitable[LoginMethod | LoginResponse]]"
"""The same for the asyncio client, whose factories may be coroutine functions."""


@dataclass(frozen=True, slots=True)
class _InOrganization:
    """Logins that may choose a sub-organization, by its slug."""

    sub_organization_name: str | None = field(default=None, kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class UniversalAuth(_InOrganization):
    """Client id and client secret of a machine identity. Three wrong secrets lock it for some minutes."""

    client_id: str
    client_secret: str = field(repr=False)

    def __post_init__(self) -> None:
        _without_controls("client secret", self.client_secret)

    def request(self) -> Request[LoginResponse]:
        from infisical.endpoints.identity_auth.universal import Universal

        return Universal.login(
            client_id=self.client_id,
            client_secret=self.client_secret,
            sub_organization_name=self.sub_organization_name,
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
        _without_controls("jwt", self.jwt)

    def _shown(self) -> _Shown:
        return {
            "identity_id": self.identity_id,
            "jwt": self.jwt,
            "sub_organization_name": self.sub_organization_name,
        }


class _Shown(TypedDict):
    identity_id: str
    jwt: str
    sub_organization_name: str | None


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
        _without_controls("IAM request body", self.iam_request_body)
        _without_controls("IAM request headers", self.iam_request_headers)

    def request(self) -> Request[LoginResponse]:
        from infisical.endpoints.identity_auth.aws import Aws

        return Aws.login(
            identity_id=self.identity_id,
            iam_request_body=self.iam_request_body,
            iam_request_headers=self.iam_request_headers,
            iam_http_request_method=self.iam_http_request_method,
            sub_organization_name=self.sub_organization_name,
        )


@dataclass(frozen=True, slots=True)
class LdapAuth(_InOrganization):
    """User name and password in a directory. Three wrong passwords lock the identity for some minutes."""

    identity_id: str
    username: str
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        _without_controls("password", self.password)

    def request(self) -> Request[LoginResponse]:
        from infisical.endpoints.identity_auth.ldap import Ldap

        return Ldap.login(
            identity_id=self.identity_id,
            username=self.username,
            password=self.password,
            sub_organization_name=self.sub_organization_name,
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
            sub_organization_name=self.sub_organization_name,
        )


@dataclass(frozen=True, slots=True)
class OciAuth(_InOrganization):
    """A signed request to Oracle Cloud: `authorization`, `host`, and `date` or `x-date` of its headers."""

    identity_id: str
    user_ocid: str
    request_headers: Mapping[str, str] = field(repr=False, hash=False)

    def __post_init__(self) -> None:
        for name, value in self.request_headers.items():
            _without_controls(f"header {name}", value)

    def request(self) -> Request[LoginResponse]:
        from infisical.endpoints.identity_auth.oci import Oci

        return Oci.login(
            identity_id=self.identity_id,
            user_ocid=self.user_ocid,
            headers=self.request_headers,
            sub_organization_name=self.sub_organization_name,
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
        _without_controls("access key secret", self.access_key_secret)
        if self.security_token is not None:
            _without_controls("security token", self.security_token)

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
            sub_organization_name=self.sub_organization_name,
        )
        return replace(login, body=Body({**(login.body or {}), **temporary})) if temporary else login


def alicloud_signature(query: Mapping[str, str], secret: str) -> str:
    """Sign a query as Alibaba Cloud's RPC style wants it (GET, HMAC-SHA1, base64): the server sends it on by GET."""
    canonical = "&".join(f"{quote(name, safe='~')}={quote(query[name], safe='~')}" for name in sorted(query))
    text = f"GET&%2F&{quote(canonical, safe='~')}"
    return base64.b64encode(hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()).decode()
