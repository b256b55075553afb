"""The whole: what a caller hands over is shown nowhere, whatever a server makes of it.

Random secrets go through real calls to a server that echoes them. Nothing that can be printed or logged shows them, and
no recording holds them.
"""

from __future__ import annotations

import base64
import html
import itertools
import json
import traceback
import typing
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from returns.primitives.exceptions import UnwrapFailedError
from returns.result import Failure, Result, Success

from infisical import (
    AliCloudAuth,
    ApiKey,
    AwsAuth,
    AzureAuth,
    GcpAuth,
    IdentityAccessToken,
    InfisicalClient,
    Jwt,
    JwtAuth,
    KubernetesAuth,
    LdapAuth,
    LoginResponse,
    OciAuth,
    OidcAuth,
    Request,
    Response,
    ServiceToken,
    TlsCertAuth,
    UniversalAuth,
)
from infisical.decode import one, text
from infisical.endpoints.kms import DecryptResponse, Kms
from infisical.endpoints.secrets import NewSecret, Secret, SecretChange, SecretMetadata, Secrets
from infisical.executors import CassetteExecutor, ScriptedExecutor
from infisical.model import Model, list_fields
from infisical.request import post
from tests.forms import shorten, try_examples
from tests.model.test_model import READ, full, has_hidden_field
from tests.wire import answer

WHERE = {"project_id": "p", "environment": "dev"}
slow = try_examples(6, 30, suppress_health_check=list(HealthCheck))


def distinct(secret: str) -> str:
    """A text unlike all that stands anywhere: hypothesis likes to try words of the code."""
    return f"{secret[:4]}~7^{secret[4:]}"


printable = st.characters(exclude_categories=["C", "Zl", "Zp"])
tokens = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=5, max_size=20).map(distinct)
lines = st.text(printable, min_size=5, max_size=20).filter(lambda it: it.strip() == it).map(distinct)
values = st.text(printable | st.sampled_from("\n\"'\\<&"), min_size=5, max_size=20)
values = values.filter(lambda it: it.strip() == it).map(distinct)


# ---- a server that gives away what it was told
def in_message(said: str) -> Response:
    return answer({"reqId": "r", "statusCode": 400, "error": "BadRequest", "message": f"Not good: {said}"}, 400)


def everywhere(said: str) -> Response:
    issue = {"path": ["secrets", said], "message": f"got {said}"}
    body = {
        "reqId": f"req-{said}",
        "error": f"E {said}",
        "message": [issue, said],
        "details": [{said: {"deep": [said]}}],
    }
    return answer(body, 422)


def as_a_type(said: str) -> Response:
    return answer({"error": said, "details": said}, 403)


def as_json_in_a_text(said: str) -> Response:
    return answer({"message": f"Unexpected body {json.dumps({'a': said})}", "error": "InternalServerError"}, 500)


def in_html(said: str) -> Response:
    page = f"<html><p>{said}</p><p>{html.escape(said)}</p></html>"
    return Response(502, (("Content-Type", "text/html"),), page.encode())


def in_half_an_answer(said: str) -> Response:
    return Response(500, (), json.dumps({"message": "m", "body": {"secretValue": said, "a": said}}).encode()[:-2])


def as_an_answer_of_the_wrong_type(said: str) -> Response:
    wrong = {"id": [said], "secretKey": {"a": said}, "secretValue": [said]}
    return answer({"secret": wrong, "secrets": said, "accessToken": [said], "ciphertext": {"a": said}})


def in_other_encodings(said: str) -> Response:
    url, sealed = quote(said, safe=""), base64.b64encode(said.encode()).decode()
    echoes = [url, quote(url), quote_plus(said), sealed, said.encode().hex(), html.escape(said)]
    return answer({"message": f"Route POST:/x?a={url} not found", "error": sealed, "details": [echoes, {url: 1}]}, 404)


ECHOES = [
    in_other_encodings,
    in_message,
    everywhere,
    as_a_type,
    as_json_in_a_text,
    in_html,
    in_half_an_answer,
    as_an_answer_of_the_wrong_type,
]
echoes = st.sampled_from(ECHOES)


# ---- what may show a secret
def forms(secret: str) -> set[str]:
    """A secret as it is, as reprs and JSON write it, and in the encodings of URLs, base64 and hex."""
    url, sealed = quote(secret, safe=""), base64.b64encode(secret.encode()).decode()
    in_json = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    return {secret, repr(secret)[1:-1], *in_json, url, quote(url), sealed, secret.encode().hex()}


def shown(outcome: Result[Any, Any]) -> str:
    """Everything that somebody may print or log of an outcome."""
    said = [repr(outcome), str(outcome), f"{outcome}"]
    if isinstance(outcome, Failure):
        error = outcome.failure()
        said += [repr(error), str(error), f"{error!r:>9}", repr(error.args)]
        try:
            outcome.unwrap()
        except UnwrapFailedError as raised:
            said += traceback.format_exception(raised)
            said += [repr(raised), str(raised)]
    else:
        said += [repr(outcome.unwrap()), str(outcome.unwrap())]
    return "\n".join(said)


def found(secret: str, *said: str) -> set[str]:
    """The forms of a secret that stand in a text."""
    return {form for form in forms(secret) for it in said if form in it}


Ask = Callable[[InfisicalClient, str], Result[Any, Any]]
CALLS: dict[str, Ask] = {
    "create": lambda client, it: client.secrets.create(secret_name="A", secret_value=it, **WHERE),
    "update": lambda client, it: client.secrets.update(secret_name="A", secret_value=it, **WHERE),
    "batch_create": lambda client, it: client.secrets.batch_create(
        secrets=[
            NewSecret(secret_key="A", secret_value="other value"),
            NewSecret(secret_key="B", secret_value=it, secret_metadata=(SecretMetadata(key="k", value=it),)),
        ],
        **WHERE,
    ),
    "batch_update": lambda client, it: client.secrets.batch_update(
        secrets=[SecretChange(secret_key="B", secret_value=it)], **WHERE
    ),
    "metadata": lambda client, it: client.secrets.create(
        secret_name="A", secret_value="other value", secret_metadata=[SecretMetadata(key="k", value=it)], **WHERE
    ),
    "encrypt": lambda client, it: client.kms.encrypt(key_id="k", plaintext=it),
    "by hand": lambda client, it: client(post("/api/v1/x", body={"a": {"password": [it]}}, returns=one(Secret))),
}
LOGINS: dict[str, Callable[[str], Any]] = {
    "universal": lambda it: UniversalAuth("id", it),
    "kubernetes": lambda it: KubernetesAuth("id", it),
    "ldap": lambda it: LdapAuth("id", "user", it),
    "oidc": lambda it: OidcAuth("id", it),
}


def client_of(*script: Response, token: str = "a-token-of-nobody", **settings: Any) -> InfisicalClient:
    return InfisicalClient(retry=None, auth=IdentityAccessToken(token), executor=ScriptedExecutor(*script), **settings)


@slow
@given(secret=values, echo=echoes, token=tokens)
@pytest.mark.parametrize("name", CALLS)
def test_a_secret_that_a_call_sends_is_shown_by_nothing_that_comes_of_it(name, secret, echo, token):
    client = client_of(echo(secret), echo(token), token=token)
    outcome, second = CALLS[name](client, secret), CALLS[name](client, secret)
    sent = client._execute.sent

    assert isinstance(outcome, Failure)
    assert found(secret, shown(outcome), repr(client), repr(sent), repr(sent[0].about)) == set()
    assert found(token, shown(second), repr(client), repr(sent)) == set()


@slow
@given(secret=lines, echo=echoes)
@pytest.mark.parametrize("name", LOGINS)
def test_a_secret_that_a_login_sends_is_shown_by_nothing_that_comes_of_it(name, secret, echo):
    client = InfisicalClient(
        retry=None, executor=ScriptedExecutor(echo(secret), answer({"accessToken": "t"}), echo(secret))
    )
    method = LOGINS[name](secret)
    outcome = client.login(method)

    assert isinstance(outcome, Failure)
    assert found(secret, shown(outcome), repr(client), repr(method), repr(method.request())) == set()
    assert found(secret, shown(client.login(method)), repr(client)) == set()


@slow
@given(token=tokens, echo=echoes, hold=st.sampled_from(["set_access_token", "set_jwt"]))
def test_a_token_that_is_held_is_shown_by_nothing_that_comes_of_it(token, echo, hold):
    client = InfisicalClient(retry=None, executor=ScriptedExecutor(echo(token), echo(token)))
    getattr(client, hold)(token)
    listed, made = client.secrets.list(**WHERE), client.kms.list_keys(project_id="p")

    assert isinstance(made, Failure)
    assert found(token, shown(listed), shown(made), repr(client), repr(client._execute.sent)) == set()
    assert found(token, repr(client._pipeline.store), repr(client._pipeline.store.session.grant)) == set()


@slow
@given(token=tokens, echo=echoes)
def test_a_token_that_a_login_got_is_shown_by_nothing_that_comes_of_it(token, echo):
    granted = answer({"accessToken": token, "expiresIn": 60, "accessTokenMaxTTL": 60, "tokenType": "Bearer"})
    client = InfisicalClient(retry=None, executor=ScriptedExecutor(granted, echo(token), granted))
    logged_in, listed = client.login(UniversalAuth("id", "client secret")), client.secrets.list(**WHERE)

    assert logged_in == Success(LoginResponse(access_token=token, expires_in=60, access_token_max_ttl=60))
    assert found(token, shown(logged_in), shown(listed), repr(client), repr(client._pipeline.store)) == set()


# ---- recordings
@pytest.fixture(scope="module")
def tapes(tmp_path_factory):
    """Paths of cassettes, a new one each time."""
    folder = tmp_path_factory.mktemp("tapes")
    return (folder / f"{number}.yaml" for number in itertools.count())


def recorded(path: Any) -> tuple[str, str]:
    """A cassette as it stands in its file, and all the texts that a reader of YAML finds there."""
    written = path.read_text()
    return written, str(yaml.safe_load(written))


@slow
@given(secret=values, echo=echoes, token=tokens)
@pytest.mark.parametrize("name", CALLS)
def test_a_recording_of_a_call_holds_neither_its_secret_nor_its_token(name, secret, echo, token, tapes):
    path = next(tapes)
    inner = ScriptedExecutor(echo(secret), echo(token))
    client = InfisicalClient(
        retry=None, auth=IdentityAccessToken(token), executor=CassetteExecutor(path, mode="all", inner=inner)
    )
    outcomes = [CALLS[name](client, secret), CALLS[name](client, secret)]

    assert len(inner.sent) == 2
    assert found(secret, *recorded(path), shown(outcomes[0])) == set()
    assert found(token, *recorded(path), shown(outcomes[1])) == set()


@slow
@given(secret=lines, echo=echoes, token=tokens)
@pytest.mark.parametrize("name", LOGINS)
def test_a_recording_of_a_login_holds_neither_its_secret_nor_the_token(name, secret, echo, token, tapes):
    path = next(tapes)
    inner = ScriptedExecutor(echo(secret), answer({"accessToken": token, "expiresIn": 60}), echo(token))
    client = InfisicalClient(retry=None, executor=CassetteExecutor(path, mode="all", inner=inner))
    client.login(LOGINS[name](secret))
    client.login(LOGINS[name](secret)).unwrap()
    client.secrets.list(**WHERE)

    assert len(inner.sent) == 3
    assert found(secret, *recorded(path)) | found(token, *recorded(path)) == set()


@slow
@given(secret=values)
def test_a_recording_of_what_a_server_gives_away_does_not_hold_it(secret, tapes):
    path, sealed = next(tapes), base64.b64encode(secret.encode()).decode()
    held = {"id": "i", "secretKey": "A", "secretValue": secret, "secretMetadata": [{"key": "k", "value": secret}]}
    script = [
        answer(it) for it in ({"secret": held}, {"secrets": [held]}, {"plaintext": sealed}, {"privateKey": secret})
    ]
    inner = ScriptedExecutor(*script)
    client = InfisicalClient(
        retry=None, auth=IdentityAccessToken("t"), executor=CassetteExecutor(path, mode="all", inner=inner)
    )
    outcomes = [
        client.secrets.get_by_name(secret_name="A", **WHERE), client.secrets.list(**WHERE),
        client.kms.decrypt(key_id="k", ciphertext="AA=="), client.kms.get_private_key(key_id="k"),
    ]  # fmt: skip

    assert [type(outcome) for outcome in outcomes] == [Success] * 4
    assert outcomes[2].unwrap().text == secret
    assert found(secret, *recorded(path), *map(shown, outcomes)) == set()
    assert sealed not in recorded(path)[0]


# ---- reprs
MADE: dict[str, Callable[[str], Any]] = {
    "access token": IdentityAccessToken,
    "jwt": Jwt,
    "api key": ApiKey,
    "service token": ServiceToken,
    "universal": lambda it: UniversalAuth("id", it),
    "gcp": lambda it: GcpAuth("id", it),
    "azure": lambda it: AzureAuth("id", it),
    "kubernetes": lambda it: KubernetesAuth("id", it),
    "oidc": lambda it: OidcAuth("id", it),
    "jwt login": lambda it: JwtAuth("id", it),
    "aws": lambda it: AwsAuth("id", it, it),
    "ldap": lambda it: LdapAuth("id", "user", it),
    "tls": lambda it: TlsCertAuth("id", f"-----BEGIN CERTIFICATE-----{it}"),
    "oci": lambda it: OciAuth("id", "ocid", {"authorization": it, "host": "h", "date": it}),
    "alicloud": lambda it: AliCloudAuth("id", "key id", it, it),
    "login response": lambda it: LoginResponse(access_token=it),
    "secret": lambda it: Secret(id="i", secret_key="K", secret_value=it, metadata={"a": it}),
    "new secret": lambda it: NewSecret(secret_key="K", secret_value=it, metadata={it: "a"}),
    "decrypted": lambda it: DecryptResponse(plaintext=it),
    "create": lambda it: Secrets.create(secret_name="A", secret_value=it, **WHERE),
    "encrypt": lambda it: Kms.encrypt(key_id="k", plaintext=it),
    "header": lambda it: post("/x", headers=(("X-Token", it),), returns=text),
    "response": lambda it: Response(200, (("X-Token", it),), it.encode()),
    "answer in an error": lambda it: one(Secret)(answer({"id": it})).failure(),
}


@settings(max_examples=10, deadline=None)
@given(secret=tokens)
@pytest.mark.parametrize("name", MADE)
def test_what_holds_a_secret_does_not_show_it(name, secret):
    made = MADE[name](secret)
    built = made.request() if hasattr(made, "request") else made

    assert (
        found(secret, repr(made), str(made), f"{made}", repr(Success(made)), str(Failure(made)), repr((made, [made])))
        == set()
    )
    assert isinstance(built, Request) or built is made
    assert found(secret, repr(built), str(built)) == set()


HIDDEN = "aGlkZGVuIGZyb20geW91"  # base64, since that is what some fields must be


@pytest.mark.parametrize("model", shorten(READ, has_hidden_field, name=lambda model: model.__name__))
def test_no_model_shows_what_it_hides(model: type[Model]):
    hints = typing.get_type_hints(model)
    document = full(model) | {name: hiding(hints[f.name]) for f, name in list_fields(model) if not f.repr}
    read = one(model)(answer(document)).unwrap()

    assert HIDDEN not in repr(read) + repr(Success(read)) + str(read)
    assert (HIDDEN in read.to_json()) is has_hidden_field(model)


def hiding(hint: Any) -> Any:
    """Something hidden that a field of that type may hold."""
    origins = {typing.get_origin(kind) for kind in (hint, *typing.get_args(hint))}
    return {"name": HIDDEN} if Mapping in origins else [HIDDEN] if tuple in origins else HIDDEN
