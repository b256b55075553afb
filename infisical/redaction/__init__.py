"""Redaction: pure functions that hide secrets in headers, URLs, JSON values and text, for messages and recordings.

One list of names (`names`) and one search (`masking`) serve all callers. Callers decide when to redact. Redaction
cannot be undone. Its time is linear in the text and the secrets, and it stores no secret after the call.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import quote_plus, unquote_plus

from infisical.redaction.exchange import MIN_DIGITS, NO_SECRETS, decode_body, find_response_secrets, find_secrets
from infisical.redaction.masking import SecretIndex, find_occurrences, replace_spans
from infisical.redaction.names import (
    NUMBERS,
    PLAIN_HEADERS,
    PLAIN_RESPONSE_HEADERS,
    SECRET_FIELDS,
    SECRET_HEADERS,
    TEXT,
    classify_field,
    classify_members,
    is_secret_field,
    is_secret_parameter,
)

if TYPE_CHECKING:
    from infisical.redaction.json_text import Token

Secrets: TypeAlias = Collection[str] | SecretIndex
"""The secrets to hide: a collection of texts, or an index of them for many calls."""

MASK: Final = "[redacted]"
RECORDED_MASK: Final = "redacted"
"""The mask in recordings: a plain word, valid wherever a value is."""


def mask(text: str, secrets: Secrets = ()) -> str:
    """Hide these secrets in a text, in any encoding, and all tokens, keys and values of secret names.

    Overlapping matches are hidden as one.
    """
    return _hide(text, _to_index(secrets), MASK)


def mask_value(value: Any, secrets: Secrets = ()) -> Any:
    """Hide secrets in every text of a JSON value, names included, and every value below a secret name."""
    return _mask_value(value, _to_index(secrets), 0)


def redact_headers(headers: Iterable[tuple[str, str]], secrets: Secrets = ()) -> dict[str, list[str]]:
    """Redact a response's headers for a recording; return the harmless ones, as names to lists of values.

    Other headers are omitted, since they may hold a credential or a hash of the body. In `Location`, the values of all
    parameters are hidden. `ETag` is returned as it is. The recorder must replace it: it may be a hash of the body.
    """
    index = _to_index(secrets)
    recorded: dict[str, list[str]] = {}
    for name, value in headers:
        plain = name.lower()
        if plain in PLAIN_RESPONSE_HEADERS:
            text = _hide_in_url(value, index, every=True) if plain == "location" else value
            recorded.setdefault(name, []).append(text if plain == "etag" else _hide(text, index, RECORDED_MASK))
    return recorded


def redact_request_headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Redact a request's headers for a recording: the values of all but the harmless ones are hidden."""
    return {name: value if name.lower() in PLAIN_HEADERS else RECORDED_MASK for name, value in headers}


def redact_url(url: str, secrets: Secrets = ()) -> str:
    """Redact a URL: its user name and password, the values of secret parameters, and these secrets."""
    return _hide_in_url(url, _to_index(secrets), every=False)


def redact_body(body: bytes | None, secrets: Secrets = ()) -> bytes | None:
    """Redact a body for a recording: secret fields at any depth, and these secrets anywhere.

    Only the hidden values are replaced. The other bytes stay as they are.
    """
    if not body:
        return body
    from infisical.redaction.json_text import scan_document

    text, encoding = decode_body(body)
    index = _to_index(secrets)
    tokens = scan_document(text)
    redacted = _hide(text, index, RECORDED_MASK) if tokens is None else _redact_document(text, tokens, index, encoding)
    return body if redacted == text else redacted.encode(encoding)


# ---- texts
def _to_index(secrets: Secrets) -> SecretIndex:
    return secrets if isinstance(secrets, SecretIndex) else SecretIndex(secrets) if secrets else NO_SECRETS


def _hide(text: str, index: SecretIndex, mask: str) -> str:
    # lazily: the patterns of this module are slow to compile, and only errors and recordings need them
    from infisical.redaction.patterns import find_revealing_spans

    spans = find_occurrences(text, index, find_revealing_spans)
    return replace_spans(text, spans, mask) if spans else text


# ---- JSON
def _mask_value(value: Any, index: SecretIndex, flags: int) -> Any:
    if isinstance(value, str):
        return MASK if flags & TEXT else _hide(value, index, MASK)
    if isinstance(value, Mapping):
        inherited = classify_members(flags)
        return {
            _hide(str(name), index, MASK): _mask_value(item, index, _classify(str(name), item, inherited))
            for name, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_mask_value(item, index, flags) for item in value]
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return MASK if is_number and flags & NUMBERS else value


def _classify(name: str, value: Any, inherited: int) -> int:
    return classify_field(name, isinstance(value, Mapping), inherited, value if isinstance(value, str) else "")


def _redact_document(text: str, tokens: list[Token], index: SecretIndex, encoding: str) -> str:
    """Replace the secret values of a JSON document in its text."""
    from infisical.redaction.json_text import decode_string, is_secret

    pieces, end = [], 0
    for token in tokens:
        original = text[token.start : token.stop]
        if not token.is_text:
            replacement = "0" if is_secret(token) or (len(original) >= MIN_DIGITS and original in index) else original
        elif is_secret(token):
            replacement = RECORDED_MASK + ("" if token.is_closed else '"')
        else:
            content = decode_string(original)
            masked = _hide(content, index, RECORDED_MASK)
            replacement = original if masked == content else _encode_string(masked, encoding)
        if replacement != original:
            pieces += [text[end : token.start], replacement]
            end = token.stop
    return "".join([*pieces, text[end:]])


def _encode_string(text: str, encoding: str) -> str:
    return json.dumps(text, ensure_ascii=encoding == "latin-1" or not text.isprintable())[1:-1]


# ---- URLs
def _hide_in_url(url: str, index: SecretIndex, *, every: bool) -> str:
    """Hide the values of secret parameters of a URL, or of every parameter. The host stays."""
    resource, mark, fragment = url.partition("#")
    place, question, query = resource.partition("?")
    scheme, slashes, beyond = place.partition("//")
    if slashes and scheme[-1:] in ("", ":"):
        host, slash, path = beyond.partition("/")
        user, at, host = host.rpartition("@")
        user = user and RECORDED_MASK
        place = f"{scheme}{slashes}{user}{at}{host}{slash}{_hide_in_path(path, index)}"
    else:
        place = _hide_in_path(place, index)
    has_parameters = "=" in fragment or every
    fragment = _hide_in_query(fragment, index, every) if has_parameters else _hide(fragment, index, RECORDED_MASK)
    return f"{place}{question}{_hide_in_query(query, index, every)}{mark}{fragment}"


def _hide_in_path(path: str, index: SecretIndex) -> str:
    """Hide secrets in a path, and the secret parameters of its parts (`;jsessionid=`)."""
    parts = [part.partition("=") for part in path.split(";")]
    return _hide(
        ";".join(
            f"{name}={RECORDED_MASK}" if equals and number and is_secret_parameter(name) else f"{name}{equals}{value}"
            for number, (name, equals, value) in enumerate(parts)
        ),
        index,
        RECORDED_MASK,
    )


def _hide_in_query(query: str, index: SecretIndex, every: bool) -> str:
    return "".join(
        part if part in ("&", ";") else _hide_in_pair(part, index, every) for part in re.split(r"([&;])", query) if part
    )


def _hide_in_pair(pair: str, index: SecretIndex, every: bool) -> str:
    name, equals, value = pair.partition("=")
    is_hidden = value and (every or is_secret_parameter(name))
    value = RECORDED_MASK if is_hidden else _hide_in_parameter(value, index)
    return f"{_hide_in_parameter(name, index)}{equals}{value}"


def _hide_in_parameter(encoded: str, index: SecretIndex) -> str:
    content = unquote_plus(encoded)
    masked = _hide(content, index, RECORDED_MASK)
    return encoded if masked == content else quote_plus(masked)


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
    "redact_body",
    "redact_headers",
    "redact_request_headers",
    "redact_url",
]  # fmt: skip
