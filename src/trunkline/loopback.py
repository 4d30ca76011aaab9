"""Which addresses only this machine reaches. Until identity is in place, every listener is bound to one of them."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether `host` is `localhost`, in `127.0.0.0/8`, or `::1` (also as `[::1]`)."""
    name = host.removeprefix("[").removesuffix("]")
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def loopback_address(listen: str) -> tuple[str, int]:
    """The host and the port of `listen` (`host:port`). Raises `ValueError` where it is no such address, or one that
    others reach."""
    host, _, port = listen.rpartition(":")
    if not port.isdecimal() or int(port) > 65_535:
        raise ValueError(f"`listen` must be host:port, and is {listen!r}")
    if not is_loopback(host):
        raise ValueError(
            f"`listen` must be a loopback address until access is controlled, and {host!r} is not loopback"
        )
    return host.strip("[]"), int(port)
