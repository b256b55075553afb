"""The requests executor: it keeps the contract, and takes of a given session what it says, and nothing else."""

from __future__ import annotations

import importlib
import inspect
import io
import os
import socket
import sys
import threading

import pytest
import requests
import urllib3
from requests.adapters import BaseAdapter, HTTPAdapter
from returns.result import Success
from urllib3.connection import HTTPConnection
from urllib3.exceptions import NameResolutionError, NewConnectionError

from infisical import HttpRequest, InfisicalNetworkError, Response
from infisical.executors import RequestsExecutor
from infisical.testing import faulty_server
from infisical.testing.executor_contract import NetworkExecutorContract
from tests.executors import authority, faulty
from tests.forms import shorten_contract

RETRY = urllib3.Retry(3, allowed_methods=None, status_forcelist=[429, 500, 503], backoff_factor=0)
SESSION_HEADERS = {"Authorization": "Bearer theirs", "Cookie": "jid=theirs"}


# ---- the contract
class ExecutorOnASession(RequestsExecutor):
    """On a session that does all by itself that has no part in a call."""

    def __init__(self):
        self._application_session = requests.Session()
        self._application_session.auth = ("somebody", "else")
        self._application_session.cookies.set("jid", "theirs")
        self._application_session.headers.update(SESSION_HEADERS)
        self._application_session.hooks["response"].append(lambda answer, **_: answer.raise_for_status())
        self._application_session.params = {"theirs": "1"}
        self._application_session.mount("http://", HTTPAdapter(max_retries=RETRY))
        super().__init__(self._application_session)

    def close(self):
        super().close()
        self._application_session.close()


@shorten_contract
@pytest.mark.enable_socket
class TestRequests(NetworkExecutorContract):
    def make_executor(self):
        return RequestsExecutor()


@shorten_contract
@pytest.mark.enable_socket
class TestRequestsOnAGivenSession(NetworkExecutorContract):
    def make_executor(self):
        return ExecutorOnASession()


# ---- on adapters that need no socket
class ScriptedAdapter(BaseAdapter):
    """An adapter of somebody's: it answers from memory, or raises, and remembers what it was given."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.error, self.seen, self.closed = error, [], False

    def send(self, request, stream=False, timeout=None, verify=True, cert=None, proxies=None):
        self.seen.append((request.method, request.url, dict(request.headers), request.body, timeout, verify, cert))
        if self.error is not None:
            raise self.error
        answer = requests.Response()
        answer.status_code, answer.headers["X-A"] = 200, "1"
        answer.raw = urllib3.HTTPResponse(io.BytesIO(b"{}"), {"X-A": "1"}, preload_content=False)
        return answer

    def close(self) -> None:
        self.closed = True


def make_session(adapter: BaseAdapter) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", adapter)
    return session


REQUEST = HttpRequest("PUT", "https://h/a%2Fb?c=d", (("Accept", "application/json"), ("X-Own", "1")), b"{}", 7.0)


def test_the_adapter_tls_settings_and_headers_of_a_session_are_used_and_its_credentials_are_not():
    adapter = ScriptedAdapter()
    session = make_session(adapter)
    session.headers = {"User-Agent": "app", "X-App": b"1", "Accept": "text/html", "X-Not": None, **SESSION_HEADERS}
    session.verify, session.cert = "/authority.pem", "/own.pem"
    got = RequestsExecutor(session)(REQUEST)

    headers = {"User-Agent": "app", "X-App": "1", "Accept": "application/json", "X-Own": "1", "Content-Length": "2"}
    assert adapter.seen == [("PUT", REQUEST.url, headers, b"{}", 7.0, "/authority.pem", "/own.pem")]
    assert got == Success(Response(200, (("X-A", "1"),), b"{}"))


def test_a_given_session_is_not_closed():
    adapter = ScriptedAdapter()
    execute = RequestsExecutor(make_session(adapter))
    execute.close()

    expected = InfisicalNetworkError("PUT https://h: this executor is closed", reason="protocol", sent=False)
    assert (adapter.closed, execute(REQUEST).failure(), adapter.seen) == (False, expected, [])


UNKNOWN_HOST = socket.gaierror(socket.EAI_NONAME, "canary")
REASONS = [
    (requests.exceptions.ConnectTimeout("canary"), "timeout", False),
    (requests.exceptions.ProxyError("canary"), "refused", False),
    (requests.exceptions.ReadTimeout(urllib3.exceptions.ReadTimeoutError(None, "/", "canary")), "timeout", True),
    (requests.exceptions.SSLError(urllib3.exceptions.SSLError("canary")), "tls", True),
    (requests.exceptions.ConnectionError(ConnectionResetError("canary")), "reset", True),
    (requests.exceptions.ChunkedEncodingError("canary"), "protocol", True),
    (requests.exceptions.ConnectionError(NewConnectionError(HTTPConnection("h"), "canary")), "refused", False),
    (requests.exceptions.ConnectionError(NameResolutionError("h", HTTPConnection("h"), UNKNOWN_HOST)), "dns", False),
]


@pytest.mark.parametrize(("cause", "reason", "sent"), REASONS, ids=[type(cause).__name__ for cause, _, _ in REASONS])
def test_of_an_adapter_that_tells_nothing_the_kind_of_error_says_whether_it_was_sent(cause, reason, sent):
    error = RequestsExecutor(make_session(ScriptedAdapter(cause)))(REQUEST).failure()

    assert (error.reason, error.sent, "canary" in repr(error)) == (reason, sent, False)


def test_what_an_adapter_raises_of_its_own_is_named_without_its_message():
    error = RequestsExecutor(make_session(ScriptedAdapter(LookupError("canary"))))(REQUEST).failure()

    line = ScriptedAdapter.send.__code__.co_firstlineno + 3
    expected = f"PUT https://h: LookupError was raised at test_requests.py:{line}"
    assert error == InfisicalNetworkError(expected, reason="protocol", sent=True)
    assert (error.defect, repr(error.__cause__), error.__cause__.__traceback__) == (True, "LookupError('canary')", None)


def test_a_url_that_no_adapter_takes_is_not_sent():
    error = RequestsExecutor()(HttpRequest("GET", "ftp://h/x")).failure()

    expected = InfisicalNetworkError("GET ftp://h: the request cannot be sent", reason="protocol", sent=False)
    assert error == expected


def test_without_requests_the_import_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "requests", None)
    monkeypatch.delitem(sys.modules, "infisical.executors.requests")

    with pytest.raises(ImportError, match=r"pip install 'infisical-functional\[requests\]'"):
        importlib.import_module("infisical.executors").RequestsExecutor  # noqa: B018


# ---- on sockets
def get(url: str, timeout: float = 30.0) -> HttpRequest:
    return HttpRequest("GET", f"{url}/x", (("Authorization", "Bearer t"),), None, timeout)


@pytest.mark.enable_socket
def test_the_cookies_of_a_given_session_stay_as_they_are():
    saying = faulty_server.respond_with(faulty_server.format_response(headers=(("Set-Cookie", "jid=ours; Path=/"),)))
    with faulty_server.start_server(saying) as server, requests.Session() as session:
        session.cookies.set("own", "1")
        execute = RequestsExecutor(session)
        execute(get(server.url))
        execute(get(server.url))

        assert session.cookies.get_dict() == {"own": "1"}
        assert [message.values("Cookie") for message in server.requests] == [[], []]


@pytest.mark.enable_socket
def test_the_application_may_go_on_with_a_connection_of_ours_and_has_its_own_timeouts_there():
    with faulty.serving(faulty.well) as server, requests.Session() as session:
        got = RequestsExecutor(session)(get(server.url, timeout=5.0)).unwrap().status
        answers = [session.get(server.url).status_code, session.get(server.url, timeout=60).status_code]

        assert (got, answers, server.connections) == (200, [200, 200], 1)


@pytest.mark.enable_socket
def test_the_application_may_open_connections_of_ours():
    closing = faulty.OK.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)

    def answer_once(peer: faulty.Peer) -> None:
        if peer.read():
            peer.say(closing)

    with faulty.serving(answer_once) as server, requests.Session() as session:
        got = RequestsExecutor(session)(get(server.url)).unwrap().status

        assert (got, session.get(server.url, timeout=60).status_code, server.connections) == (200, 200, 2)


@pytest.mark.enable_socket
def test_the_retries_of_a_given_session_stay_the_applications():
    with (
        faulty_server.start_server(faulty_server.fail_once(faulty_server.close)) as server,
        requests.Session() as session,
    ):
        session.mount("http://", HTTPAdapter(max_retries=RETRY))
        error = RequestsExecutor(session)(get(server.url)).failure()
        count = len(server.requests)

        assert (error.reason, error.sent, count) == ("reset", True, 1)
        assert session.get_adapter("http://h").max_retries == RETRY


class LoopbackAdapter(HTTPAdapter):
    """An adapter that says from which address it connects, as some applications need it."""

    def init_poolmanager(self, *args, **settings):
        super().init_poolmanager(*args, source_address=("127.0.0.1", 0), **settings)


@pytest.mark.enable_socket
def test_the_source_address_of_an_adapter_is_kept():
    with faulty_server.start_server(faulty_server.drip_headers) as server, requests.Session() as session:
        session.mount("http://", LoopbackAdapter())
        error = RequestsExecutor(session)(get(server.url, timeout=0.25)).failure()
        pool = session.get_adapter(server.url).poolmanager.connection_from_url(server.url)

        assert (error.reason, error.sent) == ("timeout", True)
        assert pool.conn_kw["source_address"] == ("127.0.0.1", 0)


class Recording(urllib3.connection.HTTPConnection):
    """A connection class of a tool's: it sees what is sent."""

    sent: list[str]

    def putrequest(self, method, url, *args, **settings):
        self.sent.append(f"{method} {url}")
        super().putrequest(method, url, *args, **settings)


@pytest.mark.enable_socket
def test_a_connection_class_of_a_tools_is_left_alone(monkeypatch):
    Recording.sent = []
    monkeypatch.setattr(urllib3.HTTPConnectionPool, "ConnectionCls", Recording)
    with faulty_server.start_server(faulty_server.echo) as server, requests.Session() as session:
        got = RequestsExecutor(session)(get(server.url))
        pool = session.get_adapter(server.url).poolmanager.connection_from_url(server.url)

        assert (got.unwrap().body, Recording.sent, pool.ConnectionCls) == (b"/x", ["GET /x"], Recording)


@pytest.mark.enable_socket
def test_a_body_that_drips_on_a_connection_class_of_a_tools_meets_the_deadline(monkeypatch):
    Recording.sent = []
    monkeypatch.setattr(urllib3.HTTPConnectionPool, "ConnectionCls", Recording)
    with faulty_server.start_server(faulty_server.drip_body) as server, requests.Session() as session:
        error = RequestsExecutor(session)(get(server.url, timeout=0.25)).failure()

    assert (error.reason, error.sent) == ("timeout", True)


@pytest.mark.enable_socket
def test_the_proxies_of_a_given_session_are_used():
    with faulty_server.start_server(faulty_server.echo) as proxy, requests.Session() as session:
        session.proxies["http"] = proxy.url
        got = RequestsExecutor(session)(get("http://nowhere.invalid"))

    assert got.unwrap().body == b"http://nowhere.invalid/x"


@pytest.mark.enable_socket
@pytest.mark.parametrize("trusting", [True, False])
def test_the_proxies_of_the_environment_are_used_if_the_session_trusts_them(monkeypatch, trusting):
    with faulty_server.start_server(faulty_server.echo) as proxy, requests.Session() as session:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        session.trust_env = trusting
        RequestsExecutor(session)(get("http://nowhere.invalid"))

        assert [message.target for message in proxy.requests] == (["http://nowhere.invalid/x"] if trusting else [])


@pytest.mark.enable_socket
def test_the_proxies_of_a_session_go_before_those_of_the_environment(monkeypatch):
    with (
        faulty_server.start_server(faulty_server.echo) as own,
        faulty_server.start_server(faulty_server.echo) as other,
        requests.Session() as session,
    ):
        monkeypatch.setenv("http_proxy", other.url)
        monkeypatch.setenv("no_proxy", "")
        session.proxies["all"] = own.url
        RequestsExecutor(session)(get("http://nowhere.invalid")).unwrap()

        assert (len(own.requests), len(other.requests)) == (1, 0)


TRUSTED = [
    # session.verify, trust_env, the environment, what the adapter is told
    (True, True, {}, True),
    (True, True, {"REQUESTS_CA_BUNDLE": "/env.pem"}, "/env.pem"),
    (True, True, {"CURL_CA_BUNDLE": "/curl.pem"}, "/curl.pem"),
    (True, True, {"REQUESTS_CA_BUNDLE": "/env.pem", "CURL_CA_BUNDLE": "/curl.pem"}, "/env.pem"),
    (True, True, {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": ""}, True),
    (True, False, {"REQUESTS_CA_BUNDLE": "/env.pem"}, True),
    ("/own.pem", True, {"REQUESTS_CA_BUNDLE": "/env.pem", "CURL_CA_BUNDLE": "/curl.pem"}, "/own.pem"),
    ("/own.pem", False, {"CURL_CA_BUNDLE": "/curl.pem"}, "/own.pem"),
    (False, True, {"REQUESTS_CA_BUNDLE": "/env.pem"}, False),
]


@pytest.mark.parametrize(("verify", "trusting", "environment", "expected"), TRUSTED)
def test_what_a_session_verifies_by_goes_before_the_environment(monkeypatch, verify, trusting, environment, expected):
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    adapter = ScriptedAdapter()
    session = make_session(adapter)
    session.trust_env, session.verify = trusting, verify
    RequestsExecutor(session)(REQUEST).unwrap()

    assert [call[5] for call in adapter.seen] == [expected]


@pytest.mark.enable_socket
def test_what_a_proxy_refuses_was_never_sent_and_the_proxy_sees_no_credential():
    saying = faulty_server.respond_with(faulty_server.format_response(403))
    with faulty_server.start_server(saying) as proxy, requests.Session() as session:
        session.proxies["https"] = proxy.url
        error = RequestsExecutor(session)(get("https://nowhere.invalid")).failure()

    assert (error.reason, error.sent) == ("refused", False)
    assert [(m.method, m.target, m.values("Authorization")) for m in proxy.requests] == [
        ("CONNECT", "nowhere.invalid:443", [])
    ]


@pytest.mark.enable_socket
def test_a_proxy_that_drips_meets_the_deadline():
    with faulty_server.start_server(faulty_server.drip_headers) as proxy, requests.Session() as session:
        session.proxies["https"] = proxy.url
        error = RequestsExecutor(session)(get("https://nowhere.invalid", timeout=0.25)).failure()

    assert (error.reason, error.sent) == ("timeout", False)


@pytest.fixture(scope="module")
def authority_files(tmp_path_factory):
    return authority.issue(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def tls(authority_files, monkeypatch):
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):  # to requests they go before a session's own
        monkeypatch.delenv(name, raising=False)
    return authority_files


@pytest.mark.enable_socket
def test_the_tls_settings_of_a_given_session_are_used(tls):
    with faulty.serving(faulty.well, tls.server) as server, requests.Session() as session:
        session.verify = str(tls.file)
        got = RequestsExecutor(session)(get(server.url))

    assert got.unwrap().status == 200


@pytest.mark.enable_socket
def test_a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent(tls):
    with faulty.serving(faulty.well, tls.server) as server, RequestsExecutor() as execute:
        error = execute(get(server.url)).failure()

        assert (error.reason, error.sent, server.seen) == ("tls", False, [])


@pytest.mark.enable_socket
def test_an_answer_that_drips_over_tls_meets_the_deadline(tls):
    def drip(peer: faulty.Peer) -> None:
        peer.read()
        peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while True:
            peer.say(b"x")
            threading.Event().wait(0.02)

    with faulty.serving(drip, tls.server) as server, requests.Session() as session:
        session.verify = str(tls.file)
        error = RequestsExecutor(session)(get(server.url, timeout=0.5)).failure()

    assert (error.reason, error.sent) == ("timeout", True)


@pytest.mark.enable_socket
def test_a_handshake_that_never_comes_meets_the_deadline():
    never = lambda peer: peer.sock.recv(1) and peer.sock.recv(100_000) and peer.sock.recv(1)  # noqa: E731
    with faulty.serving(never) as server, RequestsExecutor() as execute:
        error = execute(get(server.url.replace("http:", "https:"), timeout=0.25)).failure()

    assert (error.reason, error.sent) == ("timeout", False)


@pytest.mark.enable_socket
def test_a_server_that_does_not_read_meets_the_deadline():
    done = threading.Event()
    with faulty.serving(lambda peer: done.wait(30)) as server, RequestsExecutor() as execute:
        error = execute(HttpRequest("POST", f"{server.url}/x", (), bytes(2**26), 0.5)).failure()
        done.set()

    assert (error.reason, error.sent) == ("timeout", True)


@pytest.mark.enable_socket
def test_a_forked_child_does_not_speak_on_its_parents_connections():
    with faulty.serving(faulty.well) as server, RequestsExecutor() as execute:
        execute(get(server.url))
        parents = execute._session
        execute._process = os.getpid() - 1  # as it looks to a child
        execute(get(server.url))
        parents.close()

        assert server.connections == 2


def test_the_private_parts_of_requests_and_urllib3_exist():
    assert "_content_consumed" in vars(requests.Response())
    assert "_new_conn" in vars(HTTPConnection)
    assert "self._new_conn()" in inspect.getsource(HTTPConnection.connect)
    assert hasattr(HTTPConnection("h"), "_dns_host")
