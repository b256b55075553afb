"""The formats of `export`: the same names and values for the readers of each format."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Callable, Mapping

import pytest
import yaml
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from infisical.cli.formats import FORMATS, find_mistakes
from tests.conftest import FEW

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True) | st.sampled_from(["NO", "y", "null", "_", "on"])
TRICKY = st.text(st.sampled_from("ab \t\n\r'\"\\$`{}()#=!%&;|<>*?~[]:,-\u00e9\u2028\u0085\x0b\x7f\ufeff\U0001f600"))
VALUES = TRICKY | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
EXAMPLES = [
    "",
    " ",
    "plain",
    "a b",
    " lead",
    "trail ",
    "two\nlines\n",
    "dos\r\nlines\r",
    "it's",
    'say "hi"',
    "back\\slash",
    "end\\",
    "end\n\\",
    "\\'",
    "'\\",
    '"\\',
    "# no comment",
    "a #b",
    "a#b",
    "$HOME ${HOME} $(id) `id`",
    "\\n\\t\\x41",
    "línea \U0001f600 \u2028 \u0085",
    "=x",
    "export X=1",
    "-----BEGIN KEY-----\nabc\n-----END KEY-----\n",
    "'",
    "''",
    "\x7f\x1b[0m",
    "\ufeff",
]
WHOLE = {f"N{number}": value for number, value in enumerate(EXAMPLES)}


def read_dotenv(text: str) -> dict[str, str | None]:
    return dict(dotenv_values(stream=io.StringIO(text, newline=None), interpolate=False))


def read_json(text: str) -> dict[str, str]:
    values: dict[str, str] = json.loads(text)
    return values


def read_yaml(text: str) -> dict[str, str]:
    values: dict[str, str] = yaml.safe_load(text)
    return values


READERS: Mapping[str, Callable[[str], object]] = {"dotenv": read_dotenv, "json": read_json, "yaml": read_yaml}


def read_shell(text: str, names: list[str]) -> dict[str, str]:
    script = text + "".join(f"printf '%s\\0' \"${name}\"\n" for name in names)
    run = subprocess.run(
        ["sh"], input=script.encode(), capture_output=True, check=True, env={"PATH": "/usr/bin:/bin"}, timeout=60
    )
    assert run.stderr == b""
    return dict(zip(names, run.stdout.decode().split("\0")[:-1], strict=True))


@pytest.mark.parametrize("name", READERS)
@given(values=st.dictionaries(NAMES, VALUES, max_size=4))
def test_any_values_come_back_from_a_file(name: str, values: dict[str, str]) -> None:
    assert READERS[name](FORMATS[name](values)) == values


@pytest.mark.parametrize("name", READERS)
def test_every_kind_of_value_comes_back_from_one_file(name: str) -> None:
    assert READERS[name](FORMATS[name](WHOLE)) == WHOLE


@given(values=st.lists(VALUES, min_size=FEW, max_size=FEW))
def test_any_values_come_back_from_the_shell(values: list[str]) -> None:
    whole = {f"N{number}": value for number, value in enumerate([*EXAMPLES, *values])}

    assert read_shell(FORMATS["shell"](whole), [*whole]) == whole


def test_simple_values_have_no_quotes_in_a_dotenv_file() -> None:
    assert FORMATS["dotenv"]({"A": "postgres://u:p@h:5432/d", "B": "c:\\", "C": "a b"}) == (
        "A=postgres://u:p@h:5432/d\nB=c:\\\nC='a b'\n"
    )


def test_names_and_values_that_no_shell_can_hold_are_found_by_name() -> None:
    values = {
        "GOOD": "\x01",
        "my-key": "v",
        "1A": "v",
        "": "v",
        "É": "v",
        "A\n": "v",
        "NUL": "a\0b",
        "HALF": "\ud800",
        "ALSO": "\0",
    }

    assert find_mistakes(values) == {
        "not a shell identifier": ["my-key", "1A", "", "É", "A\n"],
        "a NUL character in the value": ["NUL", "ALSO"],
        "half a surrogate pair in the value": ["HALF"],
    }
