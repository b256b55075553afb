"""What tests say of the wire: answers as a server writes them, and clients on recordings of a real one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from infisical import IdentityAccessToken, InfisicalClient, Response
from infisical.executors import CassetteExecutor

CASSETTES = Path(__file__).parent.parent / "cassettes"
RECORDED_AT = "https://infisical.example.com"
PROJECT = "13149087-66d8-45dd-af69-b4cd92a52979"
ORGANIZATION = "e8ea1beb-2715-400f-be3e-c276fe113d82"


def answer(body: Any, status: int = 200, **headers: str) -> Response:
    """A JSON answer; bytes stand as they are. Headers are named as in Python: `retry_after`."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    written = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, (("content-type", "application/json; charset=utf-8"), *named), written)


def replaying(cassette: str, **settings: Any) -> InfisicalClient:
    """A client whose answers come from a recording of a real server."""
    settings.setdefault("auth", IdentityAccessToken("any"))
    return InfisicalClient(base_url=RECORDED_AT, executor=CassetteExecutor(CASSETTES / cassette), **settings)
