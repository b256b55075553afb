"""The contract of executors, as tests for your executor. pytest collects them from a subclass.

    from infisical.testing.executor_contract import NetworkExecutorContract

    class TestMyExecutor(NetworkExecutorContract):
        def make_executor(self):
            return MyExecutor()

`ExecutorContract` is for any executor, `NetworkExecutorContract` for one that opens sockets. The latter starts a faulty
server on loopback. The tests are the same for blocking and asyncio executors. If an executor needs a running event
loop, write `async def make_executor`. The executor is closed after each test, through `aclose` or `close`. Under
pytest-socket, mark the subclass with `@pytest.mark.enable_socket`.

The tests are in any_executor.py, requests.py, responses.py and failures.py, their values in cases.py. `faulty_server`
is the server, and `runner` calls the executor. The package needs pytest, and no plugin.
"""

from __future__ import annotations

from infisical.testing.executor_contract.any_executor import ExecutorContract
from infisical.testing.executor_contract.network import NetworkExecutorContract

__all__ = ["ExecutorContract", "NetworkExecutorContract"]
