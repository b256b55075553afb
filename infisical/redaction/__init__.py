"""How secrets are hidden in what is shown or recorded: pure functions over headers, URLs, JSON values and text.

One list of names (`secret_names`) and one search (`masking`) serve everything that shows or writes something: error
messages and recordings. Nothing here decides when to hide, and nothing here is reversible. All of it costs time linear
in the text and the secrets, and nothing keeps a secret after the call.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import quote_plus, unquote_plus

from infisical.redaction.masking import SecretIndex, occurrences, spliced
from infisical.redaction.names import (
    NUMBERS,
    PLAIN_HEADERS,
    PLAIN_RESPONSE_HEADERS,
    PUBLIC_VALUES,
    SECRET_FIELDS,
    SECRET_HEADERS,
    TEXT,
    is_secret_field,
    is_secret_parameter,
    normal,
    secrecy_below,
    secrecy_in_object,
)

if TYPE_CHECKING:
    from infisical.redaction.json_text import Token

Secrets: TypeAlias = Collection[str] | SecretIndex
"""Secrets to hide: any collection of texts, or an index of them that was made once and serves many texts."""

MASK: Final = "[redacted]"
RECORDED_MASK: Final = "redacted"  # what stands in a recording: a plain word, so that it is a value like any other
LONG: Final = 8  # a shorter value of a header of the user's own is no key
DIGITS: Final = 6  # a shorter number is everywhere
NONE: Final = SecretIndex()


def find_secrets(headers: Iterable[tuple[str, str]], body: bytes | None) -> frozenset[str]:
    """Collect what a request carries that nobody may see: credentials in headers, secret fields of its body."""
    secrets: set[str] = set()
    for name, value in headers:
        plain = name.lower()
        if plain in SECRET_HEADERS or (plain not in PLAIN_HEADERS and len(value) >= LONG):
            secrets.update(_credentials(plain, value))
    if body:
        secrets.update(_variants(_secret_texts(_decoded(body)[0])))
    return frozenset(secrets - PUBLIC_VALUES)


def find_response_secrets(headers: Iterable[tuple[str, str]], body: bytes | None) -> frozenset[str]:
    """Collect what an answer gives that nobody may see: tokens, values of secrets and other secret fields, cookies."""
    secrets: set[str] = set()
    for name, value in headers:
        plain = name.lower()
        if plain == "set-cookie":
            secrets.update(_credentials(plain, value.partition(";")[0]))
        elif plain == "location":
            secrets.update(_variants(text for text in _parameters(value) if len(text) >= LONG))
        elif plain not in PLAIN_RESPONSE_HEADERS and is_secret_field(name):
            secrets.update(_credentials(plain, value))
    if body:
        secrets.update(_variants(_secret_texts(_decoded(body)[0])))
    return frozenset(secrets - PUBLIC_VALUES)


def mask(text: str, secrets: Secrets = ()) -> str:
    """Hide these secrets in a text, in any encoding, and what looks like one: tokens, keys, values of secret names.

    Where they overlap, all of it is hidden.
    """
    return _hidden(text, _index(secrets), MASK)


def mask_value(value: Any, secrets: Secrets = ()) -> Any:
    """Hide the same in every text of a JSON value, names included, and everything below a secret name."""
    return _mask_value(value, _index(secrets), 0)


def redact_headers(headers: Iterable[tuple[str, str]], secrets: Secrets = ()) -> dict[str, list[str]]:
    """Write a response's headers for a recording, names to lists of values: those that are known to be harmless.

    All others are omitted, since they may hold a credential or a hash of the body. A redirect keeps the names of its
    parameters only. An `ETag` is passed on as it is: a recording must replace it, since it may be a hash of the body.
    """
    index = _index(secrets)
    written: dict[str, list[str]] = {}
    for name, value in headers:
        plain = name.lower()
        if plain in PLAIN_RESPONSE_HEADERS:
            shown = _url(value, index, every=True) if plain == "location" else value
            written.setdefault(name, []).append(shown if plain == "etag" else _hidden(shown, index, RECORDED_MASK))
    return written


def redact_request_headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Write a request's headers for a recording: hidden, but for those that hold nothing secret."""
    return {name: value if name.lower() in PLAIN_HEADERS else RECORDED_MASK for name, value in headers}


def redact_url(url: str, secrets: Secrets = ()) -> str:
    """Write a URL for a recording, or to be shown: user name, password, values of secret names and secrets hidden."""
    return _url(url, _index(secrets), every=False)


def redact_body(body: bytes | None, secrets: Secrets = ()) -> bytes | None:
    """Write a body for a recording: secret fields hidden at any depth, and these secrets wherever they are.

    What is hidden is replaced in the body as it is written: the rest stays byte for byte.
    """
    if not body:
        return body
    from infisical.redaction.json_text import tokens

    text, encoding = _decoded(body)
    index = _index(secrets)
    scanned = tokens(text)
    written = _hidden(text, index, RECORDED_MASK) if scanned is None else _document(text, scanned, index, encoding)
    return body if written == text else written.encode(encoding)


# ---- texts
def _index(secrets: Secrets) -> SecretIndex:
    return secrets if isinstance(secrets, SecretIndex) else SecretIndex(secrets) if secrets else NONE


def _hidden(text: str, index: SecretIndex, mask: str) -> str:
    from infisical.redaction.revealing import (
        revealed,  # its patterns take a while to compile, and are needed after an error
    )

    spans = occurrences(text, index, revealed)
    return spliced(text, spans, mask) if spans else text


# ---- JSON
def _mask_value(value: Any, index: SecretIndex, flags: int) -> Any:
    if isinstance(value, str):
        return MASK if flags & TEXT else _hidden(value, index, MASK)
    if isinstance(value, Mapping):
        inner = secrecy_in_object(flags)
        return {
            _hidden(str(name), index, MASK): _mask_value(item, index, _flags(str(name), item, inner))
            for name, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_mask_value(item, index, flags) for item in value]
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return MASK if is_number and flags & NUMBERS else value


def _flags(name: str, value: Any, inherited: int) -> int:
    return secrecy_below(name, isinstance(value, Mapping), inherited, value if isinstance(value, str) else "")


def _document(text: str, scanned: list[Token], index: SecretIndex, encoding: str) -> str:
    """Replace the secrets of a JSON document where they are written."""
    from infisical.redaction.json_text import is_secret, unescaped

    pieces, end = [], 0
    for token in scanned:
        written = text[token.start : token.stop]
        if not token.is_text:
            shown = "0" if is_secret(token) or (len(written) >= DIGITS and written in index) else written
        elif is_secret(token):
            shown = RECORDED_MASK + ("" if token.is_closed else '"')
        else:
            content = unescaped(written)
            hidden = _hidden(content, index, RECORDED_MASK)
            shown = written if hidden == content else _escaped(hidden, encoding)
        if shown != written:
            pieces += [text[end : token.start], shown]
            end = token.stop
    return "".join([*pieces, text[end:]])


def _escaped(text: str, encoding: str) -> str:
    return json.dumps(text, ensure_ascii=encoding == "latin-1" or not text.isprintable())[1:-1]


# ---- URLs
def _url(url: str, index: SecretIndex, *, every: bool) -> str:
    """Hide parameters of a URL: those of secret names, or all. The host stays."""
    rest, mark, fragment = url.partition("#")
    place, question, query = rest.partition("?")
    scheme, slashes, beyond = place.partition("//")
    if slashes and scheme[-1:] in ("", ":"):
        host, slash, path = beyond.partition("/")
        user, at, host = host.rpartition("@")
        user = user and RECORDED_MASK
        place = f"{scheme}{slashes}{user}{at}{host}{slash}{_path(path, index)}"
    else:
        place = _path(place, index)
    shown = _query(fragment, index, every) if "=" in fragment or every else _hidden(fragment, index, RECORDED_MASK)
    return f"{place}{question}{_query(query, index, every)}{mark}{shown}"


def _path(path: str, index: SecretIndex) -> str:
    """Hide secrets in a path, and parameters of its parts (`;jsessionid=`)."""
    parts = [part.partition("=") for part in path.split(";")]
    return _hidden(
        ";".join(
            f"{name}={RECORDED_MASK}" if equals and number and is_secret_parameter(name) else f"{name}{equals}{value}"
            for number, (name, equals, value) in enumerate(parts)
        ),
        index,
        RECORDED_MASK,
    )


def _query(query: str, index: SecretIndex, every: bool) -> str:
    return "".join(
        part if part in ("&", ";") else _pair(part, index, every) for part in re.split(r"([&;])", query) if part
    )


def _pair(pair: str, index: SecretIndex, every: bool) -> str:
    name, equals, value = pair.partition("=")
    is_hidden = value and (every or is_secret_parameter(name))
    shown = RECORDED_MASK if is_hidden else _parameter(value, index)
    return f"{_parameter(name, index)}{equals}{shown}"


def _parameter(written: str, index: SecretIndex) -> str:
    content = unquote_plus(written)
    shown = _hidden(content, index, RECORDED_MASK)
    return written if shown == content else quote_plus(shown)


def _parameters(url: str) -> Iterator[str]:
    for pair in re.split(r"[?&;#]", url)[1:]:
        name, _, value = pair.partition("=")
        if is_secret_parameter(name):
            yield unquote_plus(value)


# ---- what is secret of a message
def _credentials(name: str, value: str) -> Iterator[str]:
    """What a header says: with its scheme (Bearer), and without; each cookie; what Basic and percent-encoding say."""
    yield value
    yield from _variants([value.partition(" ")[2]])
    if "%" in value:
        yield unquote_plus(value.replace("+", "%2B"))
    if name in ("cookie", "set-cookie"):
        yield from (cookie.partition("=")[2].strip() for cookie in value.split(";"))
    elif value[:6].lower() == "basic ":
        yield from (pair.partition(":")[2] for pair in _variants([value[6:].strip()]))


def _secret_texts(text: str) -> Iterator[str]:
    """The values of secret names in a body: JSON, or half of it, a form, or JSON within a text."""
    from infisical.redaction.json_text import is_secret, tokens, unescaped

    scanned = tokens(text)
    if scanned is None:
        yield from _named(text)
        return
    for token in scanned:
        content = text[token.start : token.stop]
        if not token.is_text:
            if is_secret(token) and len(content) >= DIGITS - 2:
                yield content
        elif not token.is_name:
            decoded = unescaped(content)
            if is_secret(token):
                yield decoded
            yield from _named(decoded)


def _named(text: str) -> Iterator[str]:
    """The values of secret names in a text that is no document."""
    if any(sign in text for sign in "=\"'&%"):
        from infisical.redaction.json_text import unescaped
        from infisical.redaction.revealing import revealed

        end = 0
        for start, stop in sorted(occurrences(text, NONE, revealed), key=lambda span: (span[0], -span[1])):
            if stop <= end:
                continue  # a part of the one before, seen in another encoding
            end = stop
            yield text[start:stop]
            yield unescaped(text[start:stop])
            if "=" in text:
                yield unquote_plus(text[start:stop])


def _variants(texts: Iterable[str]) -> Iterator[str]:
    """A secret as it was sent, as a server trims it, and what its base64 decodes to."""
    for text in texts:
        yield text
        yield text.strip()
        try:
            yield base64.b64decode(text, validate=True).decode()
        except (binascii.Error, ValueError):
            continue


def _decoded(body: bytes) -> tuple[str, str]:
    """A body as text, and its encoding: Latin-1 has a character for every byte, so that nothing is lost."""
    encoding: str = json.detect_encoding(body) if b"\0" in body[:4] else "utf-8"
    if encoding in ("utf-16", "utf-32"):  # with a byte order mark, which stays in the text
        encoding += "-le" if body[0] == 0xFF else "-be"
    try:
        return body.decode(encoding), encoding
    except UnicodeDecodeError:
        return body.decode("latin-1"), "latin-1"


__all__ = [
    "MASK",
    "RECORDED_MASK",
    "SECRET_FIELDS",
    "SECRET_HEADERS",
    "SecretIndex",
    "Secrets",
    "find_response_secrets",
    "find_secrets",
    "is_secret_field",
    "mask",
    "mask_value",
    "normal",
    "redact_body",
    "redact_headers",
    "redact_request_headers",
    "redact_url",
]  # fmt: skip
