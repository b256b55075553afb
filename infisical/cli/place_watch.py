"""The watch of `run --watch`: reads the secrets of a place again and again, in a thread, and offers the environment.

watching.py decides when to ask, run.py what the environment is, and restarts.py what to do with it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from returns.result import Failure

from infisical.cli.console import describe_failure, join_names
from infisical.watching import watch

if TYPE_CHECKING:
    from infisical.answer import Answer
    from infisical.client import InfisicalClient
    from infisical.endpoints.secrets import SecretList
    from infisical.request import Request

SETTLE_SECONDS: Final = 2.0
"""How long the secrets stay the same before a change counts."""
JOIN_SECONDS: Final = 0.2
"""How long the end waits for the thread: an HTTP request in flight is abandoned, with the process."""


class PlaceWatch:
    """Watches the secrets of a place. `make` makes the environment of a listing, and messages about it.

    The environment is None if no environment can carry the secrets. `report` writes a message to standard error: when
    an outage begins and ends, and for each change without effect.
    """

    def __init__(
        self,
        client: InfisicalClient,
        request: Request[SecretList],
        every: float,
        make: Callable[[SecretList], tuple[Mapping[str, str] | None, list[str]]],
        report: Callable[[str], None],
    ) -> None:
        self._stop, self._lock = threading.Event(), threading.Lock()
        self._walk: Iterator[Answer[SecretList]] = watch(client, request, every, stop=self._stop, settle=SETTLE_SECONDS)
        self._make, self._report = make, report
        self._thread: threading.Thread | None = None
        self._is_away = False
        self._messages: list[str] = []
        """What was reported about the last listing."""

    def read_first(self) -> Mapping[str, str] | None:
        """Read the secrets, and return the environment; None, after a message, if that is not possible."""
        answer = next(self._walk)
        if isinstance(answer, Failure):
            self.report(describe_failure(answer.failure()))
            return None
        return self._make_values(answer.unwrap(), "")

    def start(self, offer: Callable[[Mapping[str, str]], None], /) -> None:
        """Start the thread. Every change is an `offer`, whether it changes the environment or not."""
        self._thread = threading.Thread(target=self._run, args=(offer,), name="infisical-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread: nothing is offered or reported any more."""
        with self._lock:
            self._stop.set()
        if self._thread is not None:
            self._thread.join(JOIN_SECONDS)

    def report(self, message: str, /) -> None:
        """Write a message to standard error, if there is one; from any thread."""
        with self._lock, suppress(OSError, ValueError):
            if not self._stop.is_set():
                self._report(message)

    def report_restart(self, names: Sequence[str], /) -> None:
        """Report that the command restarts, and the names of the variables that change."""
        self.report(f"the secrets have changed, restarting the command: {join_names(names)}")

    def _run(self, offer: Callable[[Mapping[str, str]], None]) -> None:
        try:
            for answer in self._walk:
                values = self._read(answer)
                with self._lock:
                    if values is not None and not self._stop.is_set():
                        offer(values)
        except Exception as cause:
            self.report(f"the secrets are no longer watched, and the command keeps running: {type(cause).__name__}")

    def _read(self, answer: Answer[SecretList]) -> Mapping[str, str] | None:
        if isinstance(answer, Failure):
            self._is_away = True
            self.report(f"cannot read the secrets, and the command keeps running: {describe_failure(answer.failure())}")
            return None
        if self._is_away:
            self._is_away = False
            self.report("the secrets can be read again")
        return self._make_values(answer.unwrap(), "the command keeps running with the old secrets: ")

    def _make_values(self, listing: SecretList, prefix: str) -> Mapping[str, str] | None:
        """Make the environment of a listing; report what is new about it."""
        values, messages = self._make(listing)
        for message in messages:
            if message not in self._messages:
                self.report(message if values is not None else f"{prefix}{message}")
        self._messages = messages
        return values
