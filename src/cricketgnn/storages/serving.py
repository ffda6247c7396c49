"""optuna-dashboard on a storage: for this machine alone and, unless it is asked for more, only to look."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from optuna.storages import BaseStorage

from cricketgnn.errors import ConfigError

HOST: Final = "127.0.0.1"
_LOOKS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_USUAL_PORT: Final = 80
_OUR_SITE: Final = frozenset({None, "same-origin", "none"})
"""What a browser says of the page that asks, if it says it: this one, or none where an address was typed."""

_Environ = dict[str, Any]
_Start = Callable[..., Any]
WSGIApp = Callable[[_Environ, _Start], Iterable[bytes]]


class _Server(ThreadingMixIn, WSGIServer):
    """Answers each request on a thread of its own, and leaves none behind."""

    daemon_threads = True


class _Silent(WSGIRequestHandler):
    """Does not print a line a request."""

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""


def dashboard_server(storage: BaseStorage, port: int, writable: bool) -> WSGIServer:
    """Bind optuna-dashboard to a port of this machine; ``serve_forever`` starts it.

    Args:
        storage: of the studies.
        port: to listen on; 0 for any that is free.
        writable: notes, renames and deletions reach the storage; else they are refused.

    Raises:
        ConfigError: the extra is not installed, or the port cannot be had.
    """
    try:
        from optuna_dashboard import wsgi
    except ImportError as error:
        raise ConfigError(
            f"optuna-dashboard is not installed ({error}); pip install 'cricketgnn[dashboard]', or look with "
            "cricketgnn inspect-db and cricketgnn report"
        ) from error
    app: WSGIApp = wsgi(storage)
    try:
        server = make_server(HOST, port, app, server_class=_Server, handler_class=_Silent)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        trouble = "is taken by another program" if taken else f"cannot be had ({error.strerror or error})"
        raise ConfigError(f"port {port} {trouble}; give another --port, or 0 for any that is free") from error
    server.set_app(guarded(app, server.server_port, writable))
    return server


def guarded(app: WSGIApp, port: int, writable: bool) -> WSGIApp:
    """Let only this machine's own pages reach an application and, unless it is writable, only look.

    A page of somebody else's that the same browser shows can send requests to a loopback address, or show
    the dashboard in a frame of its own: it names another host, origin or site, and is refused.
    """
    hosts = {f"{name}{suffix}" for name in (HOST, "localhost") for suffix in _suffixes(port)}
    origins = {None, *(f"http://{host}" for host in hosts)}

    def answer(environ: _Environ, start: _Start) -> Iterable[bytes]:
        of_ours = (
            environ.get("HTTP_HOST") in hosts
            and environ.get("HTTP_ORIGIN") in origins
            and environ.get("HTTP_SEC_FETCH_SITE") in _OUR_SITE
        )
        if not of_ours:
            return _refuse(start, "this dashboard answers its own machine alone")
        if not writable and environ["REQUEST_METHOD"] not in _LOOKS:
            return _refuse(start, "this dashboard only shows; start it with --writable to change things")
        return app(environ, start)

    return answer


def _suffixes(port: int) -> tuple[str, ...]:
    """Give what may stand behind a host: browsers leave out the usual port."""
    return (f":{port}", "") if port == _USUAL_PORT else (f":{port}",)


def _refuse(start: _Start, reason: str) -> Iterable[bytes]:
    body = json.dumps({"reason": reason}).encode()
    start("403 Forbidden", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
