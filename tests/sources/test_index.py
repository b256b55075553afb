"""The index of the sources: it imports a module when a name of it is first used."""

from __future__ import annotations

import subprocess
import sys

import pytest

from infisical import sources


def test_the_index_has_what_it_names():
    assert dir(sources) == sorted(sources.__all__)
    assert {name: getattr(sources, name).__name__ for name in sources.__all__} == {
        name: name for name in sources.__all__
    }
    with pytest.raises(AttributeError, match="has no attribute 'nowhere'"):
        sources.nowhere  # noqa: B018


def test_the_package_and_a_client_import_no_source():
    program = (
        "import sys, infisical\n"
        "infisical.InfisicalClient(executor=lambda request: None, auth=infisical.UniversalAuth('id', 'secret'))\n"
        "print([name for name in sys.modules if name.startswith('infisical.sources')])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert run.stdout == "[]\n"
