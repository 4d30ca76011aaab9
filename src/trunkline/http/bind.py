"""Which address the HTTP listener may have: any, where TLS is on and callers are authenticated; else loopback."""

from trunkline.loopback import is_loopback


class RefusedBind(ValueError):
    """The address would open the API to the network in clear, or to whoever reaches it."""


def check_bind(host: str, *, tls: bool = False, authenticated: bool = False) -> str:
    """Return `host` if it is loopback (`localhost`, `127.0.0.0/8`, `::1`), or may be another. Raises `RefusedBind`."""
    if not is_loopback(host):
        missing = [
            what
            for what, there in (
                ("the HTTP API is not authenticated (`required = true` under [trust] does that)", authenticated),
                ("it is in clear (a section [tls] gives it TLS)", tls),
            )
            if not there
        ]
        if missing:
            raise RefusedBind(
                f"{' and '.join(missing)}, so it is not bound to {host!r}: use 127.0.0.1, ::1 or localhost"
            )
    return host.removeprefix("[").removesuffix("]")
