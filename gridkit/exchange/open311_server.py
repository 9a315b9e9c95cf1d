"""The Open311 endpoint: answers this machine's own programs on loopback, read only."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pandas as pd

from gridkit.errors import DataError, GridkitError
from gridkit.exchange.open311 import service_definition, services
from gridkit.exchange.open311_parameters import moment_of, select
from gridkit.exchange.open311_xml import to_xml

if TYPE_CHECKING:
    from gridkit.profile import Profile

LOOPBACK, PORT = "127.0.0.1", 8311
_TYPES = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}
_HOSTS = {LOOPBACK, "localhost"}


@dataclass(frozen=True, eq=False)
class Endpoint:
    """What is answered: the profile's services, and the requests as of a day."""

    profile: Profile
    table: pd.DataFrame
    on: dt.date

    def answer(self, address: str) -> tuple[int, str, bytes]:
        """Answer one GET.

        Parameters
        ----------
        address : str
            Path and query: ``/requests.json?status=open``.

        Returns
        -------
        status, media type, body : (int, str, bytes)
            404 where there is no such resource, 400 where the format or a parameter is not
            known; both in the spec's own form.
        """
        try:
            parts = urlsplit(address)
        except ValueError:  # brackets that are no address
            return _refused(400, "地址读不懂 · the address cannot be read", "json")
        path, _, kind = parts.path.strip("/").rpartition(".")
        if kind not in _TYPES:
            return _refused(400, "用 .json 或 .xml · append .json or .xml", "json")
        try:
            found = self._found(path.removeprefix("v2/"), parse_qs(parts.query))
        except DataError as error:
            return _refused(400, f"{error.zh} · {error.en}", kind)
        if found is None:
            return _refused(404, "没有这一项 · no such resource", kind)
        root, item, rows = found
        return 200, _TYPES[kind], _body(root, item, rows, kind)

    def _found(
        self, path: str, asked: Mapping[str, list[str]]
    ) -> tuple[str, str, list[dict[str, Any]]] | None:
        name, _, one = path.partition("/")
        if path == "services":
            return "services", "service", services(self.profile)
        if path == "requests":
            return "service_requests", "request", self._select(asked)
        if name == "requests" and one:
            rows = select(self.table, self.on, ids=[one])
            return ("service_requests", "request", rows) if rows else None
        if name == "services" and one:
            made = service_definition(self.profile, one)
            return None if made is None else ("service_definition", "", [made])
        return None

    def _select(self, asked: Mapping[str, list[str]]) -> list[dict[str, Any]]:
        def listed(name: str) -> list[str]:
            return [one for text in asked.get(name, ()) for one in text.split(",") if one]

        start, end = listed("start_date"), listed("end_date")
        return select(
            self.table,
            self.on,
            ids=listed("service_request_id"),
            codes=listed("service_code"),
            status=listed("status"),
            span=(
                moment_of(start[0]) if start else None,
                moment_of(end[0], end=True) if end else None,
            ),
        )


def _body(root: str, item: str, rows: list[dict[str, Any]], kind: str) -> bytes:
    single = root == "service_definition"
    if kind == "json":
        text = json.dumps(rows[0] if single else rows, ensure_ascii=False, allow_nan=False)
        return text.encode()
    if single:
        return to_xml(root, "", rows)
    return to_xml(root, item, rows)


def _refused(code: int, words: str, kind: str) -> tuple[int, str, bytes]:
    rows = [{"code": code, "description": words}]
    return code, _TYPES[kind], _body("errors", "error", rows, kind)


class _Handler(BaseHTTPRequestHandler):
    endpoint: ClassVar[Callable[[], Endpoint]]

    def do_GET(self) -> None:
        """Answer, but only to who asks this machine by its own name."""
        host = self.headers.get("Host", "").partition(":")[0]
        if host not in _HOSTS:
            self.send_error(403)
            return
        try:
            code, media, body = type(self).endpoint().answer(self.path)
        except GridkitError:  # told in full where the ledger is at home, not to who asks
            code, media, body = _refused(
                500, "台账暂时读不出 · the ledger cannot be read", "json"
            )
        self._send(code, media, body)

    def do_POST(self) -> None:
        """Refuse: nothing comes in by this door."""
        self._send(*_refused(405, "只读 · read only", "json"))

    def _send(self, code: int, media: str, body: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """Keep quiet: who asks for what is nobody's business."""


class Open311Server(ThreadingHTTPServer):
    """Answers several at once; who is still being answered does not hold up its end."""

    daemon_threads = True


def open311_server(endpoint: Callable[[], Endpoint], *, port: int = PORT) -> Open311Server:
    """Make the server; it answers once its `serve_forever` runs.

    Parameters
    ----------
    endpoint : callable
        Gives what is answered, anew for each request, so that answers follow the ledger.
    port : int
        0 for any that is free.

    Returns
    -------
    Open311Server
        Bound to 127.0.0.1; there is no option to bind it elsewhere.
    """
    handler = type("Handler", (_Handler,), {"endpoint": staticmethod(endpoint)})
    return Open311Server((LOOPBACK, port), handler)
