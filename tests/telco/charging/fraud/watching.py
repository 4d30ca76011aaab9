"""What the counting of fraud is tested with: usage as mediation gives it, and BelgiCom's own rules at work on it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from tests.streams.driver import Driver, record
from trunkline.contracts import ContractValidator, load
from trunkline.log import Event
from trunkline.telco.charging import settings
from trunkline.telco.charging.fraud import folder
from trunkline.telco.charging.fraud.processor import fraud
from trunkline.telco.charging.fraud.uses import Recent
from trunkline.telco.model import Service, Source, Suspicion, Usage

BELGICOM = Path(__file__).parents[4] / "belgicom"
KNOWN = folder.load(BELGICOM)
SETTINGS = settings.load(BELGICOM / "charging.yaml")
CONTRACT = ContractValidator(load(BELGICOM / "contracts")[Suspicion.topic])
MORNING = datetime(2026, 11, 23, 8, tzinfo=UTC)
BELGIUM, NETHERLANDS, SPAIN, TURKEY, AMERICA, AIRCRAFT = "20699", "20404", "21407", "28601", "310410", "90114"
SWITZERLAND = "22801"
PREMIUM, SATELLITE, FRIEND = "32903123456", "881612345678", "32470000002"


def usage(id: str, minutes: float, service: Service = Service.VOICE, **fields: Any) -> Usage:
    """A call of a minute to a friend, at home, so many minutes after the morning; a message; a megabyte."""
    given: dict[str, Any] = {
        "account": "A1",
        "subscription": "32470000001",
        "imsi": "206990000000001",
        "started": MORNING + timedelta(minutes=minutes),
        "visited": BELGIUM,
        "system": "msc",
        "source": Source(uri="file:///cdr"),
    }
    match service:
        case Service.VOICE:
            given |= {"duration": 60, "other_party": FRIEND}
        case Service.DATA:
            given |= {"duration": 60, "downlink": 1_000_000}
        case _:
            given |= {"items": 1, "other_party": FRIEND}
    return Usage(id=id, service=service, **(given | fields))


class Watching:
    """The processor at work."""

    def __init__(self) -> None:
        self.driver = Driver(fraud(KNOWN, SETTINGS))
        self.offset = self.clock = 0

    def later(self, microseconds: int) -> None:
        """What is taken from now on came so much later."""
        self.clock += microseconds

    def take(self, *usages: Usage, undo_first: bool = False) -> list[Suspicion]:
        """What is told when these come, one after the other; none may break the contract, or be refused."""
        before, records = len(self.driver.sent), []
        for each in usages:
            self.offset += 1
            value = msgspec.json.encode(each)
            records.append(record(Usage.topic, self.offset, each.account.encode(), value, self.clock))
        self.driver.work(records, undo_first=undo_first)
        assert self.driver.rejected == []
        sent = [(key, value) for topic, key, value in self.driver.sent[before:] if topic == Suspicion.topic]
        assert CONTRACT.failures([Event(value=value, key=key) for key, value in sent]) == []
        told = [msgspec.json.decode(value or b"", type=Suspicion) for _, value in sent]
        assert [key for key, _ in sent] == [each.account.encode() for each in told]
        return told

    def remembered(self) -> dict[bytes, Recent]:
        """What is remembered of each number."""
        state = self.driver.state().items()
        return {key: msgspec.convert(value, Recent) for key, value in state if isinstance(key, bytes)}

    def ids(self) -> list[str]:
        """Of all that was told so far."""
        return [msgspec.json.decode(value or b"")["id"] for _, value in self.driver.sent_to(Suspicion.topic)]
