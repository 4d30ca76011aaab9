"""Which address the HTTP listener may be bound to: loopback only, as long as callers are not authenticated."""

from trunkline.loopback import is_loopback


class RefusedBind(ValueError):
    """The address would open the unauthenticated API to the network."""


def check_bind(host: str) -> str:
    """Return `host` if it is loopback (`localhost`, `127.0.0.0/8`, `::1`). Raises `RefusedBind` on any other."""
    if not is_loopback(host):
        raise RefusedBind(
            f"the HTTP API is not authenticated, so it is not bound to {host!r}: use 127.0.0.1, ::1 or localhost"
        )
    return host.removeprefix("[").removesuffix("]")
