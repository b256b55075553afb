"""The contract: every endpoint's verb, path, names and credentials, held against the groups and the client.

`contract.json` has one row an endpoint. Each is called twice, with its required parameters and with all of them.
"""

from __future__ import annotations

import functools
import inspect
import json
import re
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from infisical import ApiKey, AuthenticationError, HttpRequest, IdentityAccessToken, InfisicalClient, Jwt, ServiceToken
from infisical.access import ALL_MODES
from infisical.executors import ScriptedExecutor
from tests.forms import cover, shorten
from tests.test_package import endpoints
from tests.wire import answer

ROWS = json.loads((Path(__file__).parent / "contract.json").read_text())["endpoints"]
CREDENTIALS = {
    "identity_access_token": IdentityAccessToken("token"),
    "jwt": Jwt("token"),
    "api_key": ApiKey("token"),
    "service_token": ServiceToken("token"),
}
each_row = pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])


def function(client: InfisicalClient, row: dict[str, Any]) -> Any:
    found: Any = client
    for part in row["id"].split("."):
        found = getattr(found, part)
    return found


def example(hint: Any, name: str) -> Any:
    """A plausible argument for a type."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return example(next(kind for kind in args if kind is not type(None)), name)
    if origin is typing.Literal:
        return args[0]
    if origin in (Sequence, tuple, list):
        return (example(args[0], name),)
    if origin is Mapping:
        return {"k": example(args[1], name)}
    if is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        needed = [f.name for f in fields(hint) if f.default is MISSING and f.default_factory is MISSING]
        return hint(**{field: example(hints[field], field) for field in needed})  # type: ignore[operator]
    if typing.is_typeddict(hint):
        return {key: example(kind, key) for key, kind in typing.get_type_hints(hint).items()}
    return {bool: True, int: 1, float: 1.0, bytes: b"x"}.get(hint, f"{name}-1")


def called(row: dict[str, Any], mode: str | None, everything: bool = False, **settings: Any) -> tuple[Any, Any]:
    """The message that a call sends, None if it sends none; and its result."""
    executor = ScriptedExecutor(answer({}))
    credential = None if mode is None else CREDENTIALS[mode]
    call = function(InfisicalClient(auth=credential, executor=executor, **settings), row)
    positional, named = arguments(inspect.unwrap(call), everything)
    got = call(*positional, **named)
    return (executor.sent[0] if executor.sent else None), got


@functools.cache
def arguments(build: Any, everything: bool) -> tuple[list[Any], dict[str, Any]]:
    """Arguments for an endpoint: those that it needs, or all."""
    hints = typing.get_type_hints(build)
    positional, named = [], {}
    for name, parameter in inspect.signature(build).parameters.items():
        if parameter.default is parameter.empty or everything:
            value = example(hints[name], name)
            if parameter.kind is parameter.KEYWORD_ONLY:
                named[name] = value
            else:
                positional.append(value)
    return positional, named


def names(message: HttpRequest) -> tuple[set[str], set[str]]:
    body = json.loads(message.body or b"{}")
    return {name for name, _ in parse_qsl(urlsplit(message.url).query)}, set(body)


def own_mode(row: dict[str, Any]) -> str:
    return next(iter(row["auth"]["modes"]), "jwt")


@each_row
def test_an_endpoint_sends_this_verb_this_path_and_these_names(row):
    message, _ = called(row, own_mode(row))
    full, _ = called(row, own_mode(row), everything=True)
    query, body = names(message)
    all_query, all_body = names(full)

    assert message.method == row["method"]
    assert re.fullmatch(re.sub(r"\{\w+\}", "[^/{}]+", row["path"]), urlsplit(message.url).path)
    assert set(row["required"]["query"]) <= query
    assert set(row["required"]["body"]) <= body
    assert all_query <= set(row["query"])
    assert all_body <= set(row["body"])
    assert (message.body is not None) == (message.method in ("POST", "PUT", "PATCH") or bool(body))
    assert ("Content-Type" in dict(message.headers)) == (message.body is not None)


def list_traits(row: dict[str, Any]) -> frozenset[Any]:
    """All that the modes of an endpoint follow from, and its group."""
    need, by_server = row["auth"]["need"], row["server_auth"]
    on_server = (need, None if by_server is None else tuple(by_server), row["status"])
    return frozenset({(need, *row["auth"]["modes"]), on_server, row["id"].partition(".")[0]})


ROWS_BY_ID = {row["id"]: row for row in ROWS}
OF_EACH_KIND = cover({id: list_traits(row) for id, row in ROWS_BY_ID.items()})


@pytest.mark.parametrize("row", shorten(ROWS, lambda row: row["id"] in OF_EACH_KIND, name=lambda row: row["id"]))
@pytest.mark.parametrize("policy", ["documented", "server"])
def test_an_endpoint_takes_these_modes_and_refuses_the_others_before_anything_is_sent(row, policy):
    need, modes = row["auth"]["need"], row["auth"]["modes"]
    if policy == "server" and not row["server_auth"]:
        modes = modes if row["status"] == "gone" or need == "none" else list(ALL_MODES)
    elif policy == "server":
        modes = row["server_auth"]
    taken = set()
    for mode in (None, *ALL_MODES):
        message, got = called(row, mode, auth_policy=policy)
        if message is not None:
            taken.add(mode)
            carries = {name for name, _ in message.headers} & {"Authorization", "X-API-Key"}
            assert bool(carries) == (need != "none" and mode is not None)
        else:
            assert isinstance(got.failure(), AuthenticationError)

    open_to_all = policy == "server" and row["server_auth"] == [] and row["status"] != "gone"
    without = need == "optional" or open_to_all
    expected = {None, *ALL_MODES} if need == "none" else {*modes, *([None] if without else [])}
    assert taken == expected


def test_the_groups_hold_every_endpoint_of_the_contract_each_by_a_function_of_its_own():
    client = InfisicalClient(executor=ScriptedExecutor())
    reached = {function(client, row).__wrapped__ for row in ROWS}

    assert reached <= {member.build for _, _, member in endpoints()}
    assert len(reached) == len(ROWS) == 298


def test_a_call_that_servers_no_longer_have_is_deprecated_and_says_so():
    client = InfisicalClient(executor=ScriptedExecutor())
    gone = {row["id"]: function(client, row) for row in ROWS if row["status"] == "gone"}

    assert [name for name, call in gone.items() if not getattr(call, "__deprecated__", "")] == []
    assert len(gone) == 6


def test_the_older_names_of_groups_lead_to_the_same():
    client = InfisicalClient(executor=ScriptedExecutor())

    assert client.pki_ca is client.pki.ca
    assert client.pki_templates is client.pki.templates
    assert client.pki_alerts is client.pki.alerts


def test_the_readme_tables_whatever_differs_from_the_documents():
    readme = (Path(__file__).parent.parent / "README.md").read_text()
    differing = [row for row in ROWS if row["status"] in ("moved", "gone") or row.get("dropped")]
    missing = [row["id"] for row in differing if f"| `{row['id']}` |" not in readme]
    unsaid = [name for row in differing for name in row.get("dropped") or () if f"`{name}`" not in readme]

    assert (missing, unsaid) == ([], [])
    assert len(differing) > 48
