"""The terminal of each test, on an Infisical in memory of its own."""

from __future__ import annotations

import pytest

from tests.cli.terminal import Terminal


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()
