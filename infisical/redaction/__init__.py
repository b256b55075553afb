"""Redaction: pure functions that mask secrets in headers, URLs, JSON values and texts.

Error messages, the log and recordings share one list of names (names.py) and one search (masking.py). Masking is not
reversible. Its time is linear in the text and the secrets, and nothing keeps a secret after the call.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import quote_plus, unquote_plus

from infisical.redaction.collecting import (
    NO_SECRETS,
    decode_body,
    find_plain_credential,
    find_response_secrets,
    find_secrets,
)
from infisical.redaction.masking import SecretIndex, find_occurrences, splice
from infisical.redaction.names import (
    NUMBERS,
    PLAIN_HEADERS,
    PLAIN_RESPONSE_HEADERS,
    SECRET_FIELDS,
    SECRET_HEADERS,
    TEXT,
    get_inner_secrecy,
    get_value_secrecy,
    is_secret_field,
    is_secret_parameter,
    normalize_name,
)

if TYPE_CHECKING:
    from infisical.redaction.json_text import Token

Secrets: TypeAlias = Collection[str] | SecretIndex
"""Secrets to mask: any collection of texts, or an index of them that serves many texts."""

MASK: Final = "[redacted]"
RECORDED_MASK: Final = "redacted"
"""The mask in a recording: a plain word, which is a valid value wherever the secret was one."""
MIN_DIGITS: Final = 6
"""A shorter number occurs everywhere."""


def mask(text: str, secrets: Secrets = ()) -> str:
    """Mask secrets in a text, in any encoding: these, and tokens, keys and values of secret names.

    Overlapping secrets are masked as one.
    """
    return _mask(text, _make_index(secrets), MASK)


def mask_value(value: Any, secrets: Secrets = ()) -> Any:
    """Mask secrets in every text of a JSON value, names included, and everything below a secret name."""
    return _mask_value(value, _make_index(secrets), 0)


def redact_headers(headers: Iterable[tuple[str, str]], secrets: Secrets = ()) -> dict[str, list[str]]:
    """Redact the headers of a response for a recording, from names to lists of values.

    It omits every header that is not known to be harmless, since it may have a credential or a hash of the body. A
    redirect keeps only the names of its parameters. An `ETag` stays: the recording must replace it, since it may be a
    hash of the body.
    """
    index = _make_index(secrets)
    redacted: dict[str, list[str]] = {}
    for name, value in headers:
        plain = name.lower()
        if plain in PLAIN_RESPONSE_HEADERS:
            content = _redact_url(value, index, every=True) if plain == "location" else value
            masked = content if plain == "etag" else _mask(content, index, RECORDED_MASK)
            redacted.setdefault(name, []).append(masked)
    return redacted


def redact_request_headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Redact the headers of a request for a recording, except those that never have a secret."""
    return {name: value if name.lower() in PLAIN_HEADERS else RECORDED_MASK for name, value in headers}


def redact_url(url: str, secrets: Secrets = ()) -> str:
    """Redact a URL: its user name and password, values of secret names, and these secrets."""
    return _redact_url(url, _make_index(secrets), every=False)


def redact_body(body: bytes | None, secrets: Secrets = ()) -> bytes | None:
    """Redact a body for a recording: values of secret names at any depth, and these secrets anywhere.

    Everything else stays byte for byte.
    """
    if not body:
        return body
    from infisical.redaction.json_text import find_tokens

    text, encoding = decode_body(body)
    index = _make_index(secrets)
    tokens = find_tokens(text)
    redacted = _mask(text, index, RECORDED_MASK) if tokens is None else _redact_json(text, tokens, index, encoding)
    return body if redacted == text else redacted.encode(encoding)


# ---- texts
def _make_index(secrets: Secrets) -> SecretIndex:
    return secrets if isinstance(secrets, SecretIndex) else SecretIndex(secrets) if secrets else NO_SECRETS


def _mask(text: str, index: SecretIndex, mask: str) -> str:
    # lazily: its patterns take a while to compile, and are needed after an error only
    from infisical.redaction.revealing import find_revealed

    spans = find_occurrences(text, index, find_revealed)
    return splice(text, spans, mask) if spans else text


# ---- JSON
def _mask_value(value: Any, index: SecretIndex, flags: int) -> Any:
    if isinstance(value, str):
        return MASK if flags & TEXT else _mask(value, index, MASK)
    if isinstance(value, Mapping):
        inner = get_inner_secrecy(flags)
        return {
            _mask(str(name), index, MASK): _mask_value(item, index, _choose_flags(str(name), item, inner))
            for name, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_mask_value(item, index, flags) for item in value]
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return MASK if is_number and flags & NUMBERS else value


def _choose_flags(name: str, value: Any, inherited: int) -> int:
    return get_value_secrecy(name, isinstance(value, Mapping), inherited, value if isinstance(value, str) else "")


def _redact_json(text: str, tokens: list[Token], index: SecretIndex, encoding: str) -> str:
    """Replace the secrets of a JSON document in place."""
    from infisical.redaction.json_text import is_secret, unescape

    pieces, end = [], 0
    for token in tokens:
        written = text[token.start : token.stop]
        if not token.is_text:
            replacement = "0" if is_secret(token) or (len(written) >= MIN_DIGITS and written in index) else written
        elif is_secret(token):
            replacement = RECORDED_MASK + ("" if token.is_closed else '"')
        else:
            content = unescape(written)
            masked = _mask(content, index, RECORDED_MASK)
            replacement = written if masked == content else _escape(masked, encoding)
        if replacement != written:
            pieces += [text[end : token.start], replacement]
            end = token.stop
    return "".join([*pieces, text[end:]])


def _escape(text: str, encoding: str) -> str:
    return json.dumps(text, ensure_ascii=encoding == "latin-1" or not text.isprintable())[1:-1]


# ---- URLs
def _redact_url(url: str, index: SecretIndex, *, every: bool) -> str:
    """Redact the parameters of a URL: those of secret names, or all. The host stays."""
    address, hash_sign, fragment = url.partition("#")
    place, question_mark, query = address.partition("?")
    scheme, slashes, beyond = place.partition("//")
    if slashes and scheme[-1:] in ("", ":"):
        host, slash, path = beyond.partition("/")
        user, at, host = host.rpartition("@")
        user = user and RECORDED_MASK
        place = f"{scheme}{slashes}{user}{at}{host}{slash}{_redact_path(path, index)}"
    else:
        place = _redact_path(place, index)
    has_parameters = "=" in fragment or every
    fragment = _redact_query(fragment, index, every) if has_parameters else _mask(fragment, index, RECORDED_MASK)
    return f"{place}{question_mark}{_redact_query(query, index, every)}{hash_sign}{fragment}"


def _redact_path(path: str, index: SecretIndex) -> str:
    """Redact a path, with the parameters of its parts (`;jsessionid=`)."""
    parts = [part.partition("=") for part in path.split(";")]
    return _mask(
        ";".join(
            f"{name}={RECORDED_MASK}" if equals and number and is_secret_parameter(name) else f"{name}{equals}{value}"
            for number, (name, equals, value) in enumerate(parts)
        ),
        index,
        RECORDED_MASK,
    )


def _redact_query(query: str, index: SecretIndex, every: bool) -> str:
    return "".join(
        part if part in ("&", ";") else _redact_pair(part, index, every) for part in re.split(r"([&;])", query) if part
    )


def _redact_pair(pair: str, index: SecretIndex, every: bool) -> str:
    name, equals, value = pair.partition("=")
    is_secret = value and (every or is_secret_parameter(name))
    redacted = RECORDED_MASK if is_secret else _redact_word(value, index)
    return f"{_redact_word(name, index)}{equals}{redacted}"


def _redact_word(word: str, index: SecretIndex) -> str:
    content = unquote_plus(word)
    masked = _mask(content, index, RECORDED_MASK)
    return word if masked == content else quote_plus(masked)


__all__ = [
    "MASK",
    "RECORDED_MASK",
    "SECRET_FIELDS",
    "SECRET_HEADERS",
    "SecretIndex",
    "Secrets",
    "find_plain_credential",
    "find_response_secrets",
    "find_secrets",
    "is_secret_field",
    "mask",
    "mask_value",
    "normalize_name",
    "redact_body",
    "redact_headers",
    "redact_request_headers",
    "redact_url",
]  # fmt: skip
