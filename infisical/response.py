"""What came back from the wire, as a plain value. No parsing here (decode.py), no judging (errors.py)."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Response:
    """Status, headers and body (bytes) as they came. Its repr shows the status only: bodies hold secrets.

    `attempts` is how often the call was sent to get it, which the retry link counts; an executor leaves it alone.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    attempts: int = field(default=1, repr=False, compare=False)

    def header(self, name: str) -> str | None:
        """Return the first header of that name, whatever its case, or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)
