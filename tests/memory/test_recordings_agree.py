"""Every recorded request, sent to a memory server of the same age, seeded alike: same status, same error, same keys.

Ids, tokens and ciphertexts differ by nature: where a recorded answer and the memory's hold different texts at the same
place, later requests are sent with the memory's. What differs in another way is listed here, with its reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from infisical.memory import seeding, tables, tokens, tree
from infisical.memory.call import Call
from infisical.memory.loading import put_secrets
from infisical.memory.state import Draft
from infisical.request import HttpRequest
from tests.memory.world import World
from tests.wire import CASSETTES

HOST = "https://infisical.example.com"
BY_A_PERSON = ("organizations", "projects", "users")
MALFORMED = ("errors", 2)
"""The interaction that was recorded with a token that is no token."""
PROJECT, ORGANIZATION = "13149087-66d8-45dd-af69-b4cd92a52979", "e8ea1beb-2715-400f-be3e-c276fe113d82"
SHORT_LIVED = "7b37b157-b55b-4025-9fae-344c0de699f2"
OTHERS = 14
"""So many more identities there were."""

DIFFERENCES: dict[tuple[str, int], str] = {}
"""What differs, and why: cassette and place in it -> the reason."""


def seeded() -> tuple[World, dict[str, str]]:
    """A server as the recorded one was, and what its ids and credentials are called here."""
    world = World(generation="2024-10")
    given = world.given

    def prepare(state, now):
        call = Call(Draft(state), seeding.INTERNAL_REQUEST, now, {})
        call.draft.merge(tables.PROJECTS, given.project_id, autoCapitalization=True)
        tree.create_environment(call, given.project_id, "Contract", "contract", 4)
        identity = seeding.add_identity(call, given.organization_id, "short-lived", "member")
        settings = seeding.attach_universal_auth(call, identity["id"], accessTokenTTL=600, accessTokenMaxTTL=3600)
        _, row = seeding.add_client_secret(call, identity["id"])
        call.draft.merge(tables.client_secrets(identity["id"]), row["id"], clientSecret="scrubbed-client-secret")
        for number in range(OTHERS):
            seeding.add_identity(call, given.organization_id, f"other-{number}", "member")
        tokens.open_session(call, given.user_id, given.organization_id)
        names["short lived"] = settings["clientId"]
        _, own = seeding.add_client_secret(call, given.identity_id)
        call.draft.merge(tables.client_secrets(given.identity_id), own["id"], clientSecret="scrubbed-client-secret")
        return call.draft.finish()

    names: dict[str, str] = {}
    world.memory.change(prepare)
    world.memory.change(lambda state, now: put_secrets(state, {"HELLO": "world"}, now=now, path="/app"))
    return world, {
        PROJECT: given.project_id,
        ORGANIZATION: given.organization_id,
        "4c0eb7cc-fa12-423e-85f7-f475f0e6f70c": given.client_id,
        SHORT_LIVED: names["short lived"],
    }


def interactions(cassette: str) -> list[Any]:
    found: list[Any] = yaml.safe_load((CASSETTES / f"{cassette}.yaml").read_text("utf-8"))["interactions"]
    return found


def called_here(text: str, names: dict[str, str]) -> str:
    for recorded, own in names.items():
        text = text.replace(recorded, own)
    return text


def learn(recorded: Any, own: Any, names: dict[str, str]) -> None:
    """Note what the texts of a recorded answer are called here; those that requests may hold: ids and the like."""
    if isinstance(recorded, dict) and isinstance(own, dict):
        for key in recorded.keys() & own.keys():
            learn(recorded[key], own[key], names)
    elif isinstance(recorded, list) and isinstance(own, list):
        for one, other in zip(recorded, own, strict=False):
            learn(one, other, names)
    elif isinstance(recorded, str) and isinstance(own, str) and len(recorded) >= 21 and recorded != own:
        names[recorded] = own


def keys(value: Any) -> Any:
    """What an answer is made of, without its values."""
    if isinstance(value, dict):
        return {key: keys(one) for key, one in value.items()}
    if isinstance(value, list):
        return [keys(one) for one in value]
    return None


def refused(body: Any, names: dict[str, str]) -> Any:
    """The error of an answer, as it would be told here."""
    if not isinstance(body, dict) or "statusCode" not in body:
        return None
    return json.loads(called_here(json.dumps([body["error"], body["message"]]), names))


def replayed(cassette: str) -> Iterator[tuple[int, tuple[Any, ...], tuple[Any, ...]]]:
    """Each interaction's place, and what was recorded and what is answered: status, error, keys."""
    world, names = seeded()
    credential = world.given.user_token if cassette in BY_A_PERSON else world.token()
    for place, interaction in enumerate(interactions(cassette)):
        request, response = interaction["request"], interaction["response"]
        carried = "nonsense" if (cassette, place) == MALFORMED else credential
        headers = tuple(
            (name, f"Bearer {carried}" if name == "Authorization" else values[0])
            for name, values in request["headers"].items()
        )
        url = called_here(request["uri"], names)
        body = None if request["body"] is None else called_here(request["body"], names).encode()
        got = world.memory(HttpRequest(request["method"], url, headers, body, 30.0)).unwrap()
        recorded, own = json.loads(response["body"]["string"]), json.loads(got.body)
        expected = (response["status"]["code"], refused(recorded, names), keys(recorded))
        learn(recorded, own, names)
        yield place, expected, (got.status, refused(own, {}), keys(own))


NAMES = sorted(path.stem for path in CASSETTES.glob("*.yaml"))


@pytest.mark.parametrize("cassette", NAMES)
def test_a_recorded_request_is_answered_alike(cassette):
    for place, recorded, answered in replayed(cassette):
        if (cassette, place) not in DIFFERENCES:
            assert (cassette, place, *answered) == (cassette, place, *recorded)


def test_the_agreement_is_this_figure():
    compared = [(name, place, recorded == own) for name in NAMES for place, recorded, own in replayed(name)]
    agreed = sum(same for _, _, same in compared)

    assert {(name, place) for name, place, same in compared if not same} == set(DIFFERENCES)
    assert (agreed, len(compared)) == (68 - len(DIFFERENCES), 68)


def test_every_cassette_is_compared():
    assert len(NAMES) == len([path for path in Path(CASSETTES).iterdir() if path.is_file()]) == 10
