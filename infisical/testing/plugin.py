"""The pytest plugin: fixtures and a marker. It imports only pytest until a test uses a fixture.

A test suite that uses no fixture loads this file only. The fixtures return values of testing/memory.py and
infisical.executors.
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
MAX_NAME_LENGTH = 80  # characters of a test's name in a file name; file systems allow 255 bytes
USAGE = f"{MARKER}(secrets, *, environment='dev', path='/'): write these secrets into the memory server of the test"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("infisical").addoption(
        "--infisical-record",
        choices=("none", "once", "new_episodes", "all"),
        default="none",
        help="record mode of infisical_cassette, as in vcrpy; none (the default) only replays",
    )
    parser.addini(
        "infisical_cassettes", "folder for the files of infisical_cassette, next to each test file", default="cassettes"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", USAGE)


@pytest.fixture
def infisical_memory(request: pytest.FixtureRequest) -> MemoryClient:
    """A client that is logged in to a new Infisical in memory, with the secrets of the test's markers.

    They are in `.project_id` and `.environment`. `.memory` is the server, which other clients can use as executor.
    """
    from infisical.testing.memory import MemoryClient

    client = MemoryClient()
    for mark in reversed(list(request.node.iter_markers(MARKER))):
        try:
            secrets, where = _parse_marker(*mark.args, **mark.kwargs)
            client.put(secrets, **where)
        except (TypeError, ValueError) as error:
            raise pytest.UsageError(f"{request.node.nodeid}: {USAGE}; {error}") from None
    return client


@pytest.fixture
def infisical_memory_async(infisical_memory: MemoryClient) -> AsyncInfisicalClient:
    """An asyncio client that is logged in to the server of `infisical_memory`."""
    return infisical_memory.async_client()


@pytest.fixture
def infisical_transport() -> Iterator[Executor]:
    """The executor that `infisical_cassette` records through: urllib3. Override it to use another."""
    from infisical.executors.urllib3 import Urllib3Executor

    executor = Urllib3Executor()
    yield executor
    executor.close()


@pytest.fixture
def infisical_cassette(request: pytest.FixtureRequest) -> CassetteExecutor:
    """An executor that replays the recording of this test, or records it with `--infisical-record`.

    Each test has one file: `cassettes/<test file>/<test name>.yaml` next to the test file. The file name of a
    test in a class, with parameters or with a long name ends with a hash. Credentials, tokens and secret values are
    redacted before they are written.
    """
    from infisical.executors.cassette import CassetteExecutor

    mode: Mode = request.config.getoption("--infisical-record", default="none")  # pyright: ignore[reportAssignmentType]
    inner = None if mode == "none" else request.getfixturevalue("infisical_transport")
    return CassetteExecutor(_make_cassette_path(request), mode=mode, inner=inner, how_to_record=HOW_TO_RECORD)


@pytest.fixture
def infisical_cassette_async(
    request: pytest.FixtureRequest, infisical_cassette: CassetteExecutor
) -> Iterator[AsyncCassetteExecutor]:
    """An asyncio executor on the recording and with the options of `infisical_cassette`.

    It records through `infisical_transport`, which it calls in threads.
    """
    from infisical.executors.cassette import AsyncCassetteExecutor
    from infisical.executors.threaded import ThreadedExecutor

    if request.config.getoption("--infisical-record", default="none") == "none":
        yield AsyncCassetteExecutor.sharing(infisical_cassette)
        return
    threads = ThreadedExecutor(request.getfixturevalue("infisical_transport"))
    yield AsyncCassetteExecutor.sharing(infisical_cassette, inner=threads)
    threads.close()


def _make_cassette_path(request: pytest.FixtureRequest) -> Path:
    """Make the path of a test's file. It is unique, also on file systems that ignore case."""
    setting = Path(str(request.config.getini("infisical_cassettes")))
    folder = request.path.parent / setting
    if setting.is_absolute() or ".." in setting.parts:  # test files of several folders share this one
        folder /= os.path.relpath(request.path.parent, request.config.rootpath).replace("..", "__")
    names: list[str] = []
    for node in request.node.listchain():
        names = [] if isinstance(node, pytest.File) else [*names, str(node.name)]
    return folder / request.path.stem / f"{_make_file_name(names)}.yaml"


def _make_file_name(names: list[str]) -> str:
    """Make a unique file name from the names of a test and its classes.

    A plain lower-case name is used as it is. Any other name gets a hyphen, which no plain name has, and a hash.
    """
    import hashlib

    if len(names) == 1 and re.fullmatch(r"[a-z_][a-z0-9_]*", names[0]) and len(names[0]) <= MAX_NAME_LENGTH:
        return names[0]
    exact = "".join(f"{len(name)}:{name}" for name in names).encode("utf-8", "surrogatepass")
    readable = re.sub(r"[^A-Za-z0-9_.]+", "_", ".".join(names))[:MAX_NAME_LENGTH].strip("._")
    return f"{readable}-{hashlib.sha256(exact).hexdigest()[:12]}"


def _parse_marker(
    secrets: dict[str, str], *, environment: str | None = None, path: str = "/"
) -> tuple[dict[str, str], dict[str, str]]:
    """Parse the arguments of a marker. Raises TypeError, without the values, if they are invalid."""
    if not isinstance(secrets, dict) or not all(isinstance(one, str) for pair in secrets.items() for one in pair):
        raise TypeError("the secrets must be a dict of str to str")
    return secrets, {"path": path, **({} if environment is None else {"environment": environment})}
