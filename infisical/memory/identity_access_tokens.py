"""Access tokens of machine identities: renewal and revocation by the token's text; tokens.py has the rules."""

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
