"""Which URLs may get the token of a container: checked before the token is read, and before anything is sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from returns.result import Failure, Success

from infisical.sources.amazon_container import URL, Endpoint, check_url
from tests.sources.amazon_machine import Machine

REGION = {"AWS_REGION": "eu-central-1"}
TOKEN_FILE = {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/token"}
HOSTS = "a loopback address, 169.254.170.2, 169.254.170.23 or [fd00:ec2::23]"
FOREIGN = f"AWS_CONTAINER_CREDENTIALS_FULL_URI must be an https:// URL, or http:// with {HOSTS}"
MALFORMED = "AWS_CONTAINER_CREDENTIALS_FULL_URI must be a URL without user name and fragment"
LOCAL = [
    "http://127.0.0.1/creds",
    "http://127.0.0.1:8080/creds?a=b",
    "http://127.255.0.9/creds",
    "http://localhost:80/creds",
    "HTTP://LocalHost/creds",
    "http://[::1]/creds",
    "http://[0:0:0:0:0:0:0:1]:9/creds",
    "http://169.254.170.2/creds",
    "http://169.254.170.23/v1/credentials",
    "http://[fd00:ec2::23]/v1/credentials",
    "https://[::1]/creds",
    "https://127.0.0.1",
]
REFUSED = {
    "http://evil.example/creds": FOREIGN,
    "http://127.0.0.1@evil.example/creds": MALFORMED,
    "https://127.0.0.1@evil.example/creds": MALFORMED,
    "http://localhost:x@evil.example/creds": MALFORMED,
    "http://169.254.170.2.evil.example/creds": FOREIGN,
    "http://localhost.evil.example/creds": FOREIGN,
    "http://localhost./creds": FOREIGN,
    "http://127.0.0.1.nip.io/creds": FOREIGN,
    "http://127.1/creds": FOREIGN,
    "http://2130706433/creds": FOREIGN,
    "http://0x7f000001/creds": FOREIGN,
    "http://0177.0.0.1/creds": FOREIGN,
    "http://127.0.0.01/creds": FOREIGN,
    "http://0.0.0.0/creds": FOREIGN,
    "http://169.254.169.254/creds": FOREIGN,
    "http://169.254.170.3/creds": FOREIGN,
    "http://[::]/creds": FOREIGN,
    "http://[::ffff:127.0.0.1]/creds": FOREIGN,
    "http://[fd00:ec2::254]/creds": FOREIGN,
    "http://[::1%25eth0]/creds": MALFORMED,
    "http://[1:2]/creds": FOREIGN,
    "https://[1:2]/creds": FOREIGN,
    "http://[::1/creds": MALFORMED,
    "http://127.0.0.1\\@evil.example/creds": MALFORMED,
    "http://evil.example\\.127.0.0.1/": MALFORMED,
    "http://evil.example#@127.0.0.1/": MALFORMED,
    "http://evil.example?@127.0.0.1/": MALFORMED,
    "http://127.0.0.1#/creds": MALFORMED,
    "http://127.0.0.1:0/creds": MALFORMED,
    "http://127.0.0.1:65536/creds": MALFORMED,
    "http://127.0.0.1:80:80/creds": MALFORMED,
    "http://127.0.0.1:80a/creds": MALFORMED,
    "http://127.0.0.1/a b": MALFORMED,
    "http://127.0.0.1/\r\nHost: evil.example": MALFORMED,
    "http://127.0.0.1/creds\n": MALFORMED,
    " http://127.0.0.1/creds": MALFORMED,
    "http:///creds": MALFORMED,
    "http:/127.0.0.1/creds": MALFORMED,
    "//127.0.0.1/creds": MALFORMED,
    "127.0.0.1/creds": MALFORMED,
    "file:///etc/passwd": MALFORMED,
    "ftp://127.0.0.1/creds": MALFORMED,
    "http://\uff11\uff12\uff17.0.0.1/creds": MALFORMED,
    "http\u017f://127.0.0.1/creds": MALFORMED,
    "http://localho\u017ft/creds": MALFORMED,
    "http://127\u30020\u30020\u30021/creds": MALFORMED,
    "http://l\u043ecalhost/creds": MALFORMED,
}


@pytest.mark.parametrize("url", LOCAL)
def test_loopback_and_awss_addresses_are_asked_directly(url):
    assert check_url(url) == Success(Endpoint(url, is_local=True))


@pytest.mark.parametrize("url", ["https://creds.example.com/x", "https://creds.example.com:8443", "https://127.1/x"])
def test_other_hosts_are_asked_by_https_only(url):
    assert check_url(url) == Success(Endpoint(url, is_local=False))
    assert isinstance(check_url(url.replace("https", "http")), Failure)


@pytest.mark.parametrize("url", REFUSED)
def test_a_foreign_url_is_refused_before_the_token_is_read(url):
    machine = Machine(
        {**REGION, **TOKEN_FILE, "AWS_CONTAINER_CREDENTIALS_FULL_URI": url}, {"/token": "container-token"}
    )

    assert machine.refusal() == ("AuthenticationError", REFUSED[url])
    assert (machine.read_paths, machine.asked) == ([], [])


@given(st.from_regex(URL, fullmatch=True) | st.text(max_size=40).map(lambda text: f"http://127.0.0.1{text}"))
def test_a_transport_reads_every_accepted_url_as_the_check_does(url):
    from urllib.parse import urlsplit

    from urllib3.util import parse_url

    answer = check_url(url)
    if isinstance(answer, Success) and url.lower().startswith("http://"):
        hosts = {str(urlsplit(url).hostname), str(parse_url(url).host).strip("[]")}
        assert isinstance(check_url(f"http://{_bracket(hosts.pop())}"), Success)
        assert all(isinstance(check_url(f"http://{_bracket(host)}"), Success) for host in hosts)
        assert (urlsplit(url).username, parse_url(url).auth) == (None, None)


def _bracket(host: str) -> str:
    return f"[{host}]" if ":" in host else host


@pytest.mark.parametrize(
    "path", ["creds", "@evil.example/", ".evil.example/", ":80@evil.example/", "/a\nb", "/a b", "/a#b", "/a\\b", "/ä"]
)
def test_a_relative_uri_must_be_a_path(path):
    machine = Machine(
        {**REGION, **TOKEN_FILE, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": path}, {"/token": "container-token"}
    )
    message = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI must be a path that begins with /"

    assert machine.refusal() == ("AuthenticationError", message)
    assert (machine.read_paths, machine.asked) == ([], [])


# ---- the token
def authorization(machine: Machine) -> list[str | None]:
    machine.log_in()
    return [dict(request.headers).get("Authorization") for request in machine.fake.sent]


RELATIVE = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/1", **REGION}


def test_the_token_file_comes_before_the_variable_and_is_read_for_each_login():
    both = {**RELATIVE, **TOKEN_FILE, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "of-the-variable"}
    machine = Machine(both, {"/token": "Basic of-the-file\n"})

    assert authorization(machine) == ["Basic of-the-file", "Basic of-the-file"]
    assert machine.read_paths == ["/token", "/token"]
    assert authorization(Machine({**RELATIVE, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "x"})) == ["x", "x"]
    assert authorization(Machine(RELATIVE)) == [None, None]


@pytest.mark.parametrize("token", ["a\r\nX-Evil: 1", "a\nb", "a\rb", "a\x00b", "ü", "a\x7f"])
def test_a_token_that_a_header_cannot_have_is_refused(token):
    by_file = Machine({**RELATIVE, **TOKEN_FILE}, {"/token": token})
    by_variable = Machine({**RELATIVE, "AWS_CONTAINER_AUTHORIZATION_TOKEN": token})
    reason = "has a line break or another invalid character"

    assert by_file.refusal() == (
        "AuthenticationError",
        f"the token in the file of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE {reason}",
    )
    assert by_variable.refusal() == ("AuthenticationError", f"the token in AWS_CONTAINER_AUTHORIZATION_TOKEN {reason}")
    assert (by_file.asked, by_variable.asked) == ([], [])


def test_a_missing_token_file_is_named():
    assert Machine({**RELATIVE, **TOKEN_FILE}).refusal() == (
        "AuthenticationError",
        "there is no token file of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE at /token",
    )


def test_the_relative_uri_comes_before_the_full_one():
    machine = Machine({**RELATIVE, "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/creds"})
    machine.log_in()

    assert machine.asked[0] == "GET http://169.254.170.2/v2/credentials/1"


def test_an_https_host_is_asked_by_the_executor_of_the_client():
    from infisical.executors.scripted import ScriptedExecutor
    from infisical.response import Response
    from infisical.sources import aws
    from tests.sources.amazon_machine import log_in

    environ = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "https://creds.example.com/x", **REGION}
    execute = ScriptedExecutor(Response(404, body=b"{}"))
    answer = log_in(execute, aws("id", platform=Machine(environ).platform))  # type: ignore[arg-type]

    assert [request.url for request in execute.sent] == ["https://creds.example.com/x"]
    assert answer.failure().message == "the AWS container credentials service answered with status 404"
