"""GitHub Actions: the OIDC token of a workflow's job, from the endpoint that the runner names in two variables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, urlsplit

from returns.result import Failure, Success

from infisical.answer import Answer
from infisical.credentials import is_visible_ascii
from infisical.errors import AuthenticationError
from infisical.flow import Flow
from infisical.login import LoginMethod, LoginSource
from infisical.login_methods import OidcAuth
from infisical.request import HttpRequest
from infisical.sources.answers import find_token, is_success, make_refusal
from infisical.sources.arguments import check_optional_text, check_text
from infisical.sources.platform import INTERNET_SECONDS, THIS_MACHINE, Platform, make_login
from infisical.sources.transports import MAX_RESPONSE_BYTES
from infisical.transport import AsyncExecutor, Executor

URL_VARIABLE: Final = "ACTIONS_ID_TOKEN_REQUEST_URL"
TOKEN_VARIABLE: Final = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
ENDPOINT_NAME: Final = "the token endpoint of GitHub Actions"
PERMISSION_HINT: Final = (
    "the job is not a GitHub Actions job, or its workflow lacks `permissions: id-token: write` (a pull request from a "
    "fork never has it)"
)
REFUSAL_REMEDY: Final = "the request token is not valid outside of its running job, or the audience is not allowed"


@dataclass(frozen=True, slots=True)
class GitHubActionsSource:
    """Asks GitHub for a new token of the running job for each login."""

    identity_id: str
    audience: str | None
    organization_slug: str | None = field(repr=False)
    platform: Platform

    def find_login(self) -> Flow[Answer[LoginMethod]]:
        request = self._build_request()
        if isinstance(request, Failure):
            return request
        answer = yield from self.platform.fetch(request.unwrap())
        if isinstance(answer, Failure):
            return answer
        response = answer.unwrap()
        if not is_success(response):
            return Failure(make_refusal(ENDPOINT_NAME, response, remedy=REFUSAL_REMEDY))
        token = find_token(ENDPOINT_NAME, response, "value")
        if isinstance(token, Failure):
            return token
        jwt = token.unwrap()
        return make_login(lambda: OidcAuth(self.identity_id, jwt, organization_slug=self.organization_slug))

    def _build_request(self) -> Answer[HttpRequest]:
        url, token = self.platform.get_variable(URL_VARIABLE), self.platform.get_variable(TOKEN_VARIABLE)
        missing = [name for name, value in ((URL_VARIABLE, url), (TOKEN_VARIABLE, token)) if value is None]
        if url is None or token is None:
            verb = "is" if len(missing) == 1 else "are"
            return Failure(AuthenticationError(f"{' and '.join(missing)} {verb} not set: {PERMISSION_HINT}"))
        mistake = _find_url_mistake(url)
        if mistake is None and not is_visible_ascii(token):
            return Failure(AuthenticationError(f"{TOKEN_VARIABLE} has a character that no header can carry"))
        if mistake is not None:
            return Failure(AuthenticationError(f"{URL_VARIABLE} {mistake}: the request token is not sent there"))
        headers = (("Authorization", f"bearer {token}"), ("Accept", "application/json"))
        return Success(
            HttpRequest("GET", _add_audience(url, self.audience), headers, None, INTERNET_SECONDS, MAX_RESPONSE_BYTES)
        )


def _add_audience(url: str, audience: str | None) -> str:
    if audience is None:
        return url
    parts = urlsplit(url)
    separator = "" if url.endswith(("?", "&")) else "&" if parts.query else "?"
    return f"{url}{separator}audience={quote(audience, safe='')}"


def _find_url_mistake(url: str) -> str | None:
    """Describe why the request token must not be sent to a URL, without any part of it; None if it may."""
    if not is_visible_ascii(url) or "\\" in url:
        return "has a space, a control, a backslash or a non-ASCII character in it"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "has a host or port that cannot be read"
    if parts.scheme not in ("https", "http") or not host:
        return "is not a URL of the form https://host/path"
    if "@" in parts.netloc or "#" in url:
        return "has a user name or a fragment in it"
    if parts.scheme == "http" and not _is_loopback(host):
        return "begins with http://, which would send the request token in clear text"
    return None


def _is_loopback(host: str) -> bool:
    from infisical.executors.proxies import is_loopback  # only for http://, which only tests use

    return is_loopback(host)


def github_actions(
    identity_id: str,
    audience: str | None = None,
    *,
    organization_slug: str | None = None,
    platform: Platform = THIS_MACHINE,
    executor: Executor | AsyncExecutor | None = None,
) -> LoginSource:
    """Log in as a job of GitHub Actions, with an OIDC token that GitHub signs for each login.

    The workflow needs `permissions: id-token: write`. `audience` is for the audience of the token (None: GitHub's
    default, the URL of the repository's owner); the identity's bound audiences must have it. Forgejo and Gitea, which
    have the same endpoint, work too.

    The request is sent by the client's executor, or by `executor`: at most three times, 10 seconds each. Missing
    variables and a refusal are an `AuthenticationError`, a GitHub that does not answer an `InfisicalNetworkError`.
    ValueError if `identity_id` or `audience` is empty or no text, or `executor` no executor.
    """
    check_text("identity_id", identity_id)
    check_optional_text("audience", audience)
    return GitHubActionsSource(identity_id, audience, organization_slug, platform.with_executor(executor))
