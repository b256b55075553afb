"""The pytest plugin in a test suite of its users: fixtures, marker, recordings, and its cost without them."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import vcr  # noqa: F401 - PyYAML's compiled part is loaded only once, so before a run in this process
from hypothesis import given
from hypothesis import strategies as st

from infisical.testing.plugin import _make_file_name
from tests.forms import mark_exhaustive

pytest_plugins = ["pytester"]


def run_tests(pytester: pytest.Pytester, source: str, *arguments: str) -> dict[str, int]:
    pytester.makepyfile(test_app=source)
    return pytester.runpytest_inprocess("-p", "no:randomly", "-q", *arguments).parseoutcomes()


def run_in_processes(pytester: pytest.Pytester, source: str, *arguments: str) -> dict[str, int]:
    """Run the tests in new processes, with no plugins but ours and xdist, since all of them take seconds to load."""
    pytester.makepyfile(test_app=source)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        plugins = ("-p", "xdist.plugin", "-p", "infisical.testing.plugin")
        return pytester.runpytest_subprocess("-q", *plugins, *arguments).parseoutcomes()


def test_a_test_gets_a_logged_in_client_and_the_secrets_of_its_marker(pytester):
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
    assert run_tests(pytester, source) == {"passed": 1}


def test_each_test_has_a_new_server_and_inner_markers_override_outer_ones(pytester):
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
    assert run_tests(pytester, source) == {"passed": 2}


def test_an_asyncio_client_uses_the_same_server(pytester):
    source = """
        import asyncio

        def test_both(infisical_memory, infisical_memory_async):
            infisical_memory.put({"KEY": "value"})
            where = {"project_id": infisical_memory.project_id, "environment": "dev"}
            got = asyncio.run(infisical_memory_async.secrets.get_by_name(secret_name="KEY", **where))
            assert got == infisical_memory.secrets.get_by_name(secret_name="KEY", **where)
    """
    assert run_tests(pytester, source) == {"passed": 1}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "missing 1 required positional argument: 'secrets'"),
        ('{"K": 1}', "the secrets must be a dict of str to str"),
        ('{"K": "hidden-value"}, environment="nope"', "no environment 'nope' in project"),
        ('{"K": "hidden-value"}, folder="/"', "unexpected keyword argument 'folder'"),
    ],
)
def test_an_invalid_marker_ends_the_test_with_its_usage(pytester, arguments, message):
    pytester.makepyfile(
        test_app=f"""
        import pytest

        pytestmark = pytest.mark.infisical_secrets({arguments})

        def test_it(infisical_memory): ...
        """
    )
    result = pytester.runpytest_inprocess("-q", "--tb=line")

    assert result.parseoutcomes() == {"errors": 1}
    assert message in result.stdout.str()


RECORDING_TESTS = """
    import asyncio
    import pytest
    from returns.result import Success
    from infisical import AsyncInfisicalClient, InfisicalClient, Jwt, Response

    @pytest.fixture
    def infisical_transport():
        def answer(request):
            assert RECORDING
            name = request.url.rpartition("/")[2].partition("?")[0]
            body = '{"secret": {"id": "%s", "secretKey": "K", "secretValue": "s3cr3t-value"}}' % name
            return Success(Response(200, (("content-type", "application/json"),), body.encode()))
        return answer

    def read(executor, name):
        client = InfisicalClient(executor=executor, auth=Jwt("t0ken-of-mine"))
        return client.secrets.get_by_name(secret_name=name, project_id="p", environment="dev").unwrap().id

    @pytest.mark.parametrize("name", ["K", "a/b", "a_b", "a b", "a:b", "x" * 300, "k"])
    def test_read(infisical_cassette, name):
        assert read(infisical_cassette, "plain") == "plain"

    @pytest.mark.xdist_group("any")
    def test_simple(infisical_cassette):
        assert read(infisical_cassette, "simple") == "simple"

    class TestA:
        def test_x(self, infisical_cassette):
            assert read(infisical_cassette, "one") == "one"

    class TestB:
        def test_x(self, infisical_cassette):
            assert read(infisical_cassette, "other") == "other"

    def test_asyncio(infisical_cassette, infisical_cassette_async):
        client = AsyncInfisicalClient(executor=infisical_cassette_async, auth=Jwt("t0ken-of-mine"))
        where = {"project_id": "p", "environment": "dev"}
        assert asyncio.run(client.secrets.get_by_name(secret_name="async", **where)).unwrap().id == "async"
        assert read(infisical_cassette, "blocking") == "blocking"
"""
TESTS = 11


def test_each_test_has_one_recording_which_is_recorded_on_demand_and_then_replayed(pytester):
    recording, replaying = (RECORDING_TESTS.replace("assert RECORDING", f"assert {it}") for it in ("True", "False"))
    assert run_tests(pytester, replaying) == {"failed": TESTS}
    assert run_tests(pytester, recording, "--infisical-record=once") == {"passed": TESTS}
    files = sorted((pytester.path / "cassettes" / "test_app").iterdir())
    text = "".join(path.read_text() for path in files)

    assert len(files) == len({path.name.casefold() for path in files}) == TESTS
    assert {"test_simple.yaml", "test_asyncio.yaml"} < {path.name for path in files}
    assert all(len(path.name.encode()) <= 255 for path in files)
    assert "s3cr3t-value" not in text
    assert "t0ken-of-mine" not in text
    assert run_tests(pytester, replaying) == {"passed": TESTS}


@pytest.mark.parametrize("processes", [mark_exhaustive("-n1"), mark_exhaustive("-n2")])
def test_processes_of_xdist_record_what_one_process_replays(pytester, processes):
    pytest.importorskip("xdist")
    recording, replaying = (RECORDING_TESTS.replace("assert RECORDING", f"assert {it}") for it in ("True", "False"))

    assert run_in_processes(pytester, recording, processes, "--dist=loadgroup", "--infisical-record=all") == {
        "passed": TESTS
    }
    assert run_tests(pytester, replaying) == {"passed": TESTS}


def test_a_call_that_is_not_recorded_says_how_to_record_it(pytester):
    source = """
        import asyncio
        from infisical import HttpRequest

        ASK = HttpRequest("GET", "https://x/a")

        def test_blocking(infisical_cassette):
            assert "--infisical-record=once" in infisical_cassette(ASK).failure().message

        def test_asyncio(infisical_cassette_async):
            assert "--infisical-record=once" in asyncio.run(infisical_cassette_async(ASK)).failure().message

        def test_known(infisical_cassette):
            error = infisical_cassette(ASK).failure()
            assert error.message.startswith("test_known.yaml: GET /a is not recorded")
            assert "--infisical-record=once" in error.message
    """
    folder = pytester.mkdir("cassettes") / "test_app"
    folder.mkdir()
    (folder / "test_known.yaml").write_text("interactions: []\nversion: 1\n")

    assert run_tests(pytester, source) == {"passed": 3}


def test_test_files_of_several_folders_may_share_a_folder_of_recordings(pytester):
    source = """
        from infisical.testing.plugin import _make_cassette_path

        def test_it(request):
            assert _make_cassette_path(request).relative_to(request.config.rootpath / "tapes") == Path(%r)
    """
    for folder in ("one", "other"):
        expected = f"{folder}/test_same/test_it.yaml"
        file = pytester.mkpydir(folder) / "test_same.py"
        file.write_text(f"from pathlib import Path\n{textwrap.dedent(source) % expected}")
    result = pytester.runpytest_inprocess("-q", "-o", f"infisical_cassettes={pytester.path / 'tapes'}")

    assert result.parseoutcomes() == {"passed": 2}


names = st.lists(st.text(st.sampled_from("aAbB_-./:[] é\\"), max_size=5), min_size=1, max_size=3)


@given(one=names, other=names)
def test_two_tests_never_share_a_file_even_if_the_file_system_ignores_case(one, other):
    assert (_make_file_name(one).casefold() == _make_file_name(other).casefold()) == (one == other)


@given(st.lists(st.text(), min_size=1, max_size=3))
def test_any_test_name_becomes_a_file_name(test):
    assert re.fullmatch(r"[A-Za-z0-9_.]{0,80}-?[0-9a-f]{0,12}", _make_file_name(test))


def test_a_suite_without_fixtures_imports_only_the_plugin():
    script = (
        "import sys, pytest; before = set(sys.modules); import infisical.testing.plugin;"
        "print(*sorted(name for name in set(sys.modules) - before if not name.startswith('_')))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert run.stdout.split() == ["infisical", "infisical.testing", "infisical.testing.plugin", "infisical.version"]


def test_the_plugin_is_an_entry_point_of_pytest():
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text()

    assert '[project.entry-points.pytest11]\ninfisical = "infisical.testing.plugin"' in project


def test_the_transport_that_records_is_urllib3_and_closed_after_the_test(pytester):
    source = """
        from infisical.executors import Urllib3Executor

        closed = []

        def test_it(infisical_transport):
            assert type(infisical_transport) is Urllib3Executor
            infisical_transport.close = lambda: closed.append(infisical_transport)

        def test_after_it():
            assert len(closed) == 1
    """

    assert run_tests(pytester, source) == {"passed": 2}


def test_an_asyncio_client_takes_another_credential(pytester):
    source = """
        import asyncio
        from infisical import Jwt

        def test_it(infisical_memory):
            client = infisical_memory.async_client(Jwt(infisical_memory.memory.given.user_token))
            assert asyncio.run(client.organizations.list()).unwrap() != ()
    """

    assert run_tests(pytester, source) == {"passed": 1}
