"""FakeGoogle: the metadata server of Google Cloud and its token endpoint, as an executor. Nothing here sends."""

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
from infisical.testing.platforms.unsigned import make_token, read_claims

ACCOUNT_PATH: Final = "/computeMetadata/v1/instance/service-accounts/default/"
IDENTITY_PATH: Final = f"{ACCOUNT_PATH}identity"
TOKEN_PATH: Final = "/token"
FLAVOR: Final = ("Metadata-Flavor", "Google")
TOKEN_SECONDS: Final = 3600
ISSUER: Final = "https://accounts.google.com"


@dataclass(slots=True, kw_only=True)
class FakeGoogle(FakePlatform):
    """A Google Cloud with one machine and its service account. Call it as an executor, or serve it.

    It answers identity tokens in the form of a JWT whose signature nobody can verify. A POST to `/token` is one of
    google-auth to the token endpoint (`token_uri`). Change the attributes to provoke errors:

    - `email=None`: the machine has no service account, and the metadata server answers 404.
    - `status=429`, `503`, ...: every answer has this status.
    - `is_portal=True`: a captive portal answers in its place, with HTML and the status 200.
    - `has_flavor=False`: another service answers, without the header `Metadata-Flavor`.
    - a request without `Metadata-Flavor: Google`, or by a proxy, gets 403, and one without an audience 400.

    `sent` lists the requests, `tokens` the tokens that it gave. `with serving(FakeGoogle()) as url:` puts it on a
    socket; then `Platform(environ={"GCE_METADATA_HOST": url.removeprefix("http://")})` is a machine in it.
    """

    email: str | None = "app@fake-project.iam.gserviceaccount.com"
    status: int = 200
    is_portal: bool = False
    has_flavor: bool = True
    clock: Callable[[], float] = field(default=time.time, repr=False)
    tokens: list[str] = field(default_factory=list, init=False, repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """All secrets that it gave: none of them may appear in a log, an error or a recording."""
        return tuple(self.tokens)

    def _answer(self, request: HttpRequest) -> Response:
        if self.is_portal:
            return make_portal_page()
        parts = urlsplit(request.url)
        if request.method == "POST" and parts.path == TOKEN_PATH:
            return self._exchange(request)
        return self._answer_metadata(request, parts.path, parse_qs(parts.query, max_num_fields=16))

    # ---- the metadata server
    def _answer_metadata(self, request: HttpRequest, path: str, query: Mapping[str, list[str]]) -> Response:
        headers = {name.lower(): value for name, value in request.headers}
        if headers.get("metadata-flavor") != "Google" or "x-forwarded-for" in headers:
            return self._write(403, "Your client does not have permission to get this URL: missing Metadata-Flavor")
        if self.status != 200:
            return self._write(self.status, "the fake was asked for this status")
        if self.email is None or path not in (ACCOUNT_PATH, IDENTITY_PATH) or request.method != "GET":
            return self._write(404, "the service account was not found")
        if path == ACCOUNT_PATH:
            return self._write(200, json.dumps({"aliases": ["default"], "email": self.email}), "application/json")
        audience = query.get("audience", [""])[0]
        if not audience:
            return self._write(400, "non-empty audience parameter required")
        return self._write(200, self._issue(audience, self.email, query.get("format", [""])[0] == "full"))

    def _write(self, status: int, text: str, kind: str = "text/html") -> Response:
        flavor = (FLAVOR,) if self.has_flavor else ()
        return Response(status, (("Content-Type", kind), *flavor), text.encode())

    # ---- the token endpoint
    def _exchange(self, request: HttpRequest) -> Response:
        form = parse_qs((request.body or b"").decode("utf-8", "replace"), max_num_fields=16)
        try:
            claims = read_claims(form.get("assertion", [""])[0])
        except ValueError:
            claims = {}
        audience, account = claims.get("target_audience"), claims.get("iss")
        if self.status != 200:
            return _write_json(self.status, {"error": "unavailable", "error_description": "as the fake was asked"})
        if not isinstance(audience, str) or not isinstance(account, str):
            return _write_json(400, {"error": "invalid_grant", "error_description": "the assertion is not one"})
        return _write_json(200, {"id_token": self._issue(audience, account, False)})

    def _issue(self, audience: str, email: str, is_full: bool) -> str:
        now = int(self.clock())
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": audience,
            "sub": "100000000000000000001",
            "email": email,
            "email_verified": True,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
        }
        if is_full:
            claims["google"] = {"compute_engine": {"project_id": "fake-project", "instance_name": "fake-instance"}}
        token = make_token(claims)
        self.tokens.append(token)
        return token


def _write_json(status: int, document: Mapping[str, Any]) -> Response:
    return Response(status, (("Content-Type", "application/json"),), json.dumps(document).encode())
