"""FakeAzure: instance metadata of Azure and the token endpoint of Entra ID, as an executor. Nothing here sends."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from infisical.request import HttpRequest
from infisical.response import Response
from infisical.testing.platforms.fake import FakePlatform, make_portal_page
from infisical.testing.platforms.unsigned import make_token

METADATA_PATH: Final = "/metadata/identity/oauth2/token"
TOKEN_SECONDS: Final = 86400
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(slots=True, kw_only=True)
class FakeAzure(FakePlatform):
    """An Azure with one tenant and one identity. Call it as an executor, or serve it.

    It answers access tokens in the form of a JWT whose signature nobody can verify. Change the attributes to provoke
    errors:

    - `has_identity=False`: no identity is attached to the machine, and instance metadata answers 400. A request for
      another `client_id` or `object_id` gets the same.
    - `assertion="..."`: Entra ID takes only this federated token, else it answers `invalid_client`. A wrong client or
      tenant gets `unauthorized_client` or `invalid_request`.
    - `status=429`, `503`, ...: every answer has this status.
    - `is_portal=True`: a captive portal answers in its place, with HTML and the status 200.
    - a request to instance metadata without `Metadata: true`, or by a proxy, gets 400.

    `sent` lists the requests, `tokens` the tokens that it gave. `with serving(FakeAzure()) as url:` puts it on a
    socket; then `Platform(environ={"AZURE_POD_IDENTITY_AUTHORITY_HOST": url})` is a machine in it, and with
    `AZURE_AUTHORITY_HOST` and the variables of workload identity a pod.
    """

    tenant_id: str = "11111111-2222-3333-4444-555555555555"
    client_id: str = "66666666-7777-8888-9999-000000000000"
    object_id: str = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
    has_identity: bool = True
    assertion: str | None = field(default=None, repr=False)
    status: int = 200
    is_portal: bool = False
    clock: Callable[[], float] = field(default=time.time, repr=False)
    tokens: list[str] = field(default_factory=list, init=False, repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """All secrets that it gave or takes: none of them may appear in a log, an error or a recording."""
        return (*self.tokens, *([] if self.assertion is None else [self.assertion]))

    def _answer(self, request: HttpRequest) -> Response:
        if self.is_portal:
            return make_portal_page()
        parts = urlsplit(request.url)
        if parts.path == METADATA_PATH:
            return self._answer_metadata(request, parse_qs(parts.query, max_num_fields=16))
        tenant, _, endpoint = parts.path.strip("/").partition("/")
        if endpoint == "oauth2/v2.0/token" and request.method == "POST":
            form = parse_qs((request.body or b"").decode("utf-8", "replace"), max_num_fields=16)
            return self._exchange(tenant, {name: values[0] for name, values in form.items()})
        return _refuse(404, "invalid_request", "there is no such endpoint")

    # ---- instance metadata
    def _answer_metadata(self, request: HttpRequest, query: Mapping[str, list[str]]) -> Response:
        headers = {name.lower(): value for name, value in request.headers}
        if headers.get("metadata") != "true" or "x-forwarded-for" in headers:
            return _refuse(400, "invalid_request", "Required metadata header not specified")
        if self.status != 200:
            return _refuse(self.status, "unknown_error", "the fake was asked for this status")
        if "resource" not in query or "api-version" not in query:
            return _refuse(400, "invalid_request", "Required query variable is missing")
        wanted = (query.get("client_id", [self.client_id])[0], query.get("object_id", [self.object_id])[0])
        if not self.has_identity or wanted != (self.client_id, self.object_id):
            return _refuse(400, "invalid_request", "Identity not found")
        return self._issue(query["resource"][0], {"client_id": self.client_id, "resource": query["resource"][0]})

    # ---- Entra ID
    def _exchange(self, tenant: str, form: Mapping[str, str]) -> Response:
        if self.status != 200:
            return _refuse(self.status, "temporarily_unavailable", "AADSTS90033: A transient error has occurred.")
        if tenant != self.tenant_id:
            return _refuse(400, "invalid_request", f"AADSTS90002: Tenant '{tenant}' not found.")
        if form.get("client_id") != self.client_id:
            return _refuse(400, "unauthorized_client", "AADSTS700016: Application was not found in the directory.")
        is_exchange = form.get("grant_type") == "client_credentials"
        if not is_exchange or form.get("client_assertion_type") != ASSERTION_TYPE:
            return _refuse(400, "unsupported_grant_type", "AADSTS70003: The grant type is not supported.")
        if self.assertion not in (None, form.get("client_assertion")) or not form.get("client_assertion"):
            return _refuse(401, "invalid_client", "AADSTS70021: No matching federated identity record found.")
        resource, suffix = form.get("scope", "").rpartition("/.default")[:2]
        if not suffix:
            return _refuse(400, "invalid_scope", "AADSTS1002012: The scope is not valid.")
        return self._issue(resource, {})

    def _issue(self, resource: str, extra: Mapping[str, str]) -> Response:
        now = int(self.clock())
        claims = {
            "iss": f"https://sts.windows.net/{self.tenant_id}/",
            "aud": resource,
            "oid": self.object_id,
            "appid": self.client_id,
            "tid": self.tenant_id,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
        }
        token = make_token(claims)
        self.tokens.append(token)
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": str(TOKEN_SECONDS), **extra}
        return _write_json(200, answer)


def _refuse(status: int, code: str, description: str) -> Response:
    return _write_json(status, {"error": code, "error_description": description})


def _write_json(status: int, document: Mapping[str, Any]) -> Response:
    return Response(status, (("Content-Type", "application/json; charset=utf-8"),), json.dumps(document).encode())
