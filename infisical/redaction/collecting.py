"""The secrets of a request or a response: credentials in headers and URLs, values of secret names in bodies.

names.py has the names. Nothing here masks a value.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import unquote_plus

from infisical.redaction.masking import SecretIndex, find_occurrences
from infisical.redaction.names import (
    METADATA_HEADERS,
    PLAIN_HEADERS,
    PLAIN_RESPONSE_HEADERS,
    PUBLIC_VALUES,
    SECRET_HEADERS,
    is_secret_field,
    is_secret_parameter,
)

MIN_KEY_LENGTH: Final = 8
"""A shorter value of an unknown header is not a key."""
MIN_DIGITS: Final = 4
"""A shorter number occurs everywhere."""
NO_SECRETS: Final = SecretIndex()


def find_secrets(headers: Iterable[tuple[str, str]], body: bytes | None) -> frozenset[str]:
    """Find the secrets of a request: credentials in its headers, values of secret names in its body."""
    secrets: set[str] = set()
    for name, value in headers:
        plain = name.lower()
        if plain in SECRET_HEADERS or (plain not in PLAIN_HEADERS and len(value) >= MIN_KEY_LENGTH):
            secrets.update(_list_credentials(plain, value))
    if body:
        secrets.update(_list_variants(_find_texts(decode_body(body)[0])))
    return frozenset(secrets - PUBLIC_VALUES)


def find_response_secrets(headers: Iterable[tuple[str, str]], body: bytes | None) -> frozenset[str]:
    """Find the secrets of a response: headers, parameters of a redirect, values of secret names in its body."""
    secrets: set[str] = set()
    for name, value in headers:
        plain = name.lower()
        if plain == "set-cookie":
            secrets.update(_list_credentials(plain, value.partition(";")[0]))
        elif plain == "location":
            secrets.update(_list_variants(text for text in _find_parameters(value) if len(text) >= MIN_KEY_LENGTH))
        elif plain not in PLAIN_RESPONSE_HEADERS and is_secret_field(name):
            secrets.update(_list_credentials(plain, value))
    if body:
        secrets.update(_list_variants(_find_texts(decode_body(body)[0])))
    return frozenset(secrets - PUBLIC_VALUES)


def find_plain_credential(request_headers: Iterable[tuple[str, str]], body: bytes | None) -> frozenset[str]:
    """Find the credential that a metadata service answers as plain text: the whole body, by the request's headers."""
    if not body or not any(name.lower() in METADATA_HEADERS for name, _ in request_headers):
        return frozenset()
    text = decode_body(body)[0].strip()
    return frozenset() if text[:1] in ("{", "[") else frozenset({text}) - PUBLIC_VALUES


# ---- parts
def _find_parameters(url: str) -> Iterator[str]:
    for pair in re.split(r"[?&;#]", url)[1:]:
        name, _, value = pair.partition("=")
        if is_secret_parameter(name):
            yield unquote_plus(value)


def _list_credentials(name: str, value: str) -> Iterator[str]:
    """List the value of a header with and without its scheme (Bearer), each cookie, and the value decoded."""
    yield value
    yield from _list_variants([value.partition(" ")[2]])
    if "%" in value:
        yield unquote_plus(value.replace("+", "%2B"))
    if name in ("cookie", "set-cookie"):
        yield from (cookie.partition("=")[2].strip() for cookie in value.split(";"))
    elif value[:6].lower() == "basic ":
        yield from (pair.partition(":")[2] for pair in _list_variants([value[6:].strip()]))


def _find_texts(text: str) -> Iterator[str]:
    """Find the values of secret names in a body: JSON, half a JSON document, a form, XML, or JSON within a text."""
    from infisical.redaction.json_text import find_tokens, is_secret, unescape

    scanned = find_tokens(text)
    if scanned is None:
        yield from _find_named(text)
        return
    for token in scanned:
        content = text[token.start : token.stop]
        if not token.is_text:
            if is_secret(token) and len(content) >= MIN_DIGITS:
                yield content
        elif not token.is_name:
            decoded = unescape(content)
            if is_secret(token):
                yield decoded
            yield from _find_named(decoded)


def _find_named(text: str) -> Iterator[str]:
    """Find the values of secret names in a text that is not JSON."""
    if any(sign in text for sign in "=\"'&%<"):
        from infisical.redaction.json_text import unescape
        from infisical.redaction.revealing import find_revealed

        end = 0
        for start, stop in sorted(
            find_occurrences(text, NO_SECRETS, find_revealed), key=lambda span: (span[0], -span[1])
        ):
            if stop <= end:
                continue  # a part of the span before, found in another encoding
            end = stop
            yield text[start:stop]
            yield unescape(text[start:stop])
            if "=" in text:
                yield unquote_plus(text[start:stop])


def _list_variants(texts: Iterable[str]) -> Iterator[str]:
    """List each secret as it was sent, trimmed as a server does, and decoded from base64."""
    for text in texts:
        yield text
        yield text.strip()
        try:
            yield base64.b64decode(text, validate=True).decode()
        except (binascii.Error, ValueError):
            continue


def decode_body(body: bytes) -> tuple[str, str]:
    """Decode a body, and name its encoding; Latin-1, which has a character for every byte, if no other fits."""
    encoding: str = json.detect_encoding(body) if b"\0" in body[:4] else "utf-8"
    if encoding in ("utf-16", "utf-32"):  # with a byte order mark, which stays in the text
        encoding += "-le" if body[0] == 0xFF else "-be"
    try:
        return body.decode(encoding), encoding
    except UnicodeDecodeError:
        return body.decode("latin-1"), "latin-1"
