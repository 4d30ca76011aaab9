"""What a server of an API must offer, and what the kit asks it with: one YAML file an API in `profiles/`.

    number: 669
    title: Party Role Management
    versions:
      v4:
        file: TMF669-PartyRole-v4.0.swagger.json
        paths: [/tmf-api/partyRoleManagement/v4]
        resources:
          - name: partyRole
            mandatory: [list, get, create, patch, delete]
            required: [name, roleType]
            body: {name: "{mark}", …}

In a `body`, `{mark}` is a text of one record alone, `{run}` one of all records of this run; `{n}` counts them from 1,
with two digits where it stands within a text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from trunkline.document import Document
from trunkline.tmf.declaration import Operation, Version

FOLDER: Final = Path(__file__).parent / "profiles"


class Resource(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A resource and its operations, those that must be there and those that may.

    Without a `body` the kit makes no record of it: it could not delete it again, or it is the server's own to make.
    """

    name: str
    path: str = ""
    """Where it is not the name; `topic/{topic}/event` lies within a record of the resource `topic`."""
    mandatory: tuple[Operation, ...]
    optional: tuple[Operation, ...] = ()
    required: tuple[str, ...] = ()
    """What a POST must have, beside v5's @type."""
    body: Mapping[str, Any] | None = None
    server_set: tuple[str, ...] = ()
    """What of the body a server may replace by its own."""
    marked: str = "name"
    """The attribute that holds `{mark}`."""
    shared: str = ""
    """The one that holds `{run}`."""
    ordered: str = ""
    """The one that grows with `{n}`."""
    deep: str = ""
    """The path of a value further in, with dots."""
    pair: tuple[str, ...] = ()
    """An array of objects, and the two attributes that are asked for in one of them."""
    array: str = ""
    """An array of two elements, which PATCH replaces."""
    changed: str = ""
    """A text that PATCH may change."""
    removed: str = ""
    """What PATCH may remove."""
    events: tuple[str, ...] = ("Create", "AttributeValueChange", "Delete")
    """The events of a record that is made, changed and deleted, in this order; none where the file has none of it."""
    ended: Mapping[str, Any] | None = None
    """What PATCH makes of a record that a server does not delete (409) as long as it is in force."""

    @property
    def operations(self) -> frozenset[Operation]:
        return frozenset((*self.mandatory, *self.optional))

    @property
    def type(self) -> str:
        return self.name[:1].upper() + self.name[1:]

    def record(self, run: str, n: int) -> dict[str, Any]:
        """The body of the `n`th record of a run."""
        return dict(_filled(self.body or {}, {"{run}": run, "{mark}": f"{run}-{n}", "{n}": f"{n:02}"}))


class Offered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version of an API: the official file that the rules are from, where it is served, its resources."""

    file: str
    paths: tuple[str, ...]
    resources: tuple[Resource, ...]


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An API: its number, its title, its versions."""

    number: int
    title: str
    versions: Mapping[Version, Offered]


@cache
def profiles() -> Mapping[int, Profile]:
    """All profiles by their number. Raises `trunkline.document.Invalid` for a file that is none."""
    found = [Document.load(file).into(Profile) for file in sorted(FOLDER.glob("*.yaml"))]
    return {profile.number: profile for profile in found}


def _filled(value: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {name: _filled(item, words) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_filled(item, words) for item in value]
    if value == "{n}":
        return int(words["{n}"])
    if isinstance(value, str):
        for word, text in words.items():
            value = value.replace(word, text)
    return value
