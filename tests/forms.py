"""Short and whole forms of tests: which cases a default run keeps, and which carry the marker `exhaustive`.

A short form keeps at least one case of each kind. The marked cases run with `pytest -m exhaustive`, as CI does.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, TypeVar

import pytest

Case = TypeVar("Case")


def mark_exhaustive(*values: object, id: str | None = None) -> Any:
    """Keep one case for the exhaustive run; takes what `pytest.param` takes."""
    return pytest.param(*values, id=id, marks=pytest.mark.exhaustive)


def shorten(cases: Iterable[Case], is_short: Callable[[Case], bool], *, name: Callable[[Case], str]) -> list[Any]:
    """Mark each case that the short form does not need; `name` gives the ids."""
    return [
        pytest.param(case, id=name(case)) if is_short(case) else mark_exhaustive(case, id=name(case)) for case in cases
    ]


def cover(cases: Mapping[Case, frozenset[Hashable]]) -> list[Case]:
    """Choose few cases that have every trait of all: the one with the most new traits first, in the order given."""
    chosen: list[Case] = []
    missing = frozenset[Hashable]().union(*cases.values())
    while missing:
        best = max(cases, key=lambda case: len(cases[case] & missing))
        chosen.append(best)
        missing -= cases[best]
    return chosen
