"""What of a project is sealed: what `[keys]` in its settings and the classification in its contracts say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from trunkline import credentials
from trunkline.contracts.contract import Contract
from trunkline.contracts.field import PERSONAL, Field
from trunkline.quarantine import Rejected
from trunkline.security.keys.keyring import Keyring
from trunkline.security.keys.log import LogSealer
from trunkline.security.keys.opening import open_kek
from trunkline.security.keys.port import Kek, KeysError
from trunkline.security.keys.records import Personal, RecordSealer
from trunkline.security.keys.table import KeyTable
from trunkline.security.keys.whose import Whose
from trunkline.settings import Keys
from trunkline.streams.quarantine import DECISIONS

DAY: Final = 86_400.0
FILE: Final = "keys.db"


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
    subjects = {DECISIONS.name: Whose(("whose",))} if Rejected.topic in contracts else {}
    for name, contract in contracts.items():
        if (subject := contract.settings.subject) != "none":
            subjects[name] = Whose(() if subject == "key" else subject)
    personal = subjects.keys() | {name for name, contract in contracts.items() if _is_personal(contract.event)}
    plain = set(declared.open_topics)

    def sealed(topic: str) -> bool:
        if topic in plain:
            return False
        return declared.log == "all" or topic in personal or (topic.startswith("state.") and bool(personal))

    return LogSealer(keyring, sealed, subjects)


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
