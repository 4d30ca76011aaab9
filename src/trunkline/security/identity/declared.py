"""The operator's people and roles, as `access/people.yaml` declares them. No password stands there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import msgspec

from trunkline.document import Document, Invalid, Problem

FILE: Final = "access/people.yaml"
_Word = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[a-z0-9][a-z0-9._:-]*$")]
_UserName = Annotated[str, msgspec.Meta(min_length=1, max_length=320, pattern=r"^[^\s\x00-\x1f\x7f]+$")]


class Role(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A role: what it is for, and the scopes that who has it may ask for."""

    description: Annotated[str, msgspec.Meta(min_length=1)]
    scopes: tuple[_Word, ...] = ()


class Someone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person; `user_name` is what they sign in with."""

    user_name: _UserName
    name: str
    roles: Annotated[tuple[_Word, ...], msgspec.Meta(min_length=1)]
    region: str = ""


class Declared(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file: roles by name, and people."""

    roles: dict[_Word, Role] = {}
    people: tuple[Someone, ...] = ()

    def scopes(self) -> dict[str, frozenset[str]]:
        """What each role may ask for."""
        return {name: frozenset(role.scopes) for name, role in self.roles.items()}


def read(folder: Path) -> Declared:
    """What a project folder declares; nothing where it has no such file. Raises `Invalid`."""
    file = folder / FILE
    if not file.exists():
        return Declared()
    document = Document.load(file)
    declared = document.into(Declared)
    problems: list[Problem] = []
    names: set[str] = set()
    for number, someone in enumerate(declared.people):
        for place, role in enumerate(someone.roles):
            if role not in declared.roles:
                problems.append(
                    document.problem(("people", number, "roles", place), f"the role {role} is not declared")
                )
        if someone.user_name.lower() in names:
            problems.append(document.problem(("people", number, "user_name"), "this user name is there already"))
        names.add(someone.user_name.lower())
    if problems:
        raise Invalid(problems)
    return declared


def check(folder: Path) -> list[Problem]:
    """Everything that is wrong with the file."""
    try:
        read(folder)
    except Invalid as error:
        return error.problems
    return []
