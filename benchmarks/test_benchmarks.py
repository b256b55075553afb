"""What a call costs in time, each by itself; test_ratios.py compares."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.server import THOUSAND
from infisical import IdentityAccessToken, InfisicalClient, Response
from infisical.endpoints.secrets import Secrets

WHERE = {"project_id": "13149087-66d8-45dd-af69-b4cd92a52979", "environment": "dev"}
QUERY = "projectId=13149087-66d8-45dd-af69-b4cd92a52979&environment=dev&secretPath=%2F"


def raw_urllib3(server: str) -> Callable[[], Any]:
    """The least that does the same: one pool, one GET with the same headers, the JSON parsed."""
    import urllib3

    host, _, port = server.removeprefix("http://").partition(":")
    pool = urllib3.HTTPConnectionPool(host, port=int(port))
    headers = {"Accept": "application/json", "Authorization": "Bearer token", "User-Agent": "raw"}

    def call() -> Any:
        answer = pool.request("GET", f"/api/v4/secrets/KEY_1?{QUERY}", headers=headers, timeout=30.0, retries=False)
        return json.loads(answer.data)["secret"]["secretValue"]

    return call


def ours(server: str) -> Callable[[], Any]:
    client = InfisicalClient(base_url=server, auth=IdentityAccessToken("token"))
    return lambda: client.secrets.get_by_name(secret_name="KEY_1", secret_path="/", **WHERE).unwrap().secret_value


def official(server: str) -> Callable[[], Any]:
    from infisical_sdk import InfisicalSDKClient

    client = InfisicalSDKClient(host=server, token="token", cache_ttl=None)
    where = {"project_id": WHERE["project_id"], "environment_slug": "dev", "secret_path": "/"}
    return lambda: client.secrets.get_secret_by_name(secret_name="KEY_1", **where).secretValue


def decoders() -> dict[str, Callable[[], Any]]:
    from infisical_sdk.api_types import ListSecretsResponse

    decode, answer = Secrets.list(**WHERE).returns, Response(200, (), THOUSAND)
    return {
        "json.loads": lambda: json.loads(THOUSAND),
        "ours": lambda: decode(answer).unwrap(),
        "infisicalsdk": lambda: ListSecretsResponse.from_dict(json.loads(THOUSAND)),
    }


def starting(server: str, who: str) -> Callable[[], Any]:
    return lambda: subprocess.run([sys.executable, "-c", FIRST_ANSWER[who], server], check=True)


@pytest.mark.benchmark(group="small GET")
@pytest.mark.parametrize("who", ["urllib3", "ours", "infisicalsdk"])
def test_one_small_get_on_a_kept_alive_connection(benchmark: Any, server: str, who: str) -> None:
    call = {"urllib3": raw_urllib3, "ours": ours, "infisicalsdk": official}[who](server)
    assert call() == "value 1"
    benchmark.pedantic(call, rounds=3000, iterations=1, warmup_rounds=200)


@pytest.mark.benchmark(group="decode 1,000 secrets")
@pytest.mark.parametrize("who", ["json.loads", "ours", "infisicalsdk"])
def test_decoding_a_thousand_secrets(benchmark: Any, who: str) -> None:
    benchmark.pedantic(decoders()[who], rounds=200, iterations=1, warmup_rounds=10)


FIRST_ANSWER = {
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


@pytest.mark.benchmark(group="import to first answer")
@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("who", ["ours", "infisicalsdk"])
def test_a_fresh_process_from_import_to_its_first_answer(benchmark: Any, server: str, who: str) -> None:
    benchmark.pedantic(starting(server, who), rounds=15, iterations=1, warmup_rounds=2)
