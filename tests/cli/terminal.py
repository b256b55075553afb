"""A terminal for tests: it runs commands in this process, on an Infisical in memory, and keeps what they write."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from infisical.cli import main
from infisical.cli.console import Console, RestartingRunner
from infisical.testing.memory import MemoryClient
from infisical.transport import Executor


class Run(NamedTuple):
    """The exit code of a command, and what it wrote."""

    code: int
    out: str
    err: str


class Typing(io.BytesIO):
    """A standard input that is a terminal."""

    def isatty(self) -> bool:
        return True


@dataclass
class Terminal:
    """Runs commands. `children` has the commands and environments that `run` would have started."""

    memory: MemoryClient = field(default_factory=MemoryClient)
    environ: dict[str, str] = field(default_factory=dict)
    executor: Executor | None = None
    typed: str = ""
    prompts: list[str] = field(default_factory=list)
    children: list[tuple[list[str], dict[str, str]]] = field(default_factory=list)
    status: int = 0
    spawn_watched: RestartingRunner | None = None
    """Replaces the runner of `run --watch`, which starts real children."""

    def settings(self) -> dict[str, str]:
        given = self.memory.memory.given
        return {
            "INFISICAL_UNIVERSAL_AUTH_CLIENT_ID": given.client_id,
            "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET": given.client_secret,
            "INFISICAL_PROJECT_ID": given.project_id,
            "INFISICAL_ENVIRONMENT": given.environment,
            **self.environ,
        }

    def run(self, *arguments: str, stdin: bytes | io.BytesIO = b"", stdout: Any = None) -> Run:
        out = io.BytesIO() if stdout is None else stdout
        err = io.StringIO()
        console = Console(
            environ={name: value for name, value in self.settings().items() if value},
            stdin=io.BytesIO(stdin) if isinstance(stdin, bytes) else stdin,
            stdout=out,
            stderr=err,
            prompt=self._answer,
            spawn=self._start,
            executor=self.executor or self.memory.memory,
        )
        if self.spawn_watched is not None:
            console = replace(console, spawn_watched=self.spawn_watched)
        try:
            code = main(list(arguments), console)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        return Run(code, out.getvalue().decode(), err.getvalue())

    def secrets(self, path: str = "/") -> dict[str, str]:
        memory = self.memory
        listing = memory.secrets.list(
            project_id=memory.project_id, environment=memory.environment, secret_path=path
        ).unwrap()
        return {secret.secret_key: secret.secret_value for secret in listing.secrets}

    def _answer(self, prompt: str) -> str:
        self.prompts.append(prompt)
        if not self.typed:
            raise EOFError
        return self.typed

    def _start(self, command: Sequence[str], environ: Mapping[str, str], /) -> int:
        self.children.append((list(command), dict(environ)))
        return self.status
