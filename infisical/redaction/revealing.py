"""Secrets that their form or their name reveals, in any text: tokens, keys, parts of URLs, forms, JSON and XML.

Each search is linear in the text. masking.py finds known secrets, and json_text.py the values in JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from infisical.redaction.json_text import find_secret_values
from infisical.redaction.masking import Span
from infisical.redaction.names import is_secret_field, is_secret_parameter

WORDS: Final = re.compile(r"[\w.-]+")
SERVICE_TOKEN: Final = re.compile(r"\bst\.[\w-]{8,}\.[\w.-]+")
PRIVATE_KEYS: Final = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?"
    r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z)",
    re.DOTALL,
)
USER: Final = re.compile(r"://([^\s/?#\"'<>]+)@")
"""User name and password of a URL: up to the last @ before its path."""
PARAMETER: Final = re.compile(r"(?<=[?&;#])([\w.~%\[\]*+-]{1,128})=([^&;#\s\"'<>]+)")
"""A parameter of a URL in a text."""
FORM: Final = re.compile(r"[\w.~%\[\]*+-]{1,128}=\S*")
ELEMENT: Final = re.compile(r"<([A-Za-z_][\w.:-]{0,127})(?:\s[^<>]{0,1024})?>([^<]+)</")
"""An element of XML with a text, as AWS's services write it."""
MASKS: Final = frozenset({"redacted", "[redacted]"})
MIN_HEADER_LENGTH: Final = 11
"""Of a JSON web token; a shorter text is no header of one."""


def find_revealed(text: str) -> Iterator[Span]:
    """Find the secrets that their form or their name reveals."""
    if "eyJ" in text:
        yield from _find_web_tokens(text)
    if "st." in text:
        yield from (match.span() for match in SERVICE_TOKEN.finditer(text))
    if "-----BEGIN" in text:
        yield from (match.span() for match in PRIVATE_KEYS.finditer(text))
    if "://" in text:
        yield from (match.span(1) for match in USER.finditer(text) if match[1] not in MASKS)
    if "=" in text:
        yield from (match.span(2) for match in PARAMETER.finditer(text) if is_secret_parameter(match[1]))
        yield from _find_form_values(text)
    if '"' in text or "'" in text:
        yield from find_secret_values(text)
    if "</" in text:
        yield from (match.span(2) for match in ELEMENT.finditer(text) if is_secret_field(match[1]))


def _find_form_values(text: str) -> Iterator[Span]:
    """Find the values of secret names in lines that have the form of a query."""
    place = 0
    for line in text.splitlines(keepends=True):
        if FORM.fullmatch(line.rstrip()):
            start = place
            for pair in line.rstrip().split("&"):
                name, _, value = pair.partition("=")
                if value and is_secret_parameter(name):
                    yield start + len(pair) - len(value), start + len(pair)
                start += len(pair) + 1
        place += len(line)


def _find_web_tokens(text: str) -> Iterator[Span]:
    """Find JSON web tokens, of three or five parts. One pattern would not be linear: it would try each `eyJ`."""
    for run in WORDS.finditer(text):
        if "eyJ" not in run[0]:
            continue
        parts, place, last = run[0].split("."), run.start(), -1
        for number, part in enumerate(parts):
            begin = part.find("eyJ") if number > last else -1
            if begin >= 0 and len(part) - begin >= MIN_HEADER_LENGTH and len(parts) > number + 2 and parts[number + 1]:
                last = number + (4 if all(parts[number + 1 : number + 5]) and len(parts) > number + 4 else 2)
                yield place + begin, place + sum(map(len, parts[number : last + 1])) + last - number
            place += len(part) + 1
