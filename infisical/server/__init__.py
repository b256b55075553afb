"""An executor as an HTTP server: `application` is a WSGI app, `serving` and `Server` listen on a socket.

Each name is imported when it is first used: `serving` and `Server` need waitress, `application` does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infisical.server.serve import Server, serving
    from infisical.server.wsgi import application

__all__ = ["Server", "application", "serving"]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name == "application":
            from infisical.server.wsgi import application as value
        elif name in ("Server", "serving"):
            from infisical.server import serve

            value = getattr(serve, name)
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
