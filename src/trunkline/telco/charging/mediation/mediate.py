"""The processor `mediate`: records become usage, each once, those of a session put together.

A record that is whole is charged at once. Of a session the records are charged together that began in the same part of
a day and are alike in what tariffs ask for: when all records of the session have come, when the part has the octets
that the settings say, or when its time has passed since the first of them came. So a session that lasts for days is
charged while it lasts, and no usage crosses midnight, where a cycle may begin.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client import Counter

from trunkline.log.envelope import from_micros
from trunkline.quarantine import Rejected
from trunkline.streams import Out, Rejection, Timer
from trunkline.streams.handlers import Handler
from trunkline.streams.keyed import Fold, Folded, initial
from trunkline.streams.keyed_instance import KeyedInstance
from trunkline.streams.out import due_uri
from trunkline.telco.charging.mediation.numbering import Normal, subscription
from trunkline.telco.charging.mediation.parts import usage_of_one
from trunkline.telco.charging.mediation.seen import MARK, Seen, place
from trunkline.telco.charging.mediation.session import NEW, Session
from trunkline.telco.charging.settings import DAY, FILE, ChargingSettings
from trunkline.telco.model import Usage, UsageReport

NAME = "mediate"
PART, CLOSE = "part", "close"  # tags of the timers: parts that wait are charged; a session is waited for no more
SECOND = 1_000_000  # microseconds
MINUTE = 60 * SECOND
AHEAD = DAY * MINUTE  # how far a record may lie in the future: clocks and zones are set wrongly
IDLE = 60.0  # seconds without a record after which time goes on by the clock

DUPLICATES = Counter("trunkline_mediation_duplicates", "Records that had been taken already.")
LATE = Counter("trunkline_mediation_late", "Records of sessions that were waited for no more.")
GAPS = Counter("trunkline_mediation_gaps", "Sessions of which records did not come in time.")


class Mediator:
    """What is done with a record, and when the time of a session has come. It has no state of its own."""

    def __init__(self, settings: ChargingSettings) -> None:
        self._normal = Normal(settings)
        self._zone = settings.time_zone
        rules = settings.mediation
        self._minutes, self._octets = rules.part_minutes, rules.part_octets
        self._hours = rules.session_hours
        self._part, self._session = rules.part_minutes * MINUTE, rules.session_hours * 60 * MINUTE
        self.horizon = rules.horizon_days * DAY * MINUTE

    def take(self, session: Session, report: UsageReport, out: Out) -> Session:
        """A record that was not taken before."""
        report = self._normal.report(report)
        if not report.partial and not report.cumulative:
            usage = usage_of_one(report, corrects=report.corrects)
            out.send(Usage.mediated, usage, usage.subscription)
            return session
        subscription(report)
        after, made = self._put(session, report)
        if session.closed:
            LATE.inc()
        after = after.numbered(report)
        after, due = after.due(0 if after.complete or after.closed else self._octets)
        send([*made, *due], out)
        if after.waiting and not session.waiting:
            out.at(out.now + self._part, PART)
        if not after.closed:
            out.at(out.now + self._session, CLOSE)
        return after

    def due(self, session: Session, timer: Timer, out: Out) -> Session | None:
        """The time of a part has passed, or that of the session."""
        after, made = session.due(0)
        send(made, out)
        if timer.tag == PART:
            return after
        if session.closed or (session.complete and not session.counted):
            return None
        if not session.complete:
            GAPS.inc()
            out.send(Rejected.topic, self._gap(after, timer, out), due_uri(out.name, out.key))
        out.at(timer.time + self.horizon, CLOSE)
        return after.close()

    def _put(self, session: Session, report: UsageReport) -> tuple[Session, list[Usage]]:
        if report.cumulative:
            session, added = session.increment(report)
            return (session if added is None else session.with_record(added, self._slot(added))), []
        if report.corrects:
            return session.corrected(report, self._slot(report))
        return session.with_record(report, self._slot(report)), []

    def _slot(self, report: UsageReport) -> int:
        """The part of the day, in the operator's zone, in which the record began."""
        local = report.started.astimezone(self._zone)
        return (local.toordinal() * DAY + local.hour * 60 + local.minute) // self._minutes

    def _gap(self, session: Session, timer: Timer, out: Out) -> Rejected:
        missing = session.missing()
        lacks = f"its records {missing} have not come" if missing else "its final record has not come"
        if missing and not session.last:
            lacks += ", nor has its final one"
        came = f" The last that came lies in {session.charged[-1].reports[-1].source.uri}." if session.charged else ""
        return Rejected(
            stage="processor",
            reason="usage.gap",
            message=f"The session {out.key.decode(errors='replace')} is charged as far as it is known: {lacks} within "
            f"{self._hours} hours after those that did.{came} Let the file be taken that has them: what comes yet is "
            "charged at once.",
            system=out.name,
            uri=due_uri(out.name, out.key),
            time=from_micros(timer.time),
        )


def send(usages: list[Usage], out: Out) -> None:
    for usage in usages:
        out.send(Usage.mediated, usage, usage.subscription)


class Mediation(Folded):
    """The definition of the processor."""

    def __init__(self, settings: ChargingSettings) -> None:
        self._mediator = Mediator(settings)
        writes = (Usage.mediated, Rejected.topic)
        super().__init__(self._mediator.take, Session, initial(Session), writes, name=NAME)
        self.on(UsageReport.topic)(self._mediator.take)

    def instance(self) -> KeyedInstance:
        """See `Definition.instance`."""
        return MediationInstance(self._mediator, self._handlers[UsageReport.topic], self._writes)


class MediationInstance(KeyedInstance):
    """The sessions, and the ids of all records that were taken."""

    def __init__(self, mediator: Mediator, handler: Handler, writes: Sequence[str]) -> None:
        self._seen = Seen(mediator.horizon)
        once = {UsageReport.topic: handler._replace(call=self._once(handler.call))}
        super().__init__(NAME, writes, once, Session, NEW, on_timer=mediator.due, idle=IDLE)

    def __len__(self) -> int:
        return super().__len__() + len(self._seen)

    def load(self, packed: bytes) -> None:
        """See `Instance.load`."""
        if packed.startswith(MARK):
            self._seen.load(packed)
        else:
            super().load(packed)

    def changes(self) -> list[bytes]:
        """See `Instance.changes`."""
        return [*super().changes(), *self._seen.changes()]

    def done(self) -> None:
        """See `Instance.done`."""
        super().done()
        self._seen.done()

    def undo(self) -> None:
        """See `Instance.undo`."""
        super().undo()
        self._seen.undo()

    def chunks(self) -> Iterator[bytes]:
        """See `Instance.chunks`."""
        yield from super().chunks()
        yield from self._seen.chunks()

    def _once(self, take: Fold[Session]) -> Fold[Session]:
        """The same for records that were not taken before, and can be told from those that were."""
        seen, horizon = self._seen, self._seen.horizon

        def once(session: Session, report: UsageReport, out: Out) -> Session | None:
            seen.forget(out.now)
            ended = (int(report.started.timestamp()) + report.duration) * SECOND
            where = place(report.id, ended)
            if where in seen:
                DUPLICATES.inc()
                return session
            if ended + horizon < out.now:
                raise Rejection(
                    "usage.too-old",
                    f"{report.id} began at {report.started} and ended longer before it came than records are known "
                    f"(`horizon_days` in {FILE}): nobody can tell whether it was charged already",
                )
            if ended > out.now + AHEAD:
                raise Rejection(
                    "usage.in-future",
                    f"{report.id} began at {report.started}, took {report.duration} seconds and ended more than a day "
                    "after it came: a clock or a time zone is set wrongly",
                )
            after = take(session, report, out)
            seen.add(where)
            return after

        return once
