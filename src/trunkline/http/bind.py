"""Which address the HTTP listener may be bound to: loopback only, as long as callers are not authenticated."""

import ipaddress


class RefusedBind(ValueError):
    """The address would open the unauthenticated API to the network."""


def check_bind(host: str) -> str:
    """Return `host` if it is loopback (`localhost`, `127.0.0.0/8`, `::1`). Raises `RefusedBind` on any other."""
    name = host.removeprefix("[").removesuffix("]")
    if name == "localhost":
        return name
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        loopback = False
    else:
        loopback = address.is_loopback
    if not loopback:
        raise RefusedBind(
            f"the HTTP API is not authenticated, so it is not bound to {host!r}: use 127.0.0.1, ::1 or localhost"
        )
    return name
