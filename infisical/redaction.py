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
from urllib.parse import quote

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
PLAIN_HEADERS: Final = frozenset({"accept", "accept-encoding", "content-type", "host", "user-agent", "x-infisical-org"})
"""What may be seen of a request. Any other header is the user's own, and may be a key to a gateway."""
SECRET_FIELDS: Final = frozenset(
    {
        "accesstoken",
        "apikey",
        "authorization",
        "bindpass",
        "clientsecret",
        "credentials",
        "encryptedkey",
        "encryptedprivatekey",
        "encryptedvalue",
        "envoverrides",
        "githubappconnectionclientsecret",
        "githubappconnectionprivatekey",
        "hashedhex",
        "iamrequestbody",
        "iamrequestheaders",
        "inputs",
        "jwt",
        "mfatoken",
        "microsoftteamsclientsecret",
        "newpassword",
        "oldpassword",
        "otpcode",
        "password",
        "plaintext",
        "privatekey",
        "protectedkey",
        "protectedkeyiv",
        "protectedkeytag",
        "recoverycode",
        "refreshtoken",
        "salt",
        "secretaccesskey",
        "secrethash",
        "secretvalue",
        "securitytoken",
        "serverprivatekey",
        "servicetoken",
        "sharedsecretlink",
        "slackclientsecret",
        "token",
        "tokenreviewerjwt",
        "url",
        "value",
        "verifier",
        "webhooksecretkey",
        "webhookurl",
    }
)
"""Names of fields in any JSON body, in lower case; whatever text stands below one of them is secret."""
SECRET_FIELDS_EXACTLY: Final = frozenset({"Signature"})
"""The same, where the case tells a credential (Alibaba Cloud's) from a result (`signature` of the KMS)."""
SECRET_RECORDS: Final = frozenset({"config", "configuration", "data", "destinationconfig", "metadata", "syncoptions"})
"""Names, in lower case, of objects whose members are not fixed: whatever text stands in one of them is secret."""

TOKENS: Final = re.compile(r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]*|\bst\.[\w-]{8,}\.[\w.-]+")
"""JSON web tokens and service tokens, wherever they stand."""
PRIVATE_KEYS: Final = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
)
FIELDS: Final = re.compile(r'"([^"\\]+)"(\s*:\s*)"(?:[^"\\]|\\.|\\\Z)*"?', re.DOTALL)
"""A name and its text, in what is not JSON: half of it, say."""
LONG: Final = 8  # a shorter value of a header of the user's own is no key
SHORT: Final = 4  # a shorter secret is looked for as a whole word only: its letters stand everywhere


def is_secret_field(name: str) -> bool:
    """Say whether a field of that name holds something secret."""
    return name.lower() in SECRET_FIELDS or name in SECRET_FIELDS_EXACTLY


def _is_secret(name: str, value: object) -> bool:
    """Whether all text below is secret: also the values of a record, which may say anything."""
    return is_secret_field(name) or (isinstance(value, Mapping) and name.lower() in SECRET_RECORDS)


def secrets_in(headers: Iterable[tuple[str, str]], body: bytes | None) -> frozenset[str]:
    """Collect what a request carries that nobody may see: credentials in headers, secret fields of a JSON body."""
    given = [
        value
        for name, value in headers
        if name.lower() in SECRET_HEADERS or (name.lower() not in PLAIN_HEADERS and len(value) >= LONG)
    ]
    found = {*given, *(value.partition(" ")[2] for value in given)}  # with its scheme (Bearer), and without
    if body:
        found.update(_variants(_secret_texts(_parsed(body))))
    return frozenset(found - {""})


def masked(text: str, secrets: Collection[str] = ()) -> str:
    """Hide these secrets, and whatever looks like a token or a private key, in a text: all of it where they overlap."""
    spans = [found.span() for pattern in (TOKENS, PRIVATE_KEYS) for found in pattern.finditer(text)]
    if any(secrets):
        spans += _places(text, secrets)
    shown, end = "", 0
    for start, stop in sorted(spans):
        if start >= end:
            shown += text[end:start] + MASK
        end = max(end, stop)
    return shown + text[end:]


def masked_value(value: Any, secrets: Collection[str] = ()) -> Any:
    """Hide the same in every text of a JSON value, names included, and everything below a secret name."""
    if isinstance(value, str):
        return masked(value, secrets)
    if isinstance(value, Mapping):
        blotted = {name: _blotted(item, MASK) for name, item in value.items() if _is_secret(str(name), item)}
        return {
            masked(str(name), secrets): blotted[name] if name in blotted else masked_value(item, secrets)
            for name, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [masked_value(item, secrets) for item in value]
    return value


def recorded_headers(headers: Iterable[tuple[str, str]], secrets: Collection[str] = ()) -> dict[str, list[str]]:
    """Write headers for a recording: names to lists of values, credentials hidden, and these secrets."""
    written: dict[str, list[str]] = {}
    for name, value in headers:
        if name.lower() not in ("content-type", "date", "etag", "retry-after"):
            continue
        shown = RECORDED_MASK if name.lower() in SECRET_HEADERS else _hidden(value, secrets)
        written.setdefault(name, []).append(shown)
    return written


def recorded_request_headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Write a request's headers for a recording: hidden, but for those that hold nothing secret."""
    return {name: value if name.lower() in PLAIN_HEADERS else RECORDED_MASK for name, value in headers}


class SecretIndex(set[str]):
    """Secrets, which grow."""

    def add(self, secrets: Iterable[str]) -> None:  # type: ignore[override]
        self.update(secrets)


def response_secrets(headers: Iterable[tuple[str, str]], body: bytes | None) -> frozenset[str]:
    return frozenset(_variants(_secret_texts(_parsed(body)))) - {""} if body else frozenset()


def recorded_url(url: str, secrets: Collection[str] = ()) -> str:
    """Write a URL for a recording, or to be shown: the values of secret names in its query hidden."""
    start, slashes, rest = url.partition("://")
    if secrets:
        url = start + slashes + _hidden(rest, secrets)
    path, mark, query = url.partition("?")
    if not mark:
        return url
    pairs = (pair.partition("=") for pair in query.split("&"))
    return path + mark + "&".join(f"{n}={RECORDED_MASK if is_secret_field(n) else value}" for n, _, value in pairs)


def recorded_body(body: bytes | None, secrets: Collection[str] = ()) -> bytes | None:
    """Write a body for a recording: secret fields hidden at any depth, and these secrets wherever they stand."""
    if not body:
        return body
    try:
        value = json.loads(body)
        written = _recorded(value, secrets)
        if repr(written) == repr(value):
            return body
        return json.dumps(written, ensure_ascii=False).encode("utf-8", "replace")
    except RecursionError:  # nested too deeply to be looked through
        return json.dumps(RECORDED_MASK).encode()
    except ValueError:
        try:
            body.decode()
        except ValueError:
            return body
        return _hidden(FIELDS.sub(_field, body.decode("utf-8", "replace")), secrets).encode()


def _recorded(value: Any, secrets: Collection[str]) -> Any:
    if isinstance(value, str):
        return _hidden(value, secrets)
    if isinstance(value, dict):
        blotted = {name: _blotted(item, RECORDED_MASK) for name, item in value.items() if _is_secret(name, item)}
        return {_hidden(k, secrets): blotted[k] if k in blotted else _recorded(v, secrets) for k, v in value.items()}
    return [_recorded(item, secrets) for item in value] if isinstance(value, list) else value


def _hidden(text: str, secrets: Collection[str]) -> str:
    return masked(text, secrets).replace(MASK, RECORDED_MASK)


def _field(found: re.Match[str]) -> str:
    return f'"{found[1]}"{found[2]}"{RECORDED_MASK}"' if is_secret_field(found[1]) else found[0]


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
            yield from _secret_texts(item, inside or _is_secret(name, item))
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


def _places(text: str, secrets: Collection[str]) -> Iterator[tuple[int, int]]:
    """Where one of these secrets stands in a text, in any form. No pattern is made of them: `re` keeps its patterns."""
    for form in {form for secret in secrets for form in _written(secret)} - {""}:
        start = text.find(form)
        while start >= 0:
            end = start + len(form)
            if len(form) >= SHORT or not (_in_word(text[start - 1 : start]) or _in_word(text[end : end + 1])):
                yield start, end
            start = text.find(form, start + 1)


def _in_word(letter: str) -> bool:
    return letter.isalnum() or letter == "_"


def _written(text: str) -> tuple[str, ...]:
    from html import escape  # a large module, needed after an error only

    in_json = (json.dumps(text, ensure_ascii=ascii)[1:-1] for ascii in (True, False))
    in_urls = (quote(text, safe=safe, errors="replace") for safe in ("", "!*'()"))  # Python's, JavaScript's
    return text, *in_json, *in_urls, escape(text), escape(text, quote=False)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
