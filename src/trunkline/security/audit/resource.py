"""What a request is about: the kind and id in its path, the attributes it names, and whose data its documents are.

Of kinds that tell of people, ids stand in the trail as pseudonyms; of the network and of what is sold, as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, unquote_to_bytes

import msgspec

from trunkline.security.audit.entry import MOST

TMF: Final = "tmf-api"
DEPTHS: Final = {TMF: 3, "network-health": 2, "charging": 2, "gateway": 2, "nchf-convergedcharging": 2}
"""The APIs whose requests are recorded, by the first step of their paths; at which step behind it the kind stands."""
TELLING: Final = {"oauth2": 2, "scim": 3}
"""The identity provider's paths: what is recorded there is said by who serves it (`note.Did`). At which step of a path
an id stands."""
NAMED: Final = frozenset({"register", "Users", "Groups"})
"""What of the provider's has ids in its paths."""
UNRECORDED: Final = frozenset({"openapi.json"})
OPEN: Final = frozenset(
    {
        *(
            "network",
            "overview",
            "events",
            "vendors",
            "regions",
            "sites",
            "cells",
            "kpis",
            "alarms",
            "alarm",
            "resource",
            "decisions",
            "status",
        ),
        *("measurementCollectionJob", "performanceIndicatorGroupSpecification", "performanceIndicatorSpecification"),
        *("performanceMeasurement", "trackingRecord", "dataAccessEndpoint"),
        *("productCatalog", "catalog", "category", "productOffering", "productOfferingPrice", "productSpecification"),
        *("usageSpecification", "billCycle", "billCycleSpecification", "topic", "topicHub", "hub", "application"),
    }
)
"""The kinds that tell of the network, of what is sold, and of the platform: of no person."""
OWNERS: Final = (
    "relatedParty",
    "engagedParty",
    "billingAccount",
    "partyAccount",
    "account",
    "customer",
    "subscription",
)
"""The attributes that say whose data a document is."""
SLASHED: Final = frozenset({"vendors", "regions", "sites", "cells"})
"""The kinds whose ids are distinguished names that may hold a slash."""
HISTORY: Final = "history"
LONGEST_PATH: Final = 2_000
DEEPEST: Final = 4
LARGEST: Final = 256 << 10  # bytes of a document, or a list of them, that is looked into

UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_NAME = re.compile(r"[@A-Za-z][\w.@-]{0,60}\Z", re.ASCII)


class Place(NamedTuple):
    """A path: the kind, the id where one is meant, the id that it lies within, and the path without any id."""

    kind: str
    id: str
    within: str
    template: str


class Documents(NamedTuple):
    """What a body tells of: how many documents, whose they are, and the names of the attributes of a single one."""

    told: int = 0
    owners: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


class _Told(msgspec.Struct, gc=False, rename="camel"):
    """The part of a document that says whose it is; whatever else it has is passed over."""

    id: Any = None
    related_party: Any = None
    engaged_party: Any = None
    billing_account: Any = None
    party_account: Any = None
    account: Any = None
    customer: Any = None
    subscription: Any = None
    alarmed_object: Any = None


_told = msgspec.json.Decoder(list[_Told] | _Told)
_names = msgspec.json.Decoder(dict[str, msgspec.Raw])
_operations = msgspec.json.Decoder(list[dict[str, Any]])


def place_of(path: str, raw_path: bytes) -> Place | None:
    """What a path, decoded and as it came, leads to; None where it is none of the APIs that are recorded.

    It is read as its API reads it: TM Forum's step by step, since an id may hold a slash, the others as decoded.
    """
    api = path[1:].partition("/")[0]
    depth = DEPTHS.get(api)
    if depth is None:
        return None
    return _place(api, depth, raw_path[:LONGEST_PATH] if api == TMF else path[:LONGEST_PATH].encode())


def told_place_of(path: str) -> Place | None:
    """What a path of the identity provider leads to; None where it is none."""
    steps = path[:LONGEST_PATH].split("/")[1:]
    at = TELLING.get(steps[0])
    if at is None:
        return None
    words = ["{id}" if n == at and steps[n - 1] in NAMED else _word(step) for n, step in enumerate(steps)]
    return Place(words[at - 1] if len(words) >= at else "", "", "", "/".join(("", *words)))


@lru_cache(maxsize=4_096)
def _place(api: str, depth: int, path: bytes) -> Place | None:
    steps = [(unquote_to_bytes(step) if api == TMF else step).decode("utf-8", "replace") for step in path.split(b"/")]
    base, behind = steps[1 : 1 + depth], steps[1 + depth :]
    kind, id, *rest = [*behind, "", ""][: max(2, len(behind))]
    kind = _word(kind)
    if kind in UNRECORDED:
        return None
    template = ["", *map(_word, base), kind, *(["{id}"] if id else [])]
    within = ""
    if rest and api == TMF:  # a list within a document, or one of that list
        within, kind, id = id, _word(rest[0]), "/".join(rest[1:])
        template += [kind, *(["{id}"] if id else [])]
    elif rest and kind in SLASHED:
        if rest[-1] == HISTORY:
            template.append(rest.pop())
        id = "/".join((id, *rest))
    elif rest:
        template += map(_word, rest)
    return Place(kind, id, within, "/".join(template))


def names_in_query(query: bytes) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """(what `fields` names, the names of the parameters, the ids of people and accounts asked for)."""
    if not query:
        return (), (), ()
    try:
        pairs = parse_qsl(query[:4_000].decode("latin-1"), keep_blank_values=True, max_num_fields=200)
    except ValueError:
        return (), ("?",), ()
    fields = [name for key, value in pairs if key == "fields" for name in value.split(",")]
    asked = [value for key, value in pairs if key.partition(".")[0] in OWNERS]
    return names(fields), names(key for key, _ in pairs), tuple(filter(None, asked))


def documents_in(body: bytes) -> Documents:
    """What a JSON body tells of; nothing where it is none, or larger than is looked into."""
    if len(body) > LARGEST or body[:1] not in (b"{", b"["):
        return Documents()
    try:
        told = _told.decode(body)
    except UNREADABLE:
        return Documents()
    if isinstance(told, list):
        return Documents(len(told), _unique(id for one in told for id in _owners(one)))
    return Documents(1, _unique(_owners(told)))


def names_in(body: bytes) -> tuple[str, ...]:
    """The attributes that a change names: of a document, a JSON Merge Patch, or a JSON Patch."""
    if len(body) > LARGEST:
        return ("…",)
    try:
        if body.lstrip()[:1] == b"[":
            paths = (str(step.get("path", "")) for step in _operations.decode(body))
            return names(path.strip("/$.").partition("/")[0] for path in paths)
        return names(_names.decode(body))
    except UNREADABLE:
        return ()


def names(found: Iterable[str]) -> tuple[str, ...]:
    """Names of attributes: what does not look like one (somebody's name, say) is only said to be there."""
    return tuple(dict.fromkeys(name if _NAME.match(name) else "…" for name in found if name))[:MOST]


def _word(step: str) -> str:
    return step if _NAME.match(step) else "…" if step else ""


def _owners(told: _Told) -> Iterator[str]:
    for found in (
        told.related_party,
        told.engaged_party,
        told.billing_account,
        told.party_account,
        told.account,
        told.customer,
        told.subscription,
        told.alarmed_object,
    ):
        if found is not None:
            yield from _ids(found)


def _ids(found: Any, depth: int = 0) -> Iterator[str]:
    """The ids in a reference: a text, an object with an `id`, one that wraps such an object, or a list of these."""
    if isinstance(found, str):
        yield found
    elif depth < DEEPEST and isinstance(found, list):
        for each in found:
            yield from _ids(each, depth + 1)
    elif depth < DEEPEST and isinstance(found, dict):
        if isinstance(id := found.get("id"), str):
            yield id
        else:
            yield from _ids([part for part in found.values() if isinstance(part, dict)], depth + 1)


def _unique(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, ids)))[:MOST]
