"""Access tokens of machine identities: renewed and revoked by whoever holds their text. Their life is in tokens.py."""

from __future__ import annotations

from typing import Final

from infisical.memory import tokens
from infisical.memory.call import Call
from infisical.memory.routing import PUBLIC_ACCESS, Answer, route
from infisical.memory.validation import obj, string

TOKEN_BODY: Final = obj(accessToken=string())


@route("POST", "/api/v1/auth/token/renew", access=PUBLIC_ACCESS, body=TOKEN_BODY)
def renew(call: Call) -> Answer:
    return tokens.renew(call, call.body["accessToken"])


@route("POST", "/api/v1/auth/token/revoke", access=PUBLIC_ACCESS, body=TOKEN_BODY)
def revoke(call: Call) -> Answer:
    tokens.revoke(call, call.body["accessToken"])
    return {"message": "Successfully revoked access token"}
