"""Google Cloud: identity tokens of the metadata server, JWTs signed by a key file, and google-auth credentials.

The server verifies identity tokens (`gcp-id-token`) with Google's keys, and JWTs (`gcp-iam`) with the keys of their
service account. Both have the identity id as audience. google_transport.py sends what google-auth asks for.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, cast
from urllib.parse import quote

from returns.result import Failure, Success

from infisical.answer import Answer
from infisical.errors import AuthenticationError, InfisicalError
from infisical.flow import Flow, call
from infisical.login import LoginMethod, LoginSource
from infisical.login_methods import GcpAuth
from infisical.request import HttpRequest
from infisical.response import Response
from infisical.sources.answers import check_token, is_success, make_refusal
from infisical.sources.arguments import PATH_MISTAKE, check_text, to_path
from infisical.sources.google_transport import GoogleTransport
from infisical.sources.library_errors import explain_exception
from infisical.sources.platform import METADATA_SECONDS, THIS_MACHINE, Platform, make_login
from infisical.sources.rsa_key import RsaKey
from infisical.sources.transports import MAX_RESPONSE_BYTES
from infisical.transport import AsyncExecutor, Executor
from infisical.wiring import is_async

METADATA_HOST: Final = "metadata.google.internal"
IDENTITY_PATH: Final = "/computeMetadata/v1/instance/service-accounts/default/identity"
FLAVOR_HEADER: Final = ("Metadata-Flavor", "Google")
"""The header that Google's metadata server requires in each request and sends in each response."""
HOST_FORM: Final = re.compile(r"(?:[A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
SERVER: Final = "Google's metadata server"
REMEDIES: Final = {
    400: "the service account of this machine gives no identity token for this audience",
    403: "the access to it is forbidden; a proxy or a network policy may be between",
    404: "this machine has no default service account",
}
JWT_SECONDS: Final = 900
"""The lifetime of a self-signed JWT, which is used at once: it allows for clocks that differ."""
OTHER_KEY_TYPES: Final = frozenset({"authorized_user", "external_account", "impersonated_service_account"})
CREDENTIALS: Final = "the google-auth credentials object"
IDENTITY_TOKEN_REMEDY: Final = "give IDTokenCredentials, or service account credentials with a key"


# ---- the metadata server, or a credentials object
@dataclass(frozen=True, slots=True)
class GoogleSource:
    """Asks the metadata server, or a google-auth credentials object, for an identity token for each login."""

    identity_id: str
    credentials: Any = field(repr=False, hash=False)
    organization_slug: str | None = field(repr=False)
    platform: Platform

    def find_login(self) -> Flow[Answer[LoginMethod]]:
        token = yield from self._ask_metadata() if self.credentials is None else self._ask_credentials()
        if isinstance(token, Failure):
            return token
        jwt = token.unwrap()
        return make_login(lambda: GcpAuth(self.identity_id, jwt, organization_slug=self.organization_slug))

    def _ask_metadata(self) -> Flow[Answer[str]]:
        host = self.platform.get_variable("GCE_METADATA_HOST") or METADATA_HOST
        if not HOST_FORM.fullmatch(host):
            return Failure(AuthenticationError("GCE_METADATA_HOST must be a host, or host:port, without http://"))
        url = f"http://{host}{IDENTITY_PATH}?audience={quote(self.identity_id, safe='')}&format=full"
        answer = yield from self.platform.fetch_directly(
            HttpRequest("GET", url, (FLAVOR_HEADER,), None, METADATA_SECONDS, MAX_RESPONSE_BYTES)
        )
        return answer if isinstance(answer, Failure) else _read_token(host, answer.unwrap())

    def _ask_credentials(self) -> Flow[Answer[str]]:
        executor = self.platform.executor
        if executor is not None and is_async(executor):
            message = "google-auth credentials block: their executor must be a blocking one, or None"
            return Failure(AuthenticationError(message))
        result = yield from call(self._use_credentials, blocks=True)
        if isinstance(result, Failure):
            return Failure(explain_exception(CREDENTIALS, result.failure()))
        token = result.unwrap()
        return Failure(token.failure()) if isinstance(token, Failure) else Success(token.unwrap())

    def _use_credentials(self) -> Answer[str]:
        credentials = self.credentials
        if callable(getattr(credentials, "with_target_audience", None)):
            credentials = credentials.with_target_audience(self.identity_id)
        elif _can_sign(credentials):
            signer = credentials.signer
            account = Account(credentials.signer_email, signer.key_id)
            return make_jwt(account, self.identity_id, self.platform.clock(), lambda text: Success(signer.sign(text)))
        if callable(getattr(credentials, "with_include_email", None)):  # the server identifies the account by it
            credentials = credentials.with_include_email(True)
        if not callable(getattr(credentials, "refresh", None)):
            name = type(credentials).__name__
            return Failure(AuthenticationError(f"{name} is not a google-auth credentials object: it has no refresh()"))
        executor = cast("Executor | None", self.platform.executor)
        credentials.refresh(GoogleTransport(executor, self.platform.get_variable("GCE_METADATA_HOST")))
        return _check_identity_token(getattr(credentials, "token", None), self.identity_id)


def gcp(
    identity_id: str,
    credentials: Any = None,
    *,
    organization_slug: str | None = None,
    executor: Executor | AsyncExecutor | None = None,
    platform: Platform = THIS_MACHINE,
) -> LoginSource:
    """Log in with a Google identity token of this machine's service account (GCE, GKE, Cloud Run, ...).

    The metadata server is asked for each login: `metadata.google.internal`, or the host of `GCE_METADATA_HOST`.

    `credentials` is a google-auth credentials object to use instead. `IDTokenCredentials` (of service accounts, compute
    engine, impersonation) ask for a token whose audience is the identity id. Service account credentials with a key
    sign a JWT themselves, as `gcp_key_file` does. The object is asked in a thread under asyncio.

    `executor` sends the requests. A metadata server that does not answer is an `InfisicalNetworkError`, an answer
    without a token an `AuthenticationError`. ValueError if `identity_id` is no text.
    """
    check_text("identity_id", identity_id)
    return GoogleSource(identity_id, credentials, organization_slug, platform.with_executor(executor))


def _read_token(host: str, response: Response) -> Answer[str]:
    """Return the token of an answer, if Google's metadata server itself sent it."""
    name, value = FLAVOR_HEADER
    is_genuine = any(key.lower() == name.lower() and text.strip() == value for key, text in response.headers)
    if not is_success(response):
        remedy = REMEDIES.get(response.status, "")
        return Failure(make_refusal(f"{SERVER} ({host})", response, remedy=remedy))
    if not is_genuine:
        return Failure(AuthenticationError(f"{host} is not {SERVER}: its answer lacks the header {name}: {value}"))
    return check_token(SERVER, response.body.decode("utf-8", "replace"))


def _can_sign(credentials: Any) -> bool:
    """True for credentials with a private key: the server needs the key's id, which remote signers do not know."""
    signer = getattr(credentials, "signer", None)
    key_id, email = getattr(signer, "key_id", None), getattr(credentials, "signer_email", None)
    return callable(getattr(signer, "sign", None)) and isinstance(key_id, str) and isinstance(email, str)


def _check_identity_token(value: object, identity_id: str) -> Answer[str]:
    """Return a token, unless it certainly is no identity token for this identity."""
    checked = check_token(CREDENTIALS, value, IDENTITY_TOKEN_REMEDY)
    if isinstance(checked, Failure):
        return checked
    token = checked.unwrap()
    if token.startswith("ya29."):
        return Failure(_refuse_token("gave an access token, and the login needs an identity token"))
    audience = _read_audience(token)
    if audience is not None and audience != identity_id:
        return Failure(_refuse_token("gave a token for another audience than the identity id"))
    return Success(token)


def _refuse_token(reason: str) -> InfisicalError:
    return AuthenticationError(f"{CREDENTIALS} {reason}: {IDENTITY_TOKEN_REMEDY}")


def _read_audience(token: str) -> object:
    """Return the audience of a JWT, without verifying it; None if it has none."""
    parts = token.split(".", 3)
    try:
        claims = json.loads(base64.urlsafe_b64decode(f"{parts[1]}===")) if len(parts) == 3 else None
    except (ValueError, RecursionError, binascii.Error):
        return None
    return claims.get("aud") if isinstance(claims, dict) else None


# ---- a key file
@dataclass(frozen=True, slots=True)
class Account:
    """A service account, and the id of one of its keys."""

    email: str
    key_id: str


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A key file of a service account."""

    account: Account
    key: RsaKey


@dataclass(frozen=True, slots=True)
class KeyFileSource:
    """Signs a JWT with the key file of a service account for each login."""

    identity_id: str
    path: str
    organization_slug: str | None = field(repr=False)
    platform: Platform

    def find_login(self) -> Flow[Answer[LoginMethod]]:
        answer = yield from self._read()
        if isinstance(answer, Failure):
            return answer
        file = answer.unwrap()
        signed = yield from call(
            lambda: make_jwt(file.account, self.identity_id, self.platform.clock(), file.key.sign), blocks=True
        )
        if isinstance(signed, Failure):
            return Failure(explain_exception("signing the JWT", signed.failure()))
        token = signed.unwrap()
        if isinstance(token, Failure):
            return token
        jwt = token.unwrap()
        return make_login(lambda: GcpAuth(self.identity_id, jwt, organization_slug=self.organization_slug))

    def _read(self) -> Flow[Answer[KeyFile]]:
        text = yield from self.platform.read_file(self.path, "Google service account key file")
        return text if isinstance(text, Failure) else parse_key_file(text.unwrap(), self.path)


def gcp_key_file(
    identity_id: str,
    path: str | os.PathLike[str],
    *,
    organization_slug: str | None = None,
    platform: Platform = THIS_MACHINE,
) -> LoginSource:
    """Log in with a JWT signed by a service account's key file (JSON), which is read again for each login.

    It requires `cryptography` (the extra `gcp`), and sends nothing to Google. The JWT is valid for 15 minutes. Today's
    server accepts only accounts of the form `name@project.iam.gserviceaccount.com`. A file that is missing, or is not
    such a key file, is an `AuthenticationError`. ValueError if `identity_id` is no text, or `path` no path.
    """
    check_text("identity_id", identity_id)
    text = to_path(path)
    if text is None:
        del path  # a traceback with locals must not show it
        raise ValueError(f"path {PATH_MISTAKE}")
    return KeyFileSource(identity_id, text, organization_slug, platform)


def parse_key_file(text: str, path: str) -> Answer[KeyFile]:
    """Parse the key file of a service account; `path` is for messages, which show nothing of the file."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return Failure(AuthenticationError(f"the Google service account key file is not JSON: {path}"))
    kind = document.get("type") if isinstance(document, dict) else None
    if not isinstance(document, dict) or kind != "service_account":
        also = f" (its type is {kind})" if isinstance(kind, str) and kind in OTHER_KEY_TYPES else ""
        return Failure(AuthenticationError(f"this is not the key file of a Google service account: {path}{also}"))
    names = ("client_email", "private_key_id", "private_key")
    missing = [name for name in names if not isinstance(document.get(name), str) or not document[name]]
    if missing:
        message = f"the Google service account key file lacks {', '.join(missing)}: {path}"
        return Failure(AuthenticationError(message))
    key = RsaKey(document["private_key"], f"private key in {path}", "gcp")
    return Success(KeyFile(Account(document["client_email"], document["private_key_id"]), key))


def make_jwt(account: Account, audience: str, now: datetime, sign: Callable[[bytes], Answer[bytes]]) -> Answer[str]:
    """Make a JWT of a service account, signed RS256; `now` is aware."""
    seconds = int(now.timestamp())
    header = {"alg": "RS256", "kid": account.key_id, "typ": "JWT"}
    claims = {"iss": account.email, "sub": account.email, "aud": audience, "iat": seconds, "exp": seconds + JWT_SECONDS}
    text = f"{_encode_json(header)}.{_encode_json(claims)}"
    signature = sign(text.encode())
    return signature if isinstance(signature, Failure) else Success(f"{text}.{_encode(signature.unwrap())}")


def _encode_json(document: dict[str, Any]) -> str:
    return _encode(json.dumps(document, separators=(",", ":")).encode())


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
