"""Universal auth: logins with client id and client secret, and what an identity's settings and secrets are."""

from __future__ import annotations

from typing import Final

from infisical.memory import tables, tokens
from infisical.memory.call import Call
from infisical.memory.refusals import not_found, unauthorized
from infisical.memory.routing import PUBLIC, Answer, route
from infisical.memory.seeding import UNIVERSAL
from infisical.memory.validation import obj, string

LOGIN: Final = obj(clientId=string(), clientSecret=string(), subOrganizationName=string().optional())


@route("POST", "/api/v1/auth/universal-auth/login", auth=PUBLIC, body=LOGIN)
def login(call: Call) -> Answer:
    settings = call.draft.find(tables.auth_settings(UNIVERSAL), clientId=call.body["clientId"])
    if settings is None:
        if call.before:
            raise not_found("No identity with specified client ID was found")
        raise unauthorized("Invalid credentials")
    secret = call.draft.find(tables.client_secrets(settings["identityId"]), clientSecret=call.body["clientSecret"])
    if secret is None or secret["isClientSecretRevoked"]:
        raise unauthorized("Invalid credentials")
    return tokens.issue(call, settings["identityId"], UNIVERSAL, settings)
