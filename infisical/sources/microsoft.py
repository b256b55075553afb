"""Azure: workload identity, managed identities of instance metadata, and azure-identity credentials.

Each gives an access token of Entra ID for `resource`, which must be the one in the settings of the identity.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast
from urllib.parse import urlencode, urlsplit

from returns.result import Failure, Success

from infisical.answer import Answer
from infisical.credentials import is_visible_ascii
from infisical.errors import AuthenticationError
from infisical.flow import Flow, call
from infisical.login import LoginMethod, LoginSource
from infisical.login_methods import AzureAuth
from infisical.request import HttpRequest
from infisical.response import Response
from infisical.sources.answers import check_token, find_token, is_success, make_refusal, parse_object
from infisical.sources.arguments import check_optional_text, check_text
from infisical.sources.library_errors import explain_exception
from infisical.sources.platform import INTERNET_SECONDS, METADATA_SECONDS, THIS_MACHINE, Platform, make_login
from infisical.sources.transports import MAX_RESPONSE_BYTES
from infisical.transport import AsyncExecutor, Executor

RESOURCE: Final = "https://management.azure.com/"
METADATA_ORIGIN: Final = "http://169.254.169.254"
METADATA_PATH: Final = "/metadata/identity/oauth2/token"
METADATA_VERSION: Final = "2018-02-01"
AUTHORITY: Final = "https://login.microsoftonline.com"
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FORM_TYPE: Final = "application/x-www-form-urlencoded"
METADATA: Final = "Azure's instance metadata"
CREDENTIAL: Final = "the azure-identity credential"
LOGIN: Final = "Entra ID (the login of Azure)"
TENANT_FORM: Final = re.compile(r"[0-9A-Za-z]+(?:[.-]+[0-9A-Za-z]+)*")
"""A GUID or a domain: it becomes a part of a path."""
MAX_TENANT_LENGTH: Final = 253
TRANSIENT_CODE: Final = "temporarily_unavailable"
ERROR_CODES: Final = frozenset(
    {
        "access_denied",
        "invalid_client",
        "invalid_grant",
        "invalid_request",
        "invalid_resource",
        "invalid_scope",
        TRANSIENT_CODE,
        "unauthorized_client",
        "unknown_error",
        "unsupported_grant_type",
    }
)
"""The documented codes of OAuth and of instance metadata; no other text of an answer gets into a message."""
ENTRA_CODE: Final = re.compile(r"\AAADSTS[0-9]{4,8}(?=:)")
METADATA_REMEDIES: Final = {
    400: "this machine has no such managed identity: attach one, or correct client_id or object_id",
    403: "the access to it is forbidden; a proxy or a network policy may be between",
    404: "this machine has no managed identity",
}


@dataclass(frozen=True, slots=True)
class AzureSource:
    """Gets an access token of Entra ID for each login."""

    identity_id: str
    resource: str
    client_id: str | None
    object_id: str | None
    use_workload_identity: bool | None
    credentials: Any = field(repr=False, hash=False)
    organization_slug: str | None = field(repr=False)
    platform: Platform

    def find_login(self) -> Flow[Answer[LoginMethod]]:
        token = yield from self._find_token()
        if isinstance(token, Failure):
            return token
        jwt = token.unwrap()
        return make_login(lambda: AzureAuth(self.identity_id, jwt, organization_slug=self.organization_slug))

    def _find_token(self) -> Flow[Answer[str]]:
        if self.credentials is not None:
            return (yield from self._ask_credentials())
        if self._uses_workload_identity():
            return (yield from self._exchange_assertion())
        return (yield from self._ask_metadata())

    def _uses_workload_identity(self) -> bool:
        if self.use_workload_identity is not None:
            return self.use_workload_identity
        names_other_identity = bool(self.object_id) and not self.client_id
        return not names_other_identity and self.platform.get_variable("AZURE_FEDERATED_TOKEN_FILE") is not None

    # ---- instance metadata
    def _ask_metadata(self) -> Flow[Answer[str]]:
        origin = self.platform.get_variable("AZURE_POD_IDENTITY_AUTHORITY_HOST") or METADATA_ORIGIN
        if not _is_origin(origin):
            message = "AZURE_POD_IDENTITY_AUTHORITY_HOST must be the URL of a host, http://169.254.169.254 for example"
            return Failure(AuthenticationError(message))
        query = {"api-version": METADATA_VERSION, "resource": self.resource}
        if self.client_id:
            query["client_id"] = self.client_id
        elif self.object_id:
            query["object_id"] = self.object_id
        url = f"{origin.rstrip('/')}{METADATA_PATH}?{urlencode(query)}"
        answer = yield from self.platform.fetch_directly(
            HttpRequest("GET", url, (("Metadata", "true"),), None, METADATA_SECONDS, MAX_RESPONSE_BYTES)
        )
        return answer if isinstance(answer, Failure) else _read_token(METADATA, answer.unwrap(), METADATA_REMEDIES)

    # ---- workload identity
    def _exchange_assertion(self) -> Flow[Answer[str]]:
        request = yield from self._make_exchange()
        if isinstance(request, Failure):
            return request
        answer = yield from self.platform.fetch(request.unwrap())
        return answer if isinstance(answer, Failure) else _read_token(LOGIN, answer.unwrap(), {})

    def _make_exchange(self) -> Flow[Answer[HttpRequest]]:
        """Make the request that has the service account token of the pod; no other frame holds the token."""
        values = {name: self.platform.get_variable(name) for name in ("AZURE_FEDERATED_TOKEN_FILE", "AZURE_TENANT_ID")}
        values["AZURE_CLIENT_ID"] = self.client_id or self.platform.get_variable("AZURE_CLIENT_ID")
        missing = [name for name, value in values.items() if value is None]
        if missing:
            message = f"workload identity of Azure needs {', '.join(missing)} in the environment: not set"
            return Failure(AuthenticationError(message))
        path, tenant, client_id = (value or "" for value in values.values())
        if len(tenant) > MAX_TENANT_LENGTH or not TENANT_FORM.fullmatch(tenant):
            return Failure(AuthenticationError("AZURE_TENANT_ID must be the id or the domain of a tenant"))
        authority = self._find_authority()
        if isinstance(authority, Failure):
            return authority
        assertion = yield from self.platform.read_file(path, "federated token file of Azure")
        if isinstance(assertion, Failure):
            return assertion
        form = {
            "grant_type": "client_credentials",
            "scope": f"{self.resource.rstrip('/')}/.default",
            "client_id": client_id,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion.unwrap(),
        }
        url, headers = f"{authority.unwrap()}/{tenant}/oauth2/v2.0/token", (("Content-Type", FORM_TYPE),)
        body = urlencode(form).encode()
        return Success(HttpRequest("POST", url, headers, body, INTERNET_SECONDS, MAX_RESPONSE_BYTES))

    def _find_authority(self) -> Answer[str]:
        """Return the URL of the login, from `AZURE_AUTHORITY_HOST`: https, or http to this machine for tests."""
        value = self.platform.get_variable("AZURE_AUTHORITY_HOST") or AUTHORITY
        url = value if "://" in value else f"https://{value}"
        if not _is_origin(url) or not _is_confidential(url):
            return Failure(AuthenticationError(f"AZURE_AUTHORITY_HOST must be the https URL of a host, as {AUTHORITY}"))
        return Success(url.rstrip("/"))

    # ---- an object of azure-identity
    def _ask_credentials(self) -> Flow[Answer[str]]:
        get_token = getattr(self.credentials, "get_token", None)
        if not callable(get_token):
            name = type(self.credentials).__name__
            message = f"{name} is not an azure-identity credential: it has no get_token()"
            return Failure(AuthenticationError(message))
        scope = f"{self.resource.rstrip('/')}/.default"
        result = yield from call(lambda: cast("Awaitable[Any]", get_token(scope)), blocks=True)
        if isinstance(result, Failure):
            return Failure(explain_exception(CREDENTIAL, result.failure()))
        return check_token(CREDENTIAL, getattr(result.unwrap(), "token", None))


def azure(
    identity_id: str,
    resource: str = RESOURCE,
    client_id: str | None = None,
    object_id: str | None = None,
    use_workload_identity: bool | None = None,
    credentials: Any = None,
    *,
    organization_slug: str | None = None,
    executor: Executor | AsyncExecutor | None = None,
    platform: Platform = THIS_MACHINE,
) -> LoginSource:
    """Log in with an access token of Entra ID for `resource`, the one in the settings of the identity.

    In a pod with workload identity (`AZURE_FEDERATED_TOKEN_FILE`, `AZURE_TENANT_ID`, `AZURE_CLIENT_ID`) the file is
    exchanged for a token at `AZURE_AUTHORITY_HOST`; elsewhere instance metadata has the token of a managed identity.
    `use_workload_identity` forces or forbids the first. `client_id` selects the identity in both cases. `object_id`
    selects a managed identity if there is no `client_id`, and then also prevents workload identity.

    `credentials` is an azure-identity credential to use instead, for App Service, the Azure CLI and others. It is asked
    in a thread under asyncio, or awaited if it is of `azure.identity.aio`.

    `executor` sends the requests. A missing variable or file and an answer without a token are an
    `AuthenticationError`; a platform that does not answer is an `InfisicalNetworkError`. ValueError for an
    argument that is no text, or is empty.
    """
    check_text("identity_id", identity_id)
    check_text("resource", resource)
    check_optional_text("client_id", client_id)
    check_optional_text("object_id", object_id)
    if use_workload_identity is not None and not isinstance(use_workload_identity, bool):
        raise ValueError("use_workload_identity must be True, False or None")
    return AzureSource(
        identity_id,
        resource,
        client_id,
        object_id,
        use_workload_identity,
        credentials,
        organization_slug,
        platform.with_executor(executor),
    )


def _read_token(platform: str, response: Response, remedies: Mapping[int, str]) -> Answer[str]:
    if is_success(response):
        return find_token(platform, response, "access_token")
    code, remedy = _find_code(parse_object(response) or {}), remedies.get(response.status, "")
    is_transient = True if code.startswith(TRANSIENT_CODE) else None
    return Failure(make_refusal(platform, response, code=code, remedy=remedy, is_transient=is_transient))


def _find_code(document: Mapping[str, Any]) -> str:
    """Return the code of an error, with that of Entra ID: `invalid_client AADSTS700016`; empty without one."""
    error, description = document.get("error"), document.get("error_description")
    codes = [error] if isinstance(error, str) and error in ERROR_CODES else []
    if isinstance(description, str) and (match := ENTRA_CODE.match(description)):
        codes.append(match[0])
    return " ".join(codes)


def _is_origin(url: str) -> bool:
    """True for the URL of a host: no path, query, fragment or user name."""
    if not is_visible_ascii(url) or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return (
        bool(host)
        and parts.scheme in ("http", "https")
        and url.rstrip("/") == f"{parts.scheme}://{parts.netloc}"
        and "@" not in parts.netloc
    )


def _is_confidential(url: str) -> bool:
    """True if nobody else can read what is sent there: it is encrypted, or stays on this machine."""
    from infisical.executors.proxies import is_loopback  # only for http://, as in options.py

    parts = urlsplit(url)
    return parts.scheme == "https" or is_loopback(parts.hostname or "")
