"""AWS logins: the signed request is checked as AWS's STS does it, and its principal as Infisical does it.

A test declares principals: an access key id and the ARN that STS would answer for it. A signature is checked against a
secret access key only if the test declares one; its form and its date are always checked.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from infisical.memory.call import Call
from infisical.memory.refusals import Refusal, bad_request, internal_error, unauthorized
from infisical.memory.state import Row

AUTHORIZATION: Final = re.compile(
    r"AWS4-HMAC-SHA256 +Credential=(?P<key_id>[^/,\s]{1,128})/(?P<date>\d{8})/(?P<region>[a-z0-9-]{1,64})"
    r"/sts/aws4_request,\s{0,8}SignedHeaders=(?P<names>[a-z0-9;-]{1,1024}),\s{0,8}Signature=(?P<signature>[0-9a-f]{64})"
)
REGION: Final = re.compile(r"[a-z0-9-]{1,20}")
BODY: Final = frozenset({("Action", "GetCallerIdentity"), ("Version", "2011-06-15")})
MAX_SKEW_SECONDS: Final = 900
ARN: Final = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):(?P<service>iam|sts)::(?P<account>\d{12}):"
    r"(?P<resource>root|(?P<kind>user|role|assumed-role|instance-profile)/(?P<name>\S+))"
)
PRINCIPAL_FIELDS: Final = frozenset({"accessKeyId", "arn", "secretAccessKey"})


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request that AWS is to answer: its method, its host, its headers (names in lower case) and its body."""

    method: str
    host: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def check_principal(fields: Mapping[str, Any]) -> None:
    """Raise ValueError for a declared principal that AWS could not have."""
    unknown = ", ".join(sorted(fields.keys() - PRINCIPAL_FIELDS))
    if unknown:
        raise ValueError(f"a declared AWS principal has accessKeyId, arn and secretAccessKey, and not {unknown}")
    if not isinstance(fields.get("arn"), str) or not ARN.fullmatch(fields["arn"]):
        raise ValueError("a declared AWS principal needs the arn of a user, a role or an assumed role")


def is_principal(fields: Mapping[str, Any]) -> bool:
    """True if a declared login describes a principal instead of the body of a login."""
    return "accessKeyId" in fields


def verify_login(call: Call, settings: Row, declarations: Iterable[Row]) -> bool:
    """Refuse a login whose signature STS would refuse, or whose principal the settings do not allow.

    Return False if no principal is declared. Infisical answers a refusal by STS with status 500: so does this server.
    """
    principals, body = [row["fields"] for row in declarations if is_principal(row["fields"])], call.body
    if not principals:
        return False
    headers = _parse_headers(body["iamRequestHeaders"])
    region = _find_region(headers.get("authorization", ""))
    if not REGION.fullmatch(region):
        raise bad_request("Invalid AWS region")
    host, content = f"sts.{region}.amazonaws.com", _decode(body["iamRequestBody"])
    sent = {"host": host, "content-length": str(len(content)), **headers}
    request = SignedRequest(body["iamHttpRequestMethod"], host, sent, content)
    arns = {fields["accessKeyId"]: fields["arn"] for fields in principals}
    secrets = {fields["accessKeyId"]: fields.get("secretAccessKey") for fields in principals}
    key_id = find_caller(request, secrets, call.now)
    if key_id is None:
        raise internal_error()
    refusal = _find_refusal(arns[key_id], settings)
    if refusal is not None:
        raise refusal
    return True


# ---- what STS checks
def find_caller(request: SignedRequest, secrets: Mapping[str, str | None], now: float) -> str | None:
    """Return the access key id of a signed GetCallerIdentity; None for a request that STS refuses.

    `secrets` has the secret access keys of the known key ids; None accepts any signature of the right form.
    """
    authorization = AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    if authorization is None or request.method.upper() not in ("GET", "POST"):
        return None
    names, time = authorization["names"].split(";"), _parse_date(request.headers.get("x-amz-date", ""))
    required = {"host", "x-amz-date"} | ({"x-amz-security-token"} & request.headers.keys())
    is_known = authorization["key_id"] in secrets and required <= set(names) <= request.headers.keys()
    is_current = time is not None and abs(time.timestamp() - now) <= MAX_SKEW_SECONDS
    if not is_known or not is_current or not request.headers["x-amz-date"].startswith(authorization["date"]):
        return None
    is_addressed = request.headers["host"] == request.host
    if not is_addressed or set(_parse_form(request.body)) != BODY or names != sorted(set(names)):
        return None
    secret = secrets[authorization["key_id"]]
    if secret is not None and time is not None and not _has_signature(request, authorization, names, secret, time):
        return None
    return authorization["key_id"]


def _has_signature(
    request: SignedRequest, authorization: re.Match[str], names: Iterable[str], secret: str, time: datetime
) -> bool:
    import hmac

    from infisical.sources.amazon_signing import Scope, format_signed_text, sign_text, write_canonical_request

    scope = Scope(authorization["region"], "sts", time)
    headers = tuple((name, request.headers[name]) for name in names)
    canonical = write_canonical_request(request.method, f"https://{request.host}/", headers, request.body)
    expected = sign_text(format_signed_text(canonical, scope), secret, scope)
    return hmac.compare_digest(expected, authorization["signature"])


def _parse_date(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def _parse_form(body: bytes) -> list[tuple[str, str]]:
    from urllib.parse import parse_qsl

    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=16)
    except ValueError:
        return []


# ---- what Infisical checks
def _parse_headers(text: str) -> dict[str, str]:
    """Parse the headers of the signed request; names in lower case."""
    try:
        headers = json.loads(_decode(text))
    except (ValueError, RecursionError):
        raise internal_error() from None
    if not isinstance(headers, dict):
        raise bad_request("Invalid AWS region")
    return {str(name).lower(): str(value) for name, value in headers.items()}


def _decode(text: str) -> bytes:
    """Decode base64 as the server does, which ignores foreign letters and the lack of padding."""
    letters = re.sub(r"[^A-Za-z0-9+/]", "", text.replace("-", "+").replace("_", "/"))
    try:
        return base64.b64decode(letters + "=" * (-len(letters) % 4))
    except binascii.Error:  # one letter too many
        return base64.b64decode(letters[:-1])


def _find_region(authorization: str) -> str:
    """Find the region as the server does: the third part of the credential."""
    for word in authorization.split(" "):
        parts = word.split("/")
        if word.startswith("Credential=") and len(parts) >= 3:
            return parts[2]
    return ""


def _find_refusal(arn: str, settings: Row) -> Refusal | None:
    principal = ARN.fullmatch(arn)
    if principal is None or principal["kind"] is None:
        return unauthorized("Access denied: AWS account root principals cannot use AWS Auth.")
    accounts, allowed = _split(settings["allowedAccountIds"]), _split(settings["allowedPrincipalArns"])
    if accounts and principal["account"] not in accounts:
        return unauthorized("Access denied: AWS account ID not allowed.")
    short = _format_short_arn(principal, principal["partition"], principal["service"], principal["kind"])
    role = principal["kind"].removeprefix("assumed-")
    partitions = ("aws", principal["partition"])
    names = {short, *(_format_short_arn(principal, partition, "iam", role) for partition in partitions)}
    if allowed and not any(_matches(pattern, name) for pattern in allowed for name in names):
        return unauthorized(f"Access denied: AWS principal ARN not allowed. [principal-arn={short}]")
    return None


def _format_short_arn(principal: re.Match[str], partition: str, service: str, kind: str) -> str:
    """Shorten an ARN as the server does: the name without its path; of an assumed role without its session."""
    parts = principal["name"].split("/")
    name = parts[0] if principal["kind"] == "assumed-role" else parts[-1]
    return f"arn:{partition}:{service}::{principal['account']}:{kind}/{name}"


def _split(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def _matches(pattern: str, arn: str) -> bool:
    """Match an ARN with `*` for any text; the time is linear in pattern and ARN."""
    first, *others = pattern.split("*")
    if not others:
        return pattern == arn
    if not arn.startswith(first):
        return False
    position = len(first)
    for part in others[:-1]:
        place = arn.find(part, position)
        if place < 0:
            return False
        position = place + len(part)
    return len(arn) - position >= len(others[-1]) and arn.endswith(others[-1])
