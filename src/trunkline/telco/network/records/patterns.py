"""`alarmPattern` of TMF642's tasks: which alarms they are about.

"An alarm will match if all of the attributes in any of the patterns compare equal to those attributes of the alarm."
A pattern that names an id is held against that alarm; another is asked of the store and must be answered by an index.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from trunkline.store import Query, Store
from trunkline.store.matching import matches
from trunkline.store.query import And, Compare, Condition, Element, Not, Operator, Path, Present
from trunkline.store.times import read_time
from trunkline.telco.network.records.kinds import ALARM, TIMES
from trunkline.tmf.declaration import Document
from trunkline.tmf.errors import Refusal, bad, conflict

MOST_PATTERNS = 1_000
MOST_SEARCHES = 20  # patterns without an id
MOST_ALARMS = 1_000
MOST_ATTRIBUTES = 50  # of one pattern
LARGEST = 1 << 53  # of whole numbers; what is larger is not the same everywhere

# Of what a pattern is, and where it is found: no attributes of the alarm that it is held against.
_ENVELOPE: Final = frozenset({"href", "@type", "@baseType", "@schemaLocation", "@referredType"})


def alarms(store: Store, patterns: Sequence[Document], attribute: str) -> list[Document]:
    """The alarms that match any of `patterns`, each once, in the order in which they are found.

    `attribute` is where the patterns stand. Raises `Refusal`: 400 where a pattern says nothing, or what no index
    answers; 409 where an alarm that it names is not known, or more match than one task may be about.
    """
    if len(patterns) > MOST_PATTERNS:
        raise bad("tooManyPatterns", f"{len(patterns)} patterns are too many", f"at most {MOST_PATTERNS} are taken")
    found: dict[str, Document] = {}
    searches = 0
    for at, pattern in enumerate(patterns):
        place = f"{attribute}[{at}]"
        wanted = _condition(pattern, place)
        if "id" in pattern:
            document = _known(store, str(pattern["id"]))
            if wanted is None or matches(wanted, document, TIMES):
                found[document["id"]] = document
            continue
        searches += 1
        if wanted is None:
            raise bad("emptyPattern", f"{place} names no attribute, and would mean every alarm", "name its id")
        if searches > MOST_SEARCHES:
            raise bad("tooManyPatterns", f"more than {MOST_SEARCHES} patterns without an id", "name the alarms by id")
        for document in _search(store, wanted, place):
            found[document["id"]] = document
    if len(found) > MOST_ALARMS:
        raise _too_many(len(found))
    return list(found.values())


def _known(store: Store, id: str) -> Document:
    stored = store.get(ALARM.name, id)
    if stored is None:
        raise conflict("unknownAlarm", f"there is no alarm {id[:200]}", "it may have been cleared and forgotten")
    document: Document = msgspec.json.decode(stored.document)
    return document


def _search(store: Store, wanted: Condition, place: str) -> Iterator[Document]:
    answer = store.find(Query(ALARM.name, wanted, limit=MOST_ALARMS))
    if not answer.complete:
        raise bad("slowPattern", f"{place} cannot be answered by an index", "name the alarms by id or alarmedObject.id")
    if answer.total > MOST_ALARMS:
        raise _too_many(answer.total)
    for stored in answer.records:
        yield msgspec.json.decode(stored.document)


def _condition(pattern: Document, place: str) -> Condition | None:
    """What a pattern asks of an alarm beside its id; None where that is nothing."""
    rest = {name: value for name, value in pattern.items() if name != "id"}
    conditions = tuple(_equal(rest, (), ()))
    if len(conditions) > MOST_ATTRIBUTES:
        raise bad("largePattern", f"{place} has more than {MOST_ATTRIBUTES} attributes")
    return And(conditions) if conditions else None


def _equal(value: Any, path: Path, place: Path) -> Iterator[Condition]:
    """That what stands at `path` equals `value`. `place` is the same from the document's root on."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in _ENVELOPE:
                yield from _equal(inner, (*path, name), (*place, name))
    elif isinstance(value, list):
        for element in value:
            if isinstance(element, list):
                raise bad("badPattern", f"{'.'.join(path)} has an array in an array", "no alarm has that")
            inside = tuple(_equal(element, (), place))
            if inside:
                yield Element(path, And(inside))
    elif value is None:
        yield Not(Present(path))
    elif isinstance(value, int) and abs(value) > LARGEST:
        raise bad("badPattern", f"{'.'.join(path)} is too large a number", f"at most {LARGEST} is taken")
    else:
        time = read_time(value) if isinstance(value, str) and place in TIMES else None
        yield Compare(path, Operator.EQ, time or value)


def _too_many(count: int) -> Refusal:
    reason = f"{count} alarms match, and one task may be about {MOST_ALARMS}"
    return conflict("tooManyAlarms", reason, "narrow the pattern")
