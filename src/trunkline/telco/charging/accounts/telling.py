"""Telling: what comes of events, as events of their topics, each with an id that is the same in a replay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from trunkline.log.envelope import from_micros
from trunkline.log.port import Record
from trunkline.quarantine import EXCERPT, Rejected, named
from trunkline.streams import Rejection
from trunkline.streams.recorded import Outputs
from trunkline.telco.charging.accounts.book import Book
from trunkline.telco.charging.accounts.effects import Effects, Refused
from trunkline.telco.charging.accounts.slip import Slip
from trunkline.telco.model import Balance, ChargingAnswer, Notice, Posting, RatedUsage, Usage

_json = msgspec.json.Encoder().encode
_pack = msgspec.msgpack.Encoder().encode


def place(record: Record) -> str:
    """Where an event is, as the cause of what comes of it."""
    return f"{record.topic}/{record.partition}/{record.offset}"


class Telling:
    """What a batch leads to. `place` is the event that is worked on; balances are told once, at the batch's end."""

    def __init__(self, out: Outputs) -> None:
        self._out = out
        self._changed: dict[str, tuple[datetime, str]] = {}
        self.place = ""

    @property
    def accounts(self) -> Iterable[str]:
        """Of which the balance is another than before."""
        return self._changed

    def tell(self, account: str, effects: Effects, time: datetime) -> None:
        """Send what came of an event, and remember what is to be."""
        for rated in effects.rated:
            self._out.send(RatedUsage.topic, account, rated, id="")
        for posting in effects.postings:
            self._out.send(Posting.topic, account, _json(posting), id="")
        for notice in effects.notices:
            self._out.send(Notice.topic, account, _json(notice), id=notice.id)
        for answer in effects.answers:
            self._out.send(ChargingAnswer.topic, account, _json(answer), id=f"{answer.id}@{self.place}")
        for refused in effects.refused:
            self._refuse(refused, time)
        for key, state in effects.kept.items():
            self._out.keep(key, _pack(state) if isinstance(state, msgspec.Struct) else state)
        if effects.changed:
            self._changed[account] = (time, self.place)

    def slip(self, slip: Slip) -> None:
        """Send what tabs have taken, and remember it; the slip is empty then."""
        self._out.send_columns(RatedUsage.topic, slip.accounts, slip.rated)
        self._out.send_columns(Posting.topic, slip.posters, slip.postings)
        self._out.keep_all(slip.kept)
        slip.clear()

    def settle(self, book: Book, last: Record) -> None:
        """Remember how the account stands after what its tab has taken, `last` at this record."""
        id = book.account.id
        self._out.keep(f"head|{id}", _pack(book.head))
        self._changed[id] = (from_micros(last.time), place(last))

    def forget(self, account: str) -> None:
        """Take back what was told of how an account stands: it is nobody's any more."""
        self._changed.pop(account, None)
        self._out.send(Balance.topic, account, None, id=f"{account}@{self.place}")

    def balances(self, books: Mapping[str, Book]) -> None:
        """Send the balance of each account that is another than before."""
        for account, (time, cause) in self._changed.items():
            balance = books[account].balance(time, cause)
            self._out.send(Balance.topic, account, _json(balance), id=f"{account}@{cause}")

    def reject(self, record: Record, refused: Rejection) -> None:
        """Put an event into the quarantine."""
        value = record.value or b""
        rejected = Rejected(
            stage="decode" if refused.reason.startswith("decode.") else "processor",
            reason=refused.reason,
            message=str(refused),
            system="charge",
            uri=f"log://{record.topic}/{record.partition}",
            offset=record.offset,
            length=len(value),
            part=value[:EXCERPT],
            target=record.topic,
            time=from_micros(record.time),
            whose=named(record.key),
        )
        self._send_rejected(rejected)

    def _refuse(self, refused: Refused, time: datetime) -> None:
        """Put a usage that came within a request into the quarantine, as one to be charged."""
        part = _json(refused.usage)
        rejected = Rejected(
            stage="processor",
            reason=refused.why.reason,
            message=str(refused.why),
            system="charge",
            uri=f"usage://{refused.usage.account}/{refused.usage.id}",
            length=len(part),
            part=part[:EXCERPT],
            target=Usage.topic,
            time=time,
            whose=refused.usage.account,
        )
        self._send_rejected(rejected)

    def _send_rejected(self, rejected: Rejected) -> None:
        id = f"charge:{rejected.uri}/{self.place}"
        self._out.send(Rejected.topic, rejected.key, _json(rejected), id=id)
