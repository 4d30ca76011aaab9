"""What comes of an event: what is told, and what is to be remembered."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from trunkline.streams import Rejection
from trunkline.telco.model import ChargingAnswer, Notice, Posting, Usage


class Refused(NamedTuple):
    """A usage that came within a request and cannot be charged."""

    usage: Usage
    why: Rejection


class Effects:
    """Gathered over one event. `rated` is as JSON, `kept` is state to remember under its key, None to forget it;
    `changed` says that the balance is another."""

    def __init__(self) -> None:
        self.rated: list[bytes] = []
        self.postings: list[Posting] = []
        self.notices: list[Notice] = []
        self.answers: list[ChargingAnswer] = []
        self.refused: list[Refused] = []
        self.kept: dict[str, msgspec.Struct | bytes | None] = {}
        self.changed = False
