"""The operator's rules: Cedar policies in `access/*.cedar`, held against the schema beside them.

Every rule has an `@id`, by which decisions name it, and may say in `@why` what it is for. Source: Cedar policy language
4 (docs.cedarpolicy.com).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cedarpy
import msgspec

from trunkline.document import MAX_BYTES, Invalid, Problem
from trunkline.security.access.declared import FOLDER

SCHEMA: Final = "schema.cedarschema"
PATTERN: Final = "*.cedar"
_ID: Final = re.compile(r'^@id\("([^"\n]+)"\)', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Rule:
    """One policy: its `@id`, what it is for, its text, and where it stands."""

    id: str
    why: str
    text: str
    file: str
    line: int
    entities: frozenset[tuple[str, str]]
    """All that it names, as (type, id)."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules that are valid by the schema."""

    schema: cedarpy.Schema
    policies: cedarpy.PolicySet
    by_id: Mapping[str, Rule]


def load(folder: Path) -> Rules:
    """The rules of a project folder. Raises `Invalid` with every rule that cannot be as it is."""
    file = folder / FOLDER / SCHEMA
    try:
        schema = cedarpy.Schema.from_str(_text(file))
    except ValueError as error:
        raise Invalid([_problem(file, "", str(error))]) from None
    problems: list[Problem] = []
    rules: dict[str, Rule] = {}
    texts: list[str] = []
    for file in sorted((folder / FOLDER).glob(PATTERN)):
        text = _text(file)
        try:
            found = list(_rules(file, text))
        except ValueError as error:
            problems.append(_problem(file, text, str(error)))
            continue
        problems += _invalid(file, text, schema)
        for rule in found:
            if not rule.id:
                problems.append(Problem(str(file), rule.line, 'a rule without a name: begin it with @id("…")'))
            elif rule.id in rules:
                problems.append(Problem(str(file), rule.line, f"the rule {rule.id} is there already"))
            rules[rule.id] = rule
        texts.append(text)
    if problems:
        raise Invalid(problems)
    return Rules(schema, cedarpy.PolicySet.from_str("\n".join(texts)), rules)


def _rules(file: Path, text: str) -> Iterator[Rule]:
    """Raises `ValueError` where Cedar cannot read the text."""
    read: dict[str, Any] = msgspec.json.decode(cedarpy.policies_to_json_str(text))
    if read["templates"]:
        raise ValueError("a template: write the rule out, with a principal and a resource")
    places = {found[1]: found.start() for found in _ID.finditer(text)}
    ends = [*sorted(places.values()), len(text)]
    for policy in read["staticPolicies"].values():
        noted = policy.get("annotations", {})
        id = noted.get("id") or ""
        begin = places.get(id, 0)
        whole = text[begin : next(end for end in ends if end > begin)] if id in places else ""
        line = text.count("\n", 0, begin) + 1
        yield Rule(id, noted.get("why") or "", _trimmed(whole), str(file), line, frozenset(_named(policy)))


def _trimmed(text: str) -> str:
    """A rule without the comments that belong to the next one."""
    lines = text.rstrip().splitlines()
    while lines and (not lines[-1].strip() or lines[-1].startswith("//")):
        lines.pop()
    return "\n".join(lines)


def _invalid(file: Path, text: str, schema: cedarpy.Schema) -> Iterator[Problem]:
    """What Cedar's validator finds: names that the schema does not have, and rules that nothing could ever meet."""
    result = cedarpy.validate_policies(text, schema)
    for error in result.errors:
        id = result.id_annotations_by_policy_id.get(error.policy_id, "")
        reason = re.sub(rf"^for policy `{re.escape(error.policy_id)}`[:,]? ", "", error.error)
        yield _problem(file, text, f"{id or error.policy_id}: {reason}", id)


def _problem(file: Path, text: str, reason: str, id: str = "") -> Problem:
    at = next((found.start() for found in _ID.finditer(text) if found[1] == id), 0)
    return Problem(str(file), text.count("\n", 0, at) + 1, " ".join(reason.split()))


def _named(node: Any) -> Iterator[tuple[str, str]]:
    """Every entity that is written in a policy's JSON form."""
    if isinstance(node, dict):
        if isinstance(node.get("type"), str) and isinstance(node.get("id"), str):
            yield node["type"], node["id"]
        for value in node.values():
            yield from _named(value)
    elif isinstance(node, list):
        for value in node:
            yield from _named(value)


def _text(file: Path) -> str:
    """Raises `Invalid`."""
    try:
        with file.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise Invalid([Problem(str(file), 1, f"is larger than {MAX_BYTES} bytes")])
        return raw.decode()
    except OSError as error:
        raise Invalid([Problem(str(file), 1, f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError:
        raise Invalid([Problem(str(file), 1, "is not UTF-8 text: save the file as UTF-8")]) from None
