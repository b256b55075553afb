"""An Infisical in memory: a server's behaviour as data and functions, for tests and for development without a server.

    request  ->  server.handle(state, request, now=...)  ->  (state, response)
                 routing . access . validation . routes/ . domain/      the state as it was, and the next one

`state` is one immutable value; `tables` says what is in it, `seeding` makes the first one, `loading` one from a file.
What handles requests behind a client or on a socket lives in executors/memory.py and serve.py. But for reading such a
file nothing here does I/O, reads a clock or draws a random number.

The other functions lead from one state to the next, for what no call can do, or read what a call does not show (a code
that was sent to somebody); `MemoryExecutor.change` applies one.
"""

from infisical.memory.documents import Document, DocumentError, parse_document, read_document
from infisical.memory.domain.accounts import open_email_verification, open_password_reset
from infisical.memory.domain.codes import read_code
from infisical.memory.domain.instance import start_uninitialized
from infisical.memory.domain.second_factors import enroll_totp, give_recovery_codes, open_mfa_session, pass_webauthn
from infisical.memory.loading import put_secrets, started_from
from infisical.memory.projects.store import add_project_template
from infisical.memory.seeding import declare_login, open_mfa, open_session, require_approval, start
from infisical.memory.server import DEFAULT_LIMITS, handle
from infisical.memory.state import Generation, Given, Settings, State

__all__ = [
    "DEFAULT_LIMITS",
    "Document",
    "DocumentError",
    "Generation",
    "Given",
    "Settings",
    "State",
    "add_project_template",
    "declare_login",
    "enroll_totp",
    "give_recovery_codes",
    "handle",
    "open_email_verification",
    "open_mfa",
    "open_mfa_session",
    "open_password_reset",
    "open_session",
    "parse_document",
    "pass_webauthn",
    "put_secrets",
    "read_code",
    "read_document",
    "require_approval",
    "start",
    "start_uninitialized",
    "started_from",
]
