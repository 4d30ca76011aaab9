"""All contracts of an operator: the files of the folder `contracts/`, one a topic, named after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from trunkline.contracts.contract import Contract, read
from trunkline.contracts.validator import ContractValidator
from trunkline.document import Document, Invalid, Problem
from trunkline.log.port import Topic, Validator


class Contracts(Mapping[str, Contract]):
    """Contracts by topic."""

    def __init__(self, contracts: Mapping[str, Contract], folder: Path | None = None) -> None:
        self._contracts = dict(sorted(contracts.items()))
        self.folder = folder

    def __getitem__(self, topic: str) -> Contract:
        return self._contracts[topic]

    def __iter__(self) -> Iterator[str]:
        return iter(self._contracts)

    def __len__(self) -> int:
        return len(self._contracts)

    def topics(self) -> list[Topic]:
        """How the log must keep each topic."""
        return [contract.topic for contract in self.values()]

    def validators(self) -> dict[str, Validator]:
        """What `open_log` needs to refuse events that break their contract."""
        return {topic: ContractValidator(contract) for topic, contract in self.items()}


def load(folder: Path | str) -> Contracts:
    """Read every `*.yaml` in `folder`. Raises `Invalid` with the problems of all files together."""
    folder = Path(folder)
    contracts: dict[str, Contract] = {}
    problems: list[Problem] = []
    if not folder.is_dir():
        raise Invalid([Problem(str(folder), 1, "is not a folder: contracts are kept here, one file a topic")])
    for path in sorted(folder.glob("*.y*ml")):
        try:
            contract = read(Document.load(path))
        except Invalid as refused:
            problems += refused.problems
            continue
        if path.name != f"{contract.name}.yaml":
            place = ("schema", 0, "physicalName")
            problems.append(contract.document.problem(place, f"this topic's file must be named {contract.name}.yaml"))
        contracts[contract.name] = contract
    if problems:
        raise Invalid(problems)
    return Contracts(contracts, folder)
