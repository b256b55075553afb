"""End to end: no text that the library produces shows a secret of its caller, whatever the server responds.

The tests send random secrets in real calls to a server that echoes them. No repr, error or log line may show them, and
no recording may hold them.
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
from tests.test_model import READ, full
from tests.wire import answer

WHERE = {"project_id": "p", "environment": "dev"}
slow = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


def make_distinct(secret: str) -> str:
    """Make a text that occurs nowhere else: hypothesis likes to try words of the code."""
    return f"{secret[:4]}~7^{secret[4:]}"


printable = st.characters(exclude_categories=["C", "Zl", "Zp"])
tokens = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=5, max_size=20).map(make_distinct)
lines = st.text(printable, min_size=5, max_size=20).filter(lambda it: it.strip() == it).map(make_distinct)
values = st.text(printable | st.sampled_from("\n\"'\\<&"), min_size=5, max_size=20)
values = values.filter(lambda it: it.strip() == it).map(make_distinct)


# ---- a server that echoes secrets
def echo_in_message(text_sent: str) -> Response:
    return answer({"reqId": "r", "statusCode": 400, "error": "BadRequest", "message": f"Not good: {text_sent}"}, 400)


def echo_everywhere(text_sent: str) -> Response:
    issue = {"path": ["secrets", text_sent], "message": f"got {text_sent}"}
    body = {
        "reqId": f"req-{text_sent}",
        "error": f"E {text_sent}",
        "message": [issue, text_sent],
        "details": [{text_sent: {"deep": [text_sent]}}],
    }
    return answer(body, 422)


def echo_as_type(text_sent: str) -> Response:
    return answer({"error": text_sent, "details": text_sent}, 403)


def echo_as_json(text_sent: str) -> Response:
    return answer({"message": f"Unexpected body {json.dumps({'a': text_sent})}", "error": "InternalServerError"}, 500)


def echo_in_html(text_sent: str) -> Response:
    page = f"<html><p>{text_sent}</p><p>{html.escape(text_sent)}</p></html>"
    return Response(502, (("Content-Type", "text/html"),), page.encode())


def echo_in_half(text_sent: str) -> Response:
    return Response(
        500, (), json.dumps({"message": "m", "body": {"secretValue": text_sent, "a": text_sent}}).encode()[:-2]
    )


def echo_as_wrong_type(text_sent: str) -> Response:
    wrong = {"id": [text_sent], "secretKey": {"a": text_sent}, "secretValue": [text_sent]}
    return answer({"secret": wrong, "secrets": text_sent, "accessToken": [text_sent], "ciphertext": {"a": text_sent}})


def echo_encoded(text_sent: str) -> Response:
    url, sealed = quote(text_sent, safe=""), base64.b64encode(text_sent.encode()).decode()
    echoes = [url, quote(url), quote_plus(text_sent), sealed, text_sent.encode().hex(), html.escape(text_sent)]
    return answer(
        {"message": f"Route POST:/x?a={url} not find_forms", "error": sealed, "details": [echoes, {url: 1}]}, 404
    )


ECHOES = [
    echo_encoded,
    echo_in_message,
    echo_everywhere,
    echo_as_type,
    echo_as_json,
    echo_in_html,
    echo_in_half,
    echo_as_wrong_type,
]
echoes = st.sampled_from(ECHOES)


# ---- texts that may show a secret
def list_forms(secret: str) -> set[str]:
    """List the list_forms of a secret: plain, in a repr, in JSON, in a URL, in base64 and in hex."""
    url, sealed = quote(secret, safe=""), base64.b64encode(secret.encode()).decode()
    in_json = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    return {secret, repr(secret)[1:-1], *in_json, url, quote(url), sealed, secret.encode().hex()}


def format_outcome(outcome: Result[Any, Any]) -> str:
    """Format everything that users may print or log of an outcome."""
    texts = [repr(outcome), str(outcome), f"{outcome}"]
    if isinstance(outcome, Failure):
        error = outcome.failure()
        texts += [repr(error), str(error), f"{error!r:>9}", repr(error.args)]
        try:
            outcome.unwrap()
        except UnwrapFailedError as raised:
            texts += traceback.format_exception(raised)
            texts += [repr(raised), str(raised)]
    else:
        texts += [repr(outcome.unwrap()), str(outcome.unwrap())]
    return "\n".join(texts)


def find_forms(secret: str, *texts: str) -> set[str]:
    """Find the list_forms of a secret in these texts."""
    return {form for form in list_forms(secret) for it in texts if form in it}


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


def make_client(*script: Response, token: str = "a-token-of-nobody", **settings: Any) -> InfisicalClient:
    return InfisicalClient(retry=None, auth=IdentityAccessToken(token), executor=ScriptedExecutor(*script), **settings)


@slow
@given(secret=values, echo=echoes, token=tokens)
@pytest.mark.parametrize("name", CALLS)
def test_no_text_shows_a_secret_that_a_call_sends(name, secret, echo, token):
    client = make_client(echo(secret), echo(token), token=token)
    outcome, second = CALLS[name](client, secret), CALLS[name](client, secret)
    sent = client._execute.sent

    assert isinstance(outcome, Failure)
    assert find_forms(secret, format_outcome(outcome), repr(client), repr(sent), repr(sent[0].about)) == set()
    assert find_forms(token, format_outcome(second), repr(client), repr(sent)) == set()


@slow
@given(secret=lines, echo=echoes)
@pytest.mark.parametrize("name", LOGINS)
def test_no_text_shows_a_secret_that_a_login_sends(name, secret, echo):
    client = InfisicalClient(
        retry=None, executor=ScriptedExecutor(echo(secret), answer({"accessToken": "t"}), echo(secret))
    )
    method = LOGINS[name](secret)
    outcome = client.login(method)

    assert isinstance(outcome, Failure)
    assert find_forms(secret, format_outcome(outcome), repr(client), repr(method), repr(method.request())) == set()
    assert find_forms(secret, format_outcome(client.login(method)), repr(client)) == set()


@slow
@given(token=tokens, echo=echoes, hold=st.sampled_from(["set_access_token", "set_jwt"]))
def test_no_text_shows_a_token_that_was_set(token, echo, hold):
    client = InfisicalClient(retry=None, executor=ScriptedExecutor(echo(token), echo(token)))
    getattr(client, hold)(token)
    listing, keys = client.secrets.list(**WHERE), client.kms.list_keys(project_id="p")

    assert isinstance(keys, Failure)
    assert (
        find_forms(token, format_outcome(listing), format_outcome(keys), repr(client), repr(client._execute.sent))
        == set()
    )
    assert find_forms(token, repr(client._caller.store), repr(client._caller.store.session.grant)) == set()


@slow
@given(token=tokens, echo=echoes)
def test_no_text_shows_a_token_that_a_login_got(token, echo):
    grant = answer({"accessToken": token, "expiresIn": 60, "accessTokenMaxTTL": 60, "tokenType": "Bearer"})
    client = InfisicalClient(retry=None, executor=ScriptedExecutor(grant, echo(token), grant))
    logged_in, listed = client.login(UniversalAuth("id", "client secret")), client.secrets.list(**WHERE)

    assert logged_in == Success(LoginResponse(access_token=token, expires_in=60, access_token_max_ttl=60))
    assert (
        find_forms(token, format_outcome(logged_in), format_outcome(listed), repr(client), repr(client._caller.store))
        == set()
    )


# ---- recordings
@pytest.fixture(scope="module")
def tapes(tmp_path_factory):
    """An iterator of unused paths for cassettes."""
    folder = tmp_path_factory.mktemp("tapes")
    return (folder / f"{number}.yaml" for number in itertools.count())


def read_cassette(path: Any) -> tuple[str, str]:
    """Read a cassette: its text, and the texts that a YAML parser reads from it."""
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
    assert find_forms(secret, *read_cassette(path), format_outcome(outcomes[0])) == set()
    assert find_forms(token, *read_cassette(path), format_outcome(outcomes[1])) == set()


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
    assert find_forms(secret, *read_cassette(path)) | find_forms(token, *read_cassette(path)) == set()


@slow
@given(secret=values)
def test_a_recording_does_not_hold_a_secret_of_a_response(secret, tapes):
    path, sealed = next(tapes), base64.b64encode(secret.encode()).decode()
    secret_fields = {
        "id": "i",
        "secretKey": "A",
        "secretValue": secret,
        "secretMetadata": [{"key": "k", "value": secret}],
    }
    script = [
        answer(it)
        for it in (
            {"secret": secret_fields},
            {"secrets": [secret_fields]},
            {"plaintext": sealed},
            {"privateKey": secret},
        )
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
    assert find_forms(secret, *read_cassette(path), *map(format_outcome, outcomes)) == set()
    assert sealed not in read_cassette(path)[0]


# ---- reprs
HOLDERS: dict[str, Callable[[str], Any]] = {
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
@pytest.mark.parametrize("name", HOLDERS)
def test_a_value_that_holds_a_secret_does_not_show_it(name, secret):
    holder = HOLDERS[name](secret)
    built = holder.request() if hasattr(holder, "request") else holder

    assert (
        find_forms(
            secret,
            repr(holder),
            str(holder),
            f"{holder}",
            repr(Success(holder)),
            str(Failure(holder)),
            repr((holder, [holder])),
        )
        == set()
    )
    assert isinstance(built, Request) or built is holder
    assert find_forms(secret, repr(built), str(built)) == set()


HIDDEN_TEXT = "aGlkZGVuIGZyb20geW91"  # base64, since some fields must be base64


@pytest.mark.parametrize("model", READ, ids=lambda model: model.__name__)
def test_no_model_shows_a_hidden_field(model: type[Model]):
    hints = typing.get_type_hints(model)
    document = full(model) | {name: hide_text(hints[f.name]) for f, name in list_fields(model) if not f.repr}
    read = one(model)(answer(document)).unwrap()

    assert HIDDEN_TEXT not in repr(read) + repr(Success(read)) + str(read)
    assert (HIDDEN_TEXT in read.to_json()) is any(not f.repr for f, _ in list_fields(model))


def hide_text(hint: Any) -> Any:
    """Make a hidden value for a field of that type."""
    origins = {typing.get_origin(kind) for kind in (hint, *typing.get_args(hint))}
    return {"name": HIDDEN_TEXT} if Mapping in origins else [HIDDEN_TEXT] if tuple in origins else HIDDEN_TEXT
