"""FakeAmazon: the services of AWS from which a login gets its credentials, as an executor. Nothing here sends."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlsplit

from infisical.request import HttpRequest
from infisical.response import Response
from infisical.testing.platforms.fake import FakePlatform

MAX_TOKEN_SECONDS: Final = 21600
TOKEN_PATH: Final = "/latest/api/token"
TOKEN_HEADER: Final = "x-aws-ec2-metadata-token"
ROLES_PATH: Final = "/latest/meta-data/iam/security-credentials/"
DOCUMENT_PATH: Final = "/latest/dynamic/instance-identity/document"
ERROR_STATUSES: Final = {
    "AccessDenied": 403,
    "ExpiredTokenException": 400,
    "IDPCommunicationError": 400,
    "InvalidAction": 400,
    "InvalidIdentityToken": 400,
    "ServiceUnavailable": 503,
    "SignatureDoesNotMatch": 403,
    "Throttling": 400,
    "ValidationError": 400,
}
"""Error codes of STS, and their statuses."""


def read_clock() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


@dataclass(slots=True, kw_only=True, eq=False)
class FakeAmazon(FakePlatform):
    """An AWS with one role: instance metadata, container credentials and STS. Call it as an executor, or serve it.

    Every host is the same AWS. The paths of the instance metadata are AWS's own, those of the container are `/creds`
    and `/v2/credentials/...`, and a POST to `/` is one to STS. Change the attributes to provoke errors:

    - `role=None`: the instance has no role. `has_metadata=False`: the metadata service refuses with 403.
    - `lifetime=timedelta(seconds=-1)`: the credentials have expired.
    - `authorization="..."`: the container service wants this token, else it answers 401.
    - `web_identity_token="..."`: STS accepts only this token of a web identity, else `InvalidIdentityToken`.
    - `sts_error="ExpiredTokenException"`, `"AccessDenied"`, `"Throttling"`, ...: STS answers with this error.
    - `container_status` and `metadata_status`: a status other than 200 for the credentials.

    `sent` lists the requests. `with serving(FakeAmazon()) as url:` puts it on a socket; then
    `Platform(environ={"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{url}/creds", "AWS_REGION": "eu-central-1"})`, or
    `{"AWS_EC2_METADATA_SERVICE_ENDPOINT": url}`, is a machine in it.
    """

    access_key_id: str = "ASIAFAKEFAKEFAKEFAKE"
    secret_access_key: str = field(default="fake+secret/access+key/of+the+fake+role0", repr=False)
    session_token: str = field(default="fake-session-token//of+the+fake+role==", repr=False)
    account_id: str = "123456789012"
    role: str | None = "app"
    region: str = "eu-central-1"
    lifetime: timedelta = timedelta(hours=6)
    authorization: str | None = field(default=None, repr=False)
    web_identity_token: str | None = field(default=None, repr=False)
    metadata_token: str = field(default="fake-metadata-token-AQAEAFake==", repr=False)
    has_metadata: bool = True
    metadata_status: int = 200
    container_status: int = 200
    sts_error: str | None = None
    clock: Callable[[], datetime] = field(default=read_clock, repr=False)

    @property
    def arn(self) -> str:
        """The ARN of the principal, as GetCallerIdentity answers it."""
        return f"arn:aws:sts::{self.account_id}:assumed-role/{self.role}/i-0123456789abcdef0"

    @property
    def secrets(self) -> tuple[str, ...]:
        """All secrets that it hands out or takes: none of them may appear in a log, an error or a recording."""
        values = (self.secret_access_key, self.session_token, self.metadata_token)
        return (*values, *(one for one in (self.authorization, self.web_identity_token) if one))

    def _answer(self, request: HttpRequest) -> Response:
        path = urlsplit(request.url).path or "/"
        headers = {name.lower(): value for name, value in request.headers}
        if path.startswith("/latest/"):
            return self._answer_metadata(request.method, path, headers)
        if request.method == "POST" and path == "/":
            return self._answer_sts(request, headers)
        if request.method == "GET" and (path == "/creds" or path.startswith("/v2/credentials/")):
            return self._answer_container(headers)
        return _write_json(404, {"code": "ResourceNotFoundException", "message": "not found"})

    # ---- the instance metadata
    def _answer_metadata(self, method: str, path: str, headers: Mapping[str, str]) -> Response:
        if not self.has_metadata or "x-forwarded-for" in headers:
            return _write_text(403, "")
        if path == TOKEN_PATH:
            return self._start_session(method, headers.get(f"{TOKEN_HEADER}-ttl-seconds", ""))
        if method != "GET":
            return _write_text(405, "")
        if headers.get(TOKEN_HEADER) != self.metadata_token:
            return _write_text(401, "")
        if path == DOCUMENT_PATH:
            document = {"accountId": self.account_id, "region": self.region, "instanceId": "i-0123456789abcdef0"}
            return _write_json(200, document, "text/plain")
        if self.role is not None and path == ROLES_PATH:
            return _write_text(200, self.role)
        if self.role is not None and path == ROLES_PATH + quote(self.role, safe=""):
            document = {"Code": "Success", "Type": "AWS-HMAC", "LastUpdated": self._format_time(timedelta())}
            answer = {**document, **self._list_credentials()} if self.metadata_status == 200 else {}
            return _write_json(self.metadata_status, answer, "text/plain")
        return _write_text(404, "")

    def _start_session(self, method: str, seconds: str) -> Response:
        if method != "PUT":
            return _write_text(405, "")
        if not re.fullmatch(r"[0-9]{1,5}", seconds) or int(seconds) not in range(1, MAX_TOKEN_SECONDS + 1):
            return _write_text(400, "")
        return _write_text(200, self.metadata_token, ("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", seconds))

    # ---- the container
    def _answer_container(self, headers: Mapping[str, str]) -> Response:
        if self.authorization is not None and headers.get("authorization") != self.authorization:
            return _write_json(401, {"code": "AccessDeniedException", "message": "the token is missing or invalid"})
        if self.container_status != 200:
            return _write_json(self.container_status, {"code": "InternalServerException", "message": "no credentials"})
        return _write_json(200, {"RoleArn": f"arn:aws:iam::{self.account_id}:role/app", **self._list_credentials()})

    def _list_credentials(self) -> dict[str, str]:
        return {
            "AccessKeyId": self.access_key_id,
            "SecretAccessKey": self.secret_access_key,
            "Token": self.session_token,
            "Expiration": self._format_time(self.lifetime),
        }

    def _format_time(self, delay: timedelta) -> str:
        return (self.clock() + delay).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    # ---- STS
    def _answer_sts(self, request: HttpRequest, headers: Mapping[str, str]) -> Response:
        form = dict(parse_qsl((request.body or b"").decode("utf-8", "replace"), max_num_fields=64))
        has_json = "json" in headers.get("accept", "")
        action = form.get("Action", "")
        code = self.sts_error or self._find_error(action, form, request, headers)
        if code is not None:
            return _write_error(code, has_json)
        if action == "GetCallerIdentity":
            caller = {"Account": self.account_id, "Arn": self.arn, "UserId": "AROAFAKE:i-0123456789abcdef0"}
            return _write_result(action, caller, has_json)
        expiration = self.clock() + self.lifetime
        credentials = {
            "AccessKeyId": self.access_key_id,
            "SecretAccessKey": self.secret_access_key,
            "SessionToken": self.session_token,
            "Expiration": expiration.timestamp() if has_json else self._format_time(self.lifetime),
        }
        return _write_result(action, {"Credentials": credentials}, has_json)

    def _find_error(
        self, action: str, form: Mapping[str, str], request: HttpRequest, headers: Mapping[str, str]
    ) -> str | None:
        if action == "GetCallerIdentity":
            return None if self._is_signed(request, headers) else "SignatureDoesNotMatch"
        if action != "AssumeRoleWithWebIdentity":
            return "InvalidAction"
        if not re.fullmatch(r"[\w+=,.@-]{2,64}", form.get("RoleSessionName", ""), re.ASCII):
            return "ValidationError"
        if not re.fullmatch(rf"arn:aws[a-z-]*:iam::{self.account_id}:role/\S+", form.get("RoleArn", "")):
            return "AccessDenied"
        is_known = self.web_identity_token in (None, form.get("WebIdentityToken"))
        return None if is_known and "WebIdentityToken" in form else "InvalidIdentityToken"

    def _is_signed(self, request: HttpRequest, headers: Mapping[str, str]) -> bool:
        from infisical.memory.identity_auth.aws import SignedRequest, find_caller

        host = headers.get("host", urlsplit(request.url).netloc)
        signed = SignedRequest(request.method, host, {"host": host, **headers}, request.body or b"")
        return find_caller(signed, {self.access_key_id: self.secret_access_key}, self.clock().timestamp()) is not None


# ---- answers
def _write_text(status: int, text: str, *headers: tuple[str, str]) -> Response:
    return Response(status, (("Content-Type", "text/plain"), *headers), text.encode())


def _write_json(status: int, document: Mapping[str, Any], kind: str = "application/json") -> Response:
    return Response(status, (("Content-Type", kind),), json.dumps(document).encode())


def _write_result(action: str, result: Mapping[str, Any], has_json: bool) -> Response:
    """Write an answer of STS: JSON if the request accepts it, else XML."""
    document = {f"{action}Response": {f"{action}Result": result, "ResponseMetadata": {"RequestId": "fake"}}}
    return _write_json(200, document) if has_json else _write_xml(200, document)


def _write_error(code: str, has_json: bool) -> Response:
    error = {"Type": "Sender", "Code": code, "Message": f"a message of the fake about {code}"}
    status = ERROR_STATUSES.get(code, 400)
    if has_json:
        return _write_json(status, {"Error": error, "RequestId": "fake"})
    return _write_xml(status, {"ErrorResponse": {"Error": error, "RequestId": "fake"}})


def _write_xml(status: int, document: Mapping[str, Any]) -> Response:
    return Response(status, (("Content-Type", "text/xml"),), _format_elements(document).encode())


def _format_elements(document: Mapping[str, Any]) -> str:
    from xml.sax.saxutils import escape

    return "".join(
        f"<{name}>{_format_elements(value) if isinstance(value, Mapping) else escape(str(value))}</{name}>"
        for name, value in document.items()
    )
