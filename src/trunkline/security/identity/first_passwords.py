"""The first passwords: of people who were declared and have none yet, in a file that only the user can read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from trunkline.security.identity.passwords import new_password

if TYPE_CHECKING:
    from trunkline.security.identity.declared import Declared
    from trunkline.security.identity.identity import Identity

FILE = "first-passwords.txt"


def declare(identity: Identity, declared: Declared, data: Path) -> None:
    """Take in the roles and people that are declared and were not before, each with a first password.

    The passwords are in the file before they hold, so that none is lost; of two lines of one name the last is right.
    """
    with identity.looking() as unit:
        new = unit.people.undeclared(someone.user_name for someone in declared.people)
        roles = set(declared.roles) - {group.name for group in unit.people.groups(count=10_000)[0]}
    if not new and not roles:
        return
    passwords = {user_name: new_password() for user_name in sorted(new)}
    hashed = {user_name: identity.passwords.hash(password) for user_name, password in passwords.items()}
    with identity.unit() as unit:
        for role in declared.roles:
            unit.people.ensure_group(role)
        for someone in declared.people:
            document = {"displayName": someone.name} | ({"region": someone.region} if someone.region else {})
            person = unit.people.declare(someone.user_name, document, someone.roles)
            if person is None:
                passwords.pop(someone.user_name.lower(), None)
            else:
                unit.people.set_password(person.id, hashed[person.user_name])
        _append(data / FILE, passwords)


def untold(file: Path) -> list[str]:
    """The lines of the file that nobody has been told yet; they have been from now on."""
    told = file.with_suffix(".told")
    lines = file.read_text().splitlines() if file.exists() else []
    known = int(told.read_text()) if told.exists() else 0
    told.write_text(str(len(lines)))
    return lines[known:]


def _append(file: Path, passwords: dict[str, str]) -> None:
    if not passwords:
        return
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as out:
        out.writelines(f"{user_name}  {password}\n" for user_name, password in passwords.items())
        out.flush()
        os.fsync(out.fileno())
