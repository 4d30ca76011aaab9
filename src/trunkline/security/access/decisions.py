"""Decisions: may this caller do that to these records, for this purpose, and which rule says so.

Cedar decides. What it was asked is remembered, since the rules do not change while a process runs: a request costs a
few look-ups, whatever it tells of.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

import cedarpy
import msgspec

from trunkline.contracts.field import Classification
from trunkline.security.access.declared import Declared
from trunkline.security.access.kinds import Kind
from trunkline.security.access.mask import Mask
from trunkline.security.access.regions import UNKNOWN, RegionOf, Whereabouts, has_regions, nowhere
from trunkline.security.access.rules import Rules
from trunkline.security.identity.caller import Caller

Action = Literal["read", "create", "change", "delete", "act"]
ACTIONS: Final[tuple[Action, ...]] = ("read", "create", "change", "delete", "act")
CLASSES: Final[tuple[Classification, ...]] = ("public", "internal", "confidential", "personal", "sensitive")
ANONYMOUS: Final = "anonymous"
"""The role of who calls without being known."""
NO_RULE: Final = "no-rule-permits"
"""What decides where no rule does: what is not permitted is refused."""
REMEMBERED: Final = 65_536  # answers of the engine


@dataclass(frozen=True, slots=True)
class Who:
    """What decisions know of a caller."""

    subject: str = ANONYMOUS
    client: str = ""
    roles: frozenset[str] = frozenset({ANONYMOUS})
    region: str = ""


Asking = Caller | Who | None
"""Who asks; None is anybody."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether it may be, the rules that decided, and an id by which it is found again."""

    allowed: bool
    rules: tuple[str, ...]
    id: str


class Decisions:
    """Decides by `rules`; `roles` are those that the operator has."""

    def __init__(self, rules: Rules, declared: Declared, roles: frozenset[str], region_of: RegionOf = nowhere) -> None:
        self.rules, self.purposes, self.regions = rules, declared.purposes, declared.regions
        self.roles = roles | {ANONYMOUS}
        self.every_region = frozenset(region for regions in declared.regions.values() for region in regions)
        self.whereabouts = Whereabouts(self.every_region, region_of)
        self._answer = lru_cache(REMEMBERED)(self._ask)
        self._mask = lru_cache(REMEMBERED)(self._masked)

    def decide(self, caller: Asking, action: Action, kind: Kind, purpose: str, region: str = "") -> Decision:
        """Whether a caller may do this to records of a kind: to any, or to those that lie in a `region`."""
        allowed, rules = self._answer(who(caller), action, kind.name, kind.area, purpose, region, "")
        return Decision(allowed, rules, secrets.token_hex(8))

    def sees(
        self,
        caller: Asking,
        kind: Kind,
        purpose: str,
        classification: Classification,
        *,
        ends: bool = False,
    ) -> tuple[bool, tuple[str, ...]]:
        """Whether a caller sees attributes of this class, or their `ends` alone; and the rules that decided."""
        action = "glimpse" if ends else "see"
        return self._answer(who(caller), action, kind.name, kind.area, purpose, "", classification)

    def mask(self, caller: Asking, kind: Kind, purpose: str) -> Mask:
        """What a caller sees of records of a kind."""
        return self._mask(who(caller), kind, purpose)

    def elsewhere(self, caller: Asking, kind: Kind, purpose: str) -> frozenset[str]:
        """The regions whose records a caller may not read, although others of the kind."""
        if not has_regions(kind.declared):
            return frozenset()
        one = who(caller)
        return frozenset(
            region
            for region in (*self.every_region, UNKNOWN)
            if not self._answer(one, "read", kind.name, kind.area, purpose, region, "")[0]
        )

    def _masked(self, one: Who, kind: Kind, purpose: str) -> Mask:
        seen = frozenset(each for each in kind.classes if self.sees(one, kind, purpose, each)[0])
        ends = frozenset(each for each in kind.classes - seen if self.sees(one, kind, purpose, each, ends=True)[0])
        return Mask(kind, seen, ends)

    def _ask(
        self, one: Who, action: str, kind: str, area: str, purpose: str, region: str, classification: str
    ) -> tuple[bool, tuple[str, ...]]:
        principal = {"type": "Caller", "id": one.subject}
        resource = {"type": "Attributes" if classification else "Records", "id": kind}
        attributes: dict[str, Any] = {"region": region} if region else {}
        if classification:
            attributes = {"class": {"__entity": {"type": "Class", "id": classification}}}
        regions = sorted(self.regions.get(one.region, ()))
        entities = [
            {
                "uid": principal,
                "attrs": {"client": one.client, "region": one.region, "regions": regions},
                "parents": [{"type": "Role", "id": role} for role in sorted(one.roles)],
            },
            {"uid": resource, "attrs": attributes, "parents": [{"type": "Kind", "id": kind}]},
            {"uid": {"type": "Kind", "id": kind}, "attrs": {}, "parents": [{"type": "Area", "id": area}]},
        ]
        answer = cedarpy.is_authorized(
            {
                "principal": principal,
                "action": {"type": "Action", "id": action},
                "resource": resource,
                "context": {"purpose": {"__entity": {"type": "Purpose", "id": purpose}}},
            },
            self.rules.policies,
            cedarpy.Entities.from_json_str(msgspec.json.encode(entities).decode()),
            self.rules.schema,
        )
        said = answer.diagnostics
        if said.errors:  # what could not be asked is not permitted
            raise RuntimeError(f"the rules cannot decide whether {action} of {kind} may be: {'; '.join(said.errors)}")
        named = said.id_annotations_by_reason
        return answer.allowed, tuple(sorted(named.get(rule, rule) for rule in said.reasons)) or (NO_RULE,)


def who(caller: Asking) -> Who:
    """What decisions know of a caller; of one who is not known, that alone."""
    if caller is None:
        return Who()
    if isinstance(caller, Who):
        return caller
    return Who(caller.subject, caller.client, caller.roles, caller.region)
