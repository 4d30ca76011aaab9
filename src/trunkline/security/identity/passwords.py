"""Passwords of people as Argon2id hashes (RFC 9106), checked by few at a time because each check takes memory."""

from __future__ import annotations

import secrets
import threading
from functools import cached_property
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST: Final = 12  # characters (NIST SP 800-63B asks for 8 beside a second factor, 15 without)
LONGEST: Final = 256
AT_ONCE: Final = 2  # checks; the rest wait

MEMORY: Final = 64  # MiB


def argon2id(memory: int = MEMORY) -> PasswordHasher:
    """RFC 9106's second recommended option, 3 passes over 64 MiB, or over as much as is said."""
    return PasswordHasher(time_cost=3, memory_cost=memory << 10, parallelism=4, type=Type.ID)


class Passwords:
    """Hashes and checks passwords."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or argon2id()
        self._turn = threading.Semaphore(AT_ONCE)

    def hash(self, password: str, user_name: str = "") -> str:
        """Raises `ValueError` saying what is wrong with the password."""
        if not SHORTEST <= len(password) <= LONGEST:
            raise ValueError(f"a password has {SHORTEST} to {LONGEST} characters, and this one {len(password)}")
        name = user_name.partition("@")[0].lower()
        if len(set(password)) < 5 or (len(name) > 2 and name in password.lower()):
            raise ValueError("the password is too easy to guess: it repeats itself, or has the user name in it")
        with self._turn:
            return self._hasher.hash(password)

    def check(self, password: str, hashed: str | None) -> bool:
        """Whether it is the password. Where there is none it takes as long, so that nobody learns who has one."""
        if len(password) > LONGEST:
            return False
        nobody = self._nobody  # made with the first password that is checked, whoever's it is
        with self._turn:
            try:
                return self._hasher.verify(hashed or nobody, password) and hashed is not None
            except (VerificationError, InvalidHashError):
                return False

    @cached_property
    def _nobody(self) -> str:
        """The hash that is checked where there is none."""
        return self._hasher.hash(secrets.token_urlsafe(16))


def new_password() -> str:
    """A password that nobody guesses, for the first sign-in."""
    return "-".join(secrets.token_urlsafe(4) for _ in range(4))
