"""Numbers and networks in one form each: E.164 digits without a sign before them, and one PLMN for home."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import msgspec

from trunkline.streams import Rejection
from trunkline.telco.charging.settings import ChargingSettings
from trunkline.telco.model import Number, UsageReport

REMEMBERED = 1 << 16  # numbers whose form is known without looking
SEPARATORS = str.maketrans("", "", " -./()")


class Normal:
    """Brings what records name into the form in which tariffs and the directory of numbers have it."""

    e164: Callable[[str], str]
    """The digits of a number as E.164 has it; what is none (a short code, a name) as it is.

    What has no prefix and is longer than a short code is one already.
    """

    def __init__(self, settings: ChargingSettings) -> None:
        self._code = settings.numbering.country_code
        self._international = settings.numbering.international_prefix or "+"
        self._national = settings.numbering.national_prefix
        self._short = settings.numbering.short_code
        self._home = settings.networks[0]
        # An MNC of two digits is written with three by some: 206 01, 206 001.
        self._homes = {form for its in settings.networks for form in (its, f"{its[:3]}0{its[3:]}")} | {""}
        self.e164 = lru_cache(REMEMBERED)(self._e164)

    def _e164(self, text: str) -> str:
        digits = text if text.isdigit() else text.translate(SEPARATORS)
        if digits[:1] == "+" and digits[1:].isdigit():
            return digits[1:]
        if not digits.isdigit() or not digits.isascii():
            return text
        if len(digits) <= self._short:
            return digits
        if digits.startswith(self._international):
            return digits[len(self._international) :]
        if self._national and digits.startswith(self._national):
            return self._code + digits[len(self._national) :]
        return digits

    def network(self, plmn: str) -> str:
        """The PLMN; that of home for each of the operator's own, and for none."""
        return self._home if plmn in self._homes else plmn

    def report(self, report: UsageReport) -> UsageReport:
        """The record with its numbers and its network in that form."""
        msisdn, other, visited = self.e164(report.msisdn), self.e164(report.other_party), self.network(report.visited)
        if msisdn == report.msisdn and other == report.other_party and visited == report.visited:
            return report
        return msgspec.structs.replace(report, msisdn=msisdn, other_party=other, visited=visited)


def subscription(report: UsageReport) -> str:
    """Who used it, as the directory of numbers is asked: the MSISDN, `imsi:` or `user:` where there is none.

    Raises `Rejection` with `subscription.missing` where the record names nobody.
    """
    if report.msisdn:
        return report.msisdn
    if report.imsi:
        return Number.of_sim(report.imsi)
    if report.user:
        return f"user:{report.user}"
    raise Rejection("subscription.missing", f"the record {report.id} names no MSISDN, IMSI or user: nobody can pay")
