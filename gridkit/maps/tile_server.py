"""Tiles for a notebook's map: a handler on this machine's own loopback, for nobody else.

It answers with tiles of a file; for a source on the office's network or the web it tells the
*browser* where to look. Python itself asks the network for nothing, and the key of such a
source stands in no page and no file.
"""

from __future__ import annotations

import secrets
import threading
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Protocol

LOOPBACK = "127.0.0.1"


class Served(Protocol):
    """What can be served."""

    def answer(self, z: int, x: int, y: int) -> tuple[str, bytes] | str | None:
        """Give a tile (media type, bytes), an address to look at, or None for no tile."""


class _Handler(BaseHTTPRequestHandler):
    sources: ClassVar[dict[str, Served]] = {}

    def do_GET(self) -> None:
        """Answer one tile."""
        found = self._found()
        if isinstance(found, str):
            self.send_response(302)
            self.send_header("Location", found)
            self.send_header("Referrer-Policy", "no-referrer")
            self.end_headers()
        elif found is None:
            self.send_error(404)
        else:
            media, data = found
            self.send_response(200)
            self.send_header("Content-Type", media)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            self.wfile.write(data)

    def _found(self) -> tuple[str, bytes] | str | None:
        host = self.headers.get("Host", "").partition(":")[0]
        name, *place = self.path.strip("/").split("/")
        if host != LOOPBACK or name not in self.sources or len(place) != 3:
            return None
        if not all(part.isdecimal() and len(part) < 9 for part in place):
            return None
        z, x, y = (int(part) for part in place)
        return self.sources[name].answer(z, x, y) if z < 25 else None

    def log_message(self, *_args: Any) -> None:
        """Keep quiet: where somebody looks on a map is nobody's business."""


@cache
def _server() -> ThreadingHTTPServer:
    server = ThreadingHTTPServer((LOOPBACK, 0), _Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def serve(source: Served) -> str:
    """Serve a source to this machine's own browser until Python ends.

    Parameters
    ----------
    source : Served
        A file of tiles, or a source whose addresses are told.

    Returns
    -------
    str
        Its address, to which ``/{z}/{x}/{y}`` is added; it cannot be guessed.

    Examples
    --------
    >>> class Nothing:
    ...     def answer(self, z, x, y):
    ...         return None
    >>> serve(Nothing()).startswith("http://127.0.0.1:")
    True
    """
    server = _server()
    known = (name for name, one in _Handler.sources.items() if one is source)
    name = next(known, None) or secrets.token_urlsafe(16)
    _Handler.sources[name] = source
    return f"http://{LOOPBACK}:{server.server_port}/{name}"
