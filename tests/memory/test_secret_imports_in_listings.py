"""Imports as listings and reads by name show them on the memory server."""

from __future__ import annotations

from typing import Any

from infisical.imports import merge_imports
from infisical.memory import seeding, tables, tree
from infisical.memory.call import Call
from infisical.memory.domain.imported import imports_shown
from infisical.memory.state import Draft
from tests.memory.secrets_world import V4, change, put, query, service_token, where
from tests.memory.world import World


def imports(world: World, into: tuple[str, str], *sources: tuple[str, str], **columns: Any) -> None:
    """Make a folder import others, first to last."""

    def made(call: Call) -> None:
        folder = tree.find_folder(call.draft, world.project_id, *into)
        for environment, path in sources:
            found = tree.environment(call.draft, world.project_id, environment)
            position = 1 + len(call.draft.rows(tables.imports(folder["id"])))
            seeding.new_import(call, folder, found["id"], path, position, **columns)

    change(world, made)


def listed(world: World, **how: Any) -> list[tuple[str, str, dict[str, str]]]:
    got = world.machine.secrets.list(**where(world), include_imports=True, **how).unwrap()
    return [
        (one.environment, one.secret_path, {secret.secret_key: secret.secret_value for secret in one.secrets})
        for one in got.imports
    ]


def named(world: World, name: str) -> str:
    got = world.machine.secrets.get_by_name(**where(world), secret_name=name, include_imports=True)
    return got.unwrap().secret_value


def test_imports_are_listed_in_their_order_and_only_if_asked_for():
    world = World()
    put(world, OWN="1")
    put(world, "staging", A="s")
    put(world, "prod", "/x", A="p", B="p")
    imports(world, ("dev", "/"), ("staging", "/"), ("prod", "/x"))

    plain = world.send("GET", V4, query=query(world))[1]
    with_imports = world.send("GET", V4, query=query(world, include_imports="true"))[1]
    by_the_newer_name = world.send("GET", V4, query=query(world, includeImports="true"))[1]

    assert "imports" not in plain
    assert by_the_newer_name == with_imports
    assert listed(world) == [("staging", "/", {"A": "s"}), ("prod", "/x", {"A": "p", "B": "p"})]
    first = with_imports["imports"][0]
    assert list(first) == ["secretPath", "environment", "folderId", "secrets"]
    assert "createdAt" not in first["secrets"][0]
    assert (first["secrets"][0]["secretValueHidden"], first["secrets"][0]["secretMetadata"]) == (False, [])


def test_a_name_is_found_in_the_folder_first_and_then_in_the_last_import():
    world = World()
    put(world, OWN="own")
    put(world, "staging", OWN="s", A="s", ONLY="s")
    put(world, "prod", A="p")
    imports(world, ("dev", "/"), ("staging", "/"), ("prod", "/"))

    merged = merge_imports(world.machine.secrets.list(**where(world), include_imports=True).unwrap())

    assert (named(world, "OWN"), named(world, "A"), named(world, "ONLY")) == ("own", "p", "s")
    assert {one.secret_key: one.secret_value for one in merged} == {"OWN": "own", "A": "p", "ONLY": "s"}
    got = world.machine.secrets.get_by_name(**where(world), secret_name="A", include_imports=True).unwrap()
    assert (got.environment, got.secret_path) == ("prod", "/")
    assert world.send("GET", f"{V4}/A", query=query(world))[0] == 404


def test_imports_of_imported_folders_come_along_and_the_nearest_of_a_name_stays():
    world = World()
    put(world, "staging", A="near", B="near")
    put(world, "prod", B="far", C="far")
    imports(world, ("dev", "/"), ("staging", "/"))
    imports(world, ("staging", "/"), ("prod", "/"))

    assert listed(world) == [("staging", "/", {"A": "near", "B": "near", "C": "far"})]
    assert (named(world, "B"), named(world, "C")) == ("near", "far")


def test_circles_of_imports_come_to_an_end():
    world = World()
    put(world, A="dev")
    put(world, "staging", B="staging")
    imports(world, ("dev", "/"), ("staging", "/"))
    imports(world, ("staging", "/"), ("dev", "/"))

    assert listed(world) == [("staging", "/", {"B": "staging", "A": "dev"})]
    assert named(world, "B") == "staging"


def test_a_long_chain_of_imports_is_followed_eleven_deep():
    world = World()
    for number in range(15):
        put(world, "dev", f"/f{number}", **{f"K{number}": "1"})
    imports(world, ("dev", "/"), ("dev", "/f0"))
    for number in range(14):
        imports(world, ("dev", f"/f{number}"), ("dev", f"/f{number + 1}"))

    ((_, _, found),) = listed(world)

    assert sorted(found, key=lambda name: int(name[1:])) == [f"K{number}" for number in range(11)]


def test_an_import_of_a_folder_that_is_not_there_is_empty():
    world = World()
    put(world, "prod", A="1")
    imports(world, ("dev", "/"), ("prod", "/nope"), ("prod", "/"))

    assert listed(world) == [("prod", "/nope", {}), ("prod", "/", {"A": "1"})]


def test_recursive_listings_have_the_imports_of_all_folders():
    world = World()
    put(world, "dev", "/a", OWN="1")
    put(world, "prod", A="1")
    imports(world, ("dev", "/a"), ("prod", "/"))

    assert listed(world) == []
    assert listed(world, recursive=True) == [("prod", "/", {"A": "1"})]


def test_values_of_imports_are_put_in_and_may_be_hidden():
    world = World()
    put(world, "prod", A="1", REF="${A}")
    imports(world, ("dev", "/"), ("prod", "/"))

    assert listed(world) == [("prod", "/", {"A": "1", "REF": "1"})]
    mask = "<hidden-by-infisical>"
    assert listed(world, view_secret_value=False) == [("prod", "/", {"A": mask, "REF": mask})]


def test_imports_alone_are_given_as_they_are_written():
    world = World()
    put(world, "prod", A="1", REF="${A}")
    imports(world, ("dev", "/"), ("prod", "/"))
    call = Call(Draft(world.memory.state), seeding.NOBODY, world.clock(), {})
    folder = tree.find_folder(call.draft, world.project_id, "dev", "/")

    (plain,) = imports_shown(call, [folder], expand=False, hidden=False)
    (expanded,) = imports_shown(call, [folder], expand=True, hidden=False)

    assert [one["secretValue"] for one in plain["secrets"]] == ["1", "${A}"]
    assert [one["secretValue"] for one in expanded["secrets"]] == ["1", "1"]


def test_replications_are_no_imports_of_a_listing():
    world = World()
    put(world, "prod", A="1")
    imports(world, ("dev", "/"), ("prod", "/"), isReplication=True)

    assert listed(world) == []


def test_a_service_token_sees_of_imports_what_its_scopes_cover():
    world = World()
    put(world, OWN="1")
    put(world, "prod", A="1")
    imports(world, ("dev", "/"), ("prod", "/"))
    narrow = service_token(world, ("dev", "/"))
    wide = service_token(world, ("dev", "/"), ("prod", "/"))

    def found(token: str) -> list[int]:
        got = world.send("GET", V4, query=query(world, include_imports="true"), token=token)[1]
        return [len(one["secrets"]) for one in got["imports"]]

    assert (found(narrow), found(wide)) == ([0], [1])
    refused = world.send("GET", f"{V4}/A", query=query(world, include_imports="true"), token=narrow)
    assert (refused[0], refused[1]["error"]) == (403, "ForbiddenReadSecretError")
