"""TLS 1.3, or 1.2 for who speaks nothing newer, by certificates in files. Who replaces the files needs to restart
nothing: each handshake is by the newest.

New files are taken as a whole, and only where they can be used: until then those before stay in force. Sessions are not
resumed, for a resumed one would pass over what has changed since: whom to trust, and whose certificate has ended.
"""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cryptography import x509

from trunkline.security.certificates.spiffe import Peers, id_of

LARGEST: Final = 1 << 20  # bytes of a file of certificates
CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2: forward secrecy and authenticated encryption alone (RFC 9325, clause 4.2)."""

logger = logging.getLogger(__name__)


class UnusableCertificate(OSError):
    """A certificate, its key, or whom to trust cannot be used; the message says which file, why, and what to do."""


class RefusedHandshake(ssl.SSLError):
    """A handshake that failed at our side. `alert` are the bytes by which the client hears why (RFC 8446, clause 6),
    which asyncio itself would not send."""

    def __init__(self, error: ssl.SSLError, alert: bytes) -> None:
        super().__init__(error.errno, error.strerror)
        self.alert = alert


@dataclass(frozen=True, slots=True)
class Files:
    """PEM files: our certificate with those between it and its authority, its key, and the authorities to trust."""

    certificate: Path
    key: Path
    authorities: Path | None = None

    def stamp(self) -> tuple[Any, ...]:
        """Changes with any of the files."""
        return tuple(_stamp(file) for file in (self.certificate, self.key, self.authorities) if file is not None)


Build = Callable[[], ssl.SSLContext]


class FollowedContext(ssl.SSLContext):
    """An SSL context that is, at each handshake, the one that its files say then. For servers and clients alike,
    wherever an `ssl.SSLContext` is taken. What is set on it afterwards (ALPN, say) is without effect."""

    def __new__(cls, protocol: int, files: Files, build: Build) -> FollowedContext:
        return super().__new__(cls, protocol)

    def __init__(self, protocol: int, files: Files, build: Build) -> None:
        """Raises `UnusableCertificate`."""
        self._files, self._build, self._lock = files, build, threading.Lock()
        self._stamp = files.stamp()
        self._inner = build()

    def wrap_socket(
        self,
        sock: socket.socket,
        server_side: bool = False,
        do_handshake_on_connect: bool = True,
        suppress_ragged_eofs: bool = True,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLSocket:
        return self._newest().wrap_socket(
            sock, server_side, do_handshake_on_connect, suppress_ragged_eofs, server_hostname, session
        )

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        made = self._newest().wrap_bio(incoming, outgoing, server_side, server_hostname, session)
        if isinstance(made, _Told):
            made.outgoing = outgoing
        return made

    def _newest(self) -> ssl.SSLContext:
        stamp = self._files.stamp()
        if stamp != self._stamp:
            with self._lock:
                if stamp != self._stamp:
                    try:
                        self._inner = self._build()
                    except UnusableCertificate as error:
                        logger.warning("the certificate before stays in force: %s", error)
                    self._stamp = stamp  # now at last: until then others wait here, too, for what is being built
        return self._inner


def server_context(
    files: Files, *, ask: bool = False, oldest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
) -> ssl.SSLContext:
    """For a listener; with `ask`, every client must show a certificate of `files.authorities`. Raises
    `UnusableCertificate`."""

    def build() -> ssl.SSLContext:
        context = _bare(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = oldest
        context.set_ciphers(CIPHERS)
        _load(context, files)
        context.set_alpn_protocols(["http/1.1"])
        context.num_tickets = 0
        context.sslobject_class = _Told
        if ask:
            _trust(context, files.authorities)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    return FollowedContext(ssl.PROTOCOL_TLS_SERVER, files, build)


def client_context(files: Files, peers: Peers | None = None, *, pinned: bool = False) -> ssl.SSLContext:
    """For calling other services: shows our certificate, and takes only servers with one of `files.authorities` for the
    host that is called, and, where `peers` are given, with the SPIFFE id of one of them. Where it is `pinned`,
    `files.authorities` are the servers' own certificates, by whatever host these are called. Raises
    `UnusableCertificate`.
    """

    def build() -> ssl.SSLContext:
        context = _bare(ssl.PROTOCOL_TLS_CLIENT)
        _load(context, files)
        _trust(context, files.authorities)
        if pinned:
            context.check_hostname = False
            context.verify_flags = ssl.VERIFY_X509_PARTIAL_CHAIN
        if peers is not None:
            context.sslsocket_class, context.sslobject_class = _verified(peers)
        return context

    return FollowedContext(ssl.PROTOCOL_TLS_CLIENT, files, build)


def ends(certificate: Path) -> datetime:
    """When the first certificate of a PEM file ends. Raises `UnusableCertificate` where there is none to be read."""
    return _first(certificate).not_valid_after_utc


def check(files: Files) -> None:
    """Raises `UnusableCertificate` where the certificate and its key cannot be served from."""
    _load(_bare(ssl.PROTOCOL_TLS_SERVER), files)


def _bare(protocol: ssl._SSLMethod) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_TICKET
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


def _load(context: ssl.SSLContext, files: Files) -> None:
    first, now = _first(files.certificate), datetime.now(UTC)
    if not first.not_valid_before_utc <= now < first.not_valid_after_utc:
        raise UnusableCertificate(
            f"the certificate {files.certificate} holds from {first.not_valid_before_utc:%Y-%m-%d %H:%M} to "
            f"{first.not_valid_after_utc:%Y-%m-%d %H:%M} UTC, which is not now: renew it, or set the machine's clock"
        )
    try:
        context.load_cert_chain(files.certificate, files.key, password=_no_password(files.key))
    except ssl.SSLError as error:
        reason = "it is another certificate's" if error.reason == "KEY_VALUES_MISMATCH" else error.reason
        raise UnusableCertificate(f"the key {files.key} is not for {files.certificate}: {reason}") from None
    except OSError as error:
        raise UnusableCertificate(f"the key {files.key} cannot be read: {error.strerror or error}") from None


def _no_password(key: Path) -> Callable[[], str]:
    """Asked for where a key is encrypted, in the place of the terminal."""

    def refuse() -> str:
        raise UnusableCertificate(f"the key {key} is encrypted: give one that is not, readable by its owner alone")

    return refuse


def _trust(context: ssl.SSLContext, authorities: Path | None) -> None:
    if authorities is None:
        raise UnusableCertificate("whom to trust is not said: a file of authorities is needed")
    try:
        context.load_verify_locations(authorities)
    except OSError as error:
        raise UnusableCertificate(
            f"the authorities in {authorities} cannot be read: {error.strerror or 'they are no certificates in PEM'}"
        ) from None


def _first(file: Path) -> x509.Certificate:
    try:
        with file.open("rb") as opened:
            return x509.load_pem_x509_certificate(opened.read(LARGEST))
    except OSError as error:
        raise UnusableCertificate(f"the certificate {file} cannot be read: {error.strerror}") from None
    except ValueError:
        raise UnusableCertificate(f"{file} holds no certificate in PEM") from None


class _Told(ssl.SSLObject):
    """A server's end of a connection."""

    outgoing: ssl.MemoryBIO

    def do_handshake(self) -> None:
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as error:
            raise RefusedHandshake(error, self.outgoing.read()) from None


def _verified(peers: Peers) -> tuple[type[ssl.SSLSocket], type[ssl.SSLObject]]:
    """What a connection is made by, so that its handshake fails where the peer is none of these."""

    def verify(certificate: Any) -> None:
        id = id_of(certificate)
        if id not in peers:
            raise ssl.SSLCertVerificationError(f"the server is {id or 'without a SPIFFE id'}, which is not expected")

    class Socket(ssl.SSLSocket):
        def do_handshake(self, block: bool = False) -> None:
            super().do_handshake(block)
            verify(self.getpeercert())

    class Object(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            verify(self.getpeercert())

    return Socket, Object


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
