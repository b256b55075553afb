"""The times of single calls. test_ratios.py compares them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.server import LISTING_BODY
from infisical import IdentityAccessToken, InfisicalClient, Response
from infisical.endpoints.secrets import Secrets

PLACE = {"project_id": "13149087-66d8-45dd-af69-b4cd92a52979", "environment": "dev"}
QUERY = "projectId=13149087-66d8-45dd-af69-b4cd92a52979&environment=dev&secretPath=%2F"


def make_raw_call(server: str) -> Callable[[], Any]:
    """Make the minimal equivalent: one pool, one GET with the same headers, and the JSON parsed."""
    import urllib3

    host, _, port = server.removeprefix("http://").partition(":")
    pool = urllib3.HTTPConnectionPool(host, port=int(port))
    headers = {"Accept": "application/json", "Authorization": "Bearer token", "User-Agent": "raw"}

    def call() -> Any:
        answer = pool.request("GET", f"/api/v4/secrets/KEY_1?{QUERY}", headers=headers, timeout=30.0, retries=False)
        return json.loads(answer.data)["secret"]["secretValue"]

    return call


def make_our_call(server: str) -> Callable[[], Any]:
    client = InfisicalClient(base_url=server, auth=IdentityAccessToken("token"))
    return lambda: client.secrets.get_by_name(secret_name="KEY_1", secret_path="/", **PLACE).unwrap().secret_value


def make_official_call(server: str) -> Callable[[], Any]:
    from infisical_sdk import InfisicalSDKClient

    client = InfisicalSDKClient(host=server, token="token", cache_ttl=None)
    where = {"project_id": PLACE["project_id"], "environment_slug": "dev", "secret_path": "/"}
    return lambda: client.secrets.get_secret_by_name(secret_name="KEY_1", **where).secretValue


def make_decoders() -> dict[str, Callable[[], Any]]:
    from infisical_sdk.api_types import ListSecretsResponse

    decode, answer = Secrets.list(**PLACE).returns, Response(200, (), LISTING_BODY)
    return {
        "json.loads": lambda: json.loads(LISTING_BODY),
        "ours": lambda: decode(answer).unwrap(),
        "infisicalsdk": lambda: ListSecretsResponse.from_dict(json.loads(LISTING_BODY)),
    }


def make_start(server: str, who: str) -> Callable[[], Any]:
    return lambda: subprocess.run([sys.executable, "-c", FIRST_CALL_SCRIPTS[who], server], check=True)


@pytest.mark.benchmark(group="small GET")
@pytest.mark.parametrize("who", ["urllib3", "ours", "infisicalsdk"])
def test_one_small_get_on_a_persistent_connection(benchmark: Any, server: str, who: str) -> None:
    call = {"urllib3": make_raw_call, "ours": make_our_call, "infisicalsdk": make_official_call}[who](server)
    assert call() == "value 1"
    benchmark.pedantic(call, rounds=3000, iterations=1, warmup_rounds=200)


@pytest.mark.benchmark(group="decode 1,000 secrets")
@pytest.mark.parametrize("who", ["json.loads", "ours", "infisicalsdk"])
def test_decoding_a_thousand_secrets(benchmark: Any, who: str) -> None:
    benchmark.pedantic(make_decoders()[who], rounds=200, iterations=1, warmup_rounds=10)


FIRST_CALL_SCRIPTS = {
    "ours": """
import sys
from infisical import IdentityAccessToken, InfisicalClient
client = InfisicalClient(base_url=sys.argv[1], auth=IdentityAccessToken("token"))
assert client.secrets.get_by_name(secret_name="KEY_1", project_id="p", environment="dev").unwrap().version == 1
""",
    "infisicalsdk": """
import sys
from infisical_sdk import InfisicalSDKClient
client = InfisicalSDKClient(host=sys.argv[1], token="token", cache_ttl=None)
assert client.secrets.get_secret_by_name(
    secret_name="KEY_1", project_id="p", environment_slug="dev", secret_path="/").version == 1
""",
}


@pytest.mark.benchmark(group="import to first response")
@pytest.mark.usefixtures("compiled_package")
@pytest.mark.parametrize("who", ["ours", "infisicalsdk"])
def test_a_new_process_from_import_to_its_first_response(benchmark: Any, server: str, who: str) -> None:
    benchmark.pedantic(make_start(server, who), rounds=15, iterations=1, warmup_rounds=2)
