"""The operator's project folder: what lies where in it, and how it is opened and checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from trunkline import settings
from trunkline.credentials import reveal
from trunkline.document import Invalid, Problem
from trunkline.settings import Settings

if TYPE_CHECKING:
    from trunkline.connect.archive import Archive
    from trunkline.contracts import Contracts
    from trunkline.contracts.contract import Contract
    from trunkline.log import Log
    from trunkline.log.port import Codec, Sealer
    from trunkline.security.identity.identity import Identity
    from trunkline.security.keys.keyring import Keyring
    from trunkline.store import Store


class NoProject(Exception):
    """No `trunkline.toml` here or above."""


@dataclass(frozen=True)
class Project:
    """A folder with `trunkline.toml`, `contracts/`, `systems/`, `kpis/`, `catalogue/`, `tariffs/`, `notices/`,
    `health.yaml`, `charging.yaml`, `fraud.yaml` and `geography.yaml`."""

    folder: Path

    @classmethod
    def find(cls, start: Path) -> Project:
        """The project of `start`: the folder itself, the nearest above it, or the only one right below it that has a
        `trunkline.toml`. Raises `NoProject`."""
        start = start.resolve()
        for folder in (start, *start.parents):
            if (folder / settings.FILE).is_file():
                return cls(folder)
        below = [file.parent for file in start.glob(f"*/{settings.FILE}")]
        if len(below) == 1:
            return cls(below[0])
        several = f" ({', '.join(sorted(folder.name for folder in below))} are several)" if below else ""
        raise NoProject(
            f"no {settings.FILE} in {start}, above it, or in one folder of it{several}: go to a project folder, "
            "name one with --project, or make one with `trunkline new NAME`"
        )

    @cached_property
    def settings(self) -> Settings:
        return settings.load(self.folder)

    @property
    def data(self) -> Path:
        """The data folder, made if it is not there; readable by its owner alone, because keys lie in it."""
        data = self.folder / self.settings.data
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        return data

    @property
    def log_url(self) -> str:
        return self.settings.log_url or f"sqlite://{self.data / 'log.db'}"

    @property
    def store_url(self) -> str:
        """As it is set: secrets in it are references."""
        return self.settings.store_url or f"sqlite://{self.data / 'store.db'}"

    @property
    def revealed_store_url(self) -> str:
        """With its secrets. Raises `StoreError` where one of them is missing."""
        return self._revealed(self.store_url)

    @cached_property
    def contracts(self) -> Contracts:
        """The data contracts. Raises `Invalid`."""
        from trunkline import contracts

        return contracts.load(self.folder / "contracts")

    def open_log(self) -> Log:
        """The event log, refusing what breaks the contracts, with every topic of the contracts there.

        A contract that changed since it was last accepted is accepted now; raises `Invalid` where it is incompatible.
        """
        from trunkline import contracts
        from trunkline.log import open_log

        log = open_log(self.log_url, self.contracts.validators(), self.codec(), self.sealer(self.contracts))
        try:
            contracts.accept(log, self.contracts)
        except BaseException:
            log.close()
            raise
        return log

    def open_store(self) -> Store:
        """The store of records. Raises `StoreError`, also where a secret of its URL is missing."""
        from trunkline.store import open_store

        store = open_store(self._revealed(self.store_url))
        if self.settings.keys is None or self.keyring is None:
            return store
        from trunkline.security.keys.project import record_sealer
        from trunkline.security.keys.records import SealedStore

        return SealedStore(store, record_sealer(self.keyring, self.settings.keys, self.contracts))

    @cached_property
    def keyring(self) -> Keyring | None:
        """The keys by which the log and the store are encrypted, None where the settings name none."""
        if self.settings.keys is None:
            return None
        from trunkline.security.keys.project import open_keyring

        url = self._revealed(self.store_url)
        return open_keyring(self.settings.keys, url, project=self.folder, data=self.data)

    def open_archive(self) -> Archive:
        """The archive of raw files, encrypted where the settings name keys."""
        from trunkline.connect.archive import Archive

        if self.keyring is None:
            return Archive(self.data / "archive")
        from trunkline.security.keys.files import FileSealer

        return Archive(self.data / "archive", sealer=FileSealer(self.keyring, "archive"))

    def sealer(self, contracts: Mapping[str, Contract] | None = None) -> Sealer | None:
        """How what lies in the log is encrypted, None where it is not. Without contracts, good for reading alone."""
        if self.settings.keys is None or self.keyring is None:
            return None
        from trunkline.security.keys.project import log_sealer

        return log_sealer(self.keyring, self.settings.keys, contracts or {})

    def open_identity(self) -> Identity | None:
        """The state of the identity provider, with what `access/people.yaml` declares taken in; None without a section
        [trust]. Raises `Invalid`, `StoreError`."""
        if self.settings.trust is None:
            return None
        from trunkline.security.identity import declared, first_passwords, opening

        people = declared.read(self.folder)
        url = self._revealed(self.store_url)
        identity = opening.open_provider(self.settings, people, url, self.folder, self.data)
        try:
            first_passwords.declare(identity, people, self.data)
        except BaseException:
            identity.close()
            raise
        return identity

    def reach_store(self) -> None:
        """Connect to the store, where there is one already, and change nothing. Raises `StoreError`."""
        from trunkline.store import reach

        if self.settings.store_url or (self.folder / self.settings.data / "store.db").exists():
            reach(self._revealed(self.store_url))

    def _revealed(self, url: str) -> str:
        from trunkline.store import StoreError

        try:
            return re.sub(r"\$\{[^}]*\}", lambda found: quote(reveal(found[0], self.folder, self.data), safe=""), url)
        except ValueError as error:
            raise StoreError(f"store_url: {error}") from None

    def codec(self) -> Codec | None:
        """How values lie on the log where others share it; None where as JSON, as on the embedded one.

        Raises `Invalid` where a contract needs a schema registry and there is none, `LogError` where a secret of it
        or the extra `registry` is missing.
        """
        formats = {contract.settings.wire_format for contract in self.contracts.values()}
        if self.log_url.startswith("sqlite:") or formats <= {"json"}:
            return None
        try:
            from trunkline import registry
        except ImportError as missing:
            from trunkline.log import LogError

            raise LogError(
                f"a `wireFormat` on Kafka needs packages that are not installed ({missing.name}): "
                "pip install 'trunkline[registry]'"
            ) from None
        declared = self.settings.schema_registry
        if declared is None:
            raise Invalid(registry.problems(self.contracts))
        return registry.open_codec(declared, self.contracts, self.log_url, project=self.folder, data=self.data)


def check(project: Project, against: Path | None = None) -> list[Problem]:
    """Everything that is wrong with the folder, each with file, line and reason; [] when it is fit to run.

    Contracts are held against those that the project's log last accepted, or against the folder `against`.
    """
    from trunkline import contracts
    from trunkline.connect import connection
    from trunkline.effects import declaration
    from trunkline.gateway import check as check_gateway
    from trunkline.log import LogError, open_log
    from trunkline.security.certificates.ending import unusable
    from trunkline.security.identity import declared
    from trunkline.streams import folder
    from trunkline.telco.charging import tariff
    from trunkline.telco.charging.processors import check as check_charging
    from trunkline.telco.network.processors import check as check_network
    from trunkline.tmf import catalogue

    problems: list[Problem] = []
    try:
        log_file = project.folder / project.settings.data / "log.db"
    except Invalid as error:
        return error.problems
    log = None
    try:
        if project.settings.log_url or log_file.exists():
            log = open_log(project.log_url, sealer=project.sealer())
        problems += contracts.check(project.folder / "contracts", log=log, against=against)
    except LogError as error:
        problems.append(Problem(str(project.folder / settings.FILE), 1, f"the log {project.log_url}: {error}"))
    finally:
        if log is not None:
            log.close()
    problems += [problem for problem in _codec_problems(project) if problem not in problems]
    problems += _store_problems(project)
    problems += unusable(project.settings, project.folder)
    problems += connection.check(project.folder, project.settings.exceptions)
    problems += declaration.check(project.folder, project.settings.exceptions)
    problems += check_gateway(project.folder, project.folder / project.settings.data)
    problems += check_network(project.folder)
    problems += check_charging(project.folder)
    problems += declared.check(project.folder)
    problems += _access_problems(project)
    problems += tariff.check(project.folder / tariff.FOLDER)
    problems += catalogue.check(project.folder / catalogue.FOLDER)
    if not problems:
        problems += folder.check(project.folder / "processors", set(project.contracts))
    return sorted(problems, key=lambda problem: (str(problem.file), problem.line))


def excepted(project: Project) -> Iterator[Problem]:
    """What leaves this machine unprotected, where and why, as the operator has said; of a folder that is fit to run."""
    from trunkline.connect import connection
    from trunkline.effects import declaration
    from trunkline.protection import excepted as of_document

    exceptions = project.settings.exceptions
    yield from settings.excepted(project.folder, project.settings)
    for each in (*connection.load(project.folder, exceptions), *declaration.load(project.folder, exceptions)):
        yield from of_document(each.document, each.settings.unprotected(), exceptions)


def _access_problems(project: Project) -> list[Problem]:
    """Contracts that cannot be read are named by their own check."""
    from trunkline.security.access import opening

    try:
        contracts = project.contracts
    except Invalid:
        return []
    return opening.check(project.folder, contracts)


def _codec_problems(project: Project) -> list[Problem]:
    from trunkline.log import LogError

    try:
        project.codec()
    except Invalid as error:
        return error.problems
    except LogError as error:
        return [Problem(str(project.folder / settings.FILE), 1, str(error))]
    return []


def _store_problems(project: Project) -> list[Problem]:
    from trunkline.store import StoreError

    try:
        project.reach_store()
    except StoreError as error:
        return [Problem(str(project.folder / settings.FILE), 1, f"the store: {' '.join(str(error).split())}")]
    return []
