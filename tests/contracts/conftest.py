"""A small contract to vary: a test says what its fields are, and what is different from the usual."""

from __future__ import annotations

import re
from collections.abc import Callable
from textwrap import dedent, indent

import pytest

from trunkline.contracts.contract import Contract, read
from trunkline.document import Document

TEXT = """\
apiVersion: v3.1.0
kind: DataContract
id: example.things
version: {version}
status: {status}
description: {{purpose: To have an example.}}
team: {{name: Examples, members: [{{username: an@example.com, role: owner}}]}}
slaProperties:
  - {{property: retention, value: 7, unit: d}}
customProperties:
{settings}
schema:
  - name: Thing
    physicalName: {topic}
    physicalType: topic
    properties:
{fields}
"""


def text(
    fields: str, *, topic: str = "things", version: str = "1.0.0", status: str = "active", **settings: object
) -> str:
    """A contract's YAML. `fields` are ODCS properties; classification is `internal` where they do not say."""
    settings = {"legalBasis": "none", **settings}
    lines = [f"  - {{property: {name}, value: {value}}}" for name, value in settings.items()]
    items = re.sub(r"- {name:(?!.*classification)", "- {classification: internal, name:", dedent(fields).strip())
    return TEXT.format(
        version=version, status=status, topic=topic, settings="\n".join(lines), fields=indent(items, " " * 6)
    )


@pytest.fixture(scope="session")
def contract_text() -> Callable[..., str]:
    return text


@pytest.fixture(scope="session")
def contract() -> Callable[..., Contract]:
    return lambda fields, **settings: read(Document("things.yaml", text(fields, **settings)))
