"""What holds for the classes and imports of the core: slots, values that do not change, state that is itself, reprs."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from dataclasses import KW_ONLY, FrozenInstanceError, dataclass, fields
from pathlib import Path
from typing import Any

import pytest

import infisical
from infisical import call, decode, rejection, session
from infisical.drivers import flights
from infisical.middleware import retry

ROOT = Path(infisical.__file__).parent
MODULES = ("session", "login", "call", "encode", "decode", "pagination", "rejection", "middleware.token",
           "middleware.retry", "drivers.blocking", "drivers.asyncio", "drivers.flights", "model.reader", "redaction",
           "redaction.collecting", "redaction.names", "redaction.encodings", "redaction.json_text",
           "redaction.masking", "redaction.revealing", "memory.access")  # fmt: skip


@dataclass(frozen=True)
class Definition:
    """How a class is defined; `hidden` are the fields that its repr omits."""

    _: KW_ONLY
    frozen: bool = True
    compares_by_value: bool = True
    by_keyword: bool = False
    hidden: frozenset[str] = frozenset()


STATE = Definition(frozen=False, compares_by_value=False)
DEFINITIONS: dict[type, Definition] = {
    call.Pipeline: Definition(),
    decode.one: Definition(),
    decode.many: Definition(),
    decode.by_name: Definition(),
    decode.either: Definition(),
    decode.text_in: Definition(),
    flights._Flight: STATE,
    flights._AsyncFlight: STATE,
    flights.Flights: Definition(frozen=False),
    rejection.Rejection: Definition(),
    retry.Retry: Definition(by_keyword=True),
    retry.Budget: STATE,
    session.Grant: Definition(compares_by_value=False, hidden=frozenset({"token", "header"})),
    session.CoolDown: Definition(),
    session.Session: Definition(frozen=False, compares_by_value=False, hidden=frozenset({"renew"})),
    session.SessionStore: STATE,
}


def list_dataclasses(name: str) -> Iterator[type]:
    module = importlib.import_module(f"infisical.{name}")
    for value in vars(module).values():
        if isinstance(value, type) and "__dataclass_fields__" in vars(value) and value.__module__ == module.__name__:
            yield value


def describe(kind: type) -> Definition:
    return Definition(
        frozen=kind.__setattr__ is not object.__setattr__,
        compares_by_value=kind.__eq__ is not object.__eq__,
        by_keyword=all(field.kw_only for field in fields(kind)),
        hidden=frozenset(field.name for field in fields(kind) if not field.repr),
    )


def test_every_class_of_the_core_is_defined_as_listed():
    kinds = [kind for name in MODULES for kind in list_dataclasses(name)]

    assert {kind: describe(kind) for kind in kinds} == DEFINITIONS


@pytest.mark.parametrize("kind", DEFINITIONS, ids=lambda kind: kind.__name__)
def test_an_instance_has_slots_and_no_dict(kind: type[Any]):
    instance = kind.__new__(kind)
    name = fields(kind)[0].name

    assert (hasattr(instance, "__dict__"), set(kind.__slots__)) == (False, {field.name for field in fields(kind)})
    if DEFINITIONS[kind].frozen:
        with pytest.raises(FrozenInstanceError):
            setattr(instance, name, 1)
    else:
        setattr(instance, name, 1)
        assert getattr(instance, name) == 1


@pytest.mark.parametrize("name", MODULES)
def test_an_import_for_type_checkers_does_not_run(name: str):
    module = importlib.import_module(f"infisical.{name}")
    blocks = [
        node for node in ast.parse(Path(str(module.__file__)).read_text()).body
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
    ]  # fmt: skip
    names = {
        alias.asname or alias.name
        for block in blocks
        for node in ast.walk(block)
        if isinstance(node, ast.ImportFrom | ast.Import)
        for alias in node.names
    }

    assert names & vars(module).keys() == set()
