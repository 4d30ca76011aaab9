"""One side of the comparison: charging by one set of tariffs, which tells nobody but who asks here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from trunkline.log.port import Record
from trunkline.quarantine import Rejected
from trunkline.telco.charging.accounts.processor import Charge
from trunkline.telco.charging.settings import ChargingSettings
from trunkline.telco.charging.tariff.terms import Tariffs
from trunkline.telco.model import ChargingAnswer, RatedUsage

_rated: Final = msgspec.json.Decoder(RatedUsage).decode
_rejected: Final = msgspec.json.Decoder(Rejected).decode
_answer: Final = msgspec.json.Decoder(ChargingAnswer).decode


class Heard:
    """What the processor told of one event, as far as it says what something costs, or why it could not be done."""

    def __init__(self) -> None:
        self.rated: list[RatedUsage] = []
        self.rejected: list[Rejected] = []
        self.answers: list[ChargingAnswer] = []

    def send(self, topic: str, key: str, value: bytes | None, *, id: str, time: int = 0) -> None:
        """Take an event instead of writing it."""
        if value is None:
            return
        if topic == RatedUsage.topic:
            self.rated.append(_rated(value))
        elif topic == Rejected.topic:
            self.rejected.append(_rejected(value))
        elif topic == ChargingAnswer.topic:
            self.answers.append(_answer(value))

    def send_columns(self, topic: str, keys: Sequence[bytes | None], values: Sequence[bytes | None]) -> None:
        """Take several."""
        for value in values:
            self.send(topic, "", value, id="")

    def keep(self, key: str, value: bytes | None) -> None:
        """Its books are in memory, and end with the shadow."""

    def keep_all(self, values: Mapping[str, bytes]) -> None:
        """The same."""


class Side:
    """The processor `charge` itself, so that it comes to what charging comes to."""

    def __init__(self, tariffs: Tariffs, settings: ChargingSettings) -> None:
        self._charge = Charge(tariffs, settings.time_zone, settings.networks)

    def take(self, record: Record) -> Heard:
        """Let it have an event; what came of that."""
        heard = Heard()
        self._charge.process([record], heard)
        return heard
