"""The connection to Docker Engine that its parts share: knocks first, and words what Docker refuses."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import docker
import docker.errors
import requests
import urllib3

from orchestrator.core.errors import BreakfixError
from orchestrator.engine import refusals

_STANDARD: Final = "unix:///var/run/docker.sock"

_ANSWER: Final = 60
"""Seconds for an ordinary answer. Creating a container on a busy disk may take many."""

_CONNECTIONS: Final = 32
"""Connections kept open: one per thread that may call at the same time."""


class DockerClient(docker.APIClient):
    """The SDK's client with streams whose response is at hand, so that another thread can end them."""

    def request_stream(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, Any],
        data: bytes | Iterator[bytes] | None = None,
        silence: float = _ANSWER,
    ) -> requests.Response:
        """Send a request whose answer comes in pieces, at most ``silence`` seconds apart."""
        response = self.request(
            method,
            f"{self.base_url}/v{self.api_version}{path}",
            params=parameters,
            data=data,
            headers=None if data is None else {"Content-Type": "application/x-tar"},
            stream=True,
            timeout=(_ANSWER, silence),
        )
        try:
            response.raise_for_status()
        except requests.HTTPError as error:
            raise docker.errors.create_api_error_from_http_exception(error) from error
        return response


class DockerConnection:
    """Docker Engine at its Unix socket.

    Attributes:
        api: the SDK's client.
    """

    def __init__(self, address: str | None = None) -> None:
        """Connect.

        Args:
            address: ``unix:///path``; by default what DOCKER_HOST says, else Docker's standard socket.

        Raises:
            MachineError: no engine answers there, this user may not use it, or it is too old.
        """
        self._address = address or os.environ.get("DOCKER_HOST") or _STANDARD
        if not self._address.startswith("unix://"):
            raise refusals.not_local(self._address)
        self._knock()
        with self.translated("docker"):
            self.api = DockerClient(self._address, version="auto", timeout=_ANSWER, max_pool_size=_CONNECTIONS)
            version = str(self.api.version(api_version=False)["Version"])
        if _release(version) < refusals.OLDEST:
            self.close()
            raise refusals.too_old(version)

    def _knock(self) -> None:
        """Connect once: the system's own error says more than the SDK's, which also leaks the socket."""
        path = self._address.removeprefix("unix://")
        with socket.socket(socket.AF_UNIX) as knocking:
            knocking.settimeout(_ANSWER)
            try:
                knocking.connect(path)
            except OSError as error:
                raise refusals.unreachable(error, path) from error

    def close(self) -> None:
        """Close the connections."""
        self.api.close()

    @contextmanager
    def translated(self, subject: str, *, image: str | None = None) -> Iterator[None]:
        """Tell what fails in the block as an error that the user can repair; ``subject``: what it is about."""
        try:
            yield
        except BreakfixError:
            raise
        except docker.errors.ImageNotFound as error:
            raise self.translation(error, image or subject) from error
        except (
            docker.errors.DockerException,
            requests.RequestException,
            urllib3.exceptions.HTTPError,
        ) as error:
            raise self.translation(error, subject) from error

    def translation(self, error: Exception, subject: str) -> BreakfixError:
        """Return the error that the user can repair for one of the SDK's."""
        if isinstance(error, docker.errors.APIError):
            message = str(error.explanation or error)
            return refusals.refusal(error.status_code or 0, message, subject)
        if timed_out(error):
            return refusals.silent(_ANSWER)
        return refusals.unreachable(error, self._address.removeprefix("unix://"))


def label_filter(labels: Mapping[str, str | None]) -> list[str]:
    """Return Docker's filter by labels; None: any value."""
    return [key if value is None else f"{key}={value}" for key, value in labels.items()]


def _release(version: str) -> tuple[int, int]:
    """Return (26, 1) of ``26.1.5+dfsg1``; a development build without a number counts as new."""
    parts = version.split(".")
    try:
        return int(parts[0]), int(parts[1])
    except (IndexError, ValueError):
        return refusals.OLDEST


def timed_out(error: BaseException) -> bool:
    """Return whether it is, or comes from, an answer that did not come in time."""
    timeouts = (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)
    return any(isinstance(cause, timeouts) for cause in refusals.causes(error))
