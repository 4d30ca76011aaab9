"""A run: finds the APIs that a server has, holds every check against their resources, and leaves nothing there."""

from __future__ import annotations

from collections.abc import Collection, Generator
from contextlib import closing
from dataclasses import dataclass, field
from uuid import uuid4

from trunkline.tmf.conformance.check import FILE, Check, Failed, NotOffered, Outcome, Result
from trunkline.tmf.conformance.checks import CHECKS
from trunkline.tmf.conformance.client import Client, Unreachable
from trunkline.tmf.conformance.listener import Listener
from trunkline.tmf.conformance.made import Made, gone
from trunkline.tmf.conformance.profile import Offered, Profile, profiles
from trunkline.tmf.conformance.subject import Subject
from trunkline.tmf.declaration import Operation, Version


@dataclass
class Run:
    """One run against one server. `left` are URLs of what it made and could not delete again; none, as a rule."""

    client: Client
    listener: Listener | None = None
    patience: float = 10.0
    read_only: bool = False
    name: str = field(default_factory=lambda: f"trunkline-conformance-{uuid4().hex[:12]}")
    """The mark of all records that it makes."""
    left: list[str] = field(default_factory=list)

    def results(
        self, numbers: Collection[int] = (), versions: Collection[Version] = tuple(Version)
    ) -> Generator[Result]:
        """Run, and give each result as it comes.

        With `numbers`, these APIs must be there; else those are checked that are. What was made goes again also where
        the iterator is closed early. Raises `Unreachable` where nobody answers at all.
        """
        for number, profile in profiles().items():
            if numbers and number not in numbers:
                continue
            for version, offered in profile.versions.items():
                if version not in versions:
                    continue
                base = self._find(offered)
                if base is not None:
                    with closing(self._api(profile, version, offered, base)) as results:
                        yield from results
                elif numbers:
                    yield self._absent(profile, version, offered, fail=len(versions) == 1)

    def _find(self, offered: Offered) -> str | None:
        """The path at which the server has the API; None where it does not."""
        first = offered.resources[0].name
        given = self.client.path
        paths = [given] if given.endswith(("/v4", "/v5")) else []
        paths += [given + path for path in offered.paths]
        for path in paths:
            answer = self.client.ask("GET", f"{path}/{first}", [("limit", "1")])
            if answer.status != 404:
                return path
        return None

    def _absent(self, profile: Profile, version: Version, offered: Offered, *, fail: bool) -> Result:
        tried = ", ".join(f"{self.client.url.rstrip('/')}{path}/{offered.resources[0].name}" for path in offered.paths)
        return Result(
            profile.number, version, "", "api.found", Outcome.FAIL if fail else Outcome.NOT_OFFERED,
            f"The server has TMF{profile.number} {profile.title} {version}", FILE,
            expected="an answer other than 404" if fail else "", came=f"404 at {tried}" if fail else "",
            reason="" if fail else f"404 at {tried}",
        )  # fmt: skip

    def _api(self, profile: Profile, version: Version, offered: Offered, base: str) -> Generator[Result]:
        for resource in offered.resources:
            self.client.answers.clear()
            subject = Subject(
                self.client,
                Made(self.client, resource.ended, self.patience),
                base,
                resource,
                version,
                f"{self.name}-{version}",
                self.listener,
                self.patience,
                self.read_only,
                next((one for one in offered.resources if f"{{{one.name}}}" in resource.path), None),
            )
            try:
                for check in CHECKS:
                    if version not in check.versions or not check.needs <= resource.operations:
                        continue
                    if check.probes or not self._is_absent(subject):
                        yield self._result(profile, version, check, subject)
            finally:
                self._clean(subject)

    def _is_absent(self, subject: Subject) -> bool:
        try:
            return bool(subject.absent)
        except (NotOffered, Unreachable):
            return False

    def _result(self, profile: Profile, version: Version, check: Check, subject: Subject) -> Result:
        outcome, expected, came, curl, reason = Outcome.PASS, "", "", "", ""
        try:
            if not check.probes:
                subject.need(check.needs)
            check.hold(subject)
        except NotOffered as why:
            outcome, reason = Outcome.NOT_OFFERED, str(why)
        except Failed as failed:
            outcome, expected, came = Outcome.FAIL, failed.expected, failed.came
            curl = failed.answer.request.curl() if failed.answer else ""
        except Unreachable as silent:
            outcome, expected, came = Outcome.FAIL, f"an answer within {self.client.timeout:g} s", str(silent)
        return Result(
            profile.number, version, subject.resource.name, check.name, outcome, check.rule, check.source,
            expected, came, curl, reason,
        )  # fmt: skip

    def _clean(self, subject: Subject) -> None:
        """Delete what was made; also what was made by a request that was interrupted before its answer was read."""
        self.left += subject.made.clean()
        shared, marked = subject.resource.shared, subject.resource.marked
        if self.read_only or not shared or Operation.DELETE not in subject.resource.operations:
            return
        try:
            mine = subject.find([(shared, subject.run), ("limit", "100")])
            for record in mine.records:
                # A server may ignore the filter: only what has the mark of this run is its own.
                if str(record.get(marked, "")).startswith(subject.run) and isinstance(record.get("id"), str):
                    path = subject.at(record["id"])
                    if self.client.origin + path not in self.left and not gone(subject.made.delete(path)):
                        self.left.append(self.client.origin + path)
        except (Unreachable, NotOffered):
            return
