"""For what a caller wants data: the header `X-Purpose`, or what its application is registered for."""

from __future__ import annotations

from typing import Final

from trunkline.security.access.declared import Application, Purposes

HEADER: Final = b"x-purpose"
NONE: Final = "none"
"""The purpose of a request that says none."""


class NotItsPurpose(Exception):
    """A purpose that nobody has declared, or for which this client is not registered."""


def purpose_of(header: str, application: Application | None, purposes: Purposes) -> str:
    """The purpose of a request. Raises `NotItsPurpose`."""
    registered = application.purposes if application is not None else ()
    if not header:
        return registered[0] if registered else NONE
    if header not in purposes.purposes:
        known = ", ".join(purposes.purposes)
        raise NotItsPurpose(f"X-Purpose is {header[:100]!r}, which is none of the purposes: {known}")
    if registered and header not in registered:
        raise NotItsPurpose(f"the application is registered for {', '.join(registered)}, not for {header}")
    return header
