"""Tags on the memory server."""

from __future__ import annotations

from infisical.endpoints.secret_tags import Tag
from tests.memory.world import World, refusal, without_id


def test_a_tag_that_was_made_is_read_by_id_and_slug_changed_and_deleted():
    world = World()
    tags = world.machine.secret_tags
    where = {"project_id": world.project_id}

    made = tags.create(**where, slug="blue", color="#00f").unwrap()
    read = tags.get_by_id(**where, tag_id=made.id).unwrap()
    changed = tags.update(**where, tag_id=made.id, slug="red", color="#f00").unwrap()

    assert made == Tag(
        id=made.id,
        slug="blue",
        color="#00f",
        project_id=world.project_id,
        created_by=world.given.identity_id,
        created_by_actor_type="identity",
        created_at="2026-09-21T14:13:20.000Z",
        updated_at="2026-09-21T14:13:20.000Z",
    )
    assert (read.name, tags.get_by_slug(**where, tag_slug="red").unwrap().id) == ("blue", made.id)
    assert tags.list(**where).unwrap() == (changed,)
    assert tags.delete(**where, tag_id=made.id).unwrap() == changed
    assert tags.list(**where).unwrap() == ()


def test_a_tag_is_refused_in_the_words_of_the_server():
    world = World()
    path = f"/api/v1/projects/{world.project_id}/tags"
    world.send("POST", path, {"slug": "blue", "color": ""})

    taken = world.send("POST", path, {"slug": "blue", "color": ""})
    unknown = world.send("GET", f"{path}/{world.project_id}")
    lacking = world.send("POST", path, {"slug": "No Slug!"})

    assert without_id(taken) == refusal(400, "BadRequest", "Tag already exist")
    assert without_id(unknown) == refusal(404, "NotFound", f"Tag with ID '{world.project_id}' not found")
    assert without_id(lacking) == refusal(
        422,
        "ValidationFailure",
        [
            {"code": "custom", "message": "Name must be slug friendly", "path": ["slug"]},
            {
                "code": "invalid_type",
                "expected": "string",
                "received": "undefined",
                "path": ["color"],
                "message": "Required",
            },
        ],
    )
