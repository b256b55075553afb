"""A server of October 2024 as the recorded one was, and the recorded exchanges sent to it.

A recording has no caller: its tokens are scrubbed. The tests name the caller of each exchange by a letter of CALLERS.
Ids and other names that differ by nature are called what the memory calls them, as learnt from pairs of answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import yaml

from infisical.memory import open_mfa, seeding, tables, tokens, tree
from infisical.memory.call import Call
from infisical.memory.state import Draft, State
from infisical.request import HttpRequest
from tests.memory.world import START, World
from tests.wire import CASSETTES

FOLDER = CASSETTES / "2024-10"
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NOBODY = "00000000-"
"""The start of ids that the recorded server did not know."""
FLOW_START = "2026-11-28T15:24:14+00:00"
ORGANIZATION = "064ec450-3553-473e-a826-a36fe5564530"
CALLERS = {
    "a": "admin",
    "u": "user",
    "m": "member",
    "v": "viewer",
    "n": "no-access",
    "o": "outsider",
    "s": "service token",
    "g": "garbage",
    "-": "nobody",
    "f": "user with another factor to pass",
    "x": "expired token",
    "l": "token past its uses",
    "r": "revoked token",
    "t": "forged token",
    "e": "expired service token",
    "d": "deleted service token",
}
PLACED = re.compile(r"(?:workspace/|projects/|(?:workspaceId|projectId)[\"=: ]+)(" + UUID.pattern + ")")
SLUG = re.compile(r"p[0-9a-f]{8}-slug")


class Recorded(NamedTuple):
    method: str
    uri: str
    body: str | None
    headers: tuple[tuple[str, str], ...]
    status: int
    answer: Any

    @property
    def text(self) -> str:
        return f"{self.uri} {self.body or ''}"


@cache
def read_group(name: str) -> tuple[Recorded, ...]:
    text = (FOLDER / f"{name}.yaml").read_text("utf-8")
    return tuple(
        Recorded(
            one["request"]["method"],
            one["request"]["uri"],
            one["request"]["body"],
            tuple((key, values[0]) for key, values in one["request"]["headers"].items()),
            one["response"]["status"]["code"],
            json.loads(one["response"]["body"]["string"] or "null"),
        )
        for one in yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))["interactions"]
    )


# ---- names
def rename(text: str, names: dict[str, str]) -> str:
    for recorded, own in names.items():
        text = text.replace(json.dumps(recorded)[1:-1], json.dumps(own)[1:-1])
    return text


def learn(recorded: Any, own: Any, names: dict[str, str]) -> None:
    """Note what the texts of a recorded answer are called here; elements of lists are paired by what they say."""
    if isinstance(recorded, dict) and isinstance(own, dict):
        for key in recorded.keys() & own.keys():
            learn(recorded[key], own[key], names)
    elif isinstance(recorded, list) and isinstance(own, list):
        rest = [one for one in own if isinstance(one, dict)]
        for one in (one for one in recorded if isinstance(one, dict)):
            mate = next((other for other in rest if is_mate(one, other, names)), None)
            if mate is not None:
                rest.remove(mate)
                learn(one, mate, names)
    elif isinstance(recorded, str) and isinstance(own, str) and recorded != own and len(recorded) >= 21:
        names.setdefault(recorded, own)


def is_mate(recorded: Any, own: Any, names: dict[str, str]) -> bool:
    if recorded.get("id") in names:
        return bool(names[recorded["id"]] == own.get("id"))
    columns = ("secretKey", "slug", "name", "environment", "secretPath", "path", "importPath", "type", "version")
    return all(recorded.get(one) == own.get(one) for one in (*columns, "position"))


def list_keys(value: Any, at: str = "") -> set[str]:
    """The paths of all keys of an answer; the elements of a list are taken together."""
    if isinstance(value, dict):
        return {f"{at}.{key}" for key in value}.union(*(list_keys(one, f"{at}.{key}") for key, one in value.items()))
    if isinstance(value, list):
        return set().union(*(list_keys(one, f"{at}[]") for one in value))
    return set()


# ---- the server
class RecordedWorld:
    """A server with what the recorded one had, the credentials of all callers, and the names of its things."""

    def __init__(self) -> None:
        self.world = World(generation="2024-10")
        given = self.world.given
        self.tokens = {"u": given.user_token, "g": "nonsense", "t": "a.b.c"}
        self.ids: dict[str, str] = {"project": given.project_id, "slug": given.project_slug}
        self.world.memory.change(self._prepare)
        self.start: State = self.world.memory.state

    def _prepare(self, state: State, now: float) -> State:
        state, self.tokens["f"] = open_mfa(state, now=now)
        call = Call(Draft(state), seeding.INTERNAL_REQUEST, now, {})
        given, draft = self.world.given, call.draft
        for letter, role, organization_role in (
            ("a", "admin", "admin"),
            ("m", "member", "member"),
            ("v", "viewer", "member"),
            ("n", "no-access", "member"),
            ("o", None, "member"),
        ):
            identity = seeding.add_identity(call, given.organization_id, letter, organization_role)
            settings = seeding.attach_universal_auth(call, identity["id"])
            if role is not None:
                seeding.add_project_identity(call, given.project_id, identity["id"], role)
            self.tokens[letter] = self._issue(call, identity["id"], settings)
        self.ids["bare"] = seeding.add_identity(call, given.organization_id, "bare", "member")["id"]
        used = seeding.add_identity(call, given.organization_id, "used", "member")
        settings = seeding.attach_universal_auth(call, used["id"])
        self.ids["used"], self.ids["client"] = used["id"], settings["clientId"]
        short, limited = (
            {**settings, "accessTokenTTL": 60, "accessTokenMaxTTL": 60},
            {**settings, "accessTokenNumUsesLimit": 1},
        )
        self.tokens |= {"x": self._issue(call, used["id"], short), "r": self._issue(call, used["id"], settings)}
        draft.drop(tables.ACCESS_TOKENS, list(draft.rows(tables.ACCESS_TOKENS))[-1])
        self.tokens["l"] = self._issue(call, used["id"], limited)
        draft.merge(tables.ACCESS_TOKENS, list(draft.rows(tables.ACCESS_TOKENS))[-1], accessTokenNumUses=1)
        root = tree.find_folder(draft, given.project_id, "dev", "/")
        assert root is not None
        first = tree.create_folder(call, given.project_id, root["envId"], "f1", root)
        tree.create_folder(call, given.project_id, root["envId"], "g", first)
        tree.create_folder(call, given.project_id, root["envId"], "f2", root)
        draft.merge(tables.PROJECTS, given.project_id, autoCapitalization=True)
        for letter, expiry in (("s", None), ("e", "2020-01-01T00:00:00.000Z")):
            row = call.new_row(
                name=letter,
                projectId=given.project_id,
                secret="secret",
                scopes=[{"environment": "dev", "secretPath": "/**"}],
                permissions=["read"],
                expiresAt=expiry,
                createdBy=given.user_id,
            )
            draft.put(tables.SERVICE_TOKENS, row["id"], row)
            self.tokens[letter] = f"st.{row['id']}.secret"
        self.tokens["d"] = "st.9c18b286-e49a-4397-bf06-c86a7bf4d192.secret"
        return draft.finish()

    @staticmethod
    def _issue(call: Call, identity_id: str, settings: Any) -> str:
        return str(tokens.issue(call, identity_id, "universal-auth", settings)["accessToken"])

    def reset(self) -> None:
        self.world.memory.change(lambda state, now: self.start)
        self.world.clock.now = START

    def name_things(self, one: Recorded) -> dict[str, str]:
        """What the ids and slugs of a request are called here, as far as the request tells what they are."""
        names = {ORGANIZATION: self.world.given.organization_id}
        refusal = json.dumps(one.answer)
        for recorded in UUID.findall(one.uri):
            if f"identities/{recorded}" in one.uri and not recorded.startswith(NOBODY):
                is_bare = any(words in refusal for words in ("does not have", "TTL cannot", "to updated", "plan"))
                names[recorded] = self.ids["bare" if is_bare else "used"]
        for recorded in PLACED.findall(one.text):
            if not recorded.startswith(NOBODY):
                names[recorded] = self.ids["project"]
        member = re.search(r"specified project with ID '([0-9a-f][0-9a-f-]+)'", refusal)
        if member and not member[1].startswith(NOBODY):
            names[member[1]] = self.ids["project"]
        if one.method != "POST" or "/api/v2/workspace" not in one.uri:
            names |= dict.fromkeys(SLUG.findall(one.text), self.ids["slug"])
        return names

    def ask(self, one: Recorded, caller: str, names: dict[str, str]) -> tuple[int, Any]:
        """Send a recorded request; the status and the answer. A token in its body is that of the caller."""
        token = self.tokens.get(caller)
        has_credential = token is not None and any(name == "Authorization" for name, _ in one.headers)
        credential = (("Authorization", f"Bearer {token}"),) if has_credential else ()
        headers = tuple(header for header in one.headers if header[0] != "Authorization")
        body = one.body and rename(one.body, names).replace("scrubbed.access.token", token or "nonsense")
        content = None if body is None else body.encode()
        request = HttpRequest(one.method, rename(one.uri, names), (*credential, *headers), content, 30.0)
        answer = self.world.memory(request).unwrap()
        return answer.status, json.loads(answer.body) if answer.body else None


def compare(one: Recorded, names: dict[str, str], status: int, answer: Any) -> tuple[Any, Any]:
    """What was recorded and what is answered: the status, and the keys of a success or a whole refusal."""
    if one.status >= 400:
        recorded = json.loads(rename(json.dumps(one.answer), names))
        return (one.status, recorded), (status, answer)
    return (one.status, sorted(list_keys(one.answer))), (status, sorted(list_keys(answer)))


def replay_flow(name: str) -> Iterator[tuple[int, Any, Any]]:
    """Send a flow in its order, at its times: each place, and what was recorded and what is answered."""
    world = World(generation="2024-10")
    given = world.given
    world.clock.now = datetime.fromisoformat(FLOW_START).timestamp()
    share = {"secretValue": "older", "expiresAt": "2026-12-20T00:00:00Z", "expiresAfterViews": 1, "password": "p"}
    world.send("POST", "/api/v1/secret-sharing", share)
    names = {
        "scrubbed.access.token.person": given.user_token,
        "scrubbed-client-secret-main": given.client_secret,
        ORGANIZATION: given.organization_id,
        "b8745cf0-9a6c-4507-b8d2-974619bd609c": given.identity_id,
        "4e5b212a-10ce-4dad-8459-1e7b944f9445": given.client_id,
        "4d616507-7c31-4d62-bd84-61c5c3b8475b": given.user_id,
    }
    for place, one in enumerate(read_group(name)):
        headers = tuple((key, rename(value, names)) for key, value in one.headers)
        body = None if one.body is None else rename(one.body, names).encode()
        got = world.memory(HttpRequest(one.method, rename(one.uri, names), headers, body, 30.0)).unwrap()
        answer = json.loads(got.body) if got.body else None
        world.clock.advance(0.05)
        if (one.status, got.status) == (200, 200):
            learn(one.answer, answer, names)
        yield place, *compare(one, names, got.status, answer)
