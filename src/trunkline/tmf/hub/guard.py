"""Which callbacks may be called: a partner names the address, so it must not lead inside (SSRF).

Only https, and only public addresses. All others (loopback, private, link-local, those of cloud metadata, …), and http,
which is in clear, need the operator's permission: `allow` under `[hub]` in the settings. A name may lead elsewhere
later, so it is resolved and judged again for each connection, which then goes to the address that was judged.
Sources: OWASP, Server-Side Request Forgery Prevention Cheat Sheet; IANA's registries of special-purpose addresses.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import urlsplit

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

LONGEST = 2_048  # characters of a callback
MOST_LOOKUPS = 16  # of names, for requests that wait, at the same time
INSIDE = (
    ip_network("168.63.129.16/32"),  # the metadata of Azure; that of other clouds is link-local or private,
    ip_network("192.0.0.0/24"),  # but for Oracle's, here (RFC 6890: for protocols)
    ip_network("64:ff9b:1::/48"),  # addresses that a network translates by itself (RFC 8215)
)
"""Addresses that are nobody's on the internet, although Python's `ipaddress` takes them for global in some releases."""
NAT64 = IPv6Network("64:ff9b::/96")
COMPATIBLE = IPv6Network("::/96")
PORTS = {"http": 80, "https": 443}

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9.])?|[0-9a-fA-F:.]+")


class Forbidden(Exception):
    """A callback that must not be called; the text says why, and names no address that the caller did not name."""


class Callback(NamedTuple):
    """Where events are posted to. `target` is the path with its query."""

    scheme: str
    host: str
    port: int
    target: str


class Place(NamedTuple):
    """A socket's family, and the address that it may be connected to, as `getaddrinfo` gives them."""

    family: int
    address: tuple[Any, ...]


def read(callback: str) -> Callback:
    """The parts of a callback. Raises `Forbidden` where it is no plain URL of https or http."""
    if len(callback) > LONGEST:
        raise Forbidden(f"it has {len(callback)} characters; at most {LONGEST} are taken")
    if not re.fullmatch(r"[!-\[\]-~]+", callback):
        raise Forbidden("it must be visible ASCII without spaces and backslashes: encode the rest with %")
    try:
        parts = urlsplit(callback)
        port = parts.port
    except ValueError as error:
        raise Forbidden(f"it is no URL: {error}") from None
    if parts.scheme not in PORTS:
        raise Forbidden("it must begin with https:// or http://")
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise Forbidden("it must hold no user and no password")
    if "#" in callback:
        raise Forbidden("it must have no fragment (#)")
    if not parts.hostname or not _HOST.fullmatch(parts.hostname) or port == 0:
        raise Forbidden("it must name a host, and a port above 0 if any")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Callback(parts.scheme, parts.hostname, port or PORTS[parts.scheme], target)


class Guard:
    """Judges where callbacks lead. `allow` are networks that are permitted although they are not public."""

    def __init__(
        self, allow: Sequence[Network] = (), resolve: Callable[..., list[tuple[Any, ...]]] = socket.getaddrinfo
    ) -> None:
        self._allow, self._resolve = tuple(allow), resolve
        self._looking = threading.BoundedSemaphore(MOST_LOOKUPS)

    def judge(self, callback: Callback, seconds: float) -> None:
        """`places`, for somebody who waits for no more than `seconds`: whose servers say where a name leads may take
        minutes over it. Raises what `places` does, and `TimeoutError`, also where too many names are looked up."""
        if not self._looking.acquire(blocking=False):
            raise TimeoutError(f"{MOST_LOOKUPS} names are being looked up")
        found: SimpleQueue[Exception | None] = SimpleQueue()

        def look() -> None:
            try:
                self.places(callback)
                found.put(None)
            except Exception as error:
                found.put(error)
            finally:
                self._looking.release()

        threading.Thread(target=look, name="a callback's name", daemon=True).start()
        try:
            error = found.get(timeout=seconds)
        except Empty:
            raise TimeoutError(f"where {callback.host} leads was not said within {seconds:g} s") from None
        if error is not None:
            raise error

    def places(self, callback: Callback) -> list[Place]:
        """Where the callback may be reached now: all addresses of its host.

        Raises `Forbidden` where one of them is not permitted, and `OSError` where the host's name leads nowhere.
        """
        try:
            found = self._resolve(callback.host, callback.port, type=socket.SOCK_STREAM)
        except UnicodeError:
            raise Forbidden(f"{callback.host} is no name of a host") from None
        if not found:
            raise OSError(f"{callback.host} has no address")
        for _, _, _, _, address in found:
            judged = ip_address(address[0])
            if not self.permits(judged):
                raise Forbidden(
                    f"{callback.host} leads to an address that is not public: the operator of this server must permit "
                    "it (allow, under [hub] in trunkline.toml)"
                )
            if callback.scheme == "http" and not self._is_allowed(judged):
                raise Forbidden(
                    f"http is in clear: give an https URL, or have the operator of this server permit it to "
                    f"{callback.host} (allow, under [hub] in trunkline.toml)"
                )
        return [Place(family, address) for family, _, _, _, address in found]

    def permits(self, address: Address) -> bool:
        """Whether the address may be called."""
        return self._is_allowed(address) or is_public(plain(address))

    def _is_allowed(self, address: Address) -> bool:
        """Whether the operator has permitted it."""
        address = plain(address)
        return any(address.version == network.version and address in network for network in self._allow)


def plain(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for (mapped, NAT64, 6to4), else the address itself, without its zone."""
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or IPv6Address(int(address))


def is_public(address: Address) -> bool:
    """Whether the address is anybody's on the internet, and no one's in particular here."""
    if address.is_multicast or address.is_reserved or address.is_link_local or not address.is_global:
        return False
    if any(address.version == network.version and address in network for network in INSIDE):
        return False
    if isinstance(address, IPv6Address):
        return not (address.is_site_local or address.teredo or address in COMPATIBLE)
    return True
