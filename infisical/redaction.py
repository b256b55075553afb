"""What counts as secret on the wire, and how it is hidden: pure functions over headers, JSON values and text.

One list serves everything that shows or writes something: error messages and recordings. Nothing here decides when to
hide, and nothing here is reversible.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

MASK: Final = "[redacted]"
RECORDED_MASK: Final = "redacted"  # what stands in a recording: a plain word, so that it is a value like any other

SECRET_HEADERS: Final = frozenset(
    {
        "authorization",
        "cookie",
        "proxy-authorization",
        "set-cookie",
        "x-api-key",
        "x-identity-tls-cert-auth-client-cert",
    }
)
SECRET_FIELDS: Final = frozenset(
    {
        "accesstoken",
        "apikey",
        "authorization",
        "clientsecret",
        "iamrequestbody",
        "iamrequestheaders",
        "jwt",
        "password",
        "plaintext",
        "privatekey",
        "refreshtoken",
        "secretvalue",
        "securitytoken",
        "servicetoken",
        "token",
        "value",
    }
)
"""Names of fields in any JSON body, in lower case; whatever text stands below one of them is secret."""
SECRET_FIELDS_EXACTLY: Final = frozenset({"Signature"})
"""The same, where the case tells a credential (Alibaba Cloud's) from a result (`signature` of the KMS)."""

TOKENS: Final = re.compile(r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]*|\bst\.[\w-]{8,}\.[\w.-]+")
"""JSON web tokens and service tokens, wherever they stand."""
PRIVATE_KEYS: Final = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
SHORT: Final = 4  # a shorter secret is looked for as a whole word only: its letters stand everywhere


def is_secret_field(name: str) -> bool:
    """Say whether a field of that name holds something secret."""
    return name.lower() in SECRET_FIELDS or name in SECRET_FIELDS_EXACTLY


def secrets_in(headers: Iterable[tuple[str, str]], body: bytes | None) -> frozenset[str]:
    """Collect what a request carries that nobody may see: credentials in headers, secret fields of a JSON body."""
    found = {value.removeprefix("Bearer ") for name, value in headers if name.lower() in SECRET_HEADERS}
    if body:
        found.update(_variants(_secret_texts(_parsed(body))))
    return frozenset(found - {""})


def masked(text: str, secrets: Collection[str] = ()) -> str:
    """Hide these secrets, and whatever looks like a token or a private key, in a text."""
    text = PRIVATE_KEYS.sub(MASK, TOKENS.sub(MASK, text))
    return text if not secrets else re.sub(_pattern(secrets), MASK, text)


def masked_value(value: Any, secrets: Collection[str] = ()) -> Any:
    """Hide the same in every text of a JSON value, names included, and everything below a secret name."""
    if isinstance(value, str):
        return masked(value, secrets)
    if isinstance(value, Mapping):
        return {
            masked(str(name), secrets): _blotted(item, MASK) if is_secret_field(str(name)) else masked_value(item, secrets)
            for name, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [masked_value(item, secrets) for item in value]
    return value


def recorded_headers(headers: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Write headers for a recording: names to lists of values, credentials hidden."""
    written: dict[str, list[str]] = {}
    for name, value in headers:
        written.setdefault(name, []).append(RECORDED_MASK if name.lower() in SECRET_HEADERS else value)
    return written


def recorded_body(body: bytes | None, secrets: Collection[str] = ()) -> bytes | None:
    """Write a body for a recording: secret fields hidden at any depth, and these secrets wherever they stand."""
    if not body:
        return body
    parsed = _parsed(body)
    if parsed is None:
        return masked(body.decode("utf-8", "replace"), secrets).replace(MASK, RECORDED_MASK).encode()
    return json.dumps(_recorded(parsed, secrets), ensure_ascii=False).encode("utf-8", "replace")


def _recorded(value: Any, secrets: Collection[str]) -> Any:
    if isinstance(value, str):
        return masked(value, secrets).replace(MASK, RECORDED_MASK)
    if isinstance(value, dict):
        return {k: _blotted(v, RECORDED_MASK) if is_secret_field(k) else _recorded(v, secrets) for k, v in value.items()}
    return [_recorded(item, secrets) for item in value] if isinstance(value, list) else value


def _blotted(value: Any, mask: str) -> Any:
    """Every text below a secret name; numbers, booleans and nulls keep their type, names their shape."""
    if isinstance(value, str):
        return mask
    if isinstance(value, dict):
        return {name: _blotted(item, mask) for name, item in value.items()}
    return [_blotted(item, mask) for item in value] if isinstance(value, list) else value


def _secret_texts(value: Any, inside: bool = False) -> Iterator[str]:
    if isinstance(value, str):
        if inside:
            yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _secret_texts(item, inside or is_secret_field(name))
    elif isinstance(value, list):
        for item in value:
            yield from _secret_texts(item, inside)


def _variants(texts: Iterable[str]) -> Iterator[str]:
    """A secret as it was sent, as a server trims it, and what its base64 stands for."""
    for text in texts:
        yield text
        yield text.strip()
        try:
            yield base64.b64decode(text, validate=True).decode()
        except (binascii.Error, ValueError):
            continue


def _pattern(secrets: Collection[str]) -> str:
    longest_first = sorted(secrets, key=len, reverse=True)
    return "|".join(re.escape(s) if len(s) >= SHORT else rf"(?<!\w){re.escape(s)}(?!\w)" for s in longest_first if s)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
