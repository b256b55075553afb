"""FakeGitHub: the endpoint that gives a job of GitHub Actions its OIDC token, as an executor. Nothing here sends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from infisical.request import HttpRequest
from infisical.response import Response
from infisical.testing.platforms.fake import FakePlatform
from infisical.testing.platforms.oidc import FakeOidcIssuer

ISSUER_URL: Final = "https://token.actions.githubusercontent.com"
ENDPOINT_PATH: Final = "/octo/_apis/distributedtask/hubs/Actions/plans/7d1f/jobs/4c20/idtoken"


def _make_issuer() -> FakeOidcIssuer:
    return FakeOidcIssuer(url=ISSUER_URL, algorithm="RS256")


@dataclass(slots=True, kw_only=True)
class FakeGitHub(FakePlatform):
    """A GitHub with one running job. Call it as an executor, or serve it; `issuer` signs the tokens.

    `Platform(environ=FakeGitHub().environ())` is the runner of the job. Over a socket: `with serving(fake) as url:` and
    `fake.environ(url)`. The token has the claims of a job: `sub`, `repository`, `ref`, ..., with `claims` in place of
    them; its audience is the one of the request, else the URL of the repository's owner.

    Change the attributes to provoke errors: `status` is the status of every answer (with GitHub's form of an error),
    `body` is what it answers instead of a token. A request without the request token gets 401, another path 404.
    `sent` lists the requests.
    """

    repository: str = "octo-org/octo-repo"
    ref: str = "refs/heads/main"
    request_token: str = field(default="fake-request-token-of-the-job", repr=False)
    issuer: FakeOidcIssuer = field(default_factory=_make_issuer)
    claims: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    body: bytes | None = field(default=None, repr=False)
    tokens: list[str] = field(default_factory=list, init=False, repr=False)

    def environ(self, url: str = "https://pipelines.actions.githubusercontent.com") -> dict[str, str]:
        """Return the variables of the job's runner, for an endpoint at this origin."""
        return {
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{url}{ENDPOINT_PATH}?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": self.request_token,
        }

    @property
    def secrets(self) -> tuple[str, ...]:
        """All secrets that it hands out or takes: none of them may appear in a log, an error or a recording."""
        return (self.request_token, *self.tokens)

    def _answer(self, request: HttpRequest) -> Response:
        parts = urlsplit(request.url)
        headers = {name.lower(): value for name, value in request.headers}
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if request.method != "GET" or parts.path != ENDPOINT_PATH:
            return _write_error(404, "The requested resource does not exist.")
        if scheme.lower() != "bearer" or token != self.request_token:
            return _write_error(401, "The request token is not authorized.")
        if self.status != 200:
            return _write_error(self.status, f"Can't issue ID_TOKEN: {self.status}")
        if self.body is not None:
            return Response(200, (("Content-Type", "application/json; charset=utf-8"),), self.body)
        return self._answer_token(parse_qs(parts.query).get("audience", []))

    def _answer_token(self, audiences: list[str]) -> Response:
        owner = self.repository.partition("/")[0]
        claims = {
            "sub": f"repo:{self.repository}:ref:{self.ref}",
            "aud": audiences[0] if audiences else f"https://github.com/{owner}",
            "repository": self.repository,
            "repository_owner": owner,
            "ref": self.ref,
            "event_name": "push",
            "runner_environment": "github-hosted",
            **self.claims,
        }
        token = self.issuer.sign(claims)
        self.tokens.append(token)
        return _write_json(200, {"count": len(token), "value": token})


def _write_error(status: int, message: str) -> Response:
    return _write_json(status, {"$id": "1", "message": message, "typeKey": "OIDCException", "errorCode": 0})


def _write_json(status: int, document: Mapping[str, Any]) -> Response:
    return Response(status, (("Content-Type", "application/json; charset=utf-8"),), json.dumps(document).encode())
