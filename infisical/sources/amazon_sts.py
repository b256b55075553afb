"""AWS's Security Token Service (STS): its endpoints, and the login of a web identity, which needs no signature.

A web identity is a token of an OpenID Connect issuer, such as the token of a Kubernetes service account on EKS.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlencode

from returns.result import Failure, Success

from infisical.answer import Answer
from infisical.errors import AuthenticationError
from infisical.flow import Flow, sleep
from infisical.request import HttpRequest
from infisical.response import Response
from infisical.sources.amazon_documents import (
    RETRYABLE_CODES,
    IssuedKeys,
    explain_refusal,
    parse_error_code,
    parse_web_identity_keys,
)
from infisical.sources.answers import is_success
from infisical.sources.platform import INTERNET_SECONDS, RETRY_DELAYS, Platform
from infisical.sources.transports import MAX_RESPONSE_BYTES

SERVICE: Final = "AWS STS"
SERVICE_VERSION: Final = "2011-06-15"
FORM_TYPE: Final = "application/x-www-form-urlencoded; charset=utf-8"
MAX_REGION_LENGTH: Final = 20
"""What Infisical's server accepts."""
REGION: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
SUFFIXES: Final = {
    "cn-": "amazonaws.com.cn",
    "eusc-": "amazonaws.eu",
    "eu-isoe-": "cloud.adc-e.uk",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "us-isof-": "csp.hci.ic.gov",
}
"""Domains of the partitions that are not in amazonaws.com, by the first letters of their regions."""
TOKEN_FILE_VARIABLE: Final = "AWS_WEB_IDENTITY_TOKEN_FILE"
ROLE_VARIABLE: Final = "AWS_ROLE_ARN"
SESSION_VARIABLE: Final = "AWS_ROLE_SESSION_NAME"
SESSION_NAME: Final = "infisical"


def check_region(region: str, source: str) -> Answer[str]:
    """Return a region that can be a part of a host name and that Infisical's server accepts."""
    if len(region) > MAX_REGION_LENGTH or not REGION.fullmatch(region):
        form = f"lower-case letters, digits and hyphens, at most {MAX_REGION_LENGTH} characters (eu-central-1)"
        return Failure(AuthenticationError(f"the AWS region from {source} is invalid: it must be {form}"))
    return Success(region)


def get_host(region: str) -> str:
    """Return the host of STS in a region."""
    suffix = next((domain for prefix, domain in SUFFIXES.items() if region.startswith(prefix)), "amazonaws.com")
    return f"sts.{region}.{suffix}"


def find_web_identity_keys(platform: Platform, region: str, role: str) -> Flow[Answer[IssuedKeys]]:
    """Exchange the token of the file for the credentials of a role."""
    request = yield from _make_request(platform, region, role)
    if isinstance(request, Failure):
        return request
    answer = yield from _exchange(platform, request.unwrap())
    if isinstance(answer, Failure):
        return answer
    response = answer.unwrap()
    if not is_success(response):
        return Failure(explain_refusal(f"{SERVICE} (role of {ROLE_VARIABLE})", response))
    return parse_web_identity_keys(SERVICE, response)


def _make_request(platform: Platform, region: str, role: str) -> Flow[Answer[HttpRequest]]:
    path = platform.get_variable(TOKEN_FILE_VARIABLE) or ""
    token = yield from platform.read_file(path, f"web identity token of {TOKEN_FILE_VARIABLE}")
    if isinstance(token, Failure):
        return token
    form = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": SERVICE_VERSION,
        "RoleArn": role,
        "RoleSessionName": platform.get_variable(SESSION_VARIABLE) or SESSION_NAME,
        "WebIdentityToken": token.unwrap(),
    }
    headers = (("Accept", "application/json"), ("Content-Type", FORM_TYPE))
    body = urlencode(form).encode()
    return Success(
        HttpRequest("POST", f"https://{get_host(region)}/", headers, body, INTERNET_SECONDS, MAX_RESPONSE_BYTES)
    )


def _exchange(platform: Platform, request: HttpRequest) -> Flow[Answer[Response]]:
    """Send the request; repeat it also after the refusals with which STS asks for that."""
    for delay in RETRY_DELAYS:
        answer = yield from platform.fetch(request)
        if isinstance(answer, Failure) or parse_error_code(answer.unwrap()) not in RETRYABLE_CODES:
            return answer
        if not (yield from sleep(delay)):
            return answer
    return (yield from platform.fetch(request))
