"""The commands `endpoints` and `call`: every endpoint, its parameters as options, its answer as masked JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from infisical.cli.catalog import find_endpoint, list_endpoints
from infisical.executors import ScriptedExecutor
from infisical.response import Response
from tests.cli.terminal import Run, Terminal
from tests.cli.test_export import LOGIN, secret
from tests.forms import mark_exhaustive
from tests.test_contract import ROWS
from tests.wire import answer

SECRET = "s3cr3t-v4lue"


def scripted(*responses: Response) -> tuple[Terminal, ScriptedExecutor]:
    executor = ScriptedExecutor(LOGIN, *responses)
    return Terminal(executor=executor), executor


def send(arguments: tuple[str, ...], **options: Any) -> tuple[Run, Any]:
    """Run `call` against a server that answers `{}`; return its last request too: verb, path and body."""
    terminal, executor = scripted(answer({}))
    run = terminal.run("call", *arguments, **options)
    request = executor.sent[-1]
    url = request.url.removeprefix("https://app.infisical.com")
    return run, (request.method, url, json.loads(request.body) if request.body else None)


# ---- endpoints
def test_the_table_has_every_endpoint_of_the_contract() -> None:
    rows = json.loads(Terminal().run("endpoints", "--json").out)

    assert {(row["endpoint"], row["method"], row["path"]) for row in rows} == {
        (row["endpoint"], row["method"], row["path"]) for row in rows
    }
    assert {row["endpoint"] for row in rows} == {row["id"] for row in ROWS}
    assert {row["endpoint"]: row["method"] for row in rows} == {row["id"]: row["method"] for row in ROWS}
    modes = {row["id"]: row["auth"]["modes"] if row["auth"]["need"] != "none" else [] for row in ROWS}
    assert {row["endpoint"]: set(row["modes"].split(",")) - {"none"} for row in rows} == {
        name: set(listed) for name, listed in modes.items()
    }


def test_the_table_of_a_group_has_aligned_columns(terminal: Terminal) -> None:
    run = terminal.run("endpoints", "secret_tags")

    assert (run.code, run.err) == (0, "")
    assert [line.split("  ")[0] for line in run.out.splitlines()] == [
        "secret_tags.create",
        "secret_tags.delete",
        "secret_tags.get_by_id",
        "secret_tags.get_by_slug",
        "secret_tags.list",
        "secret_tags.update",
    ]
    assert len({line.index("identity_access_token,jwt") for line in run.out.splitlines()}) == 1


@pytest.mark.parametrize("group", ["identity_auth.universal", "pki", "status", "identity_auth"])
def test_a_group_lists_the_groups_in_it(terminal: Terminal, group: str) -> None:
    ids = [row["id"] for row in ROWS if row["id"].startswith(f"{group}.")]

    assert [line.split()[0] for line in terminal.run("endpoints", group).out.splitlines()] == sorted(ids)


@pytest.mark.parametrize("group", ["nope", "secrets.list", "secrets.", "_run", "pki_ca", "__class__", "secrets.nope"])
def test_an_unknown_group_is_a_usage_error(terminal: Terminal, group: str) -> None:
    run = terminal.run("endpoints", group)

    assert (run.code, run.out) == (2, "")
    assert run.err.endswith("error: there is no such group: `endpoints` without GROUP lists all\n")


# ---- call: parameters
@pytest.mark.parametrize(
    "name", ["nope", "secrets", "secrets.nope", "secrets._run", "pki_ca.get", "", "secrets.list.x"]
)
def test_an_unknown_endpoint_is_a_usage_error(terminal: Terminal, name: str) -> None:
    run = terminal.run("call", name)

    assert (run.code, run.out) == (2, "")
    assert run.err.endswith("call: error: there is no such endpoint: `endpoints` lists all\n")


def test_every_parameter_of_every_endpoint_has_an_option_of_its_name() -> None:
    options = {one.name: [parameter.option for parameter in one.list_parameters()] for one in list_endpoints()}

    assert len(options) == 298
    assert [name for name, listed in options.items() if len(listed) != len(set(listed))] == []
    assert {"--reveal", "--help", "--null"} & {option for listed in options.values() for option in listed} == set()


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [
        (
            ("projects.create", "--project-name", "x", "--should-create-default-envs", "false"),
            ("POST", "/api/v1/projects", {"projectName": "x", "shouldCreateDefaultEnvs": False}),
        ),
        (
            ("projects.create", "--project-name=--odd", "--should-create-default-envs"),
            ("POST", "/api/v1/projects", {"projectName": "--odd", "shouldCreateDefaultEnvs": True}),
        ),
        (
            ("projects.create", "--project-name", "@@x"),
            ("POST", "/api/v1/projects", {"projectName": "@x"}),
        ),
        (
            ("kms.list_keys", "--project-id", "p", "--offset", "5", "--search", "12"),
            ("GET", "/api/v1/kms/keys?projectId=p&offset=5&search=12", None),
        ),
        (
            ("secrets.list", "--project-id", "p", "--tag-slugs", "a", "--tag-slugs", "b", "--env", "eu"),
            ("GET", "/api/v4/secrets?projectId=p&environment=eu&tagSlugs=a%2Cb", None),
        ),
        (
            ("--path", "/app", "secrets.list", "--tag-slugs", '["a"]', "--project-id", "p", "--environment", "eu"),
            ("GET", "/api/v4/secrets?projectId=p&environment=eu&secretPath=%2Fapp&tagSlugs=a", None),
        ),
        (
            ("users.revoke_session", "--session-id", "s"),
            ("DELETE", "/api/v2/users/me/sessions/s", None),
        ),
        (
            (
                "secret_imports.create",
                *("--project-id", "p", "--environment", "e"),
                *("--import", '{"environment": "eu", "path": "/x"}'),
            ),
            (
                "POST",
                "/api/v2/secret-imports",
                {"projectId": "p", "environment": "e", "import": {"environment": "eu", "path": "/x"}},
            ),
        ),
        (
            (
                "identity_auth.universal.attach",
                "--identity-id",
                "i",
                "--access-token-trusted-ips",
                '[{"ip_address": "::/0"}]',
            ),
            (
                "POST",
                "/api/v1/auth/universal-auth/identities/i",
                {"accessTokenTrustedIps": [{"ipAddress": "::/0"}]},
            ),
        ),
        (
            (
                "secrets.update",
                "--secret-name",
                "A",
                "--project-id",
                "p",
                "--environment",
                "e",
                "--null",
                "secret-reminder-note",
            ),
            ("PATCH", "/api/v4/secrets/A", {"projectId": "p", "environment": "e", "secretReminderNote": None}),
        ),
        (
            (
                "secrets.update",
                "--secret-name=A",
                "--project-id=p",
                "--environment=e",
                "--secret-reminder-repeat-days=null",
            ),
            ("PATCH", "/api/v4/secrets/A", {"projectId": "p", "environment": "e", "secretReminderRepeatDays": None}),
        ),
    ],
)
def test_options_are_the_parameters_of_the_request(arguments: tuple[str, ...], sent: Any) -> None:
    terminal = Terminal(environ={"INFISICAL_TOKEN": "x.eyJhdXRoVG9rZW5UeXBlIjoiYWNjZXNzVG9rZW4ifQ.y"})
    executor = ScriptedExecutor(answer({}))
    terminal.executor = executor
    terminal.run("call", *arguments)
    request = executor.sent[-1]
    url = request.url.removeprefix("https://app.infisical.com")

    assert (request.method, url, json.loads(request.body) if request.body else None) == sent


def test_the_settings_fill_in_an_omitted_place(terminal: Terminal) -> None:
    terminal.memory.put({"A": "1"}, path="/app")

    run = terminal.run("call", "secrets.list", "--path", "/app")

    assert [one["secretKey"] for one in json.loads(run.out)["secrets"]] == ["A"]


def test_the_settings_fill_in_nothing_where_an_endpoint_takes_no_environment(terminal: Terminal) -> None:
    run = terminal.run("call", "projects.delete")

    assert (run.code, run.out) == (2, "")
    assert run.err.endswith("call projects.delete: error: these options are required: --project-id\n")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--limit", "s3cr3t"), "argument --limit: is not JSON: line 1, column 1"),
        (("--limit", '"5"'), "argument --limit: is wrong: a whole number is needed"),
        (("--limit", "true"), "argument --limit: is wrong: a whole number is needed"),
        (("--limit", "NaN"), "argument --limit: is not JSON"),
        (("--limit", "9" * 10_000), "argument --limit: is not JSON"),
        (("--limit", "[" * 100_000), "argument --limit: is nested too deeply"),
        (("--limit", "1", "--limit", "2"), "argument --limit: is there twice"),
        (("--limit",), "argument --limit: expected one argument"),
        (("--null", "limit"), "argument --null: --limit cannot be null"),
        (("--null", "odd"), "argument --null: there is no such parameter"),
        (("--limi", "s3cr3t"), "unknown option --limi; unexpected arguments: 1"),
        (("--search", "-", "--limit", "-"), "only one value can come from standard input"),
    ],
)
def test_a_wrong_argument_is_a_usage_error_that_shows_no_value(
    terminal: Terminal, arguments: tuple[str, ...], reason: str
) -> None:
    run = terminal.run("call", "kms.list_keys", "--project-id", "p", *arguments)

    assert (run.code, run.out) == (2, "")
    assert run.err.endswith(f"call kms.list_keys: error: {reason}\n")
    assert "s3cr3t" not in run.err


@pytest.mark.parametrize(
    ("name", "option", "value", "reason"),
    [
        (
            "service_tokens.create",
            "--scopes",
            '[{"odd": 1}]',
            "[0] has an unknown field; there are environment, secretPath",
        ),
        ("service_tokens.create", "--scopes", '[{"environment": 1}]', "[0].environment: a text is needed"),
        ("service_tokens.create", "--scopes", "[{}]", "[0] lacks environment, secretPath"),
        ("service_tokens.create", "--scopes", "{}", "is wrong: a list is needed"),
        ("secret_imports.create", "--import", "{}", "the value lacks environment, path"),
        (
            "secret_imports.create",
            "--import",
            '{"path": "/", "environment": "e", "path": "x", "Path": 1}',
            "the value has an unknown field; there are environment, path",
        ),
        ("pki.alerts.list", "--enabled", "false", "is wrong: true is needed"),
        ("projects.create", "--should-create-default-envs", "yes", "is not JSON: line 1, column 1"),
    ],
)
def test_a_wrong_object_is_named_by_its_place(
    terminal: Terminal, name: str, option: str, value: str, reason: str
) -> None:
    run = terminal.run("call", name, option, value)

    assert (run.code, run.out) == (2, "")
    assert run.err.endswith(f"error: argument {option}: {reason}\n")


def test_a_wrong_object_in_a_file_shows_no_part_of_it(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "f"
    reasons = []
    for document in (
        {"type": "x", "inputs": {}, SECRET: 1},
        {"type": 5, "inputs": {}},
        {"inputs": {}},
        {"type": "x", "inputs": [SECRET]},
    ):
        file.write_text(json.dumps(document))
        run = terminal.run("call", "dynamic_secrets.create", "--provider", f"@{file}")
        assert (run.code, SECRET in run.err) == (2, False)
        reasons.append(run.err.splitlines()[-1].partition("--provider: ")[2])

    assert reasons == [
        "the value has an unknown field; there are type, inputs",
        "type: a text is needed",
        "the value lacks type",
        "inputs: an object is needed",
    ]


def test_a_field_and_an_item_of_a_mapping_have_one_place(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_text(json.dumps([{"secretKey": "A", "secret_key": "A", "secretValue": SECRET}]))
    twice = terminal.run("call", "secrets.batch_create", "--secrets", f"@{file}")
    inner = terminal.run("call", "identity_auth.jwt.attach", "--bound-claims", '{"a": "x", "b": 5}')

    assert twice.err.endswith("error: argument --secrets: [0].secret_key is there twice\n")
    assert inner.err.endswith("error: argument --bound-claims: [1]: a text is needed\n")


def test_free_form_json_is_sent_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "f").write_text(json.dumps({"a": None, "b": [None, {"c": 1.5}]}))
    _, sent = send(
        ("secret_syncs.update", "--destination", "github", "--sync-id", "s", "--sync-options", f"@{tmp_path / 'f'}")
    )

    assert sent[2] == {"syncOptions": {"a": None, "b": [None, {"c": 1.5}]}}


# ---- call: secrets in arguments
SECRET_OPTIONS = [
    (one.name, parameter.option)
    for one in list_endpoints()
    for parameter in one.list_parameters()
    if one.is_secret(parameter)
]


def test_what_carries_secret_material_is_known() -> None:
    expected = {
        ("secrets.create", "--secret-value"),
        ("secrets.batch_create", "--secrets"),
        ("secrets.update", "--secret-metadata"),
        ("kms.encrypt", "--plaintext"),
        ("identity_auth.universal.login", "--client-secret"),
        ("identity_auth.oci.login", "--headers"),
        ("identity_auth.alicloud.login", "--signature"),
        ("identity_auth.tls_cert.login", "--client-certificate"),
        ("password.reset", "--reset-token"),
        ("app_connections.create", "--credentials"),
        ("dynamic_secrets.create", "--provider"),
        ("secret_syncs.create", "--destination-config"),
        ("webhooks.create", "--webhook-url"),
        ("users.verify_email_verification_code", "--code"),
    }
    assert expected <= set(SECRET_OPTIONS)
    plain = {("kms.verify", "--signature"), ("secrets.create", "--secret-name"), ("service_tokens.create", "--scopes")}
    assert plain & set(SECRET_OPTIONS) == set()


OF_EACH_GROUP = {name.partition(".")[0]: (name, option) for name, option in SECRET_OPTIONS}


@pytest.mark.parametrize("options", [list(OF_EACH_GROUP.values()), mark_exhaustive(SECRET_OPTIONS)], ids=["few", "all"])
def test_a_secret_argument_is_refused_and_not_repeated(terminal: Terminal, options: list[tuple[str, str]]) -> None:
    runs = {(name, option): terminal.run("call", name, option, SECRET) for name, option in options}

    reason = "is secret, and ps shows arguments: give it as @FILE, or as - on standard input\n"
    wrong = [
        key
        for key, run in runs.items()
        if (run.code, run.out, SECRET in run.err) != (2, "", False)
        or not run.err.endswith(f"argument {key[1]}: {reason}")
    ]
    assert wrong == []


def test_a_secret_name_in_a_free_form_argument_is_refused(terminal: Terminal) -> None:
    run = terminal.run("call", "app_connections.create", "--rotation", f'{{"a": [{{"password": "{SECRET}"}}]}}')

    assert (run.code, SECRET in run.err) == (2, False)
    assert run.err.endswith("has a secret in it, and ps shows arguments: give it as @FILE, or as - on standard input\n")


@pytest.mark.parametrize(("typed", "value"), [(SECRET.encode(), SECRET), (f"{SECRET}\n".encode(), SECRET)])
def test_a_secret_comes_from_standard_input(terminal: Terminal, typed: bytes, value: str) -> None:
    run = terminal.run("call", "secrets.create", "--secret-name", "A", "--secret-value", "-", stdin=typed)

    assert (run.code, SECRET in run.out, run.err) == (0, False, "")
    assert terminal.secrets() == {"A": value}


def test_a_secret_comes_from_a_file(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "one").write_text(f"{SECRET}\n")
    (tmp_path / "many").write_text(json.dumps([{"secret_key": "B", "secretValue": SECRET, "secretMetadata": []}]))

    runs = [
        terminal.run("call", "secrets.create", "--secret-name", "A", "--secret-value", f"@{tmp_path / 'one'}"),
        terminal.run("call", "secrets.batch_create", "--secrets", f"@{tmp_path / 'many'}"),
    ]

    assert [(run.code, SECRET in run.out, run.err) for run in runs] == [(0, False, "")] * 2
    assert terminal.secrets() == {"A": f"{SECRET}\n", "B": SECRET}


def test_bytes_come_from_a_file_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"\xff\n")
    run, sent = send(("kms.encrypt", "--key-id", "k", "--plaintext", f"@{tmp_path / 'data'}"))

    assert sent == ("POST", "/api/v1/kms/keys/k/encrypt", {"plaintext": "/wo="})
    assert run.err.startswith("DecodeError: ")


def test_a_file_that_is_not_there_is_a_line_on_stderr(terminal: Terminal) -> None:
    run = terminal.run("call", "secrets.create", "--secret-name", "A", "--secret-value", "@/nowhere/f")

    assert run == Run(1, "", "cannot read /nowhere/f: No such file or directory\n")


# ---- call: the answer
def test_secrets_in_the_answer_are_masked_by_field_and_by_name(terminal: Terminal) -> None:
    memory = terminal.memory
    memory.secrets.create(
        secret_name="A",
        secret_value=SECRET,
        secret_metadata=[{"key": "k", "value": "m3tadata"}],  # type: ignore[list-item]
        project_id=memory.project_id,
        environment=memory.environment,
    ).unwrap()

    masked = terminal.run("call", "secrets.get_by_name", "--secret-name", "A")
    plain = terminal.run("call", "secrets.get_by_name", "--secret-name", "A", "--reveal")
    first = terminal.run("call", "--reveal", "secrets.get_by_name", "--secret-name", "A")

    assert (masked.code, masked.err, first) == (0, "", plain)
    hidden, shown = json.loads(masked.out), json.loads(plain.out)
    assert (hidden["secretValue"], shown["secretValue"]) == ("[redacted]", SECRET)
    assert (hidden["secretMetadata"][0]["value"], shown["secretMetadata"][0]["value"]) == ("[redacted]", "m3tadata")
    same = {name for name in shown if shown[name] == hidden[name]}
    assert same == shown.keys() - {"secretValue", "secretMetadata"}


def test_free_form_parts_of_an_answer_are_masked_by_name() -> None:
    document = {
        "lease": {"id": "l", "config": {"a": ["c0nfig"]}},
        "data": {"user": "us3r", "n": 5, "on": True, "x": None},
    }
    arguments = ("dynamic_secrets.create_lease", "--dynamic-secret-name", "d", "--project-slug", "p")
    responses = [LOGIN, answer(document)]
    terminal = Terminal(executor=ScriptedExecutor(*responses))
    run = terminal.run("call", *arguments, "--environment-slug", "e", "--path", "/")

    assert (run.code, run.err) == (0, "")
    printed = json.loads(run.out)
    assert printed["data"] == {"user": "[redacted]", "n": "[redacted]", "on": True, "x": None}
    assert printed["lease"]["config"] == {"a": ["[redacted]"]}


def test_a_login_prints_no_token(terminal: Terminal, tmp_path: Path) -> None:
    given = terminal.memory.memory.given
    (tmp_path / "s").write_text(given.client_secret)
    run = terminal.run(
        "call", "identity_auth.universal.login", "--client-id", given.client_id, "--client-secret", f"@{tmp_path / 's'}"
    )

    assert json.loads(run.out)["accessToken"] == "[redacted]"


def test_reveal_has_no_effect_on_errors() -> None:
    refused = answer({"reqId": "req-1", "statusCode": 400, "error": "BadRequest", "message": f"no {SECRET}"}, 400)
    terminal = Terminal(executor=ScriptedExecutor(LOGIN, refused))
    arguments = ("secrets.create", "--secret-name", "A", "--secret-value", "-", "--reveal")

    run = terminal.run("call", *arguments, stdin=SECRET.encode())

    assert run == Run(1, "", "BadRequestError: no [redacted] (request id: req-1)\n")


def test_an_empty_answer_is_null_and_a_text_is_a_json_text(terminal: Terminal) -> None:
    executor = ScriptedExecutor(LOGIN, answer({"secret": secret("A", "\ud800")}))
    odd = Terminal(executor=executor).run("call", "secrets.get_by_name", "--secret-name", "A", "--reveal")
    empty = [one.name for one in list_endpoints() if "Request[None]" in str(one.build.__annotations__["return"])]

    assert json.loads(odd.out)["secretValue"] == "\ud800"
    assert empty


@pytest.mark.parametrize("name", ["secrets.create", "secrets.list", "kms.sign", "pki.certificates.create"])
def test_help_describes_the_endpoint_and_its_options(
    terminal: Terminal, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    found = find_endpoint(name)
    assert found is not None
    assert terminal.run("call", name, "--help").code == 0
    printed = capsys.readouterr().out

    assert found.summary in printed
    assert [one.option for one in found.list_parameters() if one.option not in printed] == []
