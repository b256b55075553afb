"""A response that the cache holds, and the answers that decoders made of it. cache.py keeps and drops it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from returns.result import Success

from infisical.answer import Answer
from infisical.decode import Decoder
from infisical.response import Response

CacheState: TypeAlias = Literal["hit", "revalidated", "stale"]
MAX_DECODERS: Final = 8
"""How many decoders a response remembers answers of."""


@dataclass(slots=True, eq=False)
class Answers:
    """The answers that decoders made of one body, so that each decodes it once."""

    body: bytes = field(repr=False)
    by_decoder: dict[Decoder[Any], Answer[Any]] = field(default_factory=dict, repr=False)
    is_unreadable: bool = False
    """True if a decoder refused the body: it is not served again."""

    def decode(self, decoder: Decoder[Any], response: Response) -> Any:
        """Return the decoder's answer, the same object each time."""
        if response.body is not self.body:  # a middleware of the application changed it
            return decoder(response)
        try:
            answer = self.by_decoder.get(decoder)
        except TypeError:  # a decoder of the application that has no hash
            return decoder(response)
        if answer is not None:
            return answer
        decoded: Any = decoder(response)
        if not isinstance(decoded, Success):
            self.is_unreadable = True
            return decoded
        return self.by_decoder.setdefault(decoder, decoded) if len(self.by_decoder) < MAX_DECODERS else decoded


@dataclass(frozen=True, slots=True)
class CachedResponse(Response):
    """A response that the cache holds. `cache_state` is None for the call that filled it."""

    answers: Answers = field(repr=False, compare=False, kw_only=True)  # type: ignore[misc]
    cache_state: CacheState | None = field(default=None, repr=False, compare=False, kw_only=True)  # type: ignore[misc]


def remember_answers(response: Response) -> CachedResponse:
    """Copy a response so that it remembers what decoders make of it."""
    if isinstance(response, CachedResponse):
        return response
    return CachedResponse(
        response.status, response.headers, response.body, response.attempts, answers=Answers(response.body)
    )
