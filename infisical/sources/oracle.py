"""Oracle Cloud: a signed request for the user's own record, which Infisical's server sends to Oracle.

Signing is pure. oracle_config.py knows the configuration file, rsa_key.py the key.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final

from returns.result import Failure, Success

from infisical.answer import Answer
from infisical.errors import AuthenticationError, InfisicalError
from infisical.flow import Flow, call
from infisical.login import LoginMethod, LoginSource
from infisical.login_methods import OciAuth
from infisical.sources.arguments import PATH_MISTAKE, check_text, to_path
from infisical.sources.library_errors import explain_exception
from infisical.sources.oracle_config import Profile, check_form, parse_profile
from infisical.sources.platform import THIS_MACHINE, Platform, make_login
from infisical.sources.rsa_key import RsaKey

CONFIG_FILE: Final = "~/.oci/config"
SIGNED_HEADERS: Final = "date (request-target) host"
FORWARDED_HEADERS: Final = ("authorization", "host", "date", "x-date")
"""What Infisical's server sends on to Oracle: a signature over anything else cannot be verified."""
HEADERS_FIELD: Final = re.compile(r'(?:\A| |,)headers="([^"]{1,512})"')
TOKEN_PREFIX: Final = "ST$"


@dataclass(frozen=True, slots=True)
class OracleUser:
    """A user, and the host of the region that knows it."""

    ocid: str
    host: str

    @property
    def path(self) -> str:
        """The path of the user's record."""
        return f"/20160918/users/{self.ocid}"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key of a user: `key_id` is `tenancy/user/fingerprint`."""

    user: OracleUser
    key_id: str
    key: RsaKey

    def sign(self, now: datetime) -> Answer[dict[str, str]]:
        """Sign the request for the user's record, and return its headers; `now` is aware."""
        date = format_date(now)
        text = f"date: {date}\n(request-target): get {self.user.path}\nhost: {self.user.host}"
        signature = self.key.sign(text.encode())
        if isinstance(signature, Failure):
            return signature
        fields = {
            "version": "1",
            "keyId": self.key_id,
            "algorithm": "rsa-sha256",
            "headers": SIGNED_HEADERS,
            "signature": base64.b64encode(signature.unwrap()).decode(),
        }
        authorization = "Signature " + ",".join(f'{name}="{value}"' for name, value in fields.items())
        return Success({"authorization": authorization, "date": date, "host": self.user.host})


@dataclass(slots=True)
class SignableRequest:
    """A GET as the signers of the oci SDK take it: they read these attributes, and add headers."""

    user: OracleUser
    headers: dict[str, str] = field(repr=False)
    method: str = "GET"
    body: None = None

    @property
    def url(self) -> str:
        """The URL of the request."""
        return f"https://{self.user.host}{self.user.path}"

    @property
    def path_url(self) -> str:
        """The path of the URL, with its query."""
        return self.user.path


@dataclass(frozen=True, slots=True)
class OracleSource:
    """Signs a request with an API key, or by a signer of the oci SDK, for each login."""

    identity_id: str
    config_file: str
    profile: str
    signer: Any = field(repr=False, hash=False)
    organization_slug: str | None = field(repr=False)
    platform: Platform

    def find_login(self) -> Flow[Answer[LoginMethod]]:
        return (yield from self._use_key() if self.signer is None else self._use_signer())

    # ---- an API key of the configuration file
    def _use_key(self) -> Flow[Answer[LoginMethod]]:
        answer = yield from self._read_key()
        if isinstance(answer, Failure):
            return answer
        key = answer.unwrap()
        signed = yield from call(lambda: key.sign(self.platform.clock()), blocks=True)
        if isinstance(signed, Failure):
            return Failure(explain_exception("signing the request to Oracle", signed.failure()))
        headers = signed.unwrap()
        return headers if isinstance(headers, Failure) else self._make_login(key.user, headers.unwrap())

    def _read_key(self) -> Flow[Answer[ApiKey]]:
        answer = yield from self._read_profile()
        if isinstance(answer, Failure):
            return answer
        profile = answer.unwrap()
        values = []
        for name in ("user", "tenancy", "fingerprint", "region", "key_file"):
            value = profile.get(name)
            if isinstance(value, Failure):
                return value
            values.append(value.unwrap())
        user, tenancy, fingerprint, region, path = values
        pem = yield from self.platform.read_file(path, "private key of Oracle Cloud")
        if isinstance(pem, Failure):
            return pem
        key = RsaKey(pem.unwrap(), f"private key in {path}", "oci", profile.entries.get("pass_phrase"))
        return Success(ApiKey(_make_user(user, region), f"{tenancy}/{user}/{fingerprint}", key))

    def _read_profile(self) -> Flow[Answer[Profile]]:
        what, path = "OCI configuration file", self.config_file
        text = yield from self.platform.read_file(path, what)
        other = self.platform.get_variable("OCI_CONFIG_FILE")
        if isinstance(text, Failure) and path == CONFIG_FILE and other is not None:
            path = other
            text = yield from self.platform.read_file(path, what)
        return text if isinstance(text, Failure) else parse_profile(text.unwrap(), self.profile, path)

    # ---- a signer of the oci SDK
    def _use_signer(self) -> Flow[Answer[LoginMethod]]:
        if not callable(self.signer):
            return Failure(AuthenticationError(f"{type(self.signer).__name__} is not a signer of the oci SDK"))
        answer = yield from self._find_user()
        if isinstance(answer, Failure):
            return answer
        user = answer.unwrap()
        result = yield from call(lambda: self._sign(user), blocks=True)
        if isinstance(result, Failure):
            return Failure(explain_exception("the signer of the oci SDK", result.failure()))
        headers = result.unwrap()
        return headers if isinstance(headers, Failure) else self._make_login(user, headers.unwrap())

    def _find_user(self) -> Flow[Answer[OracleUser]]:
        """Find user and region: those of the signer, else those of the profile."""
        named = {"user": _find_signer_user(self.signer), "region": getattr(self.signer, "region", None)}
        values = {}
        for name, value in named.items():
            if isinstance(value, str):
                checked = check_form(name, value, "the signer")
            else:
                profile = yield from self._read_profile()
                checked = profile if isinstance(profile, Failure) else profile.unwrap().get(name)
            if isinstance(checked, Failure):
                return checked
            values[name] = checked.unwrap()
        if not re.search(r"[.:]user[.:]", values["user"]):
            return Failure(AuthenticationError("the signer is not one of a user, and Infisical's server requires one"))
        return Success(_make_user(values["user"], values["region"]))

    def _sign(self, user: OracleUser) -> Answer[dict[str, str]]:
        request = SignableRequest(user, {"date": format_date(self.platform.clock()), "host": user.host})
        self.signer(request)
        headers = {name.lower(): value for name, value in request.headers.items()}
        mistake = _find_signature_mistake(headers)
        if mistake is not None:
            return Failure(_refuse_signer(mistake))
        return Success({name: headers[name] for name in FORWARDED_HEADERS if name in headers})

    def _make_login(self, user: OracleUser, headers: Mapping[str, str]) -> Answer[LoginMethod]:
        return make_login(
            lambda: OciAuth(self.identity_id, user.ocid, headers, organization_slug=self.organization_slug)
        )


def oci(
    identity_id: str,
    config_file: str | os.PathLike[str] = CONFIG_FILE,
    profile: str = "DEFAULT",
    signer: Any = None,
    *,
    organization_slug: str | None = None,
    platform: Platform = THIS_MACHINE,
) -> LoginSource:
    """Log in with a request that a user's API key of Oracle Cloud signs; the files are read again for each login.

    The profile of `config_file` has `user`, `tenancy`, `fingerprint`, `region`, `key_file` and perhaps `pass_phrase`;
    it inherits entries of `DEFAULT`. Without the default file, that of `OCI_CONFIG_FILE` is read. Signing requires
    `cryptography` (the extra `oci`). Nothing is sent to Oracle: Infisical's server sends the signed request.

    `signer` is a signer of the oci SDK to use instead (`oci.signer.Signer`, or a `SecurityTokenSigner` of a user): an
    object that is called with a request and adds headers to it. User and region that it does not name are those of the
    profile. It is called in a thread under asyncio.

    A missing file, profile or entry, and a key that cannot be used, are an `AuthenticationError`.
    ValueError if `identity_id` or `profile` is no text, or `config_file` no path.
    """
    check_text("identity_id", identity_id)
    check_text("profile", profile)
    path = to_path(config_file)
    if path is None:
        del config_file  # a traceback with locals must not show it
        raise ValueError(f"config_file {PATH_MISTAKE}")
    return OracleSource(identity_id, path, profile, signer, organization_slug, platform)


def format_date(now: datetime) -> str:
    """Write a moment as the header `date` has it: `Thu, 05 Jan 2014 21:31:40 GMT`; `now` is aware."""
    return format_datetime(now.astimezone(UTC), usegmt=True)


def _make_user(ocid: str, region: str) -> OracleUser:
    return OracleUser(ocid, f"identity.{region}.oraclecloud.com")


def _find_signer_user(signer: Any) -> str | None:
    """Return the user of a signer's key id: `tenancy/user/fingerprint`, or `ST$` and a security token."""
    key_id = getattr(signer, "api_key", None)
    if not isinstance(key_id, str):
        return None
    if not key_id.startswith(TOKEN_PREFIX):
        parts = key_id.split("/")
        return parts[1] if len(parts) == 3 else None
    try:
        claims = json.loads(base64.urlsafe_b64decode(f"{key_id.split('.')[1]}==="))
    except (ValueError, IndexError, RecursionError):
        return None
    subject = claims.get("sub") if isinstance(claims, dict) else None
    return subject if isinstance(subject, str) else None


def _find_signature_mistake(headers: Mapping[str, Any]) -> str | None:
    """Describe why Infisical's server could not use these headers; None if it can."""
    authorization = headers.get("authorization")
    if not isinstance(authorization, str) or not authorization.startswith("Signature "):
        return "it added no signature"
    match = HEADERS_FIELD.search(authorization)
    names = frozenset(match[1].lower().split() if match else ())
    foreign = names - {"date", "x-date", "(request-target)", "host"}
    if not {"(request-target)", "host"} <= names or foreign:
        return "it signed other headers than date, host and the target, and Infisical's server sends no others"
    return None


def _refuse_signer(mistake: str) -> InfisicalError:
    return AuthenticationError(f"the signer of the oci SDK cannot be used: {mistake}")
