"""Kubernetes: the token of a service account, read again for each login."""

from __future__ import annotations

import logging

from returns.result import Failure, Success

from infisical import AuthenticationError, InfisicalClient
from infisical.executors import ScriptedExecutor
from infisical.sources import Platform, kubernetes
from tests.sources.attempts import ACME, GRANTED, each_client
from tests.wire import answer

LISTED = answer({"secrets": []})
WHERE = {"project_id": "p", "environment": "dev"}
PATH = "/var/run/secrets/kubernetes.io/serviceaccount/token"


@each_client
def test_the_token_of_the_service_account_is_sent(attempt):
    paths: list[str] = []

    def read(path: str) -> str:
        paths.append(path)
        return " a.b.c\n"

    done = attempt(kubernetes("identity", platform=Platform(read=read)))

    assert isinstance(done.answer, Success)
    assert (paths, done.login) == (
        [PATH],
        ("/api/v1/auth/kubernetes-auth/login", {"identityId": "identity", "jwt": "a.b.c"}),
    )


@each_client
def test_a_file_elsewhere_and_a_sub_organization_are_taken(attempt, tmp_path):
    (tmp_path / "token").write_text("a.b.c")

    done = attempt(kubernetes("identity", tmp_path / "token", organization_slug="acme"))

    assert done.login[1] == {"identityId": "identity", "jwt": "a.b.c", **ACME}


@each_client
def test_without_kubernetes_nothing_is_sent(attempt, tmp_path):
    done = attempt(kubernetes("identity", str(tmp_path / "token")))

    assert (done.answer, done.sent) == (
        Failure(AuthenticationError(f"there is no Kubernetes service account token at {tmp_path / 'token'}")),
        [],
    )


@each_client
def test_a_file_that_holds_no_token_is_a_failure_that_names_it(attempt, tmp_path):
    (tmp_path / "token").write_text("hush\nhush")

    done = attempt(kubernetes("identity", tmp_path / "token"))

    assert done.message == (
        f"the Kubernetes service account token at {tmp_path / 'token'}: the jwt is empty, or has a line break or "
        "control character in it"
    )


def test_a_token_that_kubernetes_rewrote_is_used_for_the_next_login(tmp_path, caplog):
    file, now = tmp_path / "token", [0.0]
    executor = ScriptedExecutor(GRANTED, LISTED, GRANTED, LISTED)
    client = InfisicalClient(executor=executor, auth=kubernetes("identity", file), clock=lambda: now[0])
    caplog.set_level(logging.DEBUG)
    for number, now[0] in enumerate((0.0, 7200.0)):
        file.write_text(f"a.b.{number}")
        client.secrets.list(**WHERE).unwrap()

    bodies = [request.body for request in executor.sent if request.url.endswith("/login")]
    assert bodies == [b'{"identityId":"identity","jwt":"a.b.%d"}' % number for number in range(2)]
    lines = [record.getMessage() for record in caplog.records if "login" in record.getMessage()]
    assert [line.partition(" in ")[0] for line in lines] == [
        "login source KubernetesSource: found a credential",
        "POST /api/v1/auth/kubernetes-auth/login: 200",
    ] * 2
    assert "a.b." not in caplog.text


def test_a_source_shows_no_secret_and_compares_by_value():
    platform = Platform(environ={})

    assert kubernetes("identity", platform=platform) == kubernetes("identity", platform=platform)
    assert repr(kubernetes("identity", organization_slug="hush", platform=platform)) == (
        f"KubernetesSource(identity_id='identity', token_path='{PATH}', platform=Platform())"
    )
