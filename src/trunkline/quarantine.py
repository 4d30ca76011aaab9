"""What could not be taken: each rejected part with its reason and its place, so that nothing is lost in silence."""

from datetime import datetime
from typing import ClassVar

import msgspec

EXCERPT = 4096  # bytes of a rejected part kept in the record; the archived file holds the rest


class Rejected(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """One part that was refused.

    `stage` is where: `decode`, `contract`, `processor` or `sink`. `reason` is a short stable code (`xml.truncated`,
    `counter.not-a-number`), `message` the sentence for the person who must act, naming the field where there is one.
    `uri`, `offset` (bytes), `length` and `line` are the place; `part` the first bytes of what was refused;
    `archive` the SHA-256 of the archived raw file.
    """

    topic: ClassVar[str] = "quarantine"

    stage: str
    reason: str
    message: str
    system: str
    uri: str
    offset: int = 0
    length: int = 0
    line: int = 0
    part: bytes = b""
    archive: str = ""
    target: str = ""
    """The topic that the part was meant for, where that is known."""
    stack: str = ""
    """The end of the stack trace, where a processor failed."""
    time: datetime | None = None
    whose: str = ""
    """The key of the event that was refused, which names a person where its topic says so; of what never became an
    event, the person where one is known. What is refused here is erased with them."""

    @property
    def key(self) -> str:
        return self.uri


def named(key: bytes | None) -> str:
    """An event's key as the text that `Rejected.whose` is."""
    return (key or b"").decode("utf-8", "replace")
