"""The recordings of cassettes/2024-10: a whole flow in its order, and each exchange of the groups on its own.

A group's exchange was one of many thousands: what came before it is not recorded. PREPARED makes what it needs, RUNS
are those that follow one another. NOT_MODELLED lists those that the memory answers otherwise, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from infisical.memory import seeding, tables
from infisical.memory.call import Call
from infisical.memory.state import Draft
from tests.forms import mark_exhaustive
from tests.memory.recorded_world import FOLDER, Recorded, RecordedWorld, compare, learn, read_group, replay_flow

CALLERS = {
    "dynamic_secrets": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaanoaaaaaaaaa",
    "folders": "aaaaaaaaaaaa-aavaaaa-aaa-a-aoavaaoaaauoaaaaaaaaaa",
    "identities": "uaaaaaaaauaa-aaa-aasno",
    "imports": "aaaoavagvava-gaaaoa-naaaaovaaaaoaaaagavaaa-aaa",
    "kms": "aaaaaaaaaaavaoavvaga-aaagaa-anoo",
    "organizations": "aaauuuuuuuuuaaaaaaa",
    "pki": "aaaaaaaaaaaaaaaaaaaaaaaaavo",
    "projects": "aaaaaaaaaaaaaaaaava-aaaaov-avaaamnnoooooo",
    "secrets": "aaaaaaaxlredaaaaaaaaaaoaaaaaaoaaavuanaaaaaaaa",
    "service_tokens": "aaauuuuauuau",
    "tags": "aaaaov-aaaaaoaonaagoogoooaoo",
    "token_auth": "aaaaaaaaaaaaaaaaaaaaaaaa",
    "universal_auth": "a--aa-x-aaaaaaaaaaataaaaa-a-aa-aaa-aaaa-aa-aa",
    "users": "tuufaau-aaauuuaaaaa--",
    "webhooks": "uuuuaaaaauuaaaaauuauauaauaua",
}
"""Who sent each exchange, by the letters of recorded_world: the recordings do not say it, the answers do."""

NOT_MODELLED: dict[tuple[str, int], str] = {
    ("dynamic_secrets", 2): "the memory calls no database: one that does not answer is taken",
    ("universal_auth", 5): "the memory sees one address, 127.0.0.1, and the recording does not have the trusted ones",
    ("secrets", 12): "the memory sees one address, 127.0.0.1, and the recording does not have the trusted ones",
}
"""What differs, and why: group and place in it -> the reason."""

Step = Callable[[RecordedWorld, Recorded, dict[str, str]], None]


# ---- steps: what the recorded server had before an exchange
def ask(recorded: RecordedWorld, method: str, path: str, body: Any = None) -> Any:
    status, answer = recorded.world.send(method, path.format(**recorded.ids), body)
    assert status == 200, (method, path, answer)
    return answer


def folder(name: str, path: str = "/", environment: str = "dev", recorded_id: str | None = None) -> Step:
    def step(recorded: RecordedWorld, one: Recorded, names: dict[str, str]) -> None:
        place = {"workspaceId": recorded.ids["project"], "environment": environment, "path": path}
        made = ask(recorded, "POST", "/api/v1/folders", {**place, "name": name})["folder"]
        names[recorded_id or "no id"] = made["id"]

    return step


def root_folder_of_a_subfolder(recorded: RecordedWorld, one: Recorded, names: dict[str, str]) -> None:
    """The folder that the path names, whatever it is called."""
    place = {"workspaceId": recorded.ids["project"], "environment": "dev", "path": "/"}
    names[one.uri.rpartition("/")[2]] = ask(recorded, "POST", "/api/v1/folders", {**place, "name": "own"})["folder"][
        "id"
    ]


def key(*, name: str = "k", disabled: bool = False) -> Step:
    def step(recorded: RecordedWorld, one: Recorded, names: dict[str, str]) -> None:
        body = {"projectId": recorded.ids["project"], "name": name}
        made = ask(recorded, "POST", "/api/v1/kms/keys", body)["key"]["id"]
        if disabled:
            ask(recorded, "PATCH", f"/api/v1/kms/keys/{made}", {"isDisabled": True})
        names[one.uri.partition("/keys/")[2].partition("/")[0] or "no id"] = made

    return step


def secret(name: str) -> Step:
    def step(recorded: RecordedWorld, one: Recorded, names: dict[str, str]) -> None:
        body = {"workspaceId": recorded.ids["project"], "environment": "dev", "secretValue": "v"}
        ask(recorded, "POST", f"/api/v3/secrets/raw/{name}", body)

    return step


def tag(recorded: RecordedWorld, one: Recorded, names: dict[str, str]) -> None:
    ask(recorded, "POST", "/api/v1/workspace/{project}/tags", {"slug": "blue", "color": ""})


def environment(recorded: RecordedWorld, one: Recorded, names: dict[str, str]) -> None:
    made = ask(recorded, "POST", "/api/v1/workspace/{project}/environments", {"name": "QA", "slug": "qa"})
    names[one.uri.rpartition("/")[2]] = made["environment"]["id"]


def import_of(path: str) -> Step:
    def step(recorded: RecordedWorld, one: Recorded, names: dict[str, str]) -> None:
        place = {"workspaceId": recorded.ids["project"], "environment": "dev", "path": "/"}
        made = ask(
            recorded, "POST", "/api/v1/secret-imports", {**place, "import": {"environment": "dev", "path": path}}
        )
        names[one.uri.rpartition("/")[2]] = made["secretImport"]["id"]

    return step


def webhook(recorded: RecordedWorld, one: Recorded, names: dict[str, str]) -> None:
    body = {"workspaceId": recorded.ids["project"], "environment": "dev", "webhookUrl": "https://example.com"}
    names[one.uri.split("/")[6]] = ask(recorded, "POST", "/api/v1/webhooks", body)["webhook"]["id"]


def new_identity(recorded: RecordedWorld, one: Recorded, names: dict[str, str]) -> None:
    body = {"name": "new", "organizationId": recorded.world.given.organization_id, "role": "member"}
    names["b8745cf0-9a6c-4507-b8d2-974619bd609c"] = ask(recorded, "POST", "/api/v1/identities", body)["identity"]["id"]


def access_token(recorded: RecordedWorld, one: Recorded, names: dict[str, str]) -> None:
    path = f"/api/v1/auth/token-auth/identities/{recorded.ids['bare']}"
    ask(recorded, "POST", path, {})
    names[one.uri.split("/")[8]] = ask(recorded, "POST", f"{path}/tokens", {})["tokenData"]["id"]


def client_secret(**limits: int) -> Step:
    """A client secret with these limits, which one login has used."""

    def step(recorded: RecordedWorld, one: Recorded, names: dict[str, str]) -> None:
        def change(state: Any, now: float) -> Any:
            call = Call(Draft(state), seeding.INTERNAL_REQUEST, now, {})
            _, row = seeding.add_client_secret(call, recorded.ids["used"], **limits)
            call.draft.merge(
                tables.client_secrets(recorded.ids["used"]), row["id"], clientSecret="scrubbed", clientSecretNumUses=1
            )
            return call.draft.finish()

        recorded.world.memory.change(change)
        names["170c0f02-4129-4fa8-bb18-6b6ef1a7b32e"] = recorded.ids["client"]

    return step


def later(recorded: RecordedWorld, one: Recorded, names: dict[str, str]) -> None:
    recorded.world.clock.advance(3600)


def community(recorded: RecordedWorld, one: Recorded, names: dict[str, str]) -> None:
    recorded.world.memory.change(lambda state, now: state.with_plan("community"))


def limited(recorded: RecordedWorld, one: Recorded, names: dict[str, str]) -> None:
    """No call of the class of secrets is left."""
    recorded.world.memory.change(
        lambda state, now: replace(state, settings=replace(state.settings, rate_limits={"secrets": 0}))
    )


def invited_member(recorded: RecordedWorld, one: Recorded, names: dict[str, str]) -> None:
    run(recorded, "organizations", (2,), names)
    *_, member = recorded.world.memory.state.rows(tables.ORG_MEMBERS).values()
    names["420c8a6d-91a3-49bc-96fd-e9b7952003de"] = member["id"]


def renewed_lease(recorded: RecordedWorld, one: Recorded, names: dict[str, str]) -> None:
    run(recorded, "dynamic_secrets", (0, 9, 12), names)
    names["73a579cb-9104-4d12-ae2f-f6a38d3ee69d"] = names["96f5d5f7-36c7-4da3-aa6d-196e2645fa6c"]


def authority(
    kind: str = "root", recorded_id: str | None = None, not_after: str = "2032-01-01", status: str = "active"
) -> Step:
    def step(recorded: RecordedWorld, one: Recorded, names: dict[str, str]) -> None:
        subject = dict.fromkeys(("organization", "ou", "country", "province", "locality"), "")
        body = {"projectSlug": recorded.ids["slug"], "type": kind, "commonName": "R", **subject}
        dates = {"notAfter": not_after} if kind == "root" else {}
        made = ask(recorded, "POST", "/api/v1/pki/ca", {**body, **dates, "keyAlgorithm": "EC_prime256v1"})["ca"]["id"]
        if status != "active":
            ask(recorded, "PATCH", f"/api/v1/pki/ca/{made}", {"status": status})
        names[recorded_id or one.uri.split("/")[7]] = made

    return step


ROOT, INTERMEDIATE = "d6410f15-41b8-4061-934f-c18c6258ed05", "a0addecb-0c51-4f84-be16-a77e5b49d469"
PREPARED: dict[tuple[str, int], tuple[Step, ...]] = {
    ("dynamic_secrets", 37): (renewed_lease,),
    ("folders", 11): (folder("own", recorded_id="36b0d791-d3fd-4273-8d6c-d6c22008f5f0"),),
    ("folders", 27): (folder("own", recorded_id="53c6a2c9-9753-416d-8966-6e80e5abfc1d"),),
    ("folders", 29): (folder("own", recorded_id="ae688e1d-f027-4f7e-927f-d86c0d4c9bcb"), folder("g")),
    ("folders", 35): (folder("f3"),),
    ("folders", 38): (root_folder_of_a_subfolder,),
    ("folders", 41): (folder("f2", "/f1", "staging"),),
    ("folders", 48): (folder("n1"),),
    ("identities", 0): (new_identity,),
    ("imports", 28): (import_of("/f1"),),
    ("imports", 45): (import_of("/f2"), import_of("/f1")),
    ("kms", 0): (key(disabled=True),),
    ("kms", 2): (key(name="k-1"),),
    **{("kms", place): (key(),) for place in (10, 12, 15, 16)},
    ("kms", 25): (key(disabled=True),),
    ("pki", 5): (authority(),),
    ("pki", 8): (authority(not_after="2030-01-01"),),
    ("pki", 18): (authority("intermediate"),),
    ("pki", 19): (authority(),),
    ("pki", 21): (authority(not_after="2032-01-01"),),
    ("pki", 22): (authority(status="disabled"),),
    ("projects", 18): (environment,),
    ("secrets", 4): (secret("B1"),),
    ("secrets", 7): (later,),
    ("secrets", 13): (limited,),
    ("tags", 7): (tag,),
    ("token_auth", 0): (access_token,),
    ("token_auth", 1): (access_token,),
    ("universal_auth", 0): (community,),
    ("universal_auth", 1): (client_secret(uses=1),),
    ("universal_auth", 2): (client_secret(ttl=60), later),
    ("universal_auth", 6): (later,),
    ("webhooks", 0): (webhook,),
}
RUNS: tuple[tuple[str, tuple[int, ...], tuple[Step, ...]], ...] = (
    ("dynamic_secrets", (0, 1, *range(3, 19)), ()),
    ("organizations", (3, 4, 5, 6), (invited_member,)),
    ("organizations", (8, 9), ()),
    ("pki", (0, 1, 2, 3, 4), (authority("root", ROOT), authority("intermediate", INTERMEDIATE))),
)
"""Exchanges that follow one another on one server: group, places, and what is made before."""
FOLLOWING = {(group, place) for group, places, _ in RUNS for place in places}
ALONE = [
    (group, place)
    for group in sorted(CALLERS)
    for place in range(len(read_group(group)))
    if (group, place) not in FOLLOWING | NOT_MODELLED.keys()
]


@pytest.fixture(scope="module")
def recorded() -> RecordedWorld:
    return RecordedWorld()


def run(recorded: RecordedWorld, group: str, places: tuple[int, ...], names: dict[str, str]) -> list[Any]:
    """Send exchanges of a group one after another; what was recorded and what is answered."""
    pairs = []
    for place in places:
        one = read_group(group)[place]
        names |= {known: own for known, own in recorded.name_things(one).items() if known not in names}
        status, answer = recorded.ask(one, CALLERS[group][place], names)
        pairs.append((place, *compare(one, names, status, answer)))
        if one.status == 200:
            learn(one.answer, answer, names)
    return pairs


@pytest.mark.parametrize(
    ("group", "place"),
    [
        pytest.param(group, place, id=f"{group}-{place}")
        if index % 4 == 0
        else mark_exhaustive(group, place, id=f"{group}-{place}")
        for index, (group, place) in enumerate(ALONE)
    ],
)
def test_a_recorded_exchange_is_answered_alike(recorded, group, place):
    one = read_group(group)[place]
    recorded.reset()
    names = recorded.name_things(one)
    for step in PREPARED.get((group, place), ()):
        step(recorded, one, names)

    [(_, expected, actual)] = run(recorded, group, (place,), names)

    assert expected == actual


@pytest.mark.parametrize(("group", "places", "steps"), RUNS, ids=[f"{group}-{places[0]}" for group, places, _ in RUNS])
def test_recorded_exchanges_that_follow_one_another_are_answered_alike(recorded, group, places, steps):
    recorded.reset()
    names: dict[str, str] = {}
    for step in steps:
        step(recorded, read_group(group)[places[0]], names)

    pairs = run(recorded, group, places, names)

    assert [(place, expected) for place, expected, _ in pairs] == [(place, actual) for place, _, actual in pairs]


def test_the_recorded_flow_is_answered_alike_in_its_order():
    different = {place: pair for place, *pair in replay_flow("flow_everything") if pair[0] != pair[1]}

    assert different == {}


@pytest.mark.parametrize(("group", "place"), NOT_MODELLED)
def test_an_exchange_that_is_not_modelled_differs(recorded, group, place):
    recorded.reset()

    [(_, expected, actual)] = run(recorded, group, (place,), {})

    assert expected != actual


def test_every_recording_is_replayed():
    groups = {path.stem for path in FOLDER.glob("*.yaml")}

    assert groups == {*CALLERS, "flow_everything"}
    assert {group: len(read_group(group)) for group in CALLERS} == {group: len(row) for group, row in CALLERS.items()}
