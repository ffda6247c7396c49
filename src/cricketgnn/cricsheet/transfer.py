"""Asking a server for an archive: timeouts, a few retries, redirects that cannot weaken the connection."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

import httpx

from cricketgnn import __version__
from cricketgnn.errors import DownloadError
from cricketgnn.words import in_one_line

CONNECT_TIMEOUT_SECONDS = 10.0
SILENCE_TIMEOUT_SECONDS = 30.0
"""How long a server may send nothing in the middle of an answer."""
MAX_REDIRECTS = 5

_TRY_AGAIN = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
_GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often an archive is asked for when the connection or the server fails, and the waits between.

    Attributes:
        attempts: in all, the first included.
        first_wait_seconds: before the second attempt; each later wait is twice the one before.
        sleep: does the waiting, in seconds.
    """

    attempts: int = 4
    first_wait_seconds: float = 1.0
    sleep: Callable[[float], None] = time.sleep


DEFAULT_RETRY = RetryPolicy()


class _TemporaryFailure(Exception):
    """The same request may well succeed in a moment."""


def open_client() -> httpx.Client:
    """Give the HTTP client for archives; it asks for the bytes as they are, so that sizes can be compared.

    Raises:
        DownloadError: the environment names a proxy that cannot be used.
    """
    try:
        return httpx.Client(
            headers={"User-Agent": f"cricketgnn/{__version__}", "Accept-Encoding": "identity"},
            timeout=httpx.Timeout(SILENCE_TIMEOUT_SECONDS, connect=CONNECT_TIMEOUT_SECONDS),
            follow_redirects=False,
        )
    except (ImportError, ValueError, httpx.InvalidURL) as error:  # SOCKS wants another package
        raise DownloadError(
            f"cannot use the proxy that the environment names ({in_one_line(error, 200)}); set HTTPS_PROXY "
            "and ALL_PROXY to an http:// proxy, or unset them"
        ) from error


def get(
    client: httpx.Client,
    url: str,
    accept: Callable[[httpx.Response], T],
    *,
    headers: Mapping[str, str],
    retry: RetryPolicy = DEFAULT_RETRY,
    not_found_hint: str = "",
) -> T:
    """Ask for one archive until ``accept`` has read the whole answer, and give what ``accept`` makes of it.

    Args:
        client: from :func:`open_client`.
        url: where the archive is.
        accept: reads an answer of status 200, or 304 where ``headers`` made the request conditional. It
            starts from nothing at each attempt.
        headers: sent along, such as ``If-None-Match``.
        retry: for failed connections, answers cut short, and the statuses 408, 429 and 5xx.
        not_found_hint: ends the message when there is no such archive.

    Raises:
        DownloadError: every attempt failed, or the server answered something that another attempt will not
            change: no such archive, not allowed, a redirect to a place that is not to be trusted.
    """
    reason = ""
    for attempt in range(retry.attempts):
        if attempt:
            retry.sleep(retry.first_wait_seconds * 2 ** (attempt - 1))
        try:
            with _following(client, url, headers) as response:
                _check_status(response, bool(headers), not_found_hint)
                return accept(response)
        except (httpx.TransportError, _TemporaryFailure) as error:
            reason = str(error) or type(error).__name__
    raise DownloadError(
        f"{url}: {reason} ({retry.attempts} attempts); check the connection, try later, or name another "
        "server with --base-url"
    )


def redirect_allowed(source: httpx.URL, target: httpx.URL) -> bool:
    """Tell whether a redirect may be followed: to https anywhere, from plain http only within one host."""
    if target.scheme == "https":
        return True
    return source.scheme == target.scheme == "http" and source.host == target.host


@contextmanager
def _following(client: httpx.Client, url: str, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
    request = client.build_request("GET", url, headers=dict(headers))
    for _ in range(MAX_REDIRECTS + 1):
        response = client.send(request, stream=True)
        try:
            if response.next_request is None:
                yield response
                return
            if not redirect_allowed(request.url, response.next_request.url):
                raise DownloadError(
                    f"{url}: redirected to {response.next_request.url}, expected an https address; "
                    "check --base-url"
                )
            request = response.next_request
        finally:
            response.close()
    raise DownloadError(f"{url}: redirected more than {MAX_REDIRECTS} times; check the address")


def _check_status(response: httpx.Response, conditional: bool, not_found_hint: str) -> None:
    status = response.status_code
    if status == HTTPStatus.OK or (status == HTTPStatus.NOT_MODIFIED and conditional):
        return
    answer = f"the server answered {status} {response.reason_phrase}".rstrip()
    if status in _TRY_AGAIN or response.is_server_error:
        raise _TemporaryFailure(answer)
    if status in _GONE:
        raise DownloadError(f"{response.url}: no such archive: {answer}{not_found_hint}")
    raise DownloadError(f"{response.url}: {answer}, expected 200 OK; check the address")
