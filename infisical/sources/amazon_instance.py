"""The metadata service of EC2 instances: version 2 only, with a session token for each login.

It has the credentials of the instance's role, and the region. An answer without a token is never asked for (version 1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, urlsplit

from returns.result import Failure, Success

from infisical.answer import Answer
from infisical.errors import AuthenticationError, InfisicalError
from infisical.flow import Flow
from infisical.request import Headers, HttpRequest
from infisical.response import Response
from infisical.sources.amazon_documents import IssuedKeys, explain_refusal, parse_keys
from infisical.sources.answers import check_token, find_text, is_success
from infisical.sources.platform import METADATA_SECONDS, Platform
from infisical.sources.transports import MAX_RESPONSE_BYTES

SERVICE: Final = "the AWS instance metadata service"
DOCUMENT: Final = f"{SERVICE} (identity document)"
SESSION: Final = f"{SERVICE} (session token)"
ENDPOINTS: Final = {"ipv4": "http://169.254.169.254", "ipv6": "http://[fd00:ec2::254]"}
ENDPOINT_VARIABLE: Final = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
MODE_VARIABLE: Final = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"
DISABLED_VARIABLE: Final = "AWS_EC2_METADATA_DISABLED"
ENDPOINT: Final = re.compile(r"https?://[A-Za-z0-9._:\[\]-]+(?:/[A-Za-z0-9._~/-]*)?", re.IGNORECASE | re.ASCII)
"""A URL without user name, query and fragment."""
TOKEN_PATH: Final = "/latest/api/token"
ROLES_PATH: Final = "/latest/meta-data/iam/security-credentials/"
DOCUMENT_PATH: Final = "/latest/dynamic/instance-identity/document"
TOKEN_SECONDS: Final = 300
"""The lifetime of a session token: one login needs it for a few requests."""
MAX_ROLE_LENGTH: Final = 256


@dataclass(slots=True)
class InstanceMetadata:
    """The metadata service during one login: it keeps the session token and the region for that login."""

    platform: Platform
    _token: Headers = field(default=(), repr=False)
    _region: str | None = None

    @property
    def is_disabled(self) -> bool:
        """True if a variable forbids the metadata service."""
        return (self.platform.get_variable(DISABLED_VARIABLE) or "").lower() == "true"

    def find_keys(self) -> Flow[Answer[IssuedKeys]]:
        """Find the credentials of the instance's role."""
        listing = yield from self._get(ROLES_PATH)
        if isinstance(listing, Failure):
            return listing
        response = listing.unwrap()
        if not is_success(response) and response.status != 404:
            return Failure(explain_refusal(f"{SERVICE} (list of roles)", response))
        role = _parse_role(response)
        if role is None:
            return Failure(AuthenticationError(f"{SERVICE} has no role: attach an instance profile to the instance"))
        answer = yield from self._get(ROLES_PATH + quote(role, safe=""))
        if isinstance(answer, Failure):
            return answer
        response = answer.unwrap()
        if not is_success(response):
            return Failure(explain_refusal(f"{SERVICE} (credentials of the role)", response))
        return parse_keys(SERVICE, response)

    def find_region(self) -> Flow[Answer[str]]:
        """Find the region of the instance; the caller checks its form."""
        if self._region is not None:
            return Success(self._region)
        answer = yield from self._get(DOCUMENT_PATH)
        if isinstance(answer, Failure):
            return answer
        response = answer.unwrap()
        if not is_success(response):
            return Failure(explain_refusal(DOCUMENT, response))
        region = find_text(DOCUMENT, response, "region")
        if isinstance(region, Success):
            self._region = region.unwrap()
        return region

    def _get(self, path: str) -> Flow[Answer[Response]]:
        base = self._find_base()
        if isinstance(base, Failure):
            return base
        if not self._token:
            refusal = yield from self._start_session(base.unwrap())
            if refusal is not None:
                return refusal
        return (yield from self._fetch("GET", base.unwrap() + path, self._token))

    def _start_session(self, base: str) -> Flow[Failure[InfisicalError] | None]:
        """Get a session token; return a failure if the service gives no token."""
        headers = (("X-aws-ec2-metadata-token-ttl-seconds", str(TOKEN_SECONDS)),)
        answer = yield from self._fetch("PUT", base + TOKEN_PATH, headers)
        if isinstance(answer, Failure):
            return answer
        response = answer.unwrap()
        if not is_success(response):
            return Failure(explain_refusal(SESSION, response, "version 1 of the service is not used"))
        token = check_token(SESSION, response.body.decode("latin-1"))
        if isinstance(token, Failure):
            return token
        self._token = (("X-aws-ec2-metadata-token", token.unwrap()),)
        return None

    def _fetch(self, method: str, url: str, headers: Headers) -> Flow[Answer[Response]]:
        request = HttpRequest(method, url, headers, None, METADATA_SECONDS, MAX_RESPONSE_BYTES)
        del headers  # a frame that waits shows no token
        return (yield from self.platform.fetch_directly(request))

    def _find_base(self) -> Answer[str]:
        """Return the URL of the service, without a slash at the end."""
        endpoint = self.platform.get_variable(ENDPOINT_VARIABLE)
        if endpoint is None:
            mode = self.platform.get_variable(MODE_VARIABLE) or "ipv4"
            if mode.lower() not in ENDPOINTS:
                return Failure(AuthenticationError(f"{MODE_VARIABLE} must be IPv4 or IPv6"))
            return Success(ENDPOINTS[mode.lower()])
        if not _is_endpoint(endpoint):
            form = "a URL (http://host:port) without user name, query and fragment"
            return Failure(AuthenticationError(f"{ENDPOINT_VARIABLE} must be {form}"))
        return Success(endpoint.rstrip("/"))


def _parse_role(response: Response) -> str | None:
    """Return the first role of the list; None for an empty list, or for a name that no path can have."""
    if not is_success(response):
        return None
    lines = response.body.decode("utf-8", "replace").strip().splitlines()
    role = lines[0].strip() if lines else ""
    return role if role not in ("", ".", "..") and len(role) <= MAX_ROLE_LENGTH else None


def _is_endpoint(text: str) -> bool:
    try:
        return bool(ENDPOINT.fullmatch(text) and urlsplit(text).hostname and urlsplit(text).port != 0)
    except ValueError:
        return False
