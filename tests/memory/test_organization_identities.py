"""Machine identities of an organization on the memory server."""

from __future__ import annotations

from tests.memory.test_identities import crowd
from tests.memory.world import World


def test_the_identities_of_an_organization_are_listed_by_name_in_pages():
    world = World()
    crowd(world)
    of = world.machine.organization_identities.list

    got = of(org_id=world.given.organization_id, search="CI-", limit=1, offset=1).unwrap()
    status, answer = world.send(
        "GET", f"/api/v2/organizations/{world.given.organization_id}/identity-memberships", query={"limit": "0"}
    )

    assert ([one.identity.name for one in got.identity_memberships], got.total_count) == (["CI-two"], 2)
    assert (status, answer["message"][0]["path"]) == (422, ["limit"])
