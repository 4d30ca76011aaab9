"""What of a project is sealed: what `[keys]` in its settings and the classification in its contracts say."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Final

from trunkline import credentials
from trunkline.contracts.contract import Contract
from trunkline.contracts.field import PERSONAL, Field
from trunkline.security.keys.keyring import Keyring
from trunkline.security.keys.log import LogSealer
from trunkline.security.keys.opening import open_kek
from trunkline.security.keys.port import Kek, KeysError
from trunkline.security.keys.records import Personal, RecordSealer
from trunkline.security.keys.table import KeyTable
from trunkline.security.keys.whose import ByField, ByKey, ByRecord, Whose
from trunkline.settings import Keys
from trunkline.streams.quarantine import DECISIONS
from trunkline.tmf.events import TOPIC as EVENTS

DAY: Final = 86_400.0
FILE: Final = "keys.db"
STATE: Final = "state."  # topics of what processors remember,
RETRY: Final = "retry."  # and of what is put back to them


def open_keyring(declared: Keys, store_url: str, *, project: Path, data: Path) -> Keyring:
    """The project's keys. Nothing is opened or made before the first one is needed.

    The table of keys lies in a file of its own, or in the store's database where that is a server's.
    """

    def kek() -> Kek:
        try:
            token = credentials.reveal(declared.token, project, data) if declared.token else ""
        except ValueError as error:
            raise KeysError(f"[keys] token: {error}") from None
        return open_kek(declared.url, data, token)

    url = f"sqlite://{data / FILE}" if store_url.startswith("sqlite:") else store_url
    return Keyring(kek, lambda: KeyTable(url), renew=declared.renew_days * DAY)


def log_sealer(keyring: Keyring, declared: Keys, contracts: Mapping[str, Contract]) -> LogSealer:
    """What is sealed in the log. Without contracts, nothing is told whose it is: good for reading."""
    named = {
        name: ByKey() if contract.settings.subject == "key" else ByField(contract.settings.subject)
        for name, contract in contracts.items()
        if contract.settings.subject != "none"
    }
    personal = named.keys() | {name for name, contract in contracts.items() if _is_personal(contract.event)}
    whose: dict[str, Whose] = {**named, **_of_the_platform(declared)} if contracts else {}
    subjects = [its.settings.subject for its in contracts.values() if isinstance(its.settings.subject, tuple)]
    fields = dict.fromkeys(chain.from_iterable(subjects))
    put_back = ByField(list(fields), or_key=True) if named else None
    plain = set(declared.open_topics)

    def sealed(topic: str) -> bool:
        if topic in plain:
            return False
        return declared.log == "all" or topic in personal or topic in whose or (bool(personal) and _remembers(topic))

    def of(topic: str) -> Whose | None:
        return put_back if topic.startswith(RETRY) else whose.get(topic)

    return LogSealer(keyring, sealed, of)


def _of_the_platform(declared: Keys) -> dict[str, Whose]:
    """Whose the events of topics without a contract are: decisions on what was refused, and what is told of records."""
    records = {kind: _path(its.subject) for kind, its in declared.records.items()}
    return {DECISIONS.name: ByField(("whose",)), EVENTS: ByRecord(records)}


def _remembers(topic: str) -> bool:
    """Whether processors keep in it what they have read."""
    return topic.startswith((STATE, RETRY))


def record_sealer(keyring: Keyring, declared: Keys, contracts: Mapping[str, Contract]) -> RecordSealer:
    """What is sealed in the store: kinds that have a topic's name as its contract says, others as `[keys]` does."""
    kinds = {
        name: Personal((), plain=frozenset(each.name for each in contract.event.fields if not _is_personal(each)))
        for name, contract in contracts.items()
        if contract.settings.subject == "key"
    }
    kinds |= {
        kind: Personal(_path(its.subject), tuple(map(_path, its.personal))) for kind, its in declared.records.items()
    }
    return RecordSealer(keyring, kinds)


def _is_personal(field: Field) -> bool:
    """Whether there is anything personal in it."""
    return any(below.classification in PERSONAL for below in field.descendants())


def _path(dotted: str) -> tuple[str, ...]:
    return tuple(dotted.split(".")) if dotted else ()
