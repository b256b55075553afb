"""`NetworkExecutorContract`: the fixtures of the contract, and its three groups of tests in one class."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from infisical.request import HttpRequest
from infisical.testing import faulty_server as server
from infisical.testing.executor_contract.any_executor import ExecutorContract
from infisical.testing.executor_contract.cases import PROXY_VARIABLES, ServerFactory, read
from infisical.testing.executor_contract.failures import FailureContract
from infisical.testing.executor_contract.requests import RequestContract
from infisical.testing.executor_contract.responses import ResponseContract
from infisical.testing.faulty_server import FaultyServer


class NetworkExecutorContract(RequestContract, ResponseContract, FailureContract, ExecutorContract):
    """The tests for an executor that sends requests over HTTP. A subclass defines `make_executor`.

    `timeout` is the timeout, in seconds, of calls that must time out. `patience` is the time, in seconds, after which
    the server ends a slow response: an executor without a deadline then fails the test instead of hanging.
    """

    timeout: float = 0.25
    patience: float = 10.0

    @pytest.fixture
    def serve(self) -> Iterator[ServerFactory]:
        """Start servers, which are closed after the test."""
        with contextlib.ExitStack() as stack:
            yield lambda behavior: stack.enter_context(server.start_server(behavior, self.patience))

    @pytest.fixture
    def sample_request(self, serve: ServerFactory) -> HttpRequest:
        """A GET that a server answers with 200."""
        return read(f"{serve(server.respond_with(server.format_response())).url}/api/status")

    @pytest.fixture(autouse=True)
    def without_proxies(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Remove the proxies of the environment."""
        for name in PROXY_VARIABLES:
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.upper(), raising=False)

    @pytest.fixture
    def proxy(self, serve: ServerFactory, without_proxies: None, monkeypatch: pytest.MonkeyPatch) -> FaultyServer:
        """A server that the environment names as the proxy for every host."""
        faulty = serve(server.echo)
        for name in PROXY_VARIABLES:
            monkeypatch.setenv(name, faulty.url)
            monkeypatch.setenv(name.upper(), faulty.url)
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.setenv(name, "")
        return faulty
