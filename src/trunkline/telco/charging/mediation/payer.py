"""The processor `payer`: usage gets the account that pays for it, by the directory of numbers."""

from __future__ import annotations

import msgspec

from trunkline.streams import Out, Rejection, table_join
from trunkline.telco.model import Number, Usage


@table_join(stream=Usage.mediated, table=Number.topic, writes=(Usage.topic,))
def payer(usage: Usage, number: Number | None, out: Out) -> None:
    """Put the account on usage, and the number where only the SIM was known.

    Usage of a number that nobody had then is refused with `subscription.unknown`. Once the account is there, it can be
    put back from the quarantine.
    """
    if number is None:
        raise Rejection(
            "subscription.unknown",
            f"no account has {usage.subscription}: write the account that pays for it to charging.account, then put "
            "this back",
        )
    account, msisdn = holder(number, usage)
    out.send(Usage.topic, msgspec.structs.replace(usage, account=account, subscription=msisdn), account)


def holder(number: Number, usage: Usage) -> tuple[str, str]:
    """Who had the number when the usage began: (account, MSISDN). Raises `Rejection`."""
    for former in number.former:
        if usage.started < former.until:
            return former.account, former.msisdn
    if number.until is not None and usage.started >= number.until:
        raise Rejection(
            "subscription.unknown",
            f"{usage.subscription} was given up by {number.account} at {number.until}, and used at {usage.started}: "
            "write the account that pays for it to charging.account, then put this back",
        )
    return number.account, number.msisdn
