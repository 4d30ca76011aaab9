"""What a subscription asks for: the grammar of its `query` (TMF630, "Notification": that of a list's filters).

    eventType=AlarmCreateEvent,AlarmStateChangeEvent&perceivedSeverity=critical&fields=alarmType,probableCause

- `eventType=` names the events, several by commas or by repeating it. Without it, all are told.
- Any other parameter is a filter on the resource that the event tells of, as a list of such resources takes it
  (`tmf.filtering`): `perceivedSeverity=critical`, or from the event on, `event.alarm.perceivedSeverity=critical`.
  Where an API has several resources, an event is told only where its resource has all attributes that are asked for.
- `fields=` selects of that resource what is told. The event around it is always told whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import parse_qsl

from trunkline.store.matching import matches
from trunkline.store.query import Condition
from trunkline.tmf.declaration import Document, OpenApi, Resource, Version
from trunkline.tmf.errors import Refusal, bad
from trunkline.tmf.filtering import condition
from trunkline.tmf.hub.telling import resources_of, type_told
from trunkline.tmf.selection import Selection, selection

LONGEST = 4_096  # characters of a query
MOST = 100  # parameters
OF_LISTS = frozenset({"offset", "limit", "sort", "after", "before"})
EVENT = "event."
ENVELOPE = frozenset({"eventId", "eventTime", "eventType", "timeOccurred", "timeOcurred", "domain", "title", "@type"})


class Interest(NamedTuple):
    """Which events of an API a subscription is told of, and what of them. `conditions` has the resources, by name, that
    may be told of at all; `types` are the types of events in the words of `version`, none where all are meant."""

    version: Version
    types: frozenset[str]
    conditions: Mapping[str, Condition | None]
    fields: Selection | None

    def meets(self, of: Resource, type: str, document: Document) -> bool:
        """Whether an event of the canonical `type` that tells of `document` is meant."""
        if of.name not in self.conditions or (self.types and type_told(type, of, self.version) not in self.types):
            return False
        where = self.conditions[of.name]
        times = [attribute.path for attribute in of.attributes if attribute.type == "time"]
        return where is None or matches(where, document, times)


def interest(query: str, api: OpenApi, version: Version) -> Interest:
    """Read a query. Raises `Refusal` (400) where it cannot be read, or no event of the API could ever meet it."""
    parameters = _parameters(query)
    resources = resources_of(api)
    types = [type.strip() for name, value in parameters if name == "eventType" for type in value.split(",")]
    known = {type_told(f"{of.type}{event}Event", of, version) for of in resources for event in of.events}
    if unknown := sorted(set(types) - known):
        may = f"eventType may be {', '.join(sorted(known))}"
        raise bad("badQuery", f"the API tells of no event {unknown[0][:100]!r}", may)
    fields = [field for name, value in parameters if name == "fields" for field in value.split(",")]
    filters = [(name, value) for name, value in parameters if name not in ("eventType", "fields")]
    return Interest(
        version, frozenset(types), _conditions(filters, resources, version), _selection(fields, resources, version)
    )


def _parameters(query: str) -> list[tuple[str, str]]:
    if len(query) > LONGEST:
        raise bad("badQuery", f"the query has {len(query)} characters", f"at most {LONGEST} are taken")
    if not all(letter >= " " and not "\ud800" <= letter <= "\udfff" for letter in query):
        raise bad("badQuery", "the query has a control character", "encode it with %")
    try:
        parameters = parse_qsl(query.removeprefix("?"), keep_blank_values=True, max_num_fields=MOST)
    except ValueError:
        raise bad("badQuery", f"the query has more than {MOST} parameters") from None
    of_lists = next((name for name, _ in parameters if name in OF_LISTS), "")
    if of_lists:
        raise bad("badQuery", f"{of_lists} has no meaning in a subscription", "it belongs to lists")
    return parameters


def _conditions(
    filters: Sequence[tuple[str, str]], resources: Sequence[Resource], version: Version
) -> dict[str, Condition | None]:
    """What is asked of each resource; without those of which nothing could be what is asked for."""
    found: dict[str, Condition | None] = {}
    refusal = bad("badQuery", "the query names no resource of this API after `event.`")
    for of in resources:
        its = of.called(version)
        if any(name.startswith(EVENT) and not name.startswith(f"{EVENT}{its}.") for name, _ in filters):
            continue
        own = [(name.removeprefix(f"{EVENT}{its}."), value) for name, value in filters]
        try:
            found[of.name] = condition(own, of, version) if own else None
        except Refusal as error:
            refusal = error
    if not found:
        raise refusal
    return found


def _selection(fields: Sequence[str], resources: Sequence[Resource], version: Version) -> Selection | None:
    """What is selected of the resource; only what is always told of it where `fields` names the event's own alone."""
    if not fields:
        return None
    prefixes = tuple(f"{EVENT}{of.called(version)}." for of in resources)
    own: list[str] = []
    for field in map(str.strip, fields):
        prefix = next((prefix for prefix in prefixes if field.startswith(prefix)), "")
        if prefix or field not in ENVELOPE:
            own.append(field.removeprefix(prefix))
    return selection([",".join(own) or "none"])
