"""Random tags in place of ETags on a tape. No file and no request here: header values in, header values out.

A server's ETag is a hash of the unredacted body: with it, anyone can test a guess of a short secret value without the
server. A random tag reveals nothing, and a 304 still plays, because equal ETags get equal tags.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from typing import Final

ETAG_HEADER: Final = "etag"
CONDITION_HEADERS: Final = ("if-none-match", "if-match", "if-range")
"""Request headers, in lower case, that repeat an ETag of an earlier response."""
LISTED_TAG: Final = re.compile(r'\s*(?P<weak>[Ww]/)?(?P<tag>"[^"]*"(?=\s*(?:,|$))|[^,]*)[^,]*(?:,|$)')
RANDOM_TAG: Final = re.compile(r"recorded-[0-9a-f]{16}")


def is_random(value: str) -> bool:
    """Whether every tag in the value of an `ETag` or `If-None-Match` header was made for a tape."""
    return all(RANDOM_TAG.fullmatch(tag.strip('"')) for _, tag in _split_tags(value) if tag != "*")


class RandomTags:
    """The random tags of one tape: the same tag for the same ETag, weak or strong."""

    def __init__(self) -> None:
        self._by_etag: dict[str, str] = {}
        self._issued: set[str] = set()

    def keep(self, value: str) -> None:
        """Remember the random tags of a header from the file, so that `replace` does not change them."""
        self._issued.update(tag.strip('"') for _, tag in _split_tags(value) if RANDOM_TAG.fullmatch(tag.strip('"')))

    def replace(self, value: str) -> str:
        """Replace each ETag in a header's value; the prefix `W/`, `*` and the quotes stay."""
        return ", ".join(weak + (tag if tag == "*" else self._replace_tag(tag)) for weak, tag in _split_tags(value))

    def _replace_tag(self, tag: str) -> str:
        etag = tag.strip('"')
        if etag in self._issued:
            return tag
        random_tag = self._by_etag.get(etag)
        if random_tag is None:
            random_tag = self._by_etag[etag] = f"recorded-{secrets.token_hex(8)}"
            self._issued.add(random_tag)
        return f'"{random_tag}"' if tag.startswith('"') else random_tag


def _split_tags(value: str) -> Iterator[tuple[str, str]]:
    """Split a header's value into the prefixes and the tags of its list."""
    for match in LISTED_TAG.finditer(value):
        if match["tag"].strip():
            yield "W/" if match["weak"] else "", match["tag"].strip()
