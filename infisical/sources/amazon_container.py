"""The credentials service of containers (ECS, EKS, Greengrass): its URL, the check of that URL, and the request.

A URL is checked before the token is read: a foreign host gets neither the token nor a request.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address
from typing import Final

from returns.result import Failure, Success

from infisical.answer import Answer
from infisical.errors import AuthenticationError
from infisical.flow import Flow
from infisical.request import Headers, HttpRequest
from infisical.sources.amazon_documents import IssuedKeys, explain_refusal, parse_keys
from infisical.sources.answers import is_success
from infisical.sources.platform import INTERNET_SECONDS, METADATA_SECONDS, Platform
from infisical.sources.transports import MAX_RESPONSE_BYTES

SERVICE: Final = "the AWS container credentials service"
RELATIVE_VARIABLE: Final = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
FULL_VARIABLE: Final = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
TOKEN_VARIABLE: Final = "AWS_CONTAINER_AUTHORIZATION_TOKEN"
TOKEN_FILE_VARIABLE: Final = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
ECS_ORIGIN: Final = "http://169.254.170.2"
ECS_ADDRESSES: Final = frozenset(map(IPv4Address, ("169.254.170.2", "169.254.170.23")))
EKS_ADDRESS: Final = IPv6Address("fd00:ec2::23")
LOOPBACK_NETWORK: Final = IPv4Network("127.0.0.0/8")
LOOPBACK_ADDRESS: Final = IPv6Address("::1")
PATH_AND_QUERY: Final = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*")
"""A path with a query: no fragment, no backslash, nothing that a transport could read differently."""
URL: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<rest>/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?",
    re.IGNORECASE | re.ASCII,
)
"""A URL without user name and fragment."""
HEADER_VALUE: Final = re.compile(r"[ -~]+")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A URL that may get the token; a local one is asked without a proxy."""

    url: str
    is_local: bool


def find_endpoint(platform: Platform) -> Answer[Endpoint] | None:
    """Find the URL of the credentials; None if no variable has one, a failure if it may not be asked."""
    relative = platform.get_variable(RELATIVE_VARIABLE)
    if relative is not None:
        if not PATH_AND_QUERY.fullmatch(relative):
            return Failure(AuthenticationError(f"{RELATIVE_VARIABLE} must be a path that begins with /"))
        return Success(Endpoint(ECS_ORIGIN + relative, is_local=True))
    full = platform.get_variable(FULL_VARIABLE)
    return None if full is None else check_url(full)


def check_url(url: str) -> Answer[Endpoint]:
    """Check a URL of credentials: https, or http to a loopback address or to one of AWS's addresses.

    An address must be written as such: no name except `localhost` is trusted, whatever it resolves to.
    """
    match = URL.fullmatch(url)
    if match is None or int(match["port"] or 1) not in range(1, 65536):
        return Failure(AuthenticationError(f"{FULL_VARIABLE} must be a URL without user name and fragment"))
    is_local = _is_local(match["host"].lower())
    if is_local is None or not (is_local or match["scheme"].lower() == "https"):
        hosts = "a loopback address, 169.254.170.2, 169.254.170.23 or [fd00:ec2::23]"
        return Failure(AuthenticationError(f"{FULL_VARIABLE} must be an https:// URL, or http:// with {hosts}"))
    return Success(Endpoint(url, is_local))


def find_container_keys(platform: Platform, endpoint: Endpoint) -> Flow[Answer[IssuedKeys]]:
    """Ask the service for credentials, with the token if a variable has one."""
    headers = yield from _find_headers(platform)
    if isinstance(headers, Failure):
        return headers
    timeout = METADATA_SECONDS if endpoint.is_local else INTERNET_SECONDS
    request = HttpRequest("GET", endpoint.url, headers.unwrap(), None, timeout, MAX_RESPONSE_BYTES)
    del headers  # a frame that waits shows no token
    answer = yield from (platform.fetch_directly(request) if endpoint.is_local else platform.fetch(request))
    if isinstance(answer, Failure):
        return answer
    response = answer.unwrap()
    return parse_keys(SERVICE, response) if is_success(response) else Failure(explain_refusal(SERVICE, response))


def _find_headers(platform: Platform) -> Flow[Answer[Headers]]:
    path = platform.get_variable(TOKEN_FILE_VARIABLE)
    if path is not None:
        content = yield from platform.read_file(path, f"token file of {TOKEN_FILE_VARIABLE}")
        if isinstance(content, Failure):
            return content
        token, source = content.unwrap(), f"the file of {TOKEN_FILE_VARIABLE}"
    else:
        token, source = platform.get_variable(TOKEN_VARIABLE) or "", TOKEN_VARIABLE
    if token and not HEADER_VALUE.fullmatch(token):
        return Failure(AuthenticationError(f"the token in {source} has a line break or another invalid character"))
    credential = (("Authorization", token),) if token else ()
    return Success((("Accept", "application/json"), *credential))


def _is_local(host: str) -> bool | None:
    """True for loopback and AWS's own addresses; None for a malformed address."""
    if host == "localhost":
        return True
    try:
        if host.startswith("["):
            return IPv6Address(host[1:-1]) in (LOOPBACK_ADDRESS, EKS_ADDRESS)
        address = IPv4Address(host)
    except AddressValueError:
        return None if host.startswith("[") else False
    return address in LOOPBACK_NETWORK or address in ECS_ADDRESSES
