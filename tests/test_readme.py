"""The README's Python blocks run, in order, as one program, against a server that is a function."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest
from returns.result import Success

import infisical.client
from infisical import HttpRequest, Response
from tests.wire import answer

pytest_plugins = ["pytester"]
README = (Path(__file__).parent.parent / "README.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
SECRET = {"id": "1", "secretKey": "DATABASE_URL", "secretValue": "postgres://db"}


def server(request: HttpRequest) -> Any:
    """Answers what the README asks."""
    path = request.url.partition("?")[0].removeprefix("https://app.infisical.com")
    sent = json.loads(request.body or b"{}")
    if path.endswith("/login"):
        return Success(answer({"accessToken": "token", "expiresIn": 7200}))
    if path.endswith("/encrypt"):
        return Success(answer({"ciphertext": base64.b64encode(sent["plaintext"].encode()).decode()}))
    if path.endswith("/decrypt"):
        return Success(answer({"plaintext": base64.b64decode(sent["ciphertext"]).decode()}))
    if path.endswith("/NOPE"):
        return Success(
            answer({"reqId": "req-1", "message": "Secret with name 'NOPE' not found", "error": "NotFound"}, 404)
        )
    if path == "/api/v2/folders":
        return Success(answer({"folders": [{"id": "f1", "name": "app"}]}))
    if path == "/api/v1/kms/keys":
        return Success(answer({"keys": [{"id": "k1", "name": "mine"}], "totalCount": 1}))
    if path == "/api/v4/secrets/batch":
        return Success(answer({"approval": {"id": "a1"}}))
    return Success(answer({"secrets": [SECRET]} if path == "/api/v4/secrets" else {"secret": SECRET}))


class Transport:
    def __call__(self, request: HttpRequest) -> Any:
        return server(request)

    def close(self) -> None:
        pass


def test_every_python_block_of_the_readme_runs(monkeypatch, capsys):
    monkeypatch.setattr(infisical.client, "_make_transport", lambda *_: Transport())
    program: dict[str, Any] = {"__name__": "readme"}
    for block in BLOCKS:
        exec(compile(block, "README.md", "exec"), program)

    assert len(BLOCKS) >= 12
    assert capsys.readouterr().out.splitlines() == [
        "postgres://db",
        "['DATABASE_URL']",
        "there is no Kubernetes service account token at /var/run/secrets/kubernetes.io/serviceaccount/token",
        "INFISICAL_TOKN is not a known variable: rename it to INFISICAL_TOKEN",
        "kms does not take service_token here; it takes no credential of this client",
        "Secret with name 'NOPE' not found req-1",
        "waits for approval: a1",
        "['mine']",
        "{'DATABASE_URL': 'postgres://db'}",
        "You are not allowed to create on secrets",
        "7.0",
        "reset True 1",
        "tape.yaml: GET /api/v4/secrets/OTHER is not recorded, or was played already; near it: GET /api/v4/secrets/K; "
        "GET /api/v4/secrets/K differs in path: recorded '/api/v4/secrets/K', requested '/api/v4/secrets/OTHER'; "
        "to record it, delete the file and record it again with mode='once' and an inner executor",
        "GET /api/v4/secrets/{secretName} Success",
        "['DJANGO_SECRET_KEY', 'K', 'L']",
    ]


def test_the_test_of_the_readme_passes_as_pytest_runs_it_in_about_ten_lines(pytester):
    [block] = [block for block in BLOCKS if "infisical_memory" in block and "import pytest" in block]
    pytester.makepyfile(block)

    assert pytester.runpytest_inprocess("-q").parseoutcomes() == {"passed": 1}
    assert len([line for line in block.splitlines() if line.strip()]) <= 10


def test_a_transport_of_ones_own_is_about_20_lines():
    [block] = [block for block in BLOCKS if "def by_urllib" in block]

    assert len([line for line in block[block.index("opener =") :].splitlines() if line.strip()]) <= 20


@pytest.mark.parametrize("command", ["python3 -m venv .venv && ", ".venv/bin/pip install -q '.[test]' && "])
def test_the_two_commands_stand_in_the_first_screen(command):
    assert command in "\n".join(README.splitlines()[:20])


def test_a_response_of_the_readme_is_a_plain_value():
    assert server(HttpRequest("GET", "https://app.infisical.com/api/v4/secrets/K")) == Success(
        Response(200, (("content-type", "application/json; charset=utf-8"),), json.dumps({"secret": SECRET}).encode())
    )
