"""The pytest plugin, as a suite of its users meets it: fixtures, marker, recording; and what it costs who uses none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]


def outcomes(pytester: pytest.Pytester, source: str, *arguments: str) -> dict[str, int]:
    pytester.makepyfile(test_app=source)
    return pytester.runpytest_inprocess("-p", "no:randomly", "-q", *arguments).parseoutcomes()


def afresh(pytester: pytest.Pytester, source: str, *arguments: str) -> dict[str, int]:
    """The same in a process of its own, as recording needs PyYAML's compiled part, which is loaded only once."""
    pytester.makepyfile(test_app=source)
    return pytester.runpytest_subprocess("-q", *arguments).parseoutcomes()


def test_a_test_gets_a_logged_in_client_on_a_server_with_the_secrets_that_it_names(pytester):
    source = """
        import pytest

        @pytest.mark.infisical_secrets({"DATABASE_URL": "postgres://test"})
        @pytest.mark.infisical_secrets({"KEY": "below"}, environment="prod", path="/api/v1")
        def test_reads(infisical_memory):
            client = infisical_memory
            where = {"project_id": client.project_id}
            root = client.secrets.get_by_name(secret_name="DATABASE_URL", environment="dev", **where).unwrap()
            below = client.secrets.get_by_name(
                secret_name="KEY", environment="prod", secret_path="/api/v1", **where
            ).unwrap()
            assert (root.secret_value, below.secret_value) == ("postgres://test", "below")
    """
    assert outcomes(pytester, source) == {"passed": 1}


def test_each_test_has_a_server_of_its_own_and_a_nearer_mark_goes_over_a_farther_one(pytester):
    source = """
        import pytest

        pytestmark = pytest.mark.infisical_secrets({"A": "module", "B": "module"})

        def keys(client):
            listing = client.secrets.list(project_id=client.project_id, environment=client.environment).unwrap()
            return {one.secret_key: one.secret_value for one in listing.secrets}

        @pytest.mark.infisical_secrets({"A": "test"})
        def test_one(infisical_memory):
            infisical_memory.put({"C": "put"})
            assert keys(infisical_memory) == {"A": "test", "B": "module", "C": "put"}

        def test_other(infisical_memory):
            assert keys(infisical_memory) == {"A": "module", "B": "module"}
    """
    assert outcomes(pytester, source) == {"passed": 2}


def test_an_asyncio_client_on_the_same_server_is_there_too(pytester):
    source = """
        import asyncio

        def test_both(infisical_memory, infisical_memory_async):
            infisical_memory.put({"KEY": "value"})
            where = {"project_id": infisical_memory.project_id, "environment": "dev"}
            got = asyncio.run(infisical_memory_async.secrets.get_by_name(secret_name="KEY", **where))
            assert got == infisical_memory.secrets.get_by_name(secret_name="KEY", **where)
    """
    assert outcomes(pytester, source) == {"passed": 1}


@pytest.mark.parametrize(
    ("mark", "told"),
    [
        ("", "missing 1 required positional argument: 'secrets'"),
        ('{"K": 1}', "the secrets are a dict of str to str"),
        ('{"K": "hidden-value"}, environment="nope"', "no environment 'nope' in project"),
        ('{"K": "hidden-value"}, folder="/"', "unexpected keyword argument 'folder'"),
    ],
)
def test_a_marker_that_cannot_be_right_ends_the_test_with_how_to_use_it(pytester, mark, told):
    pytester.makepyfile(
        test_app=f"""
        import pytest

        pytestmark = pytest.mark.infisical_secrets({mark})

        def test_it(infisical_memory): ...
        """
    )
    result = pytester.runpytest_inprocess("-q", "--tb=line")

    assert result.parseoutcomes() == {"errors": 1}
    assert told in result.stdout.str()


RECORDED = """
    import pytest
    from returns.result import Success
    from infisical import InfisicalClient, Jwt, Response

    @pytest.fixture
    def infisical_transport():
        body = b'{"secret": {"id": "1", "secretKey": "K", "secretValue": "s3cr3t-value"}}'
        return lambda request: Success(Response(200, (("content-type", "application/json"),), body))

    @pytest.mark.parametrize("name", ["K", "a/b c"])
    def test_read(infisical_cassette, name):
        client = InfisicalClient(executor=infisical_cassette, auth=Jwt("t0ken-of-mine"))
        got = client.secrets.get_by_name(secret_name=name, project_id="p", environment="dev")
        assert got.unwrap().secret_key == "K"
"""


def test_a_cassette_is_recorded_when_asked_for_redacted_and_played_from_then_on(pytester):
    assert afresh(pytester, RECORDED) == {"failed": 2}
    assert afresh(pytester, RECORDED, "--infisical-record=once") == {"passed": 2}
    written = sorted((pytester.path / "cassettes" / "test_app").iterdir())
    text = "".join(path.read_text() for path in written)

    assert [path.name for path in written] == ["test_read_K.yaml", "test_read_a_b_c.yaml"]
    assert "s3cr3t-value" not in text
    assert "t0ken-of-mine" not in text
    assert afresh(pytester, RECORDED.replace("lambda request: Success", "lambda request: 1 / 0 and Success")) == {
        "passed": 2
    }


def test_a_suite_that_uses_none_of_it_imports_pytest_and_nothing_of_the_library():
    script = (
        "import sys, pytest; before = set(sys.modules); import infisical.testing.plugin;"
        "print(*sorted(name for name in set(sys.modules) - before if not name.startswith('_')))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert run.stdout.split() == ["infisical", "infisical.testing", "infisical.testing.plugin", "infisical.version"]


def test_the_plugin_is_an_entry_point_of_pytest():
    project = (Path(__file__).parents[1] / "pyproject.toml").read_text()

    assert '[project.entry-points.pytest11]\ninfisical = "infisical.testing.plugin"' in project
