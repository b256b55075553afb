"""Answers of AWS's services as values: issued keys, their expiration, and error codes. Pure functions: nothing is sent.

answers.py has what the answers of all platforms have in common.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from returns.result import Failure, Success

from infisical.answer import Answer
from infisical.errors import AuthenticationError, InfisicalError
from infisical.response import Response
from infisical.sources.amazon_signing import AwsKeys
from infisical.sources.answers import make_refusal, parse_object, require_object

KEY_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,128}")
"""An access key id: it becomes a part of the header `Authorization`."""
PRINTABLE_TEXT: Final = re.compile(r"[!-~]+")
ERROR_CODES: Final = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AssumeRoleUnauthorizedAccess",
        "ExpiredToken",
        "ExpiredTokenException",
        "Failed",
        "IDPCommunicationError",
        "IDPRejectedClaim",
        "InternalFailure",
        "InternalServerException",
        "InvalidAction",
        "InvalidIdInRequest",
        "InvalidIdentityToken",
        "InvalidIdentityTokenException",
        "InvalidParameterException",
        "InvalidParameterValue",
        "InvalidRequestException",
        "InvalidRequestPath",
        "MalformedPolicyDocument",
        "MissingParameter",
        "NoIdInRequest",
        "OptInRequired",
        "PackedPolicyTooLarge",
        "RegionDisabledException",
        "RequestLimitExceeded",
        "ResourceNotFoundException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "Throttling",
        "ThrottlingException",
        "ValidationError",
    }
)
"""Documented error codes: a message shows no other text of an answer."""
RETRYABLE_CODES: Final = frozenset(
    {"IDPCommunicationError", "RequestLimitExceeded", "Throttling", "ThrottlingException"}
)
"""Error codes that a retry may overcome, whatever the status: STS answers with 400 to them."""
CREDENTIAL_ELEMENT: Final = re.compile(r"<(AccessKeyId|SecretAccessKey|SessionToken|Expiration)>([^<]{1,16384})</")
CODE_ELEMENT: Final = re.compile(r"<Code>(\w{1,64})</")


@dataclass(frozen=True, slots=True)
class IssuedKeys:
    """Keys with their source, for messages, and the time at which they expire, if that is known."""

    keys: AwsKeys
    source: str
    expiration: datetime | None = None

    def find_mistake(self, now: datetime) -> str | None:
        """Describe why the keys cannot be used at this time; None if they can be."""
        if self.expiration is None or now < self.expiration:
            return None
        return f"the AWS credentials from {self.source} expired at {self.expiration:%Y-%m-%dT%H:%M:%SZ}"


def make_keys(source: str, /, **values: object) -> Answer[AwsKeys]:
    """Make keys of three values in this order: access key id, secret access key, session token.

    The names of the values are for messages. An absent session token is None or empty.
    """
    checked: list[str | None] = []
    for name, value in values.items():
        is_optional = len(checked) == 2
        if value is None or value == "":
            if not is_optional:
                return Failure(AuthenticationError(f"the AWS credentials from {source} have no {name}"))
            checked.append(None)
            continue
        pattern = PRINTABLE_TEXT if checked else KEY_ID
        if not isinstance(value, str) or not pattern.fullmatch(value):
            reason = "it is no text, or has a character that is not allowed (a space or line break, for example)"
            return Failure(AuthenticationError(f"{name} of the AWS credentials from {source} is invalid: {reason}"))
        checked.append(value)
    key_id, secret, token = checked
    return Success(AwsKeys(key_id or "", secret or "", token))


def parse_keys(source: str, response: Response) -> Answer[IssuedKeys]:
    """Parse the credentials of a metadata service: a JSON object with `AccessKeyId`, `SecretAccessKey` and `Token`."""
    answer = require_object(source, response)
    if isinstance(answer, Failure):
        return answer
    document = answer.unwrap()
    code = document.get("Code", "Success")
    if code != "Success" and "SecretAccessKey" not in document:
        return Failure(AuthenticationError(f"{source} has no credentials{_format_code(code)}"))
    return _issue(source, document, "Token")


def parse_web_identity_keys(source: str, response: Response) -> Answer[IssuedKeys]:
    """Parse the answer of AssumeRoleWithWebIdentity, in JSON or XML."""
    document: Any = parse_object(response)
    if document is None:
        text = response.body.decode("utf-8", "replace")
        document = {name: value.strip() for name, value in CREDENTIAL_ELEMENT.findall(text)}
    else:
        for name in ("AssumeRoleWithWebIdentityResponse", "AssumeRoleWithWebIdentityResult", "Credentials"):
            document = document.get(name) if isinstance(document, dict) else None
    if not isinstance(document, dict) or not document:
        return Failure(AuthenticationError(f"the answer of {source} has no credentials"))
    return _issue(source, document, "SessionToken")


def parse_error_code(response: Response) -> str:
    """Return the documented error code of a refusal; empty if it has none."""
    document = parse_object(response)
    if document is None:
        match = CODE_ELEMENT.search(response.body.decode("utf-8", "replace"))
        code: object = match[1] if match else ""
    else:
        error = document.get("Error")
        inner = error if isinstance(error, dict) else document
        code = inner.get("Code", inner.get("code"))
    return code if isinstance(code, str) and code in ERROR_CODES else ""


def explain_refusal(source: str, response: Response, remedy: str = "") -> InfisicalError:
    """Make the error of a response that is no success; a documented code decides over a status of 4xx."""
    code = parse_error_code(response)
    is_transient = code in RETRYABLE_CODES if code and response.status < 500 else None
    return make_refusal(source, response, code=code, remedy=remedy, is_transient=is_transient)


def parse_expiration(value: object) -> datetime | None:
    """Parse a time in ISO 8601 (without a zone: UTC) or in seconds since the epoch; None for any other value."""
    try:
        if isinstance(value, str):
            time = datetime.fromisoformat(value)
            return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def _issue(source: str, document: dict[str, Any], token_name: str) -> Answer[IssuedKeys]:
    names = ("AccessKeyId", "SecretAccessKey", token_name)
    keys = make_keys(source, **{name: document.get(name) for name in names})
    if isinstance(keys, Failure):
        return keys
    return Success(IssuedKeys(keys.unwrap(), source, parse_expiration(document.get("Expiration"))))


def _format_code(code: object) -> str:
    return f" ({code})" if isinstance(code, str) and code in ERROR_CODES else ""
