"""The cache of a client: `Cache` has its settings, `CacheStore` its state, which only methods of this module write.

middleware/cache.py decides what is read from the store and what goes into it. Nothing here sends, waits or reads a
clock.
"""

from __future__ import annotations

import os
import threading
from collections import Counter, OrderedDict
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any, Final, TypeAlias
from weakref import WeakSet

from infisical.cached_response import CachedResponse, remember_answers
from infisical.request import HttpRequest, Request
from infisical.response import Response
from infisical.session import Session, SessionStore

Key: TypeAlias = Hashable
Projects: TypeAlias = frozenset[tuple[str, str]]
"""The projects that a request names: pairs of kind (`id` or `slug`) and value."""
PROJECT_KINDS: Final[Mapping[str, str]] = {
    "projectId": "id",
    "workspaceId": "id",
    "projectSlug": "slug",
    "workspaceSlug": "slug",
}
"""Names of parameters that hold a project, each with its kind."""
ALIASED_TYPES: Final = frozenset({str, bool, int, type(None)})
"""Types of query values that are equal only if they are encoded alike, among values of one type."""
ENTRY_BYTES: Final = 500
"""The memory of an entry without its texts, about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """How a client caches what it reads. `ttl` and `stale_if_error` are in seconds.

    For `ttl` an answer is served without an HTTP request; after that the server is asked whether it has changed. While
    the server does not answer, or answers 5xx, an entry serves for `stale_if_error` more. At most `entries` responses
    with at most `max_bytes` bytes are kept, the most recently used ones; their decoded answers take several times as
    much. ValueError for a value that cannot be right.
    """

    ttl: float = 60.0
    stale_if_error: float = 0.0
    entries: int = 1000
    max_bytes: int = 64 * 2**20

    def __post_init__(self) -> None:
        for name in ("ttl", "stale_if_error"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or value < 0:
                raise ValueError(f"{name} is a number of seconds from 0, not {value!r}")
        for name in ("entries", "max_bytes"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} is a whole number of at least 1, not {value!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheInfo:
    """What a cache has done, and what it holds: `bytes` counts the responses."""

    hits: int = 0
    revalidated: int = 0
    stale: int = 0
    misses: int = 0
    entries: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A response, and when the client asked for it, by the clock."""

    response: CachedResponse
    """In the state of a hit."""
    read_at: float
    etag: str | None
    projects: Projects
    alias: Key | None
    size: int

    def age(self, now: float) -> float:
        """Return its age in seconds; infinite if the clock went back."""
        age = now - self.read_at
        return age if age >= 0 else float("inf")


@dataclass(slots=True, eq=False, weakref_slot=True)
class CacheStore:
    """The entries of one session of a client; copies of the client share them. Safe to share between threads."""

    settings: Cache
    sessions: SessionStore
    session: Session | None = None
    """The session that the entries belong to."""
    entries: OrderedDict[Key, Entry] = field(default_factory=OrderedDict, repr=False)
    """The least recently used first."""
    aliases: dict[Key, Key] = field(default_factory=dict, repr=False)
    """Maps requests that are not encoded yet to the keys of entries."""
    bytes: int = 0
    epoch: int = 0
    """Changes whenever a write begins or ends: what was read before must not fill the cache after it."""
    writes: int = 0
    """How many writes are in flight."""
    counts: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        _STORES.add(self)

    def find(self, session: Session, key: Key) -> Entry | None:
        """Return the entry of a request, fresh or not, and count it as used."""
        with self.lock:
            return self._find(session, key)

    def find_fresh(self, session: Session, key: Key, now: float) -> Entry | None:
        """Return the entry of a request if it is fresh, and count the hit."""
        with self.lock:
            return self._find_fresh(session, key, now)

    def find_alias(self, session: Session, alias: Key, now: float) -> Entry | None:
        """Return the entry of a request that is not encoded yet if it is fresh, and count the hit."""
        with self.lock:
            key = self.aliases.get(alias)
            return None if key is None else self._find_fresh(session, key, now)

    def find_stale(self, session: Session, key: Key, now: float) -> CachedResponse | None:
        """Return the response that replaces a failed one, if it is not too old for that."""
        with self.lock:
            entry = self._find(session, key)
            limit = self.settings.ttl + self.settings.stale_if_error
            if not self.settings.stale_if_error or entry is None or entry.age(now) > limit:
                return None
            self.counts["stale"] += 1
            return replace(entry.response, cache_state="stale")

    def fill(self, request: HttpRequest, key: Key, response: Response, ticket: Ticket) -> Response:
        """Keep a response, unless the session has changed or a write came between, and return it."""
        miss, about = remember_answers(response), request.about
        hit = replace(miss, cache_state="hit", attempts=1)
        alias = None if about is None else make_alias(about)
        size = _measure(request, response)
        entry = Entry(hit, ticket.read_at, response.header("etag"), find_projects(about), alias, size)
        with self.lock:
            self.counts["misses"] += 1
            if size > self.settings.max_bytes or not self._accepts(ticket):
                return response
            self._put(key, entry)
        return miss

    def renew(self, key: Key, entry: Entry, ticket: Ticket) -> CachedResponse:
        """Note that the server still has what an entry holds, and return its response."""
        with self.lock:
            self.counts["revalidated"] += 1
            if self._accepts(ticket):
                self._put(key, replace(entry, read_at=ticket.read_at))
        return replace(entry.response, cache_state="revalidated")

    def drop(self, session: Session, key: Key) -> None:
        """Drop the entry of a request that the server now refuses."""
        with self.lock:
            if self.session is session:
                self._remove(key)

    def clear(self) -> None:
        """Drop every entry; reads in flight do not fill the cache."""
        with self.lock:
            self.epoch += 1
            self._clear()

    @contextmanager
    def writing(self, projects: Projects) -> Iterator[None]:
        """Drop what a write may change, before it and after it, whatever comes of it."""
        with self.lock:
            self.writes += 1
            self._drop_projects(projects)
        try:
            yield
        finally:
            with self.lock:
                self.writes -= 1
                self._drop_projects(projects)

    def take_ticket(self, session: Session, now: float) -> Ticket:
        """Note when a read began, and in which session."""
        return Ticket(session, self.epoch, now)

    def info(self) -> CacheInfo:
        """Return the counts and sizes."""
        with self.lock:
            return CacheInfo(**self.counts, entries=len(self.entries), bytes=self.bytes)

    def restart(self) -> None:
        """Start again in a forked child, whose parent may have held the lock or been writing."""
        self.lock, self.writes, self.epoch = threading.Lock(), 0, self.epoch + 1
        self.entries = OrderedDict(self.entries)
        self.aliases = {entry.alias: key for key, entry in self.entries.items() if entry.alias is not None}
        self.bytes = sum(entry.size for entry in self.entries.values())

    # ---- with the lock held
    def _find(self, session: Session, key: Key) -> Entry | None:
        if session is not self.sessions.session:
            return None  # a read of an earlier session, still in flight
        if self.session is not session:
            self._clear()
            self.session = session
        entry = self.entries.get(key)
        if entry is None:
            return None
        if entry.response.answers.is_unreadable:
            self._remove(key)
            return None
        self.entries.move_to_end(key)
        return entry

    def _find_fresh(self, session: Session, key: Key, now: float) -> Entry | None:
        entry = self._find(session, key)
        if entry is None or entry.age(now) >= self.settings.ttl:
            return None
        self.counts["hits"] += 1
        return entry

    def _accepts(self, ticket: Ticket) -> bool:
        is_current = self.sessions.session is ticket.session is self.session
        return is_current and self.epoch == ticket.epoch and not self.writes

    def _put(self, key: Key, entry: Entry) -> None:
        self._remove(key)
        self.entries[key] = entry
        if entry.alias is not None:
            self.aliases[entry.alias] = key
        self.bytes += entry.size
        while self.bytes > self.settings.max_bytes or len(self.entries) > self.settings.entries:
            self._remove(next(iter(self.entries)))

    def _remove(self, key: Key) -> None:
        entry = self.entries.pop(key, None)
        if entry is None:
            return
        self.bytes -= entry.size
        if entry.alias is not None and self.aliases.get(entry.alias) == key:
            del self.aliases[entry.alias]

    def _clear(self) -> None:
        self.entries.clear()
        self.aliases.clear()
        self.bytes = 0

    def _drop_projects(self, projects: Projects) -> None:
        self.epoch += 1
        for key in [key for key, entry in self.entries.items() if not _is_other_project(entry.projects, projects)]:
            self._remove(key)


@dataclass(frozen=True, slots=True, eq=False)
class Ticket:
    """When a read began: its session, the writes until then, and the time."""

    session: Session
    epoch: int
    read_at: float


_STORES: Final[WeakSet[CacheStore]] = WeakSet()


def _restart_all() -> None:
    for store in tuple(_STORES):
        store.restart()


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no fork
    os.register_at_fork(after_in_child=_restart_all)


def make_key(request: HttpRequest) -> Key:
    """Make the key of a request: all of it but its conditions. The credential is not in it yet."""
    return (request.url, tuple(header for header in request.headers if header[0].lower() != "if-none-match"))


def make_alias(request: Request[Any]) -> Key | None:
    """Make the key of a request that is not encoded yet; None if equal requests may be encoded differently."""
    kinds = tuple([type(value) for _, value in request.query])
    if request.method != "GET" or request.headers or not ALIASED_TYPES.issuperset(kinds):
        return None
    alias = (request.path, request.parts, request.query, kinds)
    try:
        hash(alias)
    except TypeError:  # a request made by hand, with lists
        return None
    return alias


def find_projects(request: Request[Any] | None) -> Projects:
    """Find the projects that a request names, in its path, query or body."""
    if request is None:
        return frozenset()
    pairs = (*request.parts, *request.query, *(request.body or {}).items())
    return frozenset(
        (PROJECT_KINDS[name], value) for name, value in pairs if name in PROJECT_KINDS and isinstance(value, str)
    )


def _is_other_project(read: Projects, written: Projects) -> bool:
    """True if what was read surely belongs to no project that was written."""
    kinds = {kind for kind, _ in read} & {kind for kind, _ in written}
    return bool(kinds) and read.isdisjoint(written)


def _measure(request: HttpRequest, response: Response) -> int:
    texts = (text for header in (*request.headers, *response.headers) for text in header)
    return ENTRY_BYTES + len(request.url) + len(response.body) + sum(map(len, texts))
