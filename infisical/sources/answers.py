"""What platforms answer: a refusal as an error, and a token in a JSON object. No source and no I/O belongs here."""

from __future__ import annotations

import json
from typing import Any, Final

from returns.result import Failure, Success

from infisical.answer import Answer
from infisical.errors import AuthenticationError, InfisicalNetworkError
from infisical.response import Response
from infisical.sources.platform import RETRYABLE_STATUSES

REDIRECT_STATUSES: Final = range(300, 400)


def check_status(what: str, response: Response, hint: str = "") -> Answer[Response]:
    """Return a response with a status of 2xx; any other one is a failure with the status, and without the body.

    `what` names the service, and `hint` is the remedy for a status of 4xx. A 5xx, 408 or 429 is an
    `InfisicalNetworkError`, since the same login may succeed later; every other status is an `AuthenticationError`.
    """
    status = response.status
    if 200 <= status < 300:
        return Success(response)
    if status in REDIRECT_STATUSES:
        hint = "a redirect is not followed, since its target would receive the credential"
    elif status >= 500 or status in RETRYABLE_STATUSES:
        message = f"{what} answered with status {status}"
        return Failure(InfisicalNetworkError(message, reason="protocol", sent=False))
    return Failure(AuthenticationError(f"{what} answered with status {status}{f': {hint}' if hint else ''}"))


def find_text(what: str, response: Response, name: str) -> Answer[str]:
    """Return the text of that name in the JSON object of a response; an `AuthenticationError` if it has none."""
    try:
        content: Any = json.loads(response.body)
    except (ValueError, RecursionError):  # the exception would hold the body
        content = None
    if not isinstance(content, dict):
        del content
        return Failure(AuthenticationError(f"{what} answered with something that is no JSON object"))
    text = content.get(name)
    if isinstance(text, str) and text.strip():
        return Success(text.strip())
    return Failure(AuthenticationError(f"{what} answered without a {name!r} that is text"))
