"""Misspelled names: what is refused, what it suggests, which names are left alone, and what it costs."""

from __future__ import annotations

import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from returns.result import Failure, Success

from infisical import AuthenticationError
from infisical.settings import from_env
from infisical.settings.misspellings import FOREIGN_NAMES, find_misspellings, is_near, list_suggestions
from infisical.settings.variables import KNOWN_VARIABLES

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"


def measure(left: str, right: str) -> int:
    """The optimal string alignment distance, by its definition."""
    table = [[max(i, j) if 0 in (i, j) else 0 for j in range(len(right) + 1)] for i in range(len(left) + 1)]
    for i in range(1, len(left) + 1):
        for j in range(1, len(right) + 1):
            table[i][j] = min(
                table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (left[i - 1] != right[j - 1])
            )
            if i > 1 and j > 1 and left[i - 1] == right[j - 2] and left[i - 2] == right[j - 1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    return table[-1][-1]


def edit(name: str, place: int, letter: str, kind: str) -> str:
    """One edit of a name."""
    before, at, after = name[:place], name[place : place + 1], name[place + 1 :]
    return {
        "insert": f"{before}{letter}{at}{after}",
        "remove": f"{before}{after}",
        "replace": f"{before}{letter}{after}",
        "swap": f"{before}{after[:1]}{at}{after[1:]}",
    }[kind]


EDITS = st.tuples(
    st.integers(0, 50), st.sampled_from(LETTERS), st.sampled_from(["insert", "remove", "replace", "swap"])
)


@given(st.sampled_from(KNOWN_VARIABLES), st.lists(EDITS, min_size=1, max_size=2))
def test_a_name_with_one_or_two_edits_suggests_what_it_is_nearest_to(name, edits):
    misspelled = name
    for place, letter, kind in edits:
        misspelled = edit(misspelled, place % max(1, len(misspelled)), letter, kind)
    assume(misspelled not in KNOWN_VARIABLES and not FOREIGN_NAMES.fullmatch(misspelled))
    distances = {
        known: measure(misspelled, known) for known in KNOWN_VARIABLES if -3 < len(known) - len(misspelled) < 3
    }
    nearest = tuple(known for known, distance in distances.items() if distance == min(distances.values()))

    assert (min(distances.values()) <= 2, list_suggestions(misspelled)) == (True, nearest)
    assert from_env({misspelled: "value"}) == Failure(
        AuthenticationError(f"{misspelled} is not a known variable: rename it to {' or '.join(nearest)}")
    )
    assert from_env({misspelled: ""}) == from_env({})


@given(st.text("AB", max_size=6), st.text("AB", max_size=6), st.integers(0, 2))
def test_names_are_near_by_their_distance(left, right, limit):
    assert is_near(left, right, limit) == (measure(left, right) <= limit)


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("infisical_token", "INFISICAL_TOKEN"),
        ("Infisical_Project_Id", "INFISICAL_PROJECT_ID"),
        ("INFISCAL_TOKEN", "INFISICAL_TOKEN"),
        ("INFISICAL_PROJECTID", "INFISICAL_PROJECT_ID"),
        ("INFISICAL-TOKEN", "INFISICAL_TOKEN"),
        ("infiscal_token", "INFISICAL_TOKEN"),
        ("INFISICAL_SECRETS_PATH", "INFISICAL_SECRET_PATH"),
        ("INFISICAL_UNIVERSAL_AUTH_CLIENTSECRET", "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET"),
        ("INFISICAL_TOKEN_FIEL", "INFISICAL_TOKEN_FILE"),
        ("INFISICAL_GCI_AUTH_IDENTITY_ID", "INFISICAL_GCP_AUTH_IDENTITY_ID or INFISICAL_OCI_AUTH_IDENTITY_ID"),
        ("IFNISICLA_HOST", "INFISICAL_HOST"),
    ],
)
def test_a_misspelled_name_is_refused_even_beside_the_right_one(name, suggestion):
    refusal = Failure(AuthenticationError(f"{name} is not a known variable: rename it to {suggestion}"))

    assert from_env({name: "S3CRET"}) == refusal
    assert from_env({"INFISICAL_TOKEN": "token", name: "S3CRET"}) == refusal


def test_a_name_with_other_characters_is_shown_escaped():
    assert find_misspellings({"INFISICAL_TOKEN\n": "v"}) == (
        "'INFISICAL_TOKEN\\n' is not a known variable: rename it to INFISICAL_TOKEN"
    )


def test_the_first_five_of_many_are_named():
    names = [f"INFISICAL_TOKEN{letter}" for letter in LETTERS]

    assert find_misspellings(dict.fromkeys(names, "v")) == "; ".join(
        [*(f"{name} is not a known variable: rename it to INFISICAL_TOKEN" for name in names[:5]), "and 22 more"]
    )


FOREIGN = [
    "INFISICAL_SERVICE_HOST", "INFISICAL_SERVICE_PORT", "INFISICAL_SERVICE_PORT_HTTP", "INFISICAL_PORT",
    "INFISICAL_PORT_8080_TCP", "INFISICAL_PORT_8080_TCP_ADDR", "INFISICAL_PORT_8080_TCP_PORT",
    "INFISICAL_PORT_8080_TCP_PROTO", "INFISICAL_BACKEND_SERVICE_HOST", "INFISICAL_BACKEND_SERVICE_PORT",
    "INFISICAL_BACKEND_SERVICE_PORT_HTTP", "INFISICAL_BACKEND_PORT", "INFISICAL_BACKEND_PORT_8080_TCP",
    "INFISICAL_BACKEND_PORT_8080_TCP_ADDR", "INFISICAL_A_B_PORT_53_UDP_PROTO", "INFISICAL_HOST_SERVICE_HOST",
    "INFISICAL_TOKEN_PORT", "INFISICAL_JWT_PORT", "INFISICAL_ADMIN_EMAIL", "INFISICAL_ADMIN_PASSWORD",
    "INFISICAL_ADMIN_ORGANIZATION", "INFISICAL_TELEMETRY_ENABLED", "INFISICAL_CUSTOM_HEADERS",
    "INFISICAL_RETRY_BASE_DELAY", "INFISICAL_RETRY_MAX_RETRIES", "INFISICAL_AGENT_PROXY_ADDRESS",
    "INFISICAL_DISABLE_UPDATE_CHECK", "INFISICAL_VAULT_FILE_PASSPHRASE", "INFISICAL_PAM_X", "INFISICAL_RELAY_HOST",
    "INFISICAL_RELAY_TOKEN", "INFISICAL_GATEWAY_NAME", "INFISICAL_GATEWAY_TOKEN",
    # of users, and far from every known name
    "INFISICAL_ENV", "INFISICAL_CLIENT_ID", "INFISICAL_CLIENT_SECRET", "INFISICAL_API_KEY", "INFISICAL_VERSION",
    "INFISICAL_URL", "INFISICAL_AUTH_JWT", "INFISICAL", "INFISICAL_", "MY_TOKEN", "VAULT_TOKEN", "FINANCIAL_TOKEN",
]  # fmt: skip


@pytest.mark.parametrize("name", FOREIGN)
def test_a_name_of_another_program_is_left_alone(name):
    assert from_env({name: "tcp://10.0.0.1:8080"}) == from_env({})
    assert from_env({name.lower(): "tcp://10.0.0.1:8080"}) == from_env({})


def test_no_known_name_is_foreign_and_none_suggests_another():
    assert [name for name in KNOWN_VARIABLES if FOREIGN_NAMES.fullmatch(name)] == []
    assert {
        name: from_env({name: "https://h"}) == from_env({}) for name in KNOWN_VARIABLES if name[10:15] == "SERVE"
    } == {
        "INFISICAL_SERVE_USER_TOKEN": True,
        "INFISICAL_SERVE_IDENTITY_ID": True,
    }
    assert find_misspellings(dict.fromkeys(KNOWN_VARIABLES, "v")) is None


@pytest.mark.parametrize("name", ["INFISICAL_X_", "IFNISICAL_UNIVERSAL_AUTH_CLXENT_", "PATH_", "infisical_port_"])
def test_the_cost_grows_with_the_number_of_names_only(name):
    def cost(number: int) -> float:
        environ = {f"{name}{index:06}": "v" for index in range(number)}
        return min(_time(environ) for _ in range(3))

    assert cost(800) < 20 * max(cost(100), 0.001)


def test_long_names_cost_nothing():
    environ = {"INFISICAL_" + "A_SERVICE_PORT" * 300_000 + "-": "v", "I" * 3_000_000: "v"}

    assert (find_misspellings(environ), _time(environ) < 1) == (None, True)


def _time(environ: dict[str, str]) -> float:
    start = time.process_time()
    find_misspellings(environ)
    return time.process_time() - start


def test_a_name_that_is_no_string_is_ignored():
    assert from_env({5: "x", None: "y"}) == Success(from_env({}).unwrap())
