"""The pytest plugin: fixtures and a marker. It imports pytest and nothing else, until a test asks for a fixture.

A suite that uses none of it pays for this file alone. What the fixtures hand out lives in testing/memory.py and
executors/cassette.py.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from infisical.client import AsyncInfisicalClient
    from infisical.executors.cassette import AsyncCassetteExecutor, CassetteExecutor, Mode
    from infisical.testing.memory import MemoryClient
    from infisical.transport import Executor

MARKER = "infisical_secrets"
HOW_TO_RECORD = "--infisical-record=once"
LONGEST_NAME = 80  # characters of a test's name in the name of its file; file systems allow 255 bytes
USE = f"{MARKER}(secrets, *, environment='dev', path='/'): put these secrets into the test's memory server"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("infisical").addoption(
        "--infisical-record",
        choices=("none", "once", "new_episodes", "all"),
        default="none",
        help="what infisical_cassette does: play only (none, the default), or record as vcrpy's mode of this name",
    )
    parser.addini(
        "infisical_cassettes", "folder of infisical_cassette's files, beside each test file", default="cassettes"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", USE)


@pytest.fixture
def infisical_memory(request: pytest.FixtureRequest) -> MemoryClient:
    """A client logged in to a fresh Infisical in memory, with the secrets that the test's markers name.

    `.project_id` and `.environment` say where they lie; `.memory` is the server, an executor for clients of your own.
    """
    from infisical.testing.memory import MemoryClient

    client = MemoryClient()
    for mark in reversed(list(request.node.iter_markers(MARKER))):
        try:
            secrets, where = _marked(*mark.args, **mark.kwargs)
            client.put(secrets, **where)
        except (TypeError, ValueError) as wrong:
            raise pytest.UsageError(f"{request.node.nodeid}: {USE}; {wrong}") from None
    return client


@pytest.fixture
def infisical_memory_async(infisical_memory: MemoryClient) -> AsyncInfisicalClient:
    """An asyncio client logged in to the server of `infisical_memory`."""
    return infisical_memory.async_client()


@pytest.fixture
def infisical_transport() -> Iterator[Executor]:
    """What `infisical_cassette` records through, urllib3 by default: override it to record through another."""
    from infisical.executors.urllib3 import Urllib3Executor

    executor = Urllib3Executor()
    yield executor
    executor.close()


@pytest.fixture
def infisical_cassette(request: pytest.FixtureRequest) -> CassetteExecutor:
    """An executor that plays the recording of this test, or makes it where `--infisical-record` says so.

    The file is `cassettes/<test file>/<test name>.yaml` beside the test's file, one for each test; in a class, with
    parameters or with a long name, it ends in a hash. Credentials, tokens and secret values never reach it.
    """
    from infisical.executors.cassette import CassetteExecutor

    mode: Mode = request.config.getoption("--infisical-record", default="none")  # pyright: ignore[reportAssignmentType]
    inner = None if mode == "none" else request.getfixturevalue("infisical_transport")
    return CassetteExecutor(_cassette_path(request), mode=mode, inner=inner, how_to_record=HOW_TO_RECORD)


@pytest.fixture
def infisical_cassette_async(
    request: pytest.FixtureRequest, infisical_cassette: CassetteExecutor
) -> Iterator[AsyncCassetteExecutor]:
    """An executor for the asyncio client on the recording of `infisical_cassette`, with its options.

    It records through `infisical_transport`, in threads.
    """
    from infisical.executors.cassette import AsyncCassetteExecutor
    from infisical.executors.threaded import ThreadedExecutor

    if request.config.getoption("--infisical-record", default="none") == "none":
        yield AsyncCassetteExecutor.sharing(infisical_cassette)
        return
    threads = ThreadedExecutor(request.getfixturevalue("infisical_transport"))
    yield AsyncCassetteExecutor.sharing(infisical_cassette, inner=threads)
    threads.close()


def _cassette_path(request: pytest.FixtureRequest) -> Path:
    """Name the file of a test: another one for each test, on file systems that ignore case too."""
    setting = Path(str(request.config.getini("infisical_cassettes")))
    folder = request.path.parent / setting
    if setting.is_absolute() or ".." in setting.parts:  # test files of several folders share it
        folder /= os.path.relpath(request.path.parent, request.config.rootpath).replace("..", "__")
    names: list[str] = []
    for node in request.node.listchain():
        names = [] if isinstance(node, pytest.File) else [*names, str(node.name)]
    return folder / request.path.stem / f"{_file_name(names)}.yaml"


def _file_name(names: list[str]) -> str:
    """Write the names of a test and of its classes so that no two tests have one file name.

    A plain lower-case name stays; any other one gets a hyphen, which plain names lack, and a hash.
    """
    import hashlib

    if len(names) == 1 and re.fullmatch(r"[a-z_][a-z0-9_]*", names[0]) and len(names[0]) <= LONGEST_NAME:
        return names[0]
    exact = "".join(f"{len(name)}:{name}" for name in names).encode("utf-8", "surrogatepass")
    readable = re.sub(r"[^A-Za-z0-9_.]+", "_", ".".join(names))[:LONGEST_NAME].strip("._")
    return f"{readable}-{hashlib.sha256(exact).hexdigest()[:12]}"


def _marked(
    secrets: dict[str, str], *, environment: str | None = None, path: str = "/"
) -> tuple[dict[str, str], dict[str, str]]:
    """Read a marker's arguments; TypeError without values where they do not fit."""
    if not isinstance(secrets, dict) or not all(isinstance(one, str) for pair in secrets.items() for one in pair):
        raise TypeError("the secrets are a dict of str to str")
    return secrets, {"path": path, **({} if environment is None else {"environment": environment})}
