"""All that is looked at and changed in one operation's requests and responses, as the control plane tells it the
companion: a file by the digest of its own content.

A route names the digest. So a request meets the rules of its own route, whatever plan is taken up meanwhile, and what
a digest stands for never changes.
"""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec

from trunkline.gateway.inspection.description import Description
from trunkline.gateway.inspection.json_text import JsonBounds
from trunkline.gateway.inspection.masking import Hiding
from trunkline.gateway.inspection.transformation import Steps
from trunkline.gateway.inspection.xml_text import XmlBounds

Verdict = Literal["refuse", "report", "skip"]
"""What is done about what is wrong: it is refused, or told in the access log alone, or not looked for."""


class JsonThreatsRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Bodies are JSON within `most`. Those of the types `also` pass unread."""

    most: JsonBounds
    also: tuple[str, ...] = ()
    report: bool = False


class XmlThreatsRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Bodies are XML within `most`."""

    most: XmlBounds
    report: bool = False


class ValidateRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Requests and responses are as the description says; `strict` of query parameters that it does not name."""

    request: Verdict
    response: Verdict
    strict: bool = False


class TransformRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is done with bodies."""

    request: Steps = ()
    response: Steps = ()


class Rules(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Of one operation. `by_key` says that its callers are known by keys of applications, not by tokens."""

    json_threats: JsonThreatsRule | None = None
    xml_threats: XmlThreatsRule | None = None
    validate: ValidateRule | None = None
    transform: TransformRule | None = None
    mask: Hiding | None = None
    by_key: bool = False
    description: Description | None = None

    @property
    def looks_at_responses(self) -> bool:
        validates = self.validate is not None and self.validate.response != "skip"
        transforms = self.transform is not None and bool(self.transform.response)
        return validates or transforms or self.mask is not None

    @property
    def refuses_bodies_alone(self) -> bool:
        """Whether nothing is looked for but threats, and those are refused: without a body there is nothing to do."""
        reports = any(rule and rule.report for rule in (self.json_threats, self.xml_threats))
        return self.validate is None and self.transform is None and self.mask is None and not reports


def encoded(rules: Rules) -> bytes:
    """The file; the same rules are the same octets."""
    return msgspec.json.encode(rules, order="deterministic")


def decoded(content: bytes) -> Rules:
    return msgspec.json.decode(content, type=Rules)


def digest(content: bytes) -> str:
    """What a route calls a file by."""
    return hashlib.sha256(content).hexdigest()[:32]
