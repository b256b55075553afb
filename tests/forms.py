"""Short and whole forms of tests: which cases a default run keeps, and which carry the marker `exhaustive`.

A short form keeps at least one case of each kind. The marked cases run with `pytest -m exhaustive`, as CI does.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, TypeVar

import pytest
from hypothesis import settings

FEW, MANY = 30, 200
"""Examples of a property in a default and in an exhaustive run; `try_examples` asks for other numbers."""
Case = TypeVar("Case")
Class = TypeVar("Class", bound=type)
SHORT_FAULTS = ("[reset]", "[body cut short]", "[dripping body]")
"""Of the faults of a server, one for each reason of an error: the short form of a contract keeps these."""


def mark_exhaustive(*values: object, id: str | None = None) -> Any:
    """Keep one case for the exhaustive run; takes what `pytest.param` takes."""
    return pytest.param(*values, id=id, marks=pytest.mark.exhaustive)


def shorten(cases: Iterable[Case], is_short: Callable[[Case], bool], *, name: Callable[[Case], str]) -> list[Any]:
    """Mark each case that the short form does not need; `name` gives the ids."""
    return [
        pytest.param(case, id=name(case)) if is_short(case) else mark_exhaustive(case, id=name(case)) for case in cases
    ]


def try_examples(few: int, many: int, **others: Any) -> settings:
    """Try so many examples of a property in a default run, and so many in an exhaustive one."""
    return settings(max_examples=many if settings().max_examples == MANY else few, **others)


def cover(cases: Mapping[Case, frozenset[Hashable]]) -> list[Case]:
    """Choose few cases that have every trait of all: the one with the most new traits first, in the order given."""
    chosen: list[Case] = []
    missing = frozenset[Hashable]().union(*cases.values())
    while missing:
        best = max(cases, key=lambda case: len(cases[case] & missing))
        chosen.append(best)
        missing -= cases[best]
    return chosen


def shorten_contract(suite: Class) -> Class:
    """Mark a suite of executors as one with a short form: `mark_contracts` keeps one case of each test.

    It is for all executors but two, which run the whole contract: one that blocks, and one for asyncio.
    """
    suite.has_short_form = True
    return suite


def mark_contracts(items: Iterable[pytest.Item]) -> None:
    """Keep for the exhaustive run what the short forms of suites do not need."""
    covered = set[tuple[type, str]]()
    for item in items:
        suite = getattr(item, "cls", None)
        if not getattr(suite, "has_short_form", False):
            continue
        test = item.name.partition("[")[0]
        is_short = item.name.endswith(SHORT_FAULTS) if "incomplete" in test else (suite, test) not in covered
        covered.add((suite, test))
        if not is_short:
            item.add_marker(pytest.mark.exhaustive)
