"""One operation's requests and responses, looked at and changed by all of its rules at once.

The order is the same everywhere: a request is held within bounds, then against the OpenAPI file, then transformed for
the upstream. A response is transformed first, then held against the file, which says what callers get, then masked.
What reads a body refuses one that it cannot read in whole, so none passes by a trick of its type or its encoding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import msgspec

from trunkline.gateway.inspection.finding import Broken, Finding
from trunkline.gateway.inspection.json_text import JsonBounds, read_json
from trunkline.gateway.inspection.masking import Masking
from trunkline.gateway.inspection.media import Media, is_json, is_xml, media
from trunkline.gateway.inspection.rules import Rules
from trunkline.gateway.inspection.transformation import transform
from trunkline.gateway.inspection.validation import BAD, BAD_RESPONSE, KIND, TYPE, RequestValidation, ResponseValidation
from trunkline.gateway.inspection.xml_text import check_xml

Headers = Mapping[str, Sequence[str]]
"""By their names in small letters."""
JSON, XML, TRANSFORM, MASK = "json-threats", "xml-threats", "transform", "mask"
BOUNDS: Final = JsonBounds()
"""Of bodies that are read where `json-threats` says nothing."""
ENCODING: Final = "content-encoding"
IN_PARTS: Final = ("range", "if-range")
DIGESTS: Final = ("etag", "content-md5", "digest", "content-digest", "repr-digest", "accept-ranges")
"""What a response says of a body that is no longer its own."""
_decode: Final = msgspec.json.Decoder(float_hook=Decimal).decode
_encode: Final = msgspec.json.Encoder(decimal_format="number").encode


class Caller(msgspec.Struct, frozen=True):
    """Scopes and service level of who asks."""

    scopes: frozenset[str] = frozenset()
    tier: str = ""


@dataclass
class Outcome:
    """What becomes of a head or a body: `findings`, for which it is refused; else a new `body` (None: as it is), and
    headers that go and come."""

    findings: list[Finding] = field(default_factory=list)
    body: bytes | None = None
    remove: tuple[str, ...] = ()
    set: dict[str, str] = field(default_factory=dict)


class Inspector:
    """The rules of one operation, compiled."""

    def __init__(self, rules: Rules) -> None:
        """Raises `Unfit`."""
        self.rules = rules
        said, validate = rules.description, rules.validate
        checks_requests = validate is not None and validate.request != "skip"
        checks_responses = validate is not None and validate.response != "skip"
        self.request = (
            RequestValidation(said, strict=validate.strict) if said and validate and checks_requests else None
        )
        self.response = ResponseValidation(said) if said and checks_responses else None
        self.masking = Masking(rules.mask, said) if rules.mask and said else None
        self.transforms = rules.transform and rules.transform.request
        self.transforms_response = rules.transform and rules.transform.response

    @property
    def reads_requests(self) -> str:
        """The first kind that reads bodies of requests; "" where none does."""
        return _first(
            (JSON, self.rules.json_threats and not self.rules.json_threats.report),
            (XML, self.rules.xml_threats and not self.rules.xml_threats.report),
            (KIND, self.request and self.rules.validate and self.rules.validate.request == "refuse"),
            (TRANSFORM, self.transforms),
            (JSON, self.rules.json_threats),
            (XML, self.rules.xml_threats),
            (KIND, self.request),
        )

    @property
    def reads_responses(self) -> str:
        """The first kind that reads bodies of responses."""
        return _first((MASK, self.masking), (TRANSFORM, self.transforms_response), (KIND, self.response))


class Exchange:
    """A request and its response. `reports` are of what would have been refused, by kind."""

    def __init__(self, inspector: Inspector) -> None:
        self._inspector, self._rules = inspector, inspector.rules
        self._headers: Headers = {}
        self._media: Media | None = None
        self._caller = Caller()
        self._method = ""
        self._status = 0
        self._answered: Media | None = None
        self.reports: dict[str, str] = {}

    def request_head(self, headers: Headers, caller: Caller, *, ended: bool) -> Outcome:
        """`headers` with `:method` and `:path`; `ended` where no body comes."""
        self._headers, self._caller = headers, caller
        self._method = _one(headers, ":method")
        self._media = _media(headers)
        inspector, found = self._inspector, []
        if not ended and not _is_plain(headers) and inspector.reads_requests:
            found.append(Finding(inspector.reads_requests, ENCODING, "", TYPE))
        if inspector.request:
            found += inspector.request.of_head(_one(headers, ":path"), headers)
            found += inspector.request.of_missing_body() if ended else []
        remove = ("accept-encoding", *IN_PARTS) if self._rules.looks_at_responses else ()
        return Outcome(self._enforced(found), remove=remove)

    def request_body(self, body: bytes) -> Outcome:
        if not body:
            missing = self._inspector.request.of_missing_body() if self._inspector.request else []
            return Outcome(self._enforced(missing))
        if found := self._enforced(self._types()):
            return Outcome(found)
        if found := self._enforced(self._xml(body)):
            return Outcome(found)
        values, wrong = self._json(body)
        if found := self._enforced(wrong):
            return Outcome(found)
        if not values:
            return Outcome()
        value = values[0]
        if found := self._enforced(self._fits(value)):
            return Outcome(found)
        if not self._inspector.transforms:
            return Outcome()
        transform(value, self._inspector.transforms)
        changed = _encode(value)
        return Outcome(body=changed, set={"content-length": str(len(changed))})

    def _types(self) -> list[Finding]:
        """What is wrong with a body of this type at all."""
        rules, its, found = self._rules, self._media, []
        readable = its is not None and its.readable
        json = its is not None and readable and is_json(its.name)
        xml = its is not None and readable and is_xml(its.name)
        also = its is not None and rules.json_threats is not None and its.name in rules.json_threats.also
        if rules.json_threats and not (json or also or (xml and rules.xml_threats)):
            found.append(Finding(JSON, "content-type", "", TYPE))
        elif rules.xml_threats and not (xml or (rules.json_threats and (json or also))):
            found.append(Finding(XML, "content-type", "", TYPE))
        if self._inspector.request:
            found += self._inspector.request.of_body(its)
        if self._inspector.transforms and not json:
            found.append(Finding(TRANSFORM, "content-type", "", TYPE))
        return found

    def _xml(self, body: bytes) -> list[Finding]:
        if self._rules.xml_threats and self._media and is_xml(self._media.name):
            try:
                check_xml(body, self._rules.xml_threats.most)
            except Broken as broken:
                return [Finding(XML, broken.rule, broken.where, BAD)]
        return []

    def _json(self, body: bytes) -> tuple[list[Any], list[Finding]]:
        """The value, if the body is JSON that can be read; and what is wrong with it. Where `json-threats` only
        reports, other bounds hold for those who need the value."""
        inspector, threats = self._inspector, self._rules.json_threats
        if self._media is None or not is_json(self._media.name):
            return [], []
        wanting = KIND if inspector.request and inspector.request.reads(self._media) else ""
        wanting = TRANSFORM if inspector.transforms else wanting
        attempts = [(JSON, threats.most)] if threats else []
        attempts += [(wanting, BOUNDS)] if wanting and (threats is None or threats.report) else []
        found: list[Finding] = []
        for kind, most in attempts:
            try:
                return [read_json(body, most)], found
            except Broken as broken:
                found.append(Finding(kind, broken.rule, broken.where, BAD))
        return [], found

    def _fits(self, value: Any) -> list[Finding]:
        validation = self._inspector.request
        if validation and self._media and validation.reads(self._media):
            return validation.of_value(self._media, value)
        return []

    def response_head(self, headers: Headers, *, ended: bool) -> Outcome:
        """`headers` with `:status`; `ended` where no body comes."""
        inspector = self._inspector
        self._status, self._answered = int(_one(headers, ":status") or 0), _media(headers)
        found = []
        bodiless = ended and (self._method == "HEAD" or self._status in (204, 304))
        if inspector.response:
            found += inspector.response.of_head(self._status, self._answered, has_body=not ended, bodiless=bodiless)
        if not ended and (kind := self._wanting()) and not (self._is_json() and _is_plain(headers)):
            rule = ENCODING if self._is_json() else "content-type"
            found.append(Finding(kind, rule, "", BAD_RESPONSE))
        changes = inspector.transforms_response or self._is_masked()
        return Outcome(
            self._enforced(found),
            remove=DIGESTS if changes else (),
            set={"cache-control": "no-store"} if self._is_masked() else {},
        )

    def response_body(self, body: bytes) -> Outcome:
        inspector, kind = self._inspector, self._wanting()
        if not kind or not body:
            return Outcome()
        try:
            value = _decode(body)
        except (msgspec.DecodeError, RecursionError, ValueError):
            return Outcome(self._enforced([Finding(kind, "syntax", "", BAD_RESPONSE)]))
        if inspector.transforms_response and self._succeeded():
            transform(value, inspector.transforms_response)
        if found := self._enforced(self._answer_fits(value)):
            return Outcome(found)
        if self._is_masked() and inspector.masking and self._answered:
            value = inspector.masking.apply(self._status, self._answered.name, value)
        elif not (inspector.transforms_response and self._succeeded()):
            return Outcome()
        changed = _encode(value)
        return Outcome(body=changed, set={"content-length": str(len(changed))})

    def _answer_fits(self, value: Any) -> list[Finding]:
        validation = self._inspector.response
        if validation and self._answered and validation.reads(self._status, self._answered):
            return validation.of_value(self._status, self._answered, value)
        return []

    def _wanting(self) -> str:
        """The kind that reads this response's body; "" where it may be what it is."""
        inspector = self._inspector
        if self._is_masked():
            return MASK
        if inspector.transforms_response and self._succeeded():
            return TRANSFORM
        reads = inspector.response and inspector.response.reads(self._status, self._answered)
        return KIND if reads else ""

    def _succeeded(self) -> bool:
        return 200 <= self._status < 300

    def _is_json(self) -> bool:
        return self._answered is not None and self._answered.readable and is_json(self._answered.name)

    def _is_masked(self) -> bool:
        mask = self._rules.mask
        return mask is not None and not (self._caller.scopes & mask.scopes or self._caller.tier in mask.tiers)

    def _enforced(self, found: Iterable[Finding]) -> list[Finding]:
        """What is refused of what is found; the rest is reported, the first of each kind."""
        refused = []
        for finding in found:
            if self._reports(finding):
                self.reports.setdefault(finding.kind, str(finding))
            else:
                refused.append(finding)
        return refused

    def _reports(self, finding: Finding) -> bool:
        rules = self._rules
        match finding.kind:
            case "json-threats":
                return rules.json_threats is not None and rules.json_threats.report
            case "xml-threats":
                return rules.xml_threats is not None and rules.xml_threats.report
            case "validate" if rules.validate:
                way = rules.validate.response if finding.status == BAD_RESPONSE else rules.validate.request
                return way == "report"
        return False


def _first(*kinds: tuple[str, object]) -> str:
    return next((kind for kind, is_there in kinds if is_there), "")


def _one(headers: Headers, name: str) -> str:
    """A header that is there once at most; "" where it is not."""
    return headers[name][0] if len(headers.get(name, ())) == 1 else ""


def _media(headers: Headers) -> Media | None:
    return media(_one(headers, "content-type"))


def _is_plain(headers: Headers) -> bool:
    """Whether a body stands as it is, and is not compressed."""
    return all(each.strip().lower() in ("", "identity") for each in headers.get(ENCODING, ()))
