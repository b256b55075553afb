"""The signature of AWS: held against AWS's published examples, and against botocore on generated requests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import quote

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from infisical.request import HttpRequest
from infisical.sources.amazon_signing import AwsKeys, Scope, derive_key, sign_request, write_canonical_request

KEYS = AwsKeys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
TIME = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
HOST = ("Host", "example.amazonaws.com")
ORIGIN = "https://example.amazonaws.com"
FORM = ("Content-Type", "application/x-www-form-urlencoded")
UNRESERVED = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
REPEATED = (("My-Header1", "value2"), ("My-Header1", "value2"), ("My-Header1", "value1"))
SUITE = {
    "get-vanilla": (
        HttpRequest("GET", f"{ORIGIN}/", (HOST,)),
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    ),
    "get-vanilla-query-order-key-case": (
        HttpRequest("GET", f"{ORIGIN}/?Param2=value2&Param1=value1", (HOST,)),
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ),
    "get-unreserved": (
        HttpRequest("GET", f"{ORIGIN}/{UNRESERVED}", (HOST,)),
        "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
    ),
    "get-utf8": (
        HttpRequest("GET", f"{ORIGIN}/ሴ", (HOST,)),
        "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
    ),
    "get-header-value-trim": (
        HttpRequest("GET", f"{ORIGIN}/", (HOST, ("My-Header1", " value1"), ("My-Header2", ' "a   b   c"'))),
        "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
    ),
    "get-header-key-duplicate": (
        HttpRequest("GET", f"{ORIGIN}/", (HOST, *REPEATED)),
        "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
    ),
    "post-vanilla": (
        HttpRequest("POST", f"{ORIGIN}/", (HOST,)),
        "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    ),
    "post-x-www-form-urlencoded": (
        HttpRequest("POST", f"{ORIGIN}/", (FORM, HOST), b"Param1=value1"),
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    ),
}


def headers_of(request: HttpRequest) -> dict[str, str]:
    return dict(request.headers)


@pytest.mark.parametrize("name", SUITE)
def test_requests_of_awss_test_suite_have_its_signatures(name):
    request, signature = SUITE[name]
    signed = headers_of(sign_request(request, KEYS, Scope("us-east-1", "service", TIME)))["Authorization"]

    assert signed.partition("Signature=")[2] == signature


def test_the_documented_listing_of_users_has_the_documented_signature():
    url = "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08"
    kind = ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
    scope = Scope("us-east-1", "iam", TIME)
    request = HttpRequest("GET", url, (kind, ("Host", "iam.amazonaws.com")), timeout=7.0, max_response_bytes=9)

    signed = sign_request(request, KEYS, scope)

    assert derive_key(KEYS.secret_access_key, scope).hex() == (
        "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"
    )
    assert signed == HttpRequest(
        "GET",
        url,
        (
            kind,
            ("Host", "iam.amazonaws.com"),
            ("X-Amz-Date", "20150830T123600Z"),
            (
                "Authorization",
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
                "SignedHeaders=content-type;host;x-amz-date, "
                "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
            ),
        ),
        timeout=7.0,
        max_response_bytes=9,
    )


def test_a_time_in_any_zone_is_signed_as_utc():
    scope = Scope("us-east-1", "sts", datetime(2015, 8, 31, 1, 36, tzinfo=timezone(timedelta(hours=13))))

    assert (scope.timestamp, scope.text) == ("20150830T123600Z", "20150830/us-east-1/sts/aws4_request")


def test_paths_are_normalized_and_the_host_of_the_url_is_signed_without_its_default_port():
    signed = [
        sign_request(HttpRequest("GET", url), KEYS, Scope("us-east-1", "service", TIME))
        for url in (f"{ORIGIN}/a//./b/../c/", f"{ORIGIN}:443/a/c/", "https://user@example.amazonaws.com/a/c/")
    ]
    port = write_canonical_request("GET", "https://h:444", (("Host", "h:444"),), b"")

    assert len({headers_of(request)["Authorization"] for request in signed}) == 1
    assert port.splitlines()[1:4] == ["/", "", "host:h:444"]


def test_headers_of_an_earlier_signature_are_replaced():
    keys = AwsKeys("AKIDEXAMPLE", "secret", "token")
    scope = Scope("us-east-1", "sts", TIME)
    once = sign_request(HttpRequest("POST", ORIGIN, (("Date", "today"), ("User-Agent", "x"))), keys, scope)

    assert sign_request(once, keys, scope) == once
    assert [name for name, _ in once.headers] == ["User-Agent", "X-Amz-Date", "X-Amz-Security-Token", "Authorization"]
    assert "SignedHeaders=host;x-amz-date;x-amz-security-token" in headers_of(once)["Authorization"]


def test_keys_and_requests_show_no_secret():
    keys = AwsKeys("AKIDEXAMPLE", "the-secret", "the-token")
    signed = sign_request(HttpRequest("POST", ORIGIN), keys, Scope("us-east-1", "sts", TIME))

    assert [word for word in ("the-secret", "the-token") if word in repr((keys, signed))] == []


# ---- botocore
TEXT = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20)
WORD = st.text("abcXYZ019-_.~ %/+=&;,*'()ü漢", max_size=12)
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,8}", fullmatch=True).map(lambda name: f"X-{name}")
REQUESTS = st.builds(
    lambda method, path, query, headers, body: HttpRequest(
        method,
        f"https://sts.eu-central-1.amazonaws.com/{path}{'?' if query else ''}{query}",
        tuple({name.lower(): (name, value) for name, value in headers}.values()),
        body or None,
    ),
    st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    st.lists(st.one_of(WORD.map(lambda word: quote(word, safe="~")), st.sampled_from(["", ".", ".."])), max_size=4).map(
        "/".join
    ),
    st.lists(st.tuples(WORD, WORD), max_size=4).map(
        lambda pairs: "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs)
    ),
    st.lists(st.tuples(NAMES, TEXT), max_size=4),
    st.binary(max_size=64),
)


@given(
    request=REQUESTS,
    region=st.sampled_from(["us-east-1", "us-gov-west-1", "cn-north-1"]),
    secret=TEXT.filter(bool),
    token=st.none() | st.from_regex(r"[!-~]{1,20}", fullmatch=True),
)
def test_any_request_has_the_signature_of_botocore(request, region, secret, token):
    theirs = AWSRequest(request.method, request.url, dict(request.headers), request.body or b"")
    SigV4Auth(Credentials("AKID", secret, token), "sts", region).add_auth(theirs)
    time = datetime.strptime(theirs.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)

    ours = sign_request(request, AwsKeys("AKID", secret, token), Scope(region, "sts", time))

    assert headers_of(ours) == dict(theirs.headers)
