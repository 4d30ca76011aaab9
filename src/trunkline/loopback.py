"""Which addresses only this machine reaches, and what an operator writes a listener's address as."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether `host` is `localhost`, in `127.0.0.0/8`, or `::1` (also as `[::1]`); or a network of such addresses."""
    name = host.removeprefix("[").removesuffix("]")
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_network(name).is_loopback
    except ValueError:
        return False


def address(listen: str) -> tuple[str, int]:
    """The host and the port of `listen` (`host:port`, `[::1]:port`). Raises `ValueError` where it is no address."""
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise ValueError(f"`listen` must be host:port, and is {listen!r}")
    return host.strip("[]"), int(port)
