"""Random tags in place of ETags on a tape. No file and no request here: header values in, header values out.

A server's ETag is a hash of the unredacted body: whoever has it can test a guess of a short secret value without the
server. A random tag says nothing, and a 304 still plays, because equal ETags get equal tags.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from typing import Final

ETAG: Final = "etag"
CONDITIONS: Final = ("if-none-match", "if-match", "if-range")
"""Request headers, in lower case, that repeat an ETag of an earlier response."""
TAG_IN_A_LIST: Final = re.compile(r'\s*(?P<weak>[Ww]/)?(?P<tag>"[^"]*"(?=\s*(?:,|$))|[^,]*)[^,]*(?:,|$)')
RANDOM_TAG: Final = re.compile(r"recorded-[0-9a-f]{16}")


def is_random(value: str) -> bool:
    """Say whether every tag in the value of an `ETag` or `If-None-Match` header was made for a tape."""
    return all(RANDOM_TAG.fullmatch(tag.strip('"')) for _, tag in _tags(value) if tag != "*")


class RandomTags:
    """The random tags of one tape: the same tag for the same ETag, weak or strong."""

    def __init__(self) -> None:
        self._by_etag: dict[str, str] = {}
        self._issued: set[str] = set()

    def keep(self, value: str) -> None:
        """Remember the tags of a header that the file already holds, so that `replace` does not change them."""
        self._issued.update(tag.strip('"') for _, tag in _tags(value) if RANDOM_TAG.fullmatch(tag.strip('"')))

    def replace(self, value: str) -> str:
        """Replace each ETag in a header's value; the prefix `W/`, `*` and the quotes stay."""
        return ", ".join(weak + (tag if tag == "*" else self._replaced(tag)) for weak, tag in _tags(value))

    def _replaced(self, tag: str) -> str:
        etag = tag.strip('"')
        if etag in self._issued:
            return tag
        random_tag = self._by_etag.get(etag)
        if random_tag is None:
            random_tag = self._by_etag[etag] = f"recorded-{secrets.token_hex(8)}"
            self._issued.add(random_tag)
        return f'"{random_tag}"' if tag.startswith('"') else random_tag


def _tags(value: str) -> Iterator[tuple[str, str]]:
    for tag in TAG_IN_A_LIST.finditer(value):
        if tag["tag"].strip():
            yield "W/" if tag["weak"] else "", tag["tag"].strip()
