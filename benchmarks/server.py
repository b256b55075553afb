"""A minimal HTTP/1.1 server with fixed responses and persistent connections, to run in a separate process.

`python benchmarks/server.py` prints its port. It sends headers and body in one write, with TCP_NODELAY: a delayed
acknowledgement takes 40 ms, more than any client.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
from typing import Any


def make_secret(number: int) -> dict[str, Any]:
    """Make a secret in the form of today's server, with a tag."""
    return {
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "_id": f"00000000-0000-4000-8000-{number:012d}",
        "workspace": "13149087-66d8-45dd-af69-b4cd92a52979",
        "environment": "dev",
        "version": 1,
        "type": "shared",
        "secretKey": f"KEY_{number}",
        "secretValue": f"value {number}",
        "secretComment": "",
        "secretReminderNote": None,
        "secretReminderRepeatDays": None,
        "skipMultilineEncoding": False,
        "createdAt": "2026-11-22T01:40:12.770Z",
        "updatedAt": "2026-11-22T01:40:12.817Z",
        "secretPath": "/",
        "secretValueHidden": False,
        "secretMetadata": [],
        "tags": [{"id": "00000000-0000-4000-8000-000000000001", "slug": "tag", "color": None, "name": "tag"}],
    }


SECRET_BODY = json.dumps({"secret": make_secret(1)}, separators=(",", ":")).encode()
LISTING_BODY = json.dumps(
    {"secrets": [make_secret(i) for i in range(1000)], "imports": []}, separators=(",", ":")
).encode()


def _format_response(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def serve(peer: socket.socket) -> None:
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    secret, listing = _format_response(SECRET_BODY), _format_response(LISTING_BODY)
    buffer = b""
    while chunk := peer.recv(65536):
        buffer += chunk
        while b"\r\n\r\n" in buffer:  # only GETs arrive, so a request ends with its headers
            head, _, buffer = buffer.partition(b"\r\n\r\n")
            target = head.split(b" ", 2)[1].partition(b"?")[0]
            peer.sendall(listing if target.endswith((b"/secrets", b"/raw")) else secret)


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), listener.close()), daemon=True).start()
    while True:
        try:
            peer, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=serve, args=(peer,), daemon=True).start()


if __name__ == "__main__":
    main()
