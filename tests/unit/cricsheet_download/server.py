"""A real HTTP server on 127.0.0.1 that answers by script: good, slow to agree, cut short, reset."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Answer:
    """One answer to one request.

    Attributes:
        sent_bytes: cuts the body short of its Content-Length.
        reset: tears the connection after that.
        hold: waits there until this is set.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    sent_bytes: int | None = None
    reset: bool = False
    hold: threading.Event | None = None


@dataclass
class Script:
    """What the server answers, path by path, and the requests that it got; the last answer is repeated."""

    url: str
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    holding: threading.Event = field(default_factory=threading.Event)

    def on(self, name: str, *answers: Answer) -> None:
        self.answers[f"/downloads/{name}"] = list(answers)

    def next_answer(self, path: str, headers: dict[str, str]) -> Answer:
        self.requests.append((path, headers))
        waiting = self.answers.get(path, [Answer(b"nothing here", 404, {"Content-Type": "text/plain"})])
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]


class _Handler(BaseHTTPRequestHandler):
    script: Script

    def do_GET(self) -> None:
        answer = self.script.next_answer(self.path, dict(self.headers))
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 304 and "Transfer-Encoding" not in answer.headers:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body[: answer.sent_bytes])
        self.wfile.flush()
        if answer.hold is not None:
            self.script.holding.set()
            answer.hold.wait()
        if answer.reset:
            # Lingering for no time at all turns the closing into a reset.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def finish(self) -> None:
        if self.connection.fileno() != -1:
            super().finish()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def running_server() -> Iterator[Script]:
    """Serve until the block ends; the script can be added to at any time."""

    class Handler(_Handler):
        pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Handler.script = Script(f"http://127.0.0.1:{server.server_port}/downloads/")
        # The pause is how often the server looks whether to stop, not how long a request waits.
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield Handler.script
        finally:
            server.shutdown()
            thread.join()
