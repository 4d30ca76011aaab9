"""The authorities of a project: the one that signs, the next, which is trusted already, and those before, which still
are. So a new one comes in without a moment in which somebody is not trusted.

In the folder lie `authorities.json`, with the keys, which its owner alone reads, and `authorities.pem`, the
certificates to trust. Processes that share the folder agree.
"""

from __future__ import annotations

import fcntl
import os
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from trunkline.security.certificates.authority import Authority, Issued
from trunkline.security.certificates.sealing import Clear, Seal
from trunkline.security.certificates.spiffe import SpiffeId
from trunkline.security.certificates.whole import write_whole

STATE: Final = "authorities.json"
TRUSTED: Final = "authorities.pem"
LARGEST: Final = 1 << 20  # bytes of the state
LONGEST: Final = timedelta(days=90)
"""How long a certificate may hold, and so how long an authority is trusted after it has signed its last one."""
BEFORE: Final = timedelta(minutes=1)
"""How long a new authority is trusted before it signs, where it is asked for: others follow its file well before."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How long an authority signs, and how long before that it is trusted."""

    signs: timedelta = timedelta(days=90)
    ahead: timedelta = timedelta(days=14)


class Kept(msgspec.Struct, frozen=True):
    """An authority as it lies in the file. Times are in seconds since 1970."""

    certificate: str
    key: bytes
    signs_from: float
    signs_until: float

    @property
    def x509(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.certificate.encode())

    @property
    def place(self) -> str:
        return f"the key of the authority {self.x509.serial_number:x}"


class Authorities:
    """Those of the trust domain `domain`. Raises `OSError` or `KeysError` where its files or keys cannot be had."""

    def __init__(
        self,
        folder: Path,
        domain: str,
        seal: Seal | None = None,
        terms: Terms | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder, self.domain = folder, domain
        self._seal, self._terms, self._now = seal or Clear(), terms or Terms(), now

    @property
    def trusted(self) -> Path:
        """The certificates to trust, a PEM file that others follow."""
        return self.folder / TRUSTED

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._now(), UTC)

    def keep(self) -> None:
        """Make the authority that is due, forget those whose time is over, and say whom to trust."""
        with self._alone():
            self._keep(self._read())

    def all(self) -> list[Kept]:
        """The authorities that are trusted, by when they sign."""
        return self._read()

    def signing(self) -> Authority:
        """The one that signs now."""
        self.keep()
        return self._opened(self._current(self._read()))

    def signs(self, certificate: x509.Certificate) -> bool:
        """Whether a certificate is of the authority that signs now."""
        current = self._current(self._read()).x509
        return certificate.issuer == current.subject

    def issue(self, id: SpiffeId, names: Sequence[str], lasting: timedelta) -> Issued:
        """A certificate of the authority that signs now; see `Authority.issue`. Raises `ValueError` where it would be
        of another trust domain, or hold for longer than `LONGEST`."""
        if id.domain != self.domain:
            raise ValueError(f"{id} is of another trust domain than {self.domain}")
        if not timedelta() < lasting <= LONGEST:
            raise ValueError(f"a certificate holds for {LONGEST.days} days at most")
        return self.signing().issue(id, names, self.now(), self.now() + lasting)

    def rotate(self, before: timedelta = BEFORE) -> None:
        """Have a new authority, which is trusted from now on, and signs in the place of the present one after
        `before`."""
        with self._alone():
            kept = self._read()
            at = self._now() + before.total_seconds()
            # One that was to come has signed nothing.
            rest = [each for each in kept if each.signs_from <= self._now()]
            rest = [msgspec.structs.replace(each, signs_until=min(each.signs_until, at)) for each in rest]
            self._keep([*rest, self._made(at if rest else self._now())])

    def _keep(self, kept: list[Kept]) -> None:
        now, ahead = self._now(), self._terms.ahead.total_seconds()
        there = [each for each in kept if each.x509.not_valid_after_utc.timestamp() > now]
        if not any(each.signs_until > now for each in there):
            there.append(self._made(now))
        last = max(each.signs_until for each in there)
        if last - ahead <= now:
            there.append(self._made(last))
        if there != self._read():
            write_whole(self.folder / STATE, msgspec.json.encode(there))
        trusted = "".join(each.certificate for each in there).encode()
        if not self.trusted.exists() or self.trusted.read_bytes() != trusted:
            write_whole(self.trusted, trusted, mode=0o644)

    def _made(self, signs_from: float) -> Kept:
        until = signs_from + self._terms.signs.total_seconds()
        made = Authority.make(self.domain, self.now(), datetime.fromtimestamp(until, UTC) + LONGEST)
        pem = made.certificate.public_bytes(serialization.Encoding.PEM).decode()
        kept = Kept(pem, b"", signs_from, until)
        key = made.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return msgspec.structs.replace(kept, key=self._seal.seal(key, kept.place))

    def _current(self, kept: list[Kept]) -> Kept:
        return max((each for each in kept if each.signs_from <= self._now()), key=lambda each: each.signs_from)

    def _opened(self, kept: Kept) -> Authority:
        key = serialization.load_pem_private_key(self._seal.open(kept.key, kept.place), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise OSError(f"{self.folder / STATE}: {kept.place} is none of its kind: put the file back from its backup")
        return Authority(kept.x509, key)

    def _read(self) -> list[Kept]:
        file = self.folder / STATE
        try:
            with file.open("rb") as opened:
                if stat.S_IMODE(os.fstat(opened.fileno()).st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
                    raise OSError(f"{file} is open to others than its owner: chmod 600 it")
                return msgspec.json.decode(opened.read(LARGEST), type=list[Kept])
        except FileNotFoundError:
            return []
        except msgspec.DecodeError:
            raise OSError(f"{file} holds no authorities: put it back from its backup, or remove it") from None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Whoever else would write waits."""
        lock = os.open(self.folder / "authorities.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)
