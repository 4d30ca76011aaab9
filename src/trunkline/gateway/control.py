"""The control plane: from the operator's files to a running Envoy, and again whenever a file changes.

Lint, plan, checks, Envoy's own opinion; only then are Envoy's files replaced, in an order in which no request meets a
half: clusters before the routes that need them, and old clusters gone after the routes that needed them. What is wrong
changes nothing: the plan before stays in force, and the status says so.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from trunkline.document import Invalid, Problem
from trunkline.gateway import checks, inspections, revisions, revocations, status
from trunkline.gateway.companions import Companions, NoCompanion
from trunkline.gateway.credentials.register import Register, extension
from trunkline.gateway.envoy import files, program
from trunkline.gateway.envoy.admin import Unreachable
from trunkline.gateway.envoy.bootstrap import bootstrap, whole
from trunkline.gateway.envoy.clusters import clusters
from trunkline.gateway.envoy.listener import listener
from trunkline.gateway.envoy.program import Envoy
from trunkline.gateway.envoy.scopes import Scope, scopes
from trunkline.gateway.envoy.tls import secrets
from trunkline.gateway.folder import FOLDER, Stamp, is_declared, load, stamp
from trunkline.gateway.keysets import key_set
from trunkline.gateway.places import Places
from trunkline.gateway.plan import Plan, plan
from trunkline.gateway.policies.jwt import Jwt, jwt_filter
from trunkline.gateway.purges import purges
from trunkline.gateway.watching import Seen, Watch

Json = dict[str, Any]
LOOK_AGAIN: Final = 0.2
"""Seconds after which the files are looked at for changes."""
SETTLES: Final = 60.0
"""Seconds that Envoy has to take a change."""
LINGER: Final = 20.0
"""Seconds that a cluster stays which no route needs any more: requests may still be on their way to it."""
LARGEST_LOG: Final = 256 << 20  # bytes of the access log; four more are kept
KEPT_LOGS: Final = 4
_TAKEN: Final = r"^(cluster_manager\.cds|http\.gateway\.scoped_rds\.apis)\.update_(success|rejected)$"

logger = logging.getLogger(__name__)


def planned(places: Places, before: Plan | None = None) -> Plan:
    """The plan of the operator's files; those that have not changed since `before` are not read again. Raises `Invalid`
    with all that is wrong in them."""
    found = plan(load(places.project / FOLDER, before.apis if before else None), purges(places))
    if problems := checks.check(found):
        raise Invalid(problems)
    return found


def validated(
    places: Places, before: Plan | None = None, held: Mapping[str, Scope] = {}
) -> tuple[Plan, dict[str, Scope]]:
    """A plan that Envoy would take, too, and its routes. Envoy is asked about those that are not `held` already, by the
    plan `before`. Raises `Invalid`, and `NoEnvoy`."""
    found = planned(places, before)
    rendered = scopes(found, places.project, held)
    new = [scope for name, scope in rendered.items() if held.get(name) is not scope]
    try:
        program.validate(whole(found, places, new))
    except program.Refused as error:
        raise Invalid([found.apis.gateway_file.problem((), f"Envoy would not take this: {error}")]) from None
    return found, rendered


def check(project: Path, data: Path) -> list[Problem]:
    """All that is wrong with the operator's gateway; [] where it is sound. Envoy is asked, where there is one."""
    places = Places(project, data)
    if not is_declared(project / FOLDER):
        return []
    try:
        validated(places) if program.find() else planned(places)
    except Invalid as error:
        return error.problems
    return []


class Control:
    """The control plane of one gateway."""

    def __init__(self, places: Places) -> None:
        places.make()
        self._places = places
        self._register = Register(places)
        self._watch = Watch(places)
        self._seen: Seen = frozenset()
        self._issued: Stamp | None = None
        self._next_expiry: datetime | None = None
        self._envoy = Envoy(places)
        self._companions = Companions(places)
        self._needed: frozenset[str] = frozenset()
        self._rules_of_bodies: frozenset[str] = frozenset()
        self._threads = 1
        self._plan: Plan | None = None
        self._scopes: dict[str, Scope] = {}
        self._clusters: dict[str, Json] = {}
        self._drop_clusters: float | None = None

    def run(self, stop: threading.Event) -> None:
        """Keep Envoy running by the operator's files until `stop` is set. Raises `Invalid` where the files are wrong at
        the beginning, `NoEnvoy` and `NoCompanion`."""
        self._seen = self._watch.look()
        try:
            self.apply()
            if not self._envoy.runs():
                self._envoy.start(self._threads)
        except BaseException:
            if not self._envoy.runs():  # else it goes on by the plan before, which may need them
                self._companions.stop()
            raise
        try:
            while not stop.wait(LOOK_AGAIN):
                self._look()
        finally:
            self._envoy.stop()
            self._companions.stop()

    def _look(self) -> None:
        """One round: restart what died, take changes of files, let keys expire."""
        if not self._envoy.runs():
            logger.warning("Envoy has ended; starting it again")
            self._envoy.start(self._threads)
        self._companions.tend()
        began = datetime.now(UTC)
        if (seen := self._watch.look()) != self._seen:
            self._seen = seen
            try:
                self.apply()
            except Invalid as error:
                status.tell_problems(self._places, [str(problem) for problem in error.problems], began)
                logger.error("the gateway stays as it is, because of what is wrong:\n%s", error)
            except (Unreachable, NoCompanion) as error:
                self._seen = frozenset()  # begin anew when it answers again
                logger.warning("a change waits: %s", error)
                status.tell_problems(self._places, [f"a change waits: {error}"], began)
        if self._drop_clusters and time.monotonic() >= self._drop_clusters:
            self._drop_clusters = None
            self._put(self._places.clusters, list(self._clusters.values()), "cluster_manager.cds")
            self._companions.keep(self._needed)
            inspections.keep(self._rules_of_bodies, self._places)
        self._let_keys_expire()
        self._bound_log()

    def apply(self) -> Plan:
        """Put the operator's files in force, if they are sound. Raises `Invalid` and `NoCompanion`, and changes nothing
        then."""
        began = datetime.now(UTC)
        found, rendered = validated(self._places, self._plan, self._scopes)
        gateway, places = found.gateway, self._places
        said = listener(gateway, places)
        wanted = clusters(found, places)
        revision = _digest([scope.digest for scope in rendered.values()], wanted, said)
        try:
            secret = secrets(gateway.tls, places) if gateway.tls else {}
        except OSError as error:
            raise Invalid([found.apis.gateway_file.problem(("tls",), str(error))]) from None
        self._let_keys_expire()
        for name, scope in rendered.items():
            if self._scopes.get(name) is not scope:
                for api, rules in scope.revisions.items():
                    revisions.save(rules, api, places)
        for name, resource in secret.items():
            files.replace(places.secret(name), files.resources([resource]))
        keys = extension(Jwt.kind(), jwt_filter(gateway, self._key_sets(found)))
        files.replace(places.filter(Jwt.kind()), files.resources([keys]))
        revocations.begin(places)
        rules_of_bodies = inspections.write(found, places)
        self._companions.start(found.companions())
        before = self._clusters or {cluster["name"]: cluster for cluster in files.read(places.clusters)}
        self._put(places.clusters, list((before | wanted).values()), "cluster_manager.cds")
        self._wait_for(set(wanted))
        files.replace(places.listeners, files.resources([said]))
        self._put(places.routes, [scope.resource() for scope in rendered.values()], "http.gateway.scoped_rds.apis")
        self._plan, self._scopes = found, rendered
        self._clusters, self._needed, self._drop_clusters = wanted, found.companions(), time.monotonic() + LINGER
        self._threads, self._rules_of_bodies = gateway.threads, rules_of_bodies
        files.replace(places.bootstrap, msgspec.json.encode(bootstrap(gateway, places)))
        status.tell(places, revision, began)
        logger.info("revision %s is in force at %s: %d operations", revision, gateway.listen, len(found.routes))
        return found

    def _put(self, file: Path, resources: Sequence[Json | msgspec.Raw], counters: str) -> None:
        """Replace a file, and wait until a running Envoy has taken it. Raises `Invalid` where it refuses to; the file
        is then as it was."""
        running = self._envoy.runs()
        before = self._counters(counters) if running else (0, 0)
        old = file.read_bytes() if file.exists() else None
        if not files.replace(file, files.resources(resources)) or not running:
            return
        deadline = time.monotonic() + SETTLES
        while (after := self._counters(counters)) == before:
            if time.monotonic() > deadline:
                logger.error("Envoy has not taken %s within %.0f s", file, SETTLES)
                return
            time.sleep(0.005)
        if after[1] != before[1]:
            if old is not None:
                files.replace(file, old)
            why = f"Envoy has refused this: {self._places.folder / 'envoy.log'} says why"
            raise Invalid([Problem(str(file), 1, why)])

    def _wait_for(self, clusters: set[str]) -> None:
        """A cluster that is new is asked how its servers are before it is used."""
        deadline = time.monotonic() + SETTLES
        while self._envoy.runs() and not clusters <= self._envoy.admin.clusters():
            if time.monotonic() > deadline:
                logger.error("Envoy does not use all clusters within %.0f s", SETTLES)
                return
            time.sleep(0.005)

    def _counters(self, name: str) -> tuple[int, int]:
        """How often Envoy has taken and refused a file."""
        found = self._envoy.admin.stats(_TAKEN)
        return found.get(f"{name}.update_success", 0), found.get(f"{name}.update_rejected", 0)

    def _key_sets(self, found: Plan) -> dict[str, str]:
        """The issuers' keys. Where a file is not there (yet), or is not good, no token of that issuer is taken."""
        sets = {}
        for name, issuer in found.gateway.issuers.items():
            try:
                sets[name] = key_set(self._places.path(issuer.keys))
            except ValueError as error:
                logger.warning("no token of the issuer %s is taken: %s", name, error)
        return sets

    def _let_keys_expire(self) -> None:
        """Others issue and revoke keys without us, but nobody else notices that time has passed."""
        issued = stamp(self._places.register)
        if issued != self._issued or (self._next_expiry and datetime.now(UTC) >= self._next_expiry):
            self._issued, self._next_expiry = issued, self._register.reconcile()

    def _bound_log(self) -> None:
        log = self._places.access_log
        if not log.exists() or log.stat().st_size < LARGEST_LOG:
            return
        for number in range(KEPT_LOGS - 1, 0, -1):
            with suppress(FileNotFoundError):
                log.with_name(f"{log.name}.{number}").replace(log.with_name(f"{log.name}.{number + 1}"))
        log.replace(log.with_name(f"{log.name}.1"))
        log.touch(0o600)
        self._envoy.admin.reopen_logs()


def _digest(*parts: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()[:12]
