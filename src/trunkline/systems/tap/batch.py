"""The tables at the beginning of a TAP file, by whose codes its events say times, amounts and places."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from trunkline.systems.tap.options import Options
from trunkline.telco.model.currency import minor_digits

SDR = "XDR"
"""Special drawing rights, in which charges are where a file names no TAP currency; nobody is billed in them."""
MOST_PLACES = 10

_OFFSET = re.compile(r"([+-])(\d\d)(\d\d)", re.ASCII)


class Time(NamedTuple):
    """A moment, and what the clocks said where it was."""

    moment: datetime
    ahead: int
    """Minutes that the local time is ahead of UTC."""
    local: str
    """YYYYMMDDhhmmss."""


class Batch:
    """What was said so far of a file: `take` is given each of its tables."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.sender = self.file = ""
        self._places = 0
        self._local = self._currency = ""
        self._rates: dict[int, tuple[int, int]] = {}
        self._offsets: dict[int, timedelta] = {}
        self._entities: dict[int, str] = {}

    def take(self, name: str, value: Any) -> None:
        """A child of the TransferBatch. Raises `ValueError` where it says what cannot be."""
        match name:
            case "batchControlInfo":
                self.sender = value.get("sender", "").strip()
                self.file = value.get("fileSequenceNumber", "").strip()
            case "accountingInfo":
                self._take_accounting(value)
            case "networkInfo":
                for item in groups(value, "utcTimeOffsetInfo"):
                    self._offsets[item.get("utcTimeOffsetCode", -1)] = _zone(item.get("utcTimeOffset", ""))
                for item in groups(value, "recEntityInfo"):
                    self._entities[item.get("recEntityCode", -1)] = item.get("recEntityId", "").strip()

    def _take_accounting(self, value: dict[str, Any]) -> None:
        self._local = value.get("localCurrency", "").strip()
        self._currency = value.get("tapCurrency", "").strip()
        self._places = _places(value.get("tapDecimalPlaces", 0))
        for item in groups(value, "currencyConversionInfo"):
            rate = item.get("exchangeRate", 0), _places(item.get("numberOfDecimalPlaces", 0))
            self._rates[item.get("exchangeRateCode", -1)] = rate

    def time(self, stamp: dict[str, Any] | None) -> Time:
        """What a DateTime says. Raises `ValueError` where it is missing or its code is in no table."""
        if not stamp:
            raise ValueError("the time at which it began is missing")
        code = stamp.get("utcTimeOffsetCode", -1)
        ahead = self._offsets.get(code)
        if ahead is None:
            raise ValueError(f"its time has the UTC offset code {code}, which the file's networkInfo does not have")
        local = stamp.get("localTimeStamp", "").strip()
        if len(local) != 14 or not (local.isascii() and local.isdigit()):
            raise ValueError(f"its time {local[:40]!r} is not 14 digits")
        clock = datetime(
            int(local[:4]), int(local[4:6]), int(local[6:8]), int(local[8:10]), int(local[10:12]), int(local[12:]),
            tzinfo=UTC,
        )  # fmt: skip
        return Time(clock - ahead, int(ahead.total_seconds()) // 60, local)

    def entity(self, code: int | None) -> str:
        """The recording entity of a code: its address or name, or the code where the table has none."""
        return self._entities.get(-1 if code is None else code, "") or ("" if code is None else str(code))

    def network(self, tadig: str) -> str:
        """The PLMN that served, of its TADIG code or the sender's. Raises `ValueError` where no option gives it."""
        code = tadig.strip() or self.sender
        if code not in self.options.networks:
            raise ValueError(
                f"the network {code[:10]!r} has no PLMN: give it in the connection's `options`, `networks`"
            )
        return self.options.networks[code]

    def money(self, amount: int, exchange: int | None, currency: str = "") -> tuple[int, str]:
        """An AbsoluteAmount in minor units, rounded half up, and its currency.

        It is in `currency`, else in the file's TAP currency; what is in SDR is turned into the sender's local currency
        by the rate of the code `exchange`. Raises `ValueError` where the file does not have it.
        """
        currency = currency.strip() or self._currency or (SDR if exchange is not None else self._local)
        numerator, places = amount, self._places
        if currency == SDR:
            if exchange not in self._rates:
                raise ValueError(f"a charge has the exchange rate code {exchange}, which the file does not have")
            rate, rate_places = self._rates[exchange]
            numerator, places, currency = amount * rate, places + rate_places, self._local
        if not re.fullmatch("[A-Z]{3}", currency):
            raise ValueError(f"the currency {currency[:10]!r} of a charge is no code of ISO 4217")
        minor = (2 * numerator * 10 ** minor_digits(currency) + 10**places) // (2 * 10**places)
        if not 0 <= minor < 2**53:
            raise ValueError(f"a charge of {minor} minor units cannot be")
        return minor, currency


def groups(value: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The groups of a list, [] where it is missing."""
    return [item for item in value.get(name, ()) if isinstance(item, dict)]


def _zone(text: str) -> timedelta:
    found = _OFFSET.fullmatch(text.strip())
    if found is None or int(found[2]) > 23 or int(found[3]) > 59:
        raise ValueError(f"{text[:20]!r} is no UTC offset like +0200")
    minutes = int(found[2]) * 60 + int(found[3])
    return timedelta(minutes=-minutes if found[1] == "-" else minutes)


def _places(number: int) -> int:
    if not 0 <= number <= MOST_PLACES:
        raise ValueError(f"{number} decimal places cannot be")
    return number
