"""Imports as listings and reads by name show them on the memory server."""

from __future__ import annotations

from typing import Any

import pytest

from infisical.endpoints.secrets.merge import merge_imports
from infisical.memory import seeding, tables, tree
from infisical.memory.call import Call
from infisical.memory.secret_imports.imported_secrets import describe_imports
from infisical.memory.secret_imports.store import add_import
from infisical.memory.state import Draft
from tests.memory.secrets_world import V4, change, put, query, service_token, where
from tests.memory.world import World


def imports(world: World, into: tuple[str, str], *sources: tuple[str, str], **columns: Any) -> None:
    """Make a folder import others, first to last."""

    def made(call: Call) -> None:
        folder = tree.find_folder(call.draft, world.project_id, *into)
        for environment, path in sources:
            found = tree.find_environment(call.draft, world.project_id, environment)
            position = 1 + len(call.draft.rows(tables.imports(folder["id"])))
            add_import(call, folder, found["id"], path, position, **columns)

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


def test_imports_are_listed_in_their_order_unless_they_are_not_asked_for():
    world = World()
    put(world, OWN="1")
    put(world, "staging", A="s")
    put(world, "prod", "/x", A="p", B="p")
    imports(world, ("dev", "/"), ("staging", "/"), ("prod", "/x"))

    plain = world.send("GET", V4, query=query(world, includeImports="false"))[1]
    with_imports = world.send("GET", V4, query=query(world, includeImports="true"))[1]
    by_default = world.send("GET", V4, query=query(world))[1]
    by_the_older_name = world.send("GET", V4, query=query(world, include_imports="false"))[1]

    assert plain["imports"] == []
    assert with_imports == by_default == by_the_older_name
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
    assert world.send("GET", f"{V4}/A", query=query(world, includeImports="false"))[0] == 404


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
    call = Call(Draft(world.memory.state), seeding.INTERNAL_REQUEST, world.clock(), {})
    folder = tree.find_folder(call.draft, world.project_id, "dev", "/")

    (plain,) = describe_imports(call, [folder], expand=False, hidden=False)
    (expanded,) = describe_imports(call, [folder], expand=True, hidden=False)

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


# ---- who may read what comes through imports of imports
def nested() -> World:
    """`/a` imports `/b`, which imports `/secret`, which imports `/deep`; each has a secret of its own."""
    world = World()
    for path, name in (("/a", "A"), ("/b", "B"), ("/secret", "S"), ("/deep", "D")):
        put(world, path=path, **{name: name.lower()})
    for path, imported in (("/a", "/b"), ("/b", "/secret"), ("/secret", "/deep")):
        imports(world, ("dev", path), ("dev", imported))
    return world


def seen(world: World, token: str) -> tuple[dict[str, str], list[int], dict[str, str]]:
    """What a token sees of `/a`'s imports: in a listing, by name, and in the list of imported secrets."""
    asked = query(world, secretPath="/a", include_imports="true")
    listing = world.send("GET", V4, query=asked, token=token)[1]["imports"]
    by_name = [world.send("GET", f"{V4}/{name}", query=asked, token=token)[0] for name in "BSD"]
    alone = world.send("GET", "/api/v2/secret-imports/secrets", query=query(world, path="/a"), token=token)[1][
        "secrets"
    ]
    return (
        {one["secretKey"]: one["secretValue"] for group in listing for one in group["secrets"]},
        by_name,
        {one["secretKey"]: one["secretValue"] for group in alone for one in group["secrets"]},
    )


@pytest.mark.parametrize(
    ("scopes", "names", "statuses"),
    [
        (("/a", "/b"), "B", [200, 403, 403]),
        (("/a", "/secret"), "S", [403, 200, 403]),
        (("/a", "/b", "/deep"), "BD", [200, 403, 200]),
        (("/a", "/other"), "", [403, 403, 403]),
        (("/a", "/**"), "BSD", [200, 200, 200]),
    ],
)
def test_a_nested_import_is_judged_by_the_folder_in_which_a_secret_lies(
    scopes: tuple[str, ...], names: str, statuses: list[int]
):
    world = nested()
    token = service_token(world, *(("dev", path) for path in scopes))
    expected = {name: name.lower() for name in names}

    assert seen(world, token) == (expected, statuses, expected)


def test_a_nested_secret_is_named_with_the_folder_of_the_import():
    world = nested()
    found = world.machine.secrets.get_by_name(
        **where(world), secret_path="/a", secret_name="D", include_imports=True
    ).unwrap()

    assert (found.secret_value, found.secret_path) == ("d", "/b")


def test_a_reference_of_a_nested_secret_into_a_folder_that_may_not_be_read_is_not_put_in():
    world = nested()
    put(world, path="/b", REF="${dev.secret.S}", LOCAL="${S}")
    asked = query(world, secretPath="/a", include_imports="true", expandSecretReferences="true")
    token = service_token(world, ("dev", "/a"), ("dev", "/b"))
    listing = world.send("GET", V4, query=asked, token=token)[1]["imports"]
    by_name = world.send("GET", f"{V4}/REF", query=asked, token=token)

    assert {one["secretKey"]: one["secretValue"] for one in listing[0]["secrets"]} == {
        "B": "b",
        "REF": "${dev.secret.S}",
        "LOCAL": "s",  # looked up in `/a`, which the token may read, and whose imports have it
    }
    assert by_name[0] == 403


# ---- local references of imported secrets
def read_imported_values(world: World, path: str, **how: Any) -> dict[str, str]:
    asked = {**where(world), "secret_path": path, "include_imports": True, "expand_secret_references": True, **how}
    listing = world.machine.secrets.list(**asked).unwrap()
    return {one.secret_key: one.secret_value for group in listing.imports for one in group.secrets}


def read_imported_value(world: World, path: str, name: str) -> str:
    return world.machine.secrets.get_by_name(**where(world), secret_path=path, secret_name=name).unwrap().secret_value


def test_a_local_reference_is_looked_up_where_the_secret_is_imported_first():
    world = World()
    put(world, "staging", "/lib", HOST="src", PORT="1", URL="https://${HOST}:${PORT}")
    put(world, path="/app", HOST="dst")
    imports(world, ("dev", "/app"), ("staging", "/lib"))

    assert read_imported_values(world, "/app") == {"HOST": "src", "PORT": "1", "URL": "https://dst:1"}
    # a recursive listing looks in the listed folder, not in the one that imports (createRelativeImportExpander)
    assert read_imported_values(world, "/", recursive=True)["URL"] == "https://src:1"
    assert read_imported_value(world, "/app", "URL") == "https://src:1"  # one secret alone: in its own folder


def test_a_reference_with_a_place_is_looked_up_there():
    world = World()
    put(world, "staging", "/lib", HOST="src", URL="https://${staging.lib.HOST}")
    put(world, path="/app", HOST="dst")
    imports(world, ("dev", "/app"), ("staging", "/lib"))

    assert read_imported_values(world, "/app")["URL"] == "https://src"


def test_references_of_references_are_looked_up_from_where_each_lies():
    world = World()
    put(world, "staging", "/lib", URL="${HOST}", HOST="${NAME}.src", NAME="src", OTHER="${BACK}")
    put(world, path="/app", NAME="dst", BACK="${ONLY}", ONLY="here")
    imports(world, ("dev", "/app"), ("staging", "/lib"))

    assert read_imported_values(world, "/app") == {"URL": "dst.src", "HOST": "dst.src", "NAME": "src", "OTHER": "here"}


def test_the_folder_that_imports_goes_before_those_between():
    world = World()
    put(world, "staging", "/deep", URL="${HOST}-${PORT}-${PATH}", HOST="deep", PORT="deep", PATH="deep")
    put(world, "staging", "/lib", HOST="lib", PORT="lib")
    put(world, path="/app", HOST="app")
    imports(world, ("dev", "/app"), ("staging", "/lib"))
    imports(world, ("staging", "/lib"), ("staging", "/deep"))

    assert read_imported_values(world, "/app")["URL"] == "app-lib-deep"


def test_a_reference_that_is_nowhere_stays_and_one_to_itself_comes_to_an_end():
    world = World()
    put(world, "staging", "/lib", URL="${NOWHERE}", SELF="a${SELF}", LOOP="${POOL}")
    put(world, path="/app", OWN="1", POOL="${LOOP}")
    imports(world, ("dev", "/app"), ("staging", "/lib"))

    assert read_imported_values(world, "/app") == {"URL": "${NOWHERE}", "SELF": "aa${SELF}", "LOOP": "${POOL}"}


def test_a_local_reference_sees_what_the_importing_folder_imports():
    world = World()
    put(world, path="/deep", URL="${HOST}", HOST="deep")
    put(world, path="/lib", HOST="lib")
    put(world, path="/app", OWN="1")
    imports(world, ("dev", "/app"), ("dev", "/lib"))
    imports(world, ("dev", "/lib"), ("dev", "/deep"))
    token = service_token(world, ("dev", "/app"), ("dev", "/deep"))
    asked = query(world, secretPath="/app", include_imports="true", expandSecretReferences="true")
    listing = world.send("GET", V4, query=asked, token=token)[1]["imports"]

    assert {one["secretKey"]: one["secretValue"] for one in listing[0]["secrets"]} == {"HOST": "deep", "URL": "lib"}
