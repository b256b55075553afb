"""Secret sharing on the memory server: who reads what by a link, how often and how long."""

from __future__ import annotations

from typing import Any

import pytest

from infisical import Jwt
from infisical.endpoints.secret_sharing import OpenedSecret, SharedSecret
from infisical.memory import open_session, tables
from infisical.memory.call import format_time
from infisical.memory.state import Draft
from tests.memory.world import World, refusal, without_id

PATH = "/api/v1/shared-secrets"
PATH_BEFORE = "/api/v1/secret-sharing"
RESOURCE = "You are not allowed to access this resource"
INSIDE = refusal(
    400, "BadRequest", "Organization does not allow sharing secrets to members outside of this organization"
)


def member(world: World, email: str = "member@example.com") -> str:
    """One more person of the organization; the JWT."""
    tokens: list[str] = []

    def change(state, now):
        state, token = open_session(state, now=now, email=email)
        tokens.append(token)
        return state

    world.memory.change(change)
    return tokens[0]


def organization_with(world: World, **columns: Any) -> None:
    def change(state, now):
        draft = Draft(state)
        draft.merge(tables.ORGANIZATIONS, world.given.organization_id, **columns)
        return draft.finish()

    world.memory.change(change)


def shared(world: World, **how: Any) -> str:
    body = {"secretValue": "s3cret", "accessType": "anyone", **how}
    return world.send("POST", PATH, body)[1]["id"]


def opened(world: World, identifier: str, body: Any = None, **how: Any) -> tuple[int, Any]:
    return world.send("POST", f"{PATH}/{identifier}/access", body or {}, **{"token": None, **how})


def test_a_shared_secret_is_known_by_its_link_and_opened_by_whoever_has_it():
    world = World()

    made = world.person.secret_sharing.create(
        secret_value=" s3cret\n", name="db", expires_in="1h", max_views=2, access_type="anyone"
    ).unwrap()
    known = world.anyone.secret_sharing.get(shared_secret_id=made.id).unwrap()
    read = world.anyone.secret_sharing.access(shared_secret_id=made.id).unwrap()

    assert made == SharedSecret(
        id=made.id,
        name="db",
        type="share",
        access_type="anyone",
        expires_at="2026-09-21T15:13:20.000Z",
        expires_after_views=2,
        user_id=world.given.user_id,
        org_id=world.given.organization_id,
        shared_secret_link=f"http://localhost:8080/shared/secret/{made.id}",
        created_at="2026-09-21T14:13:20.000Z",
        updated_at="2026-09-21T14:13:20.000Z",
    )
    assert (known.id, known.is_password_protected, known.is_authorized_user) == (made.id, False, False)
    assert read == OpenedSecret(
        id=made.id,
        secret_value=" s3cret\n",
        name="db",
        type="share",
        access_type="anyone",
        expires_at=made.expires_at,
        expires_after_views=1,
        last_viewed_at="2026-09-21T14:13:20.000Z",
        user_id=world.given.user_id,
        org_id=world.given.organization_id,
        created_at=made.created_at,
        updated_at=made.updated_at,
    )


def test_a_shared_secret_is_gone_after_its_views_which_reading_about_it_does_not_count():
    world = World()
    identifier = shared(world, maxViews=1)

    about = [world.send("GET", f"{PATH}/{identifier}", token=None)[0] for _ in range(2)]
    first, second = opened(world, identifier), opened(world, identifier)

    assert (about, first[0], first[1]["expiresAfterViews"]) == ([200, 200], 200, 0)
    assert without_id(second) == refusal(403, "ForbiddenError", "Access denied: Secret has expired by view count")


@pytest.mark.parametrize(
    ("duration", "seconds"), [("5m", 300), ("90 minutes", 5400), ("1h", 3600), ("1.5 days", 129600), ("30d", 2592000)]
)
def test_a_shared_secret_is_gone_after_its_time(duration, seconds):
    world = World()
    identifier = shared(world, expiresIn=duration)

    world.clock.advance(seconds)
    at_the_end = opened(world, identifier)
    world.clock.advance(1)
    after = opened(world, identifier)

    assert at_the_end[0] == 200
    assert without_id(after) == refusal(403, "ForbiddenError", "Access denied: Secret has expired by lifetime")
    assert world.send("GET", f"{PATH}/{identifier}", token=None)[0] == 403


@pytest.mark.parametrize("duration", ["4m", "31d", "5 weeks", "soon", "", "5"])
def test_a_time_that_is_none_or_out_of_bounds_is_refused(duration):
    status, body = World().send("POST", PATH, {"secretValue": "v", "expiresIn": duration})

    assert (status, body["message"]) == (
        422,
        [
            {
                "code": "custom",
                "message": "Expiration time must be between 5 minutes and 30 days",
                "path": ["expiresIn"],
            }
        ],
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("secretValue", "v" * 10_001),
        ("name", "n" * 51),
        ("maxViews", 0),
        ("accessType", "nobody"),
        ("authorizedEmails", ["a@example.com"] * 101),
        ("authorizedEmails", ["nobody"]),
    ],
)
def test_what_a_shared_secret_cannot_have_is_refused(field, value):
    status, body = World().send("POST", PATH, {"secretValue": "v", field: value})

    assert (status, body["message"][0]["path"][0]) == (422, field)


def test_a_password_is_asked_for_and_a_wrong_one_is_no_view():
    world = World()
    identifier = shared(world, password="opens it", maxViews=1)

    without, wrong = opened(world, identifier), opened(world, identifier, {"password": "opens"})
    right = opened(world, identifier, {"password": "opens it"})

    assert world.send("GET", PATH, None)[1]["secrets"][0]["id"] == identifier
    assert without_id(without) == without_id(wrong) == refusal(401, "UnauthorizedError", "Invalid credentials")
    assert (right[0], right[1]["secretValue"]) == (200, "s3cret")


def test_who_shared_a_secret_opens_it_without_its_password():
    world = World()
    identifier = shared(world, password="opens it")

    known = world.send("GET", f"{PATH}/{identifier}")[1]
    read = opened(world, identifier, token="")

    assert (known["isPasswordProtected"], known["isAuthorizedUser"]) == (True, True)
    assert (read[0], read[1]["secretValue"]) == (200, "s3cret")


def test_what_only_the_organization_may_read_is_shared_so_by_default_and_tells_its_name():
    world = World()
    identifier = world.person.secret_sharing.create(secret_value="v").unwrap().id

    outside = world.send("GET", f"{PATH}/{identifier}", token=None)
    inside = opened(world, identifier, token=member(world))

    assert without_id(outside) == refusal(401, "UnauthorizedError", RESOURCE)
    assert without_id(opened(world, identifier)) == refusal(401, "UnauthorizedError", RESOURCE)
    assert (inside[0], inside[1]["orgName"], inside[1]["secretValue"]) == (200, "Example", "v")


def test_another_organization_does_not_read_what_only_this_one_may():
    world = World()
    identifier = world.person.secret_sharing.create(secret_value="v").unwrap().id
    world.person.admin.create_organization(name="Other", invite_admin_emails=["x@example.com"]).unwrap()

    def move(state, now):
        draft = Draft(state)
        other = draft.find(tables.ORGANIZATIONS, name="Other")
        draft.merge(tables.IDENTITIES, world.given.identity_id, orgId=other["id"])
        return draft.finish()

    token = world.token()
    world.memory.change(move)

    got = opened(world, identifier, token=token)

    assert without_id(got) == refusal(403, "ForbiddenError", RESOURCE)


def test_a_secret_that_was_shared_by_name_is_read_by_those_people_alone():
    world = World()
    named, other = member(world, "named@example.com"), member(world, "other@example.com")
    identifier = shared(world, accessType="organization", authorizedEmails=["named@example.com"])

    refused = opened(world, identifier, token=other)
    read = opened(world, identifier, token=named)

    assert without_id(refused) == refusal(401, "UnauthorizedError", "Email not authorized to view secret")
    assert (read[0], read[1]["authorizedEmails"]) == (200, ["named@example.com"])


def test_an_organization_may_keep_its_secrets_inside_and_limit_time_and_views():
    world = World()
    stranger = {"secretValue": "v", "authorizedEmails": ["stranger@example.org"]}
    by_default = world.send("POST", PATH, stranger)
    organization_with(
        world,
        allowSecretSharingOutsideOrganization=False,
        maxSharedSecretLifetime=3600,
        maxSharedSecretViewLimit=2,
    )

    answers = [
        world.send("POST", PATH, {"secretValue": "v", **how})
        for how in (
            {"accessType": "anyone"},
            {"expiresIn": "2h"},
            {"expiresIn": "1h", "maxViews": 3},
            {"expiresIn": "1h"},
        )
    ]

    assert without_id(by_default) == without_id(answers[0]) == INSIDE
    assert [body["message"] for _, body in answers[1:]] == [
        "Secret lifetime exceeds organization limit",
        "Secret max views parameter exceeds organization limit",
        "Secret max views parameter exceeds organization limit",
    ]
    assert world.send("POST", PATH, {"secretValue": "v", "expiresIn": "1h", "maxViews": 2})[0] == 200


def test_own_shared_secrets_are_listed_newest_first_by_page_without_their_values():
    world = World()
    made = [shared(world, name=str(number)) for number in range(3)]
    world.machine.secret_sharing.create(secret_value="machine", access_type="anyone").unwrap()

    page = world.person.secret_sharing.list(offset=1, limit=1).unwrap()
    whole = world.send("GET", PATH)[1]

    assert ([one.id for one in page.secrets], page.total_count) == ([made[1]], 3)
    assert [one["id"] for one in whole["secrets"]] == made[::-1]
    assert set(whole["secrets"][0]) & {"secretValue", "password"} == set()
    assert world.machine.secret_sharing.list().unwrap().total_count == 1
    assert world.send("GET", PATH, query={"limit": "101"})[0] == 422


def test_only_who_shared_a_secret_deletes_it_and_its_link_leads_nowhere_then():
    world = World()
    identifier = shared(world)

    other = world.send("DELETE", f"{PATH}/{identifier}", token=member(world))
    deleted = world.person.secret_sharing.delete(shared_secret_id=identifier).unwrap()

    assert without_id(other) == refusal(403, "ForbiddenError", "User does not have permission to delete shared secret")
    assert (deleted.id, deleted.shared_secret_link) == (identifier, None)
    gone = refusal(404, "NotFound", f"Shared secret with ID '{identifier}' not found")
    assert without_id(opened(world, identifier)) == without_id(world.send("DELETE", f"{PATH}/{identifier}")) == gone


def test_secrets_are_shared_five_times_a_minute_where_calls_are_limited():
    world = World(rate_limits={"secretSharing": 5})

    assert [world.send("POST", PATH, {"secretValue": "v"})[0] for _ in range(6)] == [200] * 5 + [429]


# ---- servers of 2024
def test_servers_of_2024_take_a_moment_answer_the_id_and_show_the_value_at_the_public_path():
    world = World(generation="2024-10")
    body = {
        "secretValue": "v",
        "expiresAt": format_time(world.clock.now + 3600),
        "expiresAfterViews": 2,
        "accessType": "anyone",
        "password": "p",
    }

    status, made = world.send("POST", PATH_BEFORE, body)
    public = f"{PATH_BEFORE}/public/{made['id']}"
    asked = world.send("POST", public, {}, token=None)
    read = world.send("POST", public, {"password": "p"}, token=None)

    assert (status, list(made), asked) == (200, ["id"], (200, {"isPasswordProtected": True}))
    assert (read[0], read[1]["isPasswordProtected"], read[1]["secret"]["secretValue"]) == (200, True, "v")
    assert world.send("GET", PATH_BEFORE)[1]["secrets"][0]["expiresAfterViews"] == 1
    world.clock.advance(3601)
    assert world.send("POST", public, {"password": "p"}, token=None)[0] == 403


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-1, "Expiration date cannot be in the past"),
        (299, "Expiration time cannot be less than 5 mins"),
        (2592001, "Expiration date cannot be more than 30 days"),
    ],
)
def test_servers_of_2024_refuse_a_moment_out_of_bounds(seconds, said):
    world = World(generation="2024-10")
    body = {"secretValue": "v", "expiresAt": format_time(world.clock.now + seconds)}

    assert world.send("POST", PATH_BEFORE, body) == refusal(400, "BadRequest", said)


def test_servers_of_2024_share_for_people_only():
    world = World()
    token = world.token()
    world.become("2024-10")

    status, body = world.send("GET", PATH_BEFORE, token=token)

    assert (status, body["message"]) == (403, RESOURCE)
    assert world.client(Jwt(world.given.user_token)).secret_sharing.list().unwrap().total_count == 0


@pytest.mark.parametrize(("generation", "missing"), [("current", PATH_BEFORE), ("2024-10", PATH)])
def test_each_generation_has_one_of_the_two_paths(generation, missing):
    world = World()
    world.become(generation)

    status, body = world.send("GET", missing)

    assert (status, body["error"], body["message"]) == (404, "Not Found", f"Route GET:{missing} not found")
