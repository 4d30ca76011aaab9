"""An operator with BelgiCom's texts and tariffs, and notices as charging tells them."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from tests.streams.driver import Driver
from trunkline.effects import Effect
from trunkline.log import Record
from trunkline.log.envelope import micros
from trunkline.telco.charging.notices import notify
from trunkline.telco.model import Notice

BELGICOM = Path(__file__).parents[4] / "belgicom"
BRUSSELS = ZoneInfo("Europe/Brussels")
APRIL = datetime(2026, 3, 31, 22, tzinfo=UTC)
"""Its first midnight in Brussels."""
NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
ELS = "32470123456"
DATA = {"name": "Go", "unit": "octet", "left": "4012345678", "end": APRIL.isoformat(), "percent": "80"}


def project(folder: Path) -> Path:
    """A project with all that notices need, for a test to change."""
    for name in ("notices", "effects", "tariffs", "contracts", "kpis"):
        shutil.copytree(BELGICOM / name, folder / name)
    for name in ("charging.yaml", "health.yaml", "trunkline.toml"):
        shutil.copy(BELGICOM / name, folder / name)
    return folder


def notice(id: str = "1042/2026-03/data/80", **said: Any) -> Notice:
    defaults: dict[str, Any] = {
        "account": "1042", "subscription": ELS, "kind": "threshold", "language": "en", "values": DATA,
        "cause": "msc/1/7", "time": NOON,
    }  # fmt: skip
    return Notice(id=id, **defaults | said)


class Desk:
    """The processor `notify`, and what it asked for."""

    def __init__(self, folder: Path = BELGICOM) -> None:
        [definition] = notify(folder, BRUSSELS)
        self.driver = Driver(definition)

    def tell(self, *told: Notice, first: int = 0, at: datetime = NOON) -> list[Effect]:
        """Tell notices, which lie from the offset `first` on; what is asked for because of them."""
        before = len(self.driver.sent)
        self.driver.work(list(_records(told, first, at)))
        return [_effect(*sent) for sent in self.driver.sent[before:]]

    def text(self, language: str = "en", kind: str = "threshold", **values: str) -> str:
        """The words of a message about this."""
        [effect] = self.tell(notice(kind=kind, language=language, values=values or DATA))
        return str(msgspec.json.decode(effect.payload)["content"])


def _records(told: Iterable[Notice], first: int, at: datetime) -> Iterable[Record]:
    for offset, each in enumerate(told, first):
        yield Record(Notice.topic, 2, offset, msgspec.json.encode(each), each.key.encode(), (), micros(at))


def _effect(topic: str, key: bytes | None, value: bytes | None) -> Effect:
    effect = msgspec.json.decode(value or b"", type=Effect)
    assert (topic, key) == (Effect.topic, effect.order.encode())
    return effect
