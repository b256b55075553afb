"""Which proxy serves which URL: the rules of an environment, and the URL of a proxy."""

from __future__ import annotations

import base64
import ipaddress
import re
import subprocess
import sys
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infisical import InfisicalClient
from infisical.executors import Urllib3Executor
from infisical.executors.proxies import Proxy, find_proxy, is_local_http, is_loopback, is_this_machine

P = "http://proxy:3128"
NAMES = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"]


# ---- what an environment says
@pytest.mark.parametrize(
    ("url", "environment", "expected"),
    [
        ("https://a.example/x", {"HTTPS_PROXY": P}, P),
        ("https://a.example", {"https_proxy": P}, P),
        ("https://a.example", {"https_proxy": P, "HTTPS_PROXY": "http://other"}, P),
        ("https://a.example", {"https_proxy": "", "HTTPS_PROXY": P}, P),
        ("https://a.example", {"https_proxy": " ", "HTTPS_PROXY": "", "ALL_PROXY": P}, P),
        ("https://a.example", {"all_proxy": P, "ALL_PROXY": "http://other"}, P),
        ("https://a.example", {"HTTP_PROXY": P}, None),
        ("http://a.example", {"HTTP_PROXY": P}, P),
        ("http://a.example", {"http_proxy": P}, P),
        ("http://a.example", {"HTTPS_PROXY": P}, None),
        ("http://a.example", {"HTTP_PROXY": "http://other", "ALL_PROXY": P}, "http://other"),
        ("https://a.example", {"HTTPS_PROXY": "proxy:3128"}, P),
        ("https://a.example", {"HTTPS_PROXY": f" {P} "}, P),
        ("https://a.example", {"HTTPS_PROXY": "socks5://proxy"}, "socks5://proxy"),
        ("https://a.example", {}, None),
        ("ftp://a.example", {"ALL_PROXY": P}, None),
        ("a.example", {"ALL_PROXY": P}, None),
        ("https://[::1", {"ALL_PROXY": P}, None),
        ("https://", {"ALL_PROXY": P}, None),
    ],
)
def test_the_scheme_chooses_among_the_names_and_lower_case_comes_first(url, environment, expected):
    assert find_proxy(url, environment) == expected


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"HTTP_PROXY": P, "REQUEST_METHOD": "GET"}, None),
        ({"HTTP_PROXY": P, "REQUEST_METHOD": ""}, None),
        ({"http_proxy": P, "REQUEST_METHOD": "GET"}, P),
        ({"HTTP_PROXY": "http://thief", "REQUEST_METHOD": "GET", "ALL_PROXY": P}, P),
    ],
)
def test_in_a_cgi_script_a_header_of_the_caller_names_no_proxy(environment, expected):
    assert find_proxy("http://a.example", environment) == expected


@pytest.mark.parametrize(
    ("url", "rules", "direct"),
    [
        ("https://a.example", "a.example", True),
        ("https://A.Example", "a.eXample", True),
        ("https://a.example.", "a.example", True),
        ("https://a.example", "a.example.", True),
        ("https://b.a.example", "a.example", True),
        ("https://b.a.example", ".a.example", True),
        ("https://a.example", ".a.example", True),
        ("https://b.a.example", "*.a.example", True),
        ("https://ba.example", "a.example", False),
        ("https://a.example", "b.a.example", False),
        ("https://a.example", "x, a.example", True),
        ("https://a.example", "x a.example", True),
        ("https://a.example", ",, ,", False),
        ("https://a.example", "x\ta.example\n", True),
        ("https://a.example", ",,a.example,", True),
        ("https://a.example", "..a.example..", True),
        ("https://a.example", "*", True),
        ("https://a.example", "*:443", False),
        ("https://a.example", "x,*", True),
        ("https://a.example", ".", False),
        ("https://a.example", "*.", False),
        ("https://a.example", "a.example:443", True),
        ("https://a.example", "a.example:8443", False),
        ("https://a.example:8443", "a.example:8443", True),
        ("https://a.example:8443", "a.example", True),
        ("http://a.example", "a.example:80", True),
        ("https://b.a.example", ".a.example:443", True),
        ("https://a.example", "a.example:", False),
        ("https://a.example", f"a.example:{'4' * 5000}", False),
        ("https://10.1.2.3", "10.1.2.3", True),
        ("https://10.1.2.3", "10.1.2.30", False),
        ("https://10.1.2.3", "10.1.2.3:443", True),
        ("https://10.1.2.3", "10.1.2.3:80", False),
        ("https://10.1.2.3", "10.0.0.0/8", True),
        ("https://10.1.2.3", "10.9.9.9/8", True),
        ("https://11.1.2.3", "10.0.0.0/8", False),
        ("https://10.1.2.3", "0.0.0.0/0", True),
        ("https://a.example", "0.0.0.0/0", False),
        ("https://10.1.2.3", "::/0", False),
        ("https://[fd00::1]", "fd00::1", True),
        ("https://[fd00::1]", "[fd00::1]", True),
        ("https://[fd00::1]", "fd00:0:0::1", True),
        ("https://[fd00::1]", "[fd00::1]:443", True),
        ("https://[fd00::1]", "[fd00::1]:80", False),
        ("https://[fd00::1]", "fd00::/8", True),
        ("https://[fe80::1%25eth0]", "fe80::/10", True),
        ("https://[fe80::1%25eth0]", "fe80::1", True),
        ("https://[fe80::1]", "fe80::1%eth0", True),
        ("https://[::ffff:10.1.2.3]", "10.0.0.0/8", True),
        ("https://10.1.2.3", "10.0.0.0/99", False),
        ("https://10.1.2.3", "10.0.0.0/", False),
        ("https://10.1.2.3", "10.0.0.0/8:443", True),
        ("https://10.1.2.3", "10.0.0.0/8:80", False),
        ("https://10.1.2.3", "10.1.2", False),
        ("https://10.1.2.3.", "10.1.2.3", True),
        ("https://10.1.2.3", "::ffff:10.1.2.3", True),
        ("https://[FD00::1]", "fd00::1", True),
        ("https://[fd00::1]", "[fd00::1", True),
        ("https://a.example", "https://a.example", False),
        ("https://localhost", "", True),
        ("https://localhost.", "", True),
        ("https://127.0.0.1.", "", True),
        ("https://127.1", "", True),
        ("https://0x7f.1", "", True),
        ("https://2130706433", "", True),
        ("https://127.0.0.999", "", False),
        ("https://LOCALHOST:8443", "", True),
        ("https://app.localhost", "", True),
        ("https://127.0.0.1", "", True),
        ("https://127.9.9.9", "", True),
        ("https://[::1]", "", True),
        ("https://[::ffff:127.0.0.1]", "", True),
        ("https://localhost.example", "", False),
        ("https://notlocalhost", "", False),
    ],
)
def test_what_is_named_and_this_machine_go_past_the_proxy(url, rules, direct):
    expected = None if direct else P

    assert (
        find_proxy(url, {"ALL_PROXY": P, "NO_PROXY": rules}),
        find_proxy(url, {"ALL_PROXY": P, "no_proxy": rules}),
    ) == (
        expected,
        expected,
    )


LABELS = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
HOSTS = st.lists(LABELS, min_size=1, max_size=4).map(".".join).filter(lambda host: not host.endswith("localhost"))
PORTS = st.integers(1, 65535)


@given(st.text(), st.dictionaries(st.sampled_from([*NAMES, "REQUEST_METHOD"]), st.text()))
def test_whatever_stands_there_a_proxy_is_a_text_or_none(url, environment):
    proxy = find_proxy(url, environment)

    assert proxy is None or "://" in proxy


@given(HOSTS, PORTS, st.text())
def test_any_rules_leave_either_the_proxy_or_none(host, port, rules):
    assert find_proxy(f"https://{host}:{port}", {"HTTPS_PROXY": P, "NO_PROXY": rules}) in (P, None)


@given(HOSTS, st.lists(LABELS, max_size=2), PORTS, st.sampled_from(["{}", ".{}", "*.{}", "{}.", "x,{}", "{} x"]))
def test_a_name_stands_for_itself_and_for_all_below_it(host, below, port, form):
    url = f"https://{'.'.join([*below, host])}:{port}"

    assert find_proxy(url, {"HTTPS_PROXY": P, "NO_PROXY": form.format(host)}) is None
    assert find_proxy(f"https://x{host}:{port}", {"HTTPS_PROXY": P, "NO_PROXY": host}) == P


@given(HOSTS, PORTS, PORTS)
def test_a_rule_with_a_port_is_for_that_port(host, port, ruled):
    expected = None if port == ruled else P

    assert find_proxy(f"https://{host}:{port}", {"HTTPS_PROXY": P, "NO_PROXY": f"{host}:{ruled}"}) == expected


@given(st.ip_addresses(), st.ip_addresses(), st.data())
def test_a_range_stands_for_the_addresses_in_it(address, inside, data):
    size = data.draw(st.integers(0, inside.max_prefixlen))
    network = ipaddress.ip_network(f"{inside}/{size}", strict=False)
    plain = getattr(address, "ipv4_mapped", None) or address
    expected = None if plain.is_loopback or plain in network else P
    host = f"[{address}]" if address.version == 6 else address

    assert find_proxy(f"https://{host}", {"HTTPS_PROXY": P, "NO_PROXY": str(network)}) == expected


# ---- a proxy as a value
def make_login(text: bytes) -> str:
    return f"Basic {base64.b64encode(text).decode()}"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://proxy", Proxy("http", "proxy", 80)),
        ("https://proxy", Proxy("https", "proxy", 443)),
        ("HTTP://Proxy:3128/", Proxy("http", "proxy", 3128)),
        ("proxy:3128", Proxy("http", "proxy", 3128)),
        (" http://proxy ", Proxy("http", "proxy", 80)),
        ("http://[fd00::1]:3128", Proxy("http", "fd00::1", 3128)),
        ("http://u:p@proxy", Proxy("http", "proxy", 80, make_login(b"u:p"))),
        ("u:p@proxy", Proxy("http", "proxy", 80, make_login(b"u:p"))),
        ("http://u@proxy", Proxy("http", "proxy", 80, make_login(b"u:"))),
        ("http://u:@proxy", Proxy("http", "proxy", 80, make_login(b"u:"))),
        ("http://@proxy", Proxy("http", "proxy", 80)),
        ("http://u%40x:p%2F%3A%C3%A9@proxy", Proxy("http", "proxy", 80, make_login("u@x:p/:é".encode()))),
        ("http://u:p@x@proxy", Proxy("http", "proxy", 80, make_login(b"u:p@x"))),
        ("http://u:é@proxy", Proxy("http", "proxy", 80, make_login("u:é".encode()))),
        ("http://u:\udce9@proxy", Proxy("http", "proxy", 80, make_login(b"u:\xe9"))),
        ("http://u:\ud800@proxy", Proxy("http", "proxy", 80, make_login(b"u:?"))),
    ],
)
def test_a_proxy_is_read_from_a_url(url, expected):
    assert Proxy.of(url) == expected


FORM = "a proxy is scheme://user:password@host:port; / ? # in a password are written %2F %3F %23"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("socks5://u:hunter2@proxy", "a socks5 proxy is not supported: HTTP proxies are, as http:// or https://"),
        ("SOCKS5h://proxy", "a socks5h proxy is not supported: HTTP proxies are, as http:// or https://"),
        ("socks4://proxy", "a socks4 proxy is not supported: HTTP proxies are, as http:// or https://"),
        ("ftp://u:hunter2@proxy", "a proxy is http:// or https://"),
        ("u:hunter2://x@proxy", "a proxy is http:// or https://"),
        ("", FORM),
        ("http://", FORM),
        ("http://u:hunter2@", FORM),
        ("http://u:p/hunter2@proxy", FORM),
        ("http://u:p?hunter2@proxy", FORM),
        ("http://u:p#hunter2@proxy", FORM),
        ("http://proxy/path", FORM),
        ("http://u:hunter2@proxy:x", FORM),
        ("http://u:hunter2@proxy:99999", FORM),
        ("http://u:hunter2@proxy:0", FORM),
        ("http://u:hunter2@[::1", FORM),
        ("http://u:hunter2@pro xy", FORM),
    ],
)
def test_an_invalid_proxy_is_refused_and_not_shown(url, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$") as raised:
        Urllib3Executor(proxy=url)

    assert "hunter2" not in "".join(traceback.format_exception(raised.value))


def test_a_proxy_shows_its_address_and_no_credentials():
    proxy = Proxy.of("http://u:hunter2@[fd00::1]:3128")

    assert (str(proxy), repr(proxy)) == ("[fd00::1]:3128", "Proxy(scheme='http', host='fd00::1', port=3128)")


# ---- this machine
INTERPRETED = [
    "127.1",
    "127.0.1",
    "127.0.0",
    "0x7f.1",
    "0X7F000001",
    "2130706433",
    "0177.0.0.1",
    "127.0.0.01",
    "127.0.0.1.",
    "localhost.",
    "app.localhost",
    "app.localhost.",
    "::1%eth0",
    "[::1%25eth0]",
]
ELSEWHERE = [
    "127.0.0.999",
    "127.0.0.256",
    "127.",
    "127",
    "127.0.0.1.1",
    "127.evil.example",
    "127.0.0.1.evil.example",
    "127.0.0.-1",
    "①27.0.0.1",
    "\uff11\uff12\uff17.0.0.1",
    "[127.0.0.1",
    "127.0.0.1]",
    "0.0.0.0",
    "128.0.0.1",
    "10.0.0.1",
    "::",
    "::2",
    "::127.0.0.1",
    "::ffff:10.0.0.1",
    "localhost.evil.example",
    "notlocalhost",
    "localhos",
    ".",
    "[]",
]


@pytest.mark.parametrize(
    "host",
    ["localhost", "LocalHost", "127.0.0.1", "127.9.9.9", "::1", "[::1]", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1"],
)
def test_a_host_that_is_surely_this_machine_is_loopback(host):
    assert (is_loopback(host), is_this_machine(host)) == (True, True)


@pytest.mark.parametrize("host", INTERPRETED)
def test_a_host_that_a_resolver_has_to_interpret_is_not_surely_loopback_but_no_proxy_is_asked_for_it(host):
    assert (is_loopback(host), is_this_machine(host)) == (False, True)


@pytest.mark.parametrize("host", [*ELSEWHERE, "", "127.0.0.1 x", "9" * 5000, "0x" + "f" * 5000])
def test_any_other_host_is_not_this_machine(host):
    assert (is_loopback(host), is_this_machine(host)) == (False, False)


@given(st.ip_addresses())
def test_an_address_is_loopback_exactly_where_the_standard_library_says_so(address):
    plain = getattr(address, "ipv4_mapped", None) or address

    assert is_loopback(str(address)) == is_this_machine(str(address)) == plain.is_loopback


@given(st.text())
def test_any_text_can_be_asked_about(host):
    assert is_this_machine(host) or not is_loopback(host)


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8080", "127.0.0.1", "127.9.9.9:1", "[::1]:80", "[::ffff:127.0.0.1]"]
)
def test_a_client_speaks_in_clear_to_this_machine(host):
    InfisicalClient(base_url=f"http://{host}").close()


@pytest.mark.parametrize("host", [host for host in [*INTERPRETED, *ELSEWHERE] if ":" not in host] + ["[::1%eth0]"])
def test_a_client_speaks_in_clear_to_nothing_else_unless_that_is_allowed(host):
    with pytest.raises(ValueError, match=r"in clear|base_url"):
        InfisicalClient(base_url=f"http://{host}")


def test_asking_about_this_machine_imports_no_transport():
    code = "import sys; import infisical; infisical.InfisicalClient(base_url='http://127.0.0.1', executor=print); "
    code += "print([name for name in ('urllib3', 'ssl') if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8080/a", True),
        ("http://[::1]/", True),
        ("https://127.0.0.1/a", False),
        ("http://h/a", False),
        ("http://[h/a", False),
    ],
)
def test_http_to_this_machine_is_told_from_other_urls(url, expected):
    assert is_local_http(url) is expected
