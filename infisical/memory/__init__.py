"""An Infisical in memory: a server's behaviour as data and functions, for tests and for development without a server.

    request  ->  server.handle(state, request, now=...)  ->  (state, response)
                 routing . access . validation . routes/*    the state as it was, and the next one

`state` is one immutable value; `tables` says what is in it, `seeding` makes the first one. What handles requests on a
socket or behind a client lives in executors/memory.py and serve.py. Nothing here does I/O, reads a clock or draws a
random number.
"""

from infisical.memory.seeding import declare_login, open_mfa, open_session, require_approval, start
from infisical.memory.server import DEFAULT_LIMITS, handle
from infisical.memory.state import Generation, Given, Settings, State

__all__ = [
    "DEFAULT_LIMITS",
    "Generation",
    "Given",
    "Settings",
    "State",
    "declare_login",
    "handle",
    "open_mfa",
    "open_session",
    "require_approval",
    "start",
]
