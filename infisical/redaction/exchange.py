"""The secrets of an exchange: the credentials and secret values that a request or a response carries.

This module collects them by the names of headers, fields and parameters. `masking` searches for them elsewhere.
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
    PLAIN_HEADERS,
    PLAIN_RESPONSE_HEADERS,
    PUBLIC_VALUES,
    SECRET_HEADERS,
    is_secret_field,
    is_secret_parameter,
)

MIN_KEY_LENGTH: Final = 8
"""A shorter value of a header that the user chose is not a key. In characters."""
MIN_DIGITS: Final = 6
"""A shorter number occurs in too many places to be masked."""
NO_SECRETS: Final = SecretIndex()


def find_secrets(headers: Iterable[tuple[str, str]], body: bytes | None) -> frozenset[str]:
    """Collect the secrets of a request: credentials in its headers, secret fields of its body."""
    secrets: set[str] = set()
    for name, value in headers:
        plain = name.lower()
        if plain in SECRET_HEADERS or (plain not in PLAIN_HEADERS and len(value) >= MIN_KEY_LENGTH):
            secrets.update(_list_credentials(plain, value))
    if body:
        secrets.update(_list_variants(_find_in_body(decode_body(body)[0])))
    return frozenset(secrets - PUBLIC_VALUES)


def find_response_secrets(headers: Iterable[tuple[str, str]], body: bytes | None) -> frozenset[str]:
    """Collect the secrets of a response: tokens, values of secrets, other secret fields, and cookies."""
    secrets: set[str] = set()
    for name, value in headers:
        plain = name.lower()
        if plain == "set-cookie":
            secrets.update(_list_credentials(plain, value.partition(";")[0]))
        elif plain == "location":
            secrets.update(_list_variants(text for text in _find_in_url(value) if len(text) >= MIN_KEY_LENGTH))
        elif plain not in PLAIN_RESPONSE_HEADERS and is_secret_field(name):
            secrets.update(_list_credentials(plain, value))
    if body:
        secrets.update(_list_variants(_find_in_body(decode_body(body)[0])))
    return frozenset(secrets - PUBLIC_VALUES)


def decode_body(body: bytes) -> tuple[str, str]:
    """Decode a body; return the text and its encoding. Latin-1 is the last resort, since it fits any bytes."""
    encoding: str = json.detect_encoding(body) if b"\0" in body[:4] else "utf-8"
    if encoding in ("utf-16", "utf-32"):  # with a byte order mark, which stays in the text
        encoding += "-le" if body[0] == 0xFF else "-be"
    try:
        return body.decode(encoding), encoding
    except UnicodeDecodeError:
        return body.decode("latin-1"), "latin-1"


def _list_credentials(name: str, value: str) -> Iterator[str]:
    """List the credentials of a header: its value with and without the scheme, each cookie, and decoded forms."""
    yield value
    yield from _list_variants([value.partition(" ")[2]])
    if "%" in value:
        yield unquote_plus(value.replace("+", "%2B"))
    if name in ("cookie", "set-cookie"):
        yield from (cookie.partition("=")[2].strip() for cookie in value.split(";"))
    elif value[:6].lower() == "basic ":
        yield from (pair.partition(":")[2] for pair in _list_variants([value[6:].strip()]))


def _find_in_url(url: str) -> Iterator[str]:
    """Find the values of secret parameters."""
    for pair in re.split(r"[?&;#]", url)[1:]:
        name, _, value = pair.partition("=")
        if is_secret_parameter(name):
            yield unquote_plus(value)


def _find_in_body(text: str) -> Iterator[str]:
    """Find the values of secret names in JSON, whole or truncated, in a form, and in JSON within a text."""
    from infisical.redaction.json_text import decode_string, is_secret, scan_document

    tokens = scan_document(text)
    if tokens is None:
        yield from _find_in_text(text)
        return
    for token in tokens:
        content = text[token.start : token.stop]
        if not token.is_text:
            if is_secret(token) and len(content) >= MIN_DIGITS - 2:
                yield content
        elif not token.is_name:
            decoded = decode_string(content)
            if is_secret(token):
                yield decoded
            yield from _find_in_text(decoded)


def _find_in_text(text: str) -> Iterator[str]:
    """Find the values of secret names in a text that is not a document."""
    if any(sign in text for sign in "=\"'&%"):
        from infisical.redaction.json_text import decode_string
        from infisical.redaction.patterns import find_revealing_spans

        end = 0
        spans = find_occurrences(text, NO_SECRETS, find_revealing_spans)
        for start, stop in sorted(spans, key=lambda span: (span[0], -span[1])):
            if stop <= end:
                continue  # a part of the span before, found again in another encoding
            end = stop
            yield text[start:stop]
            yield decode_string(text[start:stop])
            if "=" in text:
                yield unquote_plus(text[start:stop])


def _list_variants(texts: Iterable[str]) -> Iterator[str]:
    """List each secret as it was sent, stripped as servers do, and decoded from base64."""
    for text in texts:
        yield text
        yield text.strip()
        try:
            yield base64.b64decode(text, validate=True).decode()
        except (binascii.Error, ValueError):
            continue
