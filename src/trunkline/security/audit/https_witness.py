"""A witness that is reached by HTTPS: whoever offers these two requests at one URL.

`POST` of a published checkpoint (one line of JSON) answers 200 or 201 once it is kept, also where it was before, and
409 where another one of the same size is kept. `GET` answers with all, from the smallest, one a line.
"""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from trunkline.loopback import is_loopback
from trunkline.security.audit.checkpoint import Refused
from trunkline.security.audit.published import LARGEST, Published, WitnessError, decode, encode

TIMEOUT: Final = 10.0  # seconds


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A token goes nowhere else than to the URL that was set."""

    def redirect_request(self, *_: object) -> None:
        return None


class HttpsWitness:
    """The witness at `url`. `token` goes along as a bearer token; `authority` is a PEM file of certificates to trust.

    Plain HTTP is for loopback alone: raises `ValueError` on any other URL.
    """

    def __init__(self, url: str, token: str = "", authority: Path | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
            raise ValueError(f"{url[:100]} is no witness: plain HTTP is for loopback, elsewhere it is https://")
        if parts.username or parts.password:
            raise ValueError("a witness's URL holds no password: set its `token`")
        self.name = url
        self._headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        trusted = ssl.create_default_context(cafile=str(authority) if authority else None)
        trusted.minimum_version = ssl.TLSVersion.TLSv1_2
        self._opener = urllib.request.build_opener(_NoRedirects, urllib.request.HTTPSHandler(context=trusted))

    def publish(self, published: Published) -> None:
        """See `Witness.publish`."""
        request = urllib.request.Request(self.name, encode(published) + b"\n", self._headers, method="POST")  # noqa: S310  # https, or loopback
        try:
            with self._opener.open(request, timeout=TIMEOUT):
                pass
        except urllib.error.HTTPError as error:
            if error.code == 409:
                raise WitnessError(
                    f"{self.name} keeps another checkpoint of {published.checkpoint.size} entries: the trail was "
                    "changed since, which `trunkline audit verify` shows"
                ) from None
            raise WitnessError(f"{self.name} answers {error.code} to a checkpoint") from None
        except OSError as error:
            raise WitnessError(f"{self.name} cannot be reached: {error}") from None

    def all(self) -> Iterator[Published]:
        """See `Witness.all`."""
        request = urllib.request.Request(self.name, headers=self._headers)  # noqa: S310  # https, or loopback
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                while line := answer.readline(LARGEST + 1):
                    yield decode(line)
        except urllib.error.HTTPError as error:
            raise WitnessError(f"{self.name} answers {error.code} to the question for its checkpoints") from None
        except (OSError, Refused) as error:
            raise WitnessError(f"{self.name} cannot give its checkpoints: {error}") from None
