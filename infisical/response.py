"""Response: the answer of the wire as a plain value. decode.py and rejection.py parse it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar


class _MemoSlot:
    """The slot for the parsed body of a rejection. It is no field: making a response costs nothing for it."""

    __slots__ = ("_rejection",)
    _rejection: Any
    cache_state: ClassVar[Any] = None
    """How the cache served it (`hit`, `revalidated`, `stale`); None if it comes from the server."""
    answers: ClassVar[Any] = None
    """What the cache remembers of decoding it: see cache.py."""


@dataclass(frozen=True, slots=True)
class Response(_MemoSlot):
    """Status, headers and body (bytes) as they came. Its repr shows the status only, since bodies hold secrets.

    `attempts` counts how often the call was sent: the retry middleware sets it, executors leave it alone.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    attempts: int = field(default=1, repr=False, compare=False)

    def header(self, name: str) -> str | None:
        """Return the first header of that name in any case, or None."""
        lower = name.lower()
        return next((value for key, value in self.headers if key.lower() == lower), None)
