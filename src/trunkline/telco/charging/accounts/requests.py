"""Requests of charging sessions in real time: what was used is charged, what is left is released, more is granted.

(TS 32.290 clause 5.4, TS 32.291.) A session holds what it was granted; prepaid accounts are granted nothing that their
buckets do not have.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from trunkline.streams import Rejection
from trunkline.telco.charging.accounts.book import Book
from trunkline.telco.charging.accounts.effects import Effects, Refused
from trunkline.telco.charging.accounts.marks import cut_off, roaming
from trunkline.telco.charging.accounts.online import Hold, Purse, Quota, Session
from trunkline.telco.charging.accounts.postings import draws
from trunkline.telco.model import ChargingAnswer, ChargingRequest, Granted

VALIDITY: Final = timedelta(hours=1)
"""How long granted units may be used; what was not reported by then is released."""


def answer(book: Book, request: ChargingRequest, now: datetime, out: Effects) -> None:
    """Work on a request, `now` by the log's clock, and answer it; the last one of a session is answered the same again.

    What was used and cannot be charged is refused by itself.
    """
    session = book.sessions.get(request.session) or Session(account=book.account.id, id=request.session)
    if session.answer is not None and session.answer.id == request.id:
        out.answers.append(session.answer)
        return
    told = ChargingAnswer(id=request.id, account=book.account.id, time=request.time)
    try:
        book.begin(request.time, out)
        book.refuse_late(request.time, "request.too-late", f"the request {request.id}")
    except Rejection as refused:
        out.answers.append(replace(told, problem=refused.reason, detail=str(refused)))
        return
    book.pass_to(request.time, out)
    for usage in request.used:
        used = replace(usage, account=book.account.id, subscription=request.subscription)
        try:
            book.usage(used, out)
        except Rejection as refused:
            out.refused.append(Refused(used, refused))
    if mark := roaming(
        book.account, request.subscription, request.visited, book.rules.home, book.standing, request.time
    ):
        book.notify([mark], request.id, out)
    if request.sequence <= session.sequence:
        late = f"the session has had a request of sequence {session.sequence} already: what was used is charged"
        out.answers.append(replace(told, problem="request.out-of-order", detail=late))
        return
    told, holds = _granted(book, request, session, now, told)
    if any(granted.result == "QUOTA_LIMIT_REACHED" for granted in told.granted):
        book.notify([cut_off(book.account, request.subscription, book.standing, request.time)], request.id, out)
    kept = replace(session, holds=holds, sequence=request.sequence, answer=told, until=now + 2 * VALIDITY)
    book.hold(kept, out)
    out.answers.append(told)


def _granted(
    book: Book, request: ChargingRequest, session: Session, now: datetime, told: ChargingAnswer
) -> tuple[ChargingAnswer, tuple[Hold, ...]]:
    """The answer with what is granted, and what the session holds then."""
    reported = {usage.rating_group for usage in request.used} | set(request.wanted)
    holds = [] if request.final else [hold for hold in session.holds if hold.group not in reported]
    others = [hold for each in book.sessions.values() if each.id != session.id for hold in each.holds]
    granted = []
    for group in () if request.final else sorted(request.wanted):
        given, found = _grant(book, request, group, [*others, *holds])
        granted.append(given)
        if found is not None and found.rated is not None:
            holds.append(
                Hold(
                    id=f"{request.id}/{group}",
                    group=group,
                    draws=tuple(draws(found.rated)),
                    rated=found.rated,
                    until=now + VALIDITY,
                )
            )
    return replace(told, granted=tuple(granted)), tuple(holds)


def _grant(book: Book, request: ChargingRequest, group: int, held: Sequence[Hold]) -> tuple[Granted, Quota | None]:
    try:
        found = Purse.of(book.standing, held, book.account, book.rules.tariffs).quota(request, group)
    except Rejection as refused:
        if refused.reason == "subscription.unknown":
            return Granted(rating_group=group, units=0, result="END_USER_SERVICE_DENIED"), None
        return Granted(rating_group=group, units=0, result="RATING_FAILED"), None
    if not found.units:
        return Granted(rating_group=group, units=0, result="QUOTA_LIMIT_REACHED"), None
    until = request.time + VALIDITY
    return Granted(rating_group=group, units=found.units, result="SUCCESS", last=found.last, valid_until=until), found
