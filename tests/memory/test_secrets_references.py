"""References between secrets on the memory server."""

from __future__ import annotations

from infisical.endpoints.secrets import SecretReferenceNode, SecretReferenceTree
from tests.memory.secrets_world import V4, put, query, service_token, where
from tests.memory.world import World, refusal, without_id


def value(world: World, name: str, path: str = "/") -> str:
    return (
        world.machine.secrets.get_by_name(
            **where(world), secret_name=name, secret_path=path, expand_secret_references=True
        )
        .unwrap()
        .secret_value
    )


def test_references_are_put_in_from_the_folder_from_environments_and_from_paths():
    world = World()
    put(world, HERE="here", URL="${HERE}/${prod.THERE}/${dev.a.b.DEEP}")
    put(world, "prod", THERE="there")
    put(world, "dev", "/a/b", DEEP="${LOCAL}", LOCAL="deep")

    listed = world.machine.secrets.list(**where(world), expand_secret_references=True).unwrap().secrets

    assert value(world, "URL") == "here/there/deep"
    assert {one.secret_key: one.secret_value for one in listed} == {"HERE": "here", "URL": "here/there/deep"}
    plain = world.machine.secrets.get_by_name(
        **where(world), secret_name="URL", expand_secret_references=False
    ).unwrap()
    assert plain.secret_value == "${HERE}/${prod.THERE}/${dev.a.b.DEEP}"


def test_what_names_nothing_stays_as_it_is_written():
    world = World()
    put(world, EMPTY="", KEY="${NONE} ${nope.KEY} ${dev.nope.KEY} ${EMPTY} ${not a name} $KEY")

    assert value(world, "KEY") == "${NONE} ${nope.KEY} ${dev.nope.KEY} ${EMPTY} ${not a name} $KEY"


def test_circles_come_to_an_end():
    world = World()
    put(world, A="a${B}", B="b${A}", SELF="x${SELF}", AGAIN="${TWICE}${TWICE}", TWICE="t")

    assert value(world, "A") == "aba${B}"
    assert value(world, "SELF") == "xx${SELF}"
    assert value(world, "AGAIN") == "tt"


def test_references_are_followed_eleven_deep():
    world = World()
    put(world, **{f"K{number}": f"${{K{number + 1}}}" for number in range(20)}, K20="end")

    assert value(world, "K9") == "end"
    assert value(world, "K8") == "${K20}"


def test_personal_overrides_are_not_what_references_mean():
    world = World()
    put(world, KEY="ours", REF="${KEY}")
    world.person.secrets.create(**where(world), secret_name="KEY", secret_value="mine", type="personal").unwrap()

    got = world.person.secrets.get_by_name(**where(world), secret_name="REF", expand_secret_references=True).unwrap()

    assert got.secret_value == "ours"


def test_what_is_put_in_may_be_written_on_one_line():
    world = World()
    put(world, LINES="1\n2", REF="${LINES}", PLAIN="3\n4")
    for name in ("REF", "PLAIN"):
        world.machine.secrets.update(**where(world), secret_name=name, skip_multiline_encoding=True).unwrap()

    assert value(world, "REF") == '"1\\n2"'
    assert value(world, "PLAIN") == "3\n4"


def test_a_reference_that_may_not_be_read_is_refused():
    world = World()
    put(world, REF="${prod.KEY}")
    put(world, "prod", KEY="1")
    token = service_token(world, ("dev", "/"))

    one = world.send("GET", f"{V4}/REF", query=query(world, expandSecretReferences="true"), token=token)
    listed = world.send("GET", V4, query=query(world, expandSecretReferences="true"), token=token)
    told = (
        "You do not have permission to read secret 'KEY' in environment 'prod' at path '/', "
        "which is referenced by secret 'REF' in environment 'dev' at path '/'."
    )

    assert without_id(one) == refusal(403, "ForbiddenError", told)
    assert without_id(listed) == refusal(403, "ForbiddenError", "Failed to expand one or more secret references")
    assert listed[1]["details"] == [told]


def test_hidden_values_are_not_put_in():
    world = World()
    put(world, KEY="1", REF="${KEY}")

    listed = world.machine.secrets.list(**where(world), expand_secret_references=True, view_secret_value=False).unwrap()

    assert {one.secret_value for one in listed.secrets} == {"<hidden-by-infisical>"}


def test_the_tree_of_a_secret_has_what_it_refers_to():
    world = World()
    put(world, ROOT="${A} and ${prod.B}", A="1")
    put(world, "prod", B="${C}", C="2")

    found = world.person.secrets.get_reference_tree(**where(world), secret_name="ROOT").unwrap()

    def node(key: str, text: str, environment: str, *children: SecretReferenceNode) -> SecretReferenceNode:
        return SecretReferenceNode(key=key, value=text, environment=environment, secret_path="/", children=children)

    assert found == SecretReferenceTree(
        tree=node(
            "root",
            "${A} and ${prod.B}",
            "dev",
            node("A", "1", "dev"),
            node("B", "${C}", "prod", node("C", "2", "prod")),
        ),
        value="1 and 2",
    )


def test_the_tree_of_a_circle_is_no_circle():
    world = World()
    put(world, A="${B}", B="${A}")

    found = world.person.secrets.get_reference_tree(**where(world), secret_name="A").unwrap()

    (below,) = found.tree.children
    (lowest,) = below.children
    assert (below.key, lowest.key, lowest.value, lowest.children) == ("B", "A", "${B}", ())


def test_the_secrets_that_refer_to_one_are_a_tree():
    world = World()
    put(world, KEY="1", NEAR="${KEY}", OTHER="${NEAR}")
    put(world, "prod", FAR="${dev.KEY}", STRANGE="${KEY}")

    found = world.person.secrets.list_references(**where(world), secret_name="KEY").unwrap()

    def node(key: str, environment: str, *children: SecretReferenceNode) -> SecretReferenceNode:
        return SecretReferenceNode(key=key, environment=environment, secret_path="/", children=children)

    assert found == node("KEY", "dev", node("NEAR", "dev", node("OTHER", "dev")), node("FAR", "prod"))


def test_secrets_that_refer_to_each_other_make_no_endless_tree():
    world = World()
    names = [f"K{index}" for index in range(8)]
    put(world, **{name: "".join(f"${{{other}}}" for other in names) for name in names})

    found = world.person.secrets.list_references(**where(world), secret_name="K0").unwrap()

    def count(node: SecretReferenceNode) -> int:
        return 1 + sum(count(child) for child in node.children)

    assert count(found) == 1 + 8 * 8  # each way from one secret to another once


def test_a_secret_that_is_not_there_has_no_tree_of_references():
    world = World()
    unknown = world.send("GET", f"{V4}/X/reference-dependency-tree", query=query(world))
    assert without_id(unknown) == refusal(404, "NotFound", "Secret with name 'X' not found")
