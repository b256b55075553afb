"""FakeOracle: the identity service of Oracle Cloud, as an executor: it verifies signatures. Nothing here sends."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

from infisical.request import HttpRequest
from infisical.response import Response
from infisical.testing.platforms.fake import FakePlatform

USERS_PATH: Final = "/20160918/users/"
MAX_SKEW: Final = timedelta(minutes=5)
FIELD: Final = re.compile(r'(\w{1,32})="([^"]{0,4096})"')


def read_clock() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


@dataclass(slots=True, kw_only=True)
class FakeOracle(FakePlatform):
    """An Oracle Cloud with one user, whose API key it verifies. Call it as an executor.

    A source sends nothing to Oracle: Infisical's server sends the signed request. `verify` checks whether Oracle would
    accept the headers of a login. As an executor it answers `GET /20160918/users/<user OCID>`: the user, or 401.

    `public_key` is the key in PEM that the user has uploaded. A `date` more than five minutes from `clock` is refused.
    Verifying requires `cryptography` (the extra `oci`).
    """

    public_key: str
    user: str = "ocid1.user.oc1..fakeuser"
    tenancy: str = "ocid1.tenancy.oc1..faketenancy"
    fingerprint: str = "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff"
    clock: Callable[[], datetime] = field(default=read_clock, repr=False)

    @property
    def key_id(self) -> str:
        """The key id of a signature by the user."""
        return f"{self.tenancy}/{self.user}/{self.fingerprint}"

    def _answer(self, request: HttpRequest) -> Response:
        parts = urlsplit(request.url)
        headers = {name.lower(): value for name, value in request.headers}
        headers.setdefault("host", parts.netloc)
        if request.method != "GET" or not parts.path.startswith(USERS_PATH):
            return _write_json(404, {"code": "NotAuthorizedOrNotFound", "message": "there is no such path"})
        if not self.verify(parts.path.removeprefix(USERS_PATH), headers):
            return _write_json(401, {"code": "NotAuthenticated", "message": "the signature is not valid"})
        return _write_json(200, {"id": self.user, "name": "fake", "compartmentId": self.tenancy})

    def verify(self, user: str, headers: Mapping[str, str]) -> bool:
        """Return True if these headers are a request for the record of the user, signed by the user, at this time."""
        named = {name.lower(): value for name, value in headers.items()}
        scheme, _, parameters = named.get("authorization", "").partition(" ")
        fields = dict(FIELD.findall(parameters))
        is_known = user == self.user and scheme == "Signature" and fields.get("keyId") == self.key_id
        if not is_known or fields.get("algorithm") != "rsa-sha256" or fields.get("version") != "1":
            return False
        names = fields.get("headers", "").split()
        if not {"(request-target)", "host"} <= set(names) or not {"date", "x-date"} & set(names):
            return False
        values = {**named, "(request-target)": f"get {USERS_PATH}{user}"}
        text = "\n".join(f"{name}: {values.get(name, '')}" for name in names)
        return self._is_current(named) and self._is_signed(text, fields.get("signature", ""))

    def _is_current(self, headers: Mapping[str, str]) -> bool:
        try:
            date = parsedate_to_datetime(headers.get("x-date") or headers.get("date", ""))
        except ValueError:
            return False
        return date.tzinfo is not None and abs(self.clock() - date) <= MAX_SKEW

    def _is_signed(self, text: str, signature: str) -> bool:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.serialization import load_pem_public_key

        key = load_pem_public_key(self.public_key.encode())
        if not isinstance(key, RSAPublicKey):
            raise ValueError("public_key must be an RSA key")
        try:
            key.verify(base64.b64decode(signature, validate=True), text.encode(), PKCS1v15(), SHA256())
        except (InvalidSignature, ValueError):
            return False
        return True


def _write_json(status: int, document: Mapping[str, Any]) -> Response:
    return Response(status, (("Content-Type", "application/json"),), json.dumps(document).encode())
