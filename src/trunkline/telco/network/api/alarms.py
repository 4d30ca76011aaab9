"""Routes of alarms: the list, one alarm, and what an operator does with it (TMF642's tasks)."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from trunkline.http import Problem, cursor
from trunkline.http.parameters import Cursor, Limit, Time
from trunkline.http.responses import Json, Page, returns
from trunkline.log.envelope import cloud_event
from trunkline.telco.model import AckState, AlarmCommand, Severity, Source
from trunkline.telco.network.api.service import NetworkHealth
from trunkline.telco.network.view.alarmlist import AlarmFilter, AlarmSort, LocatedAlarm

EFFECT_WITHIN = 2.0  # seconds that an answer waits for the command's effect

EXAMPLE = LocatedAlarm(
    id="3f0c9a52",
    state="raised",
    vendor="Nokia",
    dn="ManagedElement=MRBTS-1200,LTECell=1200-3",
    native_dn="PLMN-PLMN/MRBTS-1200/LNBTS-1200/LNCEL-3",
    problem="7653",
    perceived_severity=Severity.MAJOR,
    probable_cause="underlyingResourceUnavailable",
    specific_problem="CELL FAULTY",
    raised_time=datetime(2026, 11, 23, 9, 12, 4, tzinfo=UTC),
    changed_time=datetime(2026, 11, 23, 9, 12, 4, tzinfo=UTC),
    paths={"netact": "65182239"},
    site="GNT_DAMPOORT_01",
    region="Oost-Vlaanderen",
    source=Source(uri="snmp://127.0.0.1:50112"),
)


Sort = Literal[
    "raisedTime",
    "-raisedTime",
    "changedTime",
    "-changedTime",
    "perceivedSeverity",
    "-perceivedSeverity",
    "dn",
    "-dn",
]


class Accepted(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The command is in the log, at this place; its effect was not seen yet."""

    topic: str
    partition: int
    offset: int


class AlarmQuery(BaseModel):
    """Which alarms, in which order, how many."""

    model_config = ConfigDict(extra="forbid")

    severity: list[Severity] = Field([], description="Any of these perceived severities.")
    vendor: list[str] = Field([], description="Any of these vendors.", examples=[["Ericsson"]])
    region: list[str] = Field([], description="Any of these regions.", examples=[["Antwerpen"]])
    site: list[str] = Field([], description="Any of these sites.")
    dn: str = Field("", max_length=1000, description="The object of this DN and everything below it.")
    ackState: list[AckState] = Field([], description="Acknowledged or not.")  # TMF642's name
    state: list[Literal["raised", "updated", "cleared"]] = Field(
        [], description="Any of these states; the active alarms (`raised`, `updated`) where none is given."
    )
    since: Time | None = Field(None, alias="from", description="Raised at or after this time.")
    until: Time | None = Field(None, alias="to", description="Raised before this time.")
    sort: Sort = Field("-raisedTime", description="`perceivedSeverity` gives the most severe first.")
    limit: Limit = 100
    cursor: Cursor = ""

    def filter(self) -> AlarmFilter:
        return AlarmFilter(
            severities=tuple(self.severity),
            vendors=tuple(self.vendor),
            regions=tuple(self.region),
            sites=tuple(self.site),
            dn=self.dn,
            ack_states=tuple(self.ackState),
            states=tuple(self.state),
            since=self.since,
            until=self.until,
        )


class Task(BaseModel):
    """Who does it, and a note on why."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    user: str = Field(min_length=1, max_length=100, examples=["an.peeters"])
    text: str = Field("", max_length=2000, examples=["technician on the way"])


class CommentTask(Task):
    """Who says what."""

    text: str = Field(min_length=1, max_length=2000, examples=["power failure in the street"])


class GroupTask(Task):
    """The alarm that stands for the whole fault."""

    parent: str = Field(min_length=1, max_length=200, description="The id of the parent alarm.")


AlarmId = Annotated[str, Path(max_length=200, description="The alarm's id.")]
Effect = Callable[[LocatedAlarm], bool]
DONE = returns(LocatedAlarm, "Done: the alarm as it is now.", 404, 409, example=EXAMPLE) | {
    202: returns(Accepted, "Written to the log; the effect was not seen within two seconds.", status=202)[202]
}


def add_routes(router: APIRouter, service: NetworkHealth) -> None:
    """Add the routes of alarms."""

    @router.get(
        "/alarms",
        tags=["alarms"],
        summary="Alarms: the active ones, or those of the states asked for",
        responses=returns(list[LocatedAlarm], "The alarms that match.", paged=True, example=[EXAMPLE]),
    )
    async def alarms(request: Request, query: Annotated[AlarmQuery, Query()]) -> Page:
        sort = AlarmSort(query.sort.removeprefix("-"))
        page = service.view.alarms(
            query.filter(),
            sort,
            descending=query.sort.startswith("-"),
            limit=query.limit,
            after=cursor.decode(query.cursor, sort.cursor),
        )
        return Page(request, page.alarms, page.total, cursor.encode(page.next))

    @router.get(
        "/alarms/{id}",
        tags=["alarms"],
        summary="One alarm",
        responses=returns(LocatedAlarm, "The alarm as it is now.", 404, example=EXAMPLE),
    )
    async def alarm(id: AlarmId) -> Json:
        return Json(_found(service, id))

    @router.post("/alarms/{id}/acknowledge", tags=["alarms"], summary="Take the alarm on", responses=DONE)
    async def acknowledge(id: AlarmId, task: Task) -> Json:
        return await _command(service, id, "acknowledge", task, lambda now: now.ack_state is AckState.ACKNOWLEDGED)

    @router.post("/alarms/{id}/unacknowledge", tags=["alarms"], summary="Give the alarm back", responses=DONE)
    async def unacknowledge(id: AlarmId, task: Task) -> Json:
        return await _command(service, id, "unacknowledge", task, lambda now: now.ack_state is AckState.UNACKNOWLEDGED)

    @router.post("/alarms/{id}/comment", tags=["alarms"], summary="Add a comment", responses=DONE)
    async def comment(id: AlarmId, task: CommentTask) -> Json:
        before = len(_found(service, id).comments)
        return await _command(
            service,
            id,
            "comment",
            task,
            lambda now: any((said.user, said.text) == (task.user, task.text) for said in now.comments[before:]),
        )

    @router.post("/alarms/{id}/clear", tags=["alarms"], summary="Declare the alarm over", responses=DONE)
    async def clear(id: AlarmId, task: Task) -> Json:
        if not _found(service, id).active:
            raise Problem(409, f"the alarm {id} is cleared already")
        return await _command(service, id, "clear", task, lambda now: not now.active)

    @router.post(
        "/alarms/{id}/group",
        tags=["alarms"],
        summary="Make the alarm a child of the one that stands for the whole fault",
        responses=DONE,
    )
    async def group(id: AlarmId, task: GroupTask) -> Json:
        if task.parent == id:
            raise Problem(409, "an alarm cannot be its own parent")
        if service.view.alarm(task.parent) is None:
            raise Problem(409, f"the parent {task.parent!r} is not a known alarm")
        return await _command(service, id, "group", task, lambda now: now.parent == task.parent)

    @router.post("/alarms/{id}/ungroup", tags=["alarms"], summary="Take the alarm out of its group", responses=DONE)
    async def ungroup(id: AlarmId, task: Task) -> Json:
        return await _command(service, id, "ungroup", task, lambda now: not now.parent)


def _found(service: NetworkHealth, id: str) -> LocatedAlarm:
    alarm = service.view.alarm(id)
    if alarm is None:
        raise Problem(404, f"no alarm {id!r} is active, nor was one cleared lately")
    return alarm


async def _command(service: NetworkHealth, id: str, command: str, task: Task, effect: Effect) -> Json:
    """Append the command; answer with the alarm once its effect shows, or with the place of the command in the log."""
    alarm = _found(service, id)
    order = AlarmCommand(
        command=command,
        alarm_id=id,
        dn=alarm.dn,
        user=task.user,
        time=datetime.now(UTC),
        text=task.text,
        parent=task.parent if isinstance(task, GroupTask) else "",
    )
    event = cloud_event(
        type=AlarmCommand.topic,
        source="/network-health/v1",
        id=uuid.uuid4().hex,
        value=msgspec.json.encode(order),
        key=order.key,
    )
    [(partition, offset)] = await asyncio.to_thread(service.log.append, AlarmCommand.topic, [event])
    after = await _effect(service, id, effect)
    if after is not None:
        return Json(after)
    return Json(Accepted(topic=AlarmCommand.topic, partition=partition, offset=offset), status_code=202)


async def _effect(service: NetworkHealth, id: str, effect: Effect) -> LocatedAlarm | None:
    try:
        async with asyncio.timeout(EFFECT_WITHIN):
            while True:
                news = service.feed.news
                alarm = service.view.alarm(id)
                if alarm is not None and effect(alarm):
                    return alarm
                await asyncio.shield(news)
    except TimeoutError:
        return None
