"""Oracle Cloud: a request signed by an API key of the configuration file, or by a signer of the oci SDK."""

from __future__ import annotations

import base64
import json
import logging
import sys
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from returns.result import Success

from infisical import HttpRequest, InfisicalClient, LoginResponse
from infisical.executors import CassetteExecutor
from infisical.sources import Platform, oci
from infisical.sources.oracle import ApiKey, OracleUser, SignableRequest, format_date
from infisical.sources.oracle_config import SHORT_NAMES, parse_profile
from infisical.sources.rsa_key import RsaKey
from infisical.testing.platforms import FakeOracle
from infisical.testing.platforms.unsigned import make_token
from tests.sources.cloud_logins import (
    NOW,
    both_clients,
    elliptic_pem,
    log_in,
    machine,
    private_pem,
    public_pem,
    record,
    refusal,
    revealing_frames,
)

CONFIG = "~/.oci/config"
DATE = "Sun, 01 Mar 2026 12:30:00 GMT"
FAKE = FakeOracle(public_key="", clock=lambda: NOW)
ENTRIES = {
    "user": FAKE.user,
    "tenancy": FAKE.tenancy,
    "fingerprint": FAKE.fingerprint,
    "region": "eu-frankfurt-1",
    "key_file": "~/.oci/key.pem",
}
HOST = "identity.eu-frankfurt-1.oraclecloud.com"


def oracle() -> FakeOracle:
    return FakeOracle(public_key=public_pem(), clock=lambda: NOW)


def config(profile: str = "DEFAULT", **changes: str | None) -> str:
    entries = {name: value for name, value in {**ENTRIES, **changes}.items() if value is not None}
    return "\n".join([f"[{profile}]", *(f"{name} = {value}" for name, value in entries.items())])


def files(text: str | None = None, pem: str | None = None) -> dict[str, str]:
    return {CONFIG: config() if text is None else text, "~/.oci/key.pem": private_pem() if pem is None else pem}


# ---- the configuration file
@both_clients
def test_an_api_key_signs_a_request_that_oracle_verifies(kind):
    platform = machine(files())
    result, sent = log_in(oci("i1", platform=platform, organization_slug="sub"), kind)
    headers = sent[0].pop("headers")
    authorization = headers.pop("authorization")

    assert result == Success(LoginResponse(access_token="T1", expires_in=7200))
    assert sent == [
        {"identityId": "i1", "userOcid": FAKE.user, "organizationSlug": "sub", "subOrganizationName": "sub"}
    ]
    assert headers == {"date": DATE, "host": HOST}
    assert authorization.rpartition(",")[0] == (
        f'Signature version="1",keyId="{FAKE.tenancy}/{FAKE.user}/{FAKE.fingerprint}",algorithm="rsa-sha256",'
        'headers="date (request-target) host"'
    )
    assert oracle().verify(FAKE.user, {"Authorization": authorization, **headers})


def test_what_the_server_sends_to_oracle_is_answered_with_the_user():
    fake = oracle()
    [body] = log_in(oci("i1", platform=machine(files())), "blocking")[1]
    request = HttpRequest("GET", f"https://{HOST}/20160918/users/{body['userOcid']}", tuple(body["headers"].items()))

    assert (fake(request).unwrap().status, json.loads(fake(request).unwrap().body)["compartmentId"]) == (
        200,
        FAKE.tenancy,
    )


@settings(max_examples=settings().max_examples // 5)
@given(st.from_regex(r"ocid1\.user\.oc[0-9]\.[a-z-]{0,9}\.[a-z0-9]{1,60}", fullmatch=True), st.datetimes())
def test_every_signature_is_verified_and_no_other_date_user_or_host_is(ocid, moment):
    from datetime import UTC

    moment = moment.replace(year=2000 + moment.year % 1000, tzinfo=UTC)
    fake = FakeOracle(public_key=public_pem(), user=ocid, clock=lambda: moment)
    user = OracleUser(ocid, HOST)
    headers = ApiKey(user, fake.key_id, RsaKey(private_pem(), "key", "oci")).sign(moment).unwrap()
    changed = [
        {**headers, "host": "identity.eu-zurich-1.oraclecloud.com"},
        {**headers, "date": format_date(moment + timedelta(seconds=1))},
        {name: value for name, value in headers.items() if name != "date"},
        {**headers, "authorization": headers["authorization"].replace("date ", "")},
        {**headers, "authorization": headers["authorization"].replace('version="1"', 'version="2"')},
        {**headers, "authorization": headers["authorization"].replace('signature="', 'signature="AAAA')},
        {**headers, "authorization": headers["authorization"].replace('signature="', 'signature="!')},
    ]

    assert (fake.verify(ocid, headers), [fake.verify(ocid, one) for one in changed]) == (True, [False] * 7)
    assert fake.verify(f"{ocid}x", headers) is False


def test_an_old_signature_is_refused():
    assert FakeOracle(public_key="").clock().utcoffset() == timedelta(0)
    fake = FakeOracle(public_key=public_pem(), clock=lambda: NOW + timedelta(minutes=6))
    [body] = log_in(oci("i1", platform=machine(files())), "blocking")[1]

    assert fake.verify(FAKE.user, body["headers"]) is False


def test_the_fake_refuses_what_oracle_refuses():
    fake, url = oracle(), f"https://{HOST}/20160918/users/{FAKE.user}"
    requests = [HttpRequest("POST", url), HttpRequest("GET", f"https://{HOST}/other"), HttpRequest("GET", url)]

    assert [fake(request).unwrap().status for request in requests] == [404, 404, 401]


def test_the_fake_needs_an_rsa_key():
    from cryptography.hazmat.primitives import serialization as forms
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key(elliptic_pem().encode(), None).public_key()
    pem = key.public_bytes(forms.Encoding.PEM, forms.PublicFormat.SubjectPublicKeyInfo).decode()
    [body] = log_in(oci("i1", platform=machine(files())), "blocking")[1]

    with pytest.raises(ValueError, match="must be an RSA key"):
        FakeOracle(public_key=pem, clock=lambda: NOW).verify(FAKE.user, body["headers"])


def test_a_profile_inherits_from_default():
    text = f"{config(region='us-ashburn-1')}\n[other]\nregion = eu-zurich-1\n"
    [body] = log_in(oci("i1", profile="other", platform=machine(files(text))), "blocking")[1]

    assert (body["userOcid"], body["headers"]["host"]) == (FAKE.user, "identity.eu-zurich-1.oraclecloud.com")


def test_a_value_with_a_percent_sign_is_no_interpolation():
    profile = parse_profile("[DEFAULT]\npass_phrase = 100%(s3cret)s\n", "DEFAULT", "/c").unwrap()

    assert profile.entries == {"pass_phrase": "100%(s3cret)s"}
    assert repr(profile) == "Profile(place='the profile [DEFAULT] of /c')"


@pytest.mark.parametrize("region", ["fra", "FRA", "EU-Frankfurt-1", "eu-frankfurt-1"])
def test_a_region_may_have_its_short_name_and_any_case(region):
    [body] = log_in(oci("i1", platform=machine(files(config(region=region)))), "blocking")[1]

    assert body["headers"]["host"] == HOST


def test_every_short_name_is_that_of_a_region():
    platforms = [machine(files(config(region=name))) for name in SHORT_NAMES]

    assert [log_in(oci("i1", platform=one), "blocking")[1][0]["headers"]["host"] for one in platforms[:3]] == [
        f"identity.{region}.oraclecloud.com" for region in list(SHORT_NAMES.values())[:3]
    ]
    assert len(SHORT_NAMES) == 46


@pytest.mark.parametrize("phrase", ["s3cret", "pass %phrase; with = signs", "größer"])
def test_a_passphrase_opens_an_encrypted_key(phrase):
    platform = machine(files(config(pass_phrase=phrase), private_pem(phrase)))
    [body] = log_in(oci("i1", platform=platform), "blocking")[1]

    assert oracle().verify(FAKE.user, body["headers"])


def test_a_passphrase_of_default_is_ignored_for_a_key_that_has_none():
    platform = machine(files(config(pass_phrase="s3cret")))
    [body] = log_in(oci("i1", platform=platform), "blocking")[1]

    assert oracle().verify(FAKE.user, body["headers"])


def test_the_variable_names_the_file_if_the_default_file_is_missing():
    both = {"/other": config(region="eu-zurich-1"), **files()}
    only = {name: text for name, text in both.items() if name != CONFIG}
    hosts = [
        log_in(oci("i1", platform=machine(one, OCI_CONFIG_FILE="/other")), "blocking")[1][0]["headers"]["host"]
        for one in (both, only)
    ]

    assert hosts == [HOST, "identity.eu-zurich-1.oraclecloud.com"]
    assert refusal(oci("i1", "/mine", platform=machine(only, OCI_CONFIG_FILE="/other"))) == (
        "AuthenticationError",
        "there is no OCI configuration file at /mine",
    )


CONFIGS = [
    ("user = s3cret", "the OCI configuration file cannot be parsed: ~/.oci/config"),
    ("[DEFAULT]\nuser = 1\nuser = s3cret", "the OCI configuration file cannot be parsed: ~/.oci/config"),
    ("[DEFAULT]\ns3cret", "the OCI configuration file cannot be parsed: ~/.oci/config"),
    ("[DEFAULT]", "the profile [DEFAULT] of ~/.oci/config lacks user"),
    ("[other]\nuser = 1", "the profile [DEFAULT] of ~/.oci/config lacks user"),
    (config(tenancy=None), "the profile [DEFAULT] of ~/.oci/config lacks tenancy"),
    (config(fingerprint=" "), "the profile [DEFAULT] of ~/.oci/config lacks fingerprint"),
    (config(key_file=None), "the profile [DEFAULT] of ~/.oci/config lacks key_file"),
    (config(user="s3cret"), "user of the profile [DEFAULT] of ~/.oci/config has not the form of a user"),
    (config(user='ocid1.user.oc1.."x'), "user of the profile [DEFAULT] of ~/.oci/config has not the form of a user"),
    (
        config(user="ocid1.user.oc1..a/../b"),
        "user of the profile [DEFAULT] of ~/.oci/config has not the form of a user",
    ),
    (
        config(user=f"ocid1.user.oc1..{'a' * 255}"),
        "user of the profile [DEFAULT] of ~/.oci/config has not the form of a user",
    ),
    (
        config(fingerprint="00:11"),
        "fingerprint of the profile [DEFAULT] of ~/.oci/config has not the form of a fingerprint",
    ),
    (
        config(region="evil.example/eu-zurich-1"),
        "region of the profile [DEFAULT] of ~/.oci/config has not the form of a region: Infisical accepts those of the "
        "commercial realm, eu-frankfurt-1 for example",
    ),
    (
        config(region="us-gov-ashburn-1"),
        "region of the profile [DEFAULT] of ~/.oci/config has not the form of a region: Infisical accepts those of the "
        "commercial realm, eu-frankfurt-1 for example",
    ),
]


@pytest.mark.parametrize(("text", "message"), CONFIGS)
def test_a_configuration_that_cannot_sign_is_refused_and_not_shown(text, message):
    assert refusal(oci("i1", platform=machine(files(text)))) == ("AuthenticationError", message)


@both_clients
def test_what_is_missing_is_named(kind):
    there = {CONFIG: config()}

    assert [
        refusal(oci("i1", platform=machine()), kind)[1],
        refusal(oci("i1", profile="other", platform=machine(there)), kind)[1],
        refusal(oci("i1", platform=machine(there)), kind)[1],
    ] == [
        "there is no OCI configuration file at ~/.oci/config",
        "the OCI configuration file has no profile [other]: ~/.oci/config",
        "there is no private key of Oracle Cloud at ~/.oci/key.pem",
    ]


def test_files_of_the_home_directory_are_found(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".oci").mkdir()
    (tmp_path / ".oci/config").write_text(config())
    (tmp_path / ".oci/key.pem").write_text(private_pem())

    assert type(log_in(oci("i1", platform=Platform(environ={}, clock=lambda: NOW)), "blocking")[0]) is Success


KEYS = [
    ("s3cret", {}, "cannot be read as a private key in PEM"),
    ("encrypted", {"pass_phrase": "wrong"}, "cannot be read as a private key in PEM with this passphrase"),
    ("encrypted", {}, "is encrypted: give its passphrase"),
    ("elliptic", {}, "is not an RSA key"),
]


@pytest.mark.parametrize(("pem", "entries", "message"), KEYS)
def test_a_key_that_cannot_sign_is_refused_and_not_shown(pem, entries, message):
    text = {"elliptic": elliptic_pem, "encrypted": lambda: private_pem("s3cret")}.get(pem, lambda: pem)()
    source = oci("i1", platform=machine(files(config(**entries), text)))

    assert refusal(source) == ("AuthenticationError", f"the private key in ~/.oci/key.pem {message}")


def test_a_missing_cryptography_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.hashes", None)

    assert refusal(oci("i1", platform=machine(files(pem="any")))) == (
        "AuthenticationError",
        "signing with the private key in ~/.oci/key.pem needs cryptography: pip install 'infisical-functional[oci]'",
    )


def test_a_clock_that_fails_is_a_failure():
    def crash() -> datetime:
        raise RuntimeError("s3cret")

    name, message = refusal(oci("i1", platform=Platform(environ={}, read=files().__getitem__, clock=crash)))

    assert name == "AuthenticationError"
    assert message.startswith("signing the request to Oracle failed: RuntimeError was raised at test_oracle.py:")


@pytest.mark.parametrize("arguments", [("",), (None,), ("i1", CONFIG, ""), ("i1", CONFIG, None), ("i1", CONFIG, "\n")])
def test_an_argument_that_is_no_text_is_a_value_error(arguments):
    with pytest.raises(ValueError, match=r"identity_id|profile"):
        oci(*arguments)


# ---- a signer of the oci SDK
class Signer:
    """A signer with the interface of `oci.signer.Signer`, which is an auth object of requests.

    It has `api_key` (the key id), is called with a request that has `method`, `url`, `path_url`, `body` and `headers`,
    sets `date` and `host` if they are absent, and adds `content-type` and `authorization` to the headers.
    """

    def __init__(self, api_key: str = FAKE.key_id, headers: str = "date (request-target) host", **extra: str) -> None:
        self.api_key, self._headers, self._extra = api_key, headers, extra
        self.requests: list[Any] = []

    def __call__(self, request: Any) -> Any:
        self.requests.append(request)
        request.headers.pop("Transfer-Encoding", None)
        request.headers.setdefault("host", "none")
        request.headers.setdefault("content-type", "application/json")
        values = {**request.headers, "(request-target)": f"{request.method.lower()} {request.path_url}"}
        text = "\n".join(f"{name}: {values.get(name, '')}" for name in self._headers.split())
        signature = base64.b64encode(RsaKey(private_pem(), "key", "oci").sign(text.encode()).unwrap()).decode()
        request.headers["authorization"] = (
            f'Signature algorithm="rsa-sha256",headers="{self._headers}",keyId="{self.api_key}",'
            f'signature="{signature}",version="1"'
        )
        request.headers.update(self._extra)
        return request


@both_clients
def test_a_signer_signs_with_the_region_of_the_profile(kind):
    signer = Signer()
    platform = machine({CONFIG: "[DEFAULT]\nregion = eu-frankfurt-1"})
    _, sent = log_in(oci("i1", signer=signer, platform=platform), kind)
    [request] = signer.requests

    assert (sent[0]["userOcid"], sorted(sent[0]["headers"])) == (FAKE.user, ["authorization", "date", "host"])
    assert oracle().verify(FAKE.user, sent[0]["headers"])
    assert (request.method, request.url, request.path_url, request.body) == (
        "GET",
        f"https://{HOST}/20160918/users/{FAKE.user}",
        f"/20160918/users/{FAKE.user}",
        None,
    )


def test_a_signer_that_names_its_region_needs_no_file():
    signer = Signer()
    signer.region = "fra"  # type: ignore[attr-defined]
    [body] = log_in(oci("i1", signer=signer, platform=machine()), "blocking")[1]

    assert body["headers"]["host"] == HOST


def test_a_signer_may_use_another_case_and_x_date():
    def sign(request: Any) -> None:
        request.headers.update({"X-Date": DATE, "Authorization": 'Signature headers="x-date (request-target) host"'})

    [body] = log_in(oci("i1", signer=sign, platform=machine(files())), "blocking")[1]

    assert body["headers"] == {
        "authorization": 'Signature headers="x-date (request-target) host"',
        "date": DATE,
        "host": HOST,
        "x-date": DATE,
    }


def test_a_security_token_names_its_user():
    signer = Signer(f"ST${make_token({'sub': FAKE.user})}")
    [body] = log_in(oci("i1", signer=signer, platform=machine(files(config(user=None)))), "blocking")[1]

    assert body["userOcid"] == FAKE.user


NOT_A_USER = "the signer is not one of a user, and Infisical's server requires one"
LACKS_USER = "the profile [DEFAULT] of ~/.oci/config lacks user"
OTHER_HEADERS = (
    "the signer of the oci SDK cannot be used: it signed other headers than date, host and the target, and Infisical's "
    "server sends no others"
)
SIGNERS = [
    (object(), "object is not a signer of the oci SDK"),
    (Signer(f"ST${make_token({'sub': 'ocid1.instance.oc1..x'})}"), NOT_A_USER),
    (Signer("a/b s3cret/c"), "user of the signer has not the form of a user"),
    (Signer("ST$a.W10.c"), LACKS_USER),
    (Signer(f"ST${make_token({'sub': 7})}"), LACKS_USER),
    (Signer("ST$"), LACKS_USER),
    (Signer("ST$a.!.c"), LACKS_USER),
    (Signer("a/b"), LACKS_USER),
    (Signer(headers="date (request-target) host opc-obo-token"), OTHER_HEADERS),
    (Signer(headers="date host"), OTHER_HEADERS),
    (Signer(authorization="Signature s3cret"), OTHER_HEADERS),
    (Signer(authorization="Basic s3cret"), "the signer of the oci SDK cannot be used: it added no signature"),
]


@pytest.mark.parametrize(("signer", "message"), SIGNERS)
def test_a_signer_that_the_server_cannot_use_is_refused(signer, message):
    platform = machine(files(config(user=None)))

    assert refusal(oci("i1", signer=signer, platform=platform)) == ("AuthenticationError", message)


def test_a_signer_without_a_region_needs_the_file():
    assert refusal(oci("i1", signer=Signer(), platform=machine())) == (
        "AuthenticationError",
        "there is no OCI configuration file at ~/.oci/config",
    )


@both_clients
@pytest.mark.parametrize(
    ("error", "name"),
    [(ConnectionError("s3cret"), "InfisicalNetworkError"), (KeyError("s3cret"), "AuthenticationError")],
)
def test_a_signer_that_fails_is_a_failure_without_its_text(kind, error, name):
    def sign(request: Any) -> None:
        raise error

    got, message = refusal(oci("i1", signer=sign, platform=machine(files())), kind)

    assert (got, message.partition(" was raised")[0]) == (
        name,
        f"the signer of the oci SDK failed: {type(error).__name__}",
    )


# ---- secrecy
def test_no_frame_shows_the_key_or_the_passphrase_while_the_request_is_signed():
    revealed: list[list[str]] = []

    def clock() -> datetime:
        revealed.append(revealing_frames("PRIVATE KEY", "s3cret"))
        return NOW

    there = files(config(pass_phrase="s3cret"), private_pem("s3cret"))
    source = oci("i1", platform=Platform(environ={}, read=there.__getitem__, clock=clock))
    log_in(source, "blocking")

    assert revealed == [[]]


def test_no_frame_shows_the_passphrase_while_the_key_is_read():
    there, revealed = files(config(pass_phrase="s3cret"), private_pem("s3cret")), []

    def read(path: str) -> str:
        revealed.extend(revealing_frames("s3cret"))
        return there[path]

    log_in(oci("i1", platform=Platform(environ={}, read=read, clock=lambda: NOW)), "blocking")

    assert revealed == []


def test_neither_logs_nor_recordings_show_the_authorization(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    bodies: list[Any] = []

    def execute(request: HttpRequest) -> Any:
        bodies.append(json.loads(request.body or b""))
        return record(oracle())(request)

    executor = CassetteExecutor(tmp_path / "login.yaml", mode="all", inner=execute)
    source = oci("i1", platform=machine(files(config(pass_phrase="s3cret"))))
    result = InfisicalClient(executor=executor).login(source)
    texts = [(tmp_path / "login.yaml").read_text(), caplog.text, repr(result), repr(source)]
    secrets = [bodies[0]["headers"]["authorization"].rpartition('signature="')[2].rstrip('"'), "PRIVATE KEY"]

    assert type(result) is Success
    assert [secret in text for secret in secrets for text in texts] == [False] * 8
    assert "signature" not in repr(SignableRequest(OracleUser("u", "h"), {"authorization": "signature"}))
