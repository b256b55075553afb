"""An Infisical in memory: a server's behaviour as data and functions, for tests and for development without a server.

    request  ->  server.handle(state, request, now=...)  ->  (next state, response)
                 routing . access . validation . a group's handler . domain/

`state` is one immutable value: `tables` names its content, `seeding` starts a state, `loading` builds one from a file.
Each group of endpoints is a module or a package of its name. executors/memory.py runs requests for a client. Only the
reading of a file does I/O; nothing here reads a clock or draws a random number.

The other functions lead from one state to the next where no call does, or read what no call returns, such as a code
from an e-mail. `MemoryExecutor.change` applies them.
"""

from infisical.memory.documents import Document, DocumentError, parse_document, read_document
from infisical.memory.domain.accounts import open_email_verification, open_password_reset
from infisical.memory.domain.codes import read_code
from infisical.memory.domain.instance import start_uninitialized
from infisical.memory.domain.second_factors import enroll_totp, give_recovery_codes, open_mfa_session, pass_webauthn
from infisical.memory.loading import put_secrets, start_from
from infisical.memory.projects.store import add_project_template
from infisical.memory.seeding import declare_keys, declare_login, open_mfa, open_session, require_approval, start
from infisical.memory.server import DEFAULT_LIMITS, handle
from infisical.memory.state import Generation, Given, Plan, Settings, State

__all__ = [
    "DEFAULT_LIMITS",
    "Document",
    "DocumentError",
    "Generation",
    "Given",
    "Plan",
    "Settings",
    "State",
    "add_project_template",
    "declare_keys",
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
    "start_from",
    "start_uninitialized",
]
