"""What platforms answer: statuses that are refusals, JSON objects, and texts and tokens in them. Nothing is sent here.

A message shows the platform, the status and a documented error code, and nothing else of an answer. The modules of the
platforms know their codes. library_errors.py has the exceptions of cloud libraries.
"""

from __future__ import annotations

import json
from typing import Any, Final

from returns.result import Failure, Success

from infisical.answer import Answer
from infisical.credentials import is_visible_ascii
from infisical.errors import AuthenticationError, InfisicalError, InfisicalNetworkError
from infisical.response import Response
from infisical.sources.platform import RETRYABLE_STATUSES
from infisical.sources.transports import MAX_RESPONSE_BYTES

REDIRECT_STATUSES: Final = range(300, 400)
REDIRECT_REMEDY: Final = "a redirect is not followed, since its target would receive the credential"


def is_success(response: Response) -> bool:
    """True for a status of 2xx."""
    return 200 <= response.status < 300


def make_refusal(
    platform: str, response: Response, *, code: str = "", remedy: str = "", is_transient: bool | None = None
) -> InfisicalError:
    """Make the error for a status that is no success: `X answered with status 400 invalid_client: the remedy`.

    A 5xx, 408 or 429 is an `InfisicalNetworkError`, since the same login may succeed later; every other status is an
    `AuthenticationError`, with the remedy. `code` is a documented error code; `is_transient` is its meaning, if it has
    one that the status does not show.
    """
    status = response.status
    message = f"{platform} answered with status {status}{f' {code}' if code else ''}"
    if is_transient is None:
        is_transient = status >= 500 or status in RETRYABLE_STATUSES
    if is_transient:
        return InfisicalNetworkError(message, reason="protocol", sent=False)
    if status in REDIRECT_STATUSES:
        remedy = REDIRECT_REMEDY
    return AuthenticationError(f"{message}{f': {remedy}' if remedy else ''}")


# ---- JSON
def parse_object(response: Response) -> dict[str, Any] | None:
    """Parse the JSON object of an answer; None for any other body, or one of more than 1 MiB."""
    if len(response.body) > MAX_RESPONSE_BYTES:
        return None
    try:
        document = json.loads(response.body)
    except (ValueError, RecursionError):  # the exception would hold the body
        return None
    return document if isinstance(document, dict) else None


def require_object(platform: str, response: Response) -> Answer[dict[str, Any]]:
    """Return the JSON object of an answer; an `AuthenticationError` for any other body."""
    document = parse_object(response)
    if document is not None:
        return Success(document)
    reason = "a captive portal or another service may have answered"
    return Failure(AuthenticationError(f"{platform} answered with something that is no JSON object: {reason}"))


def find_text(platform: str, response: Response, name: str) -> Answer[str]:
    """Return the text of that name in the JSON object of an answer; an `AuthenticationError` if it has none."""
    document = require_object(platform, response)
    if isinstance(document, Failure):
        return document
    text = document.unwrap().get(name)
    if isinstance(text, str) and text.strip():
        return Success(text.strip())
    return Failure(AuthenticationError(f"{platform} answered without the text {name!r}"))


# ---- tokens
def find_token(platform: str, response: Response, name: str) -> Answer[str]:
    """Return the token of that name in the JSON object of an answer; an `AuthenticationError` if it has none."""
    token = find_text(platform, response, name)
    return token if isinstance(token, Failure) else check_token(platform, token.unwrap())


def check_token(platform: str, token: object, remedy: str = "") -> Answer[str]:
    """Return a token without the white space around it; an `AuthenticationError` for what no token can be."""
    text = token.strip() if isinstance(token, str) else ""
    if text and is_visible_ascii(text):
        return Success(text)
    mistake = "a token with a space, a line break, a control or a non-ASCII character in it" if text else "no token"
    return Failure(AuthenticationError(f"{platform} gave {mistake}{f': {remedy}' if remedy else ''}"))
