"""What a target's answer means. Sources: RFC 9110 (statuses, Retry-After), RFC 6901 (JSON pointers)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from email.utils import parsedate_to_datetime

import msgspec

from trunkline.effects.effector import Answer
from trunkline.effects.http.settings import HttpSettings, Status
from trunkline.effects.outcome import Result

EXCERPT = 300  # characters of an answer that are told


def judge(settings: HttpSettings, status: int, retry_after: str, body: bytes) -> Answer:
    """The answer of a target that answered."""
    result = _result(settings, status)
    pause = _pause(retry_after) if result in (Result.LATER, Result.UNKNOWN) else 0.0
    receipt = _at(settings.receipt, body) if settings.receipt and result is Result.DONE else ""
    return Answer(result, status, _message(status, body), receipt, pause, ill=status >= 500)


def excerpt(text: str) -> str:
    """The beginning of a text of the target's, on one line."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:EXCERPT]).strip()


def _result(settings: HttpSettings, status: int) -> Result:
    """A status that is declared by itself goes before its class."""
    if status in settings.done:
        return Result.DONE
    if status in settings.later:
        return Result.LATER
    if _has_class(settings.done, status):
        return Result.DONE
    return Result.UNKNOWN if _has_class(settings.later, status) else Result.REFUSED


def _has_class(statuses: Sequence[Status], status: int) -> bool:
    return f"{status // 100}xx" in statuses


def _message(status: int, body: bytes) -> str:
    said = excerpt(body.decode("utf-8", "replace"))
    if 300 <= status < 400:
        return f"it is elsewhere: correct `url`. {said}".strip()
    if status in (401, 407):
        return f"the login is wrong: correct `token`, or `user` and `password`. {said}".strip()
    return said


def _pause(retry_after: str) -> float:
    """Seconds, from a number of them or a date (RFC 9110, clause 10.2.3); 0 where it is neither."""
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except ValueError:
        return 0.0


def _at(pointer: str, body: bytes) -> str:
    """The text or number at a JSON pointer; "" where there is none."""
    try:
        value = msgspec.json.decode(body)
        for step in pointer.split("/")[1:]:
            step = step.replace("~1", "/").replace("~0", "~")
            value = value[int(step)] if isinstance(value, list) else value[step]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, LookupError, ValueError, TypeError):
        return ""
    return excerpt(str(value)) if isinstance(value, str | int | float) else ""
