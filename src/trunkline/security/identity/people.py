"""People and the groups that they are in. A group is a role: what somebody may is said of roles."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from trunkline.security.identity.grants import end
from trunkline.security.identity.tables import declared, grant, group, member, passkey, person, session
from trunkline.store import Conflict
from trunkline.store.sql.database import Database


class NoSuchPerson(Exception):
    """An id that is nobody's."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in. `document` is what else SCIM keeps of them (RFC 7643, clause 4.1), `region` the part of
    the country that they work for, as access rules name it."""

    id: str
    user_name: str
    active: bool
    document: dict[str, Any] = field(default_factory=dict)
    roles: tuple[str, ...] = ()
    created: int = 0
    changed: int = 0

    @property
    def region(self) -> str:
        return str(self.document.get("region", ""))

    @property
    def name(self) -> str:
        return str(self.document.get("displayName") or self.user_name)

    @property
    def email(self) -> str:
        emails = self.document.get("emails") or [{}]
        primary = next((each for each in emails if each.get("primary")), emails[0])
        return str(primary.get("value", ""))


@dataclass(frozen=True, slots=True)
class Group:
    """A role and who has it: the ids of people."""

    id: str
    name: str
    members: tuple[str, ...] = ()
    created: int = 0
    changed: int = 0


class People:
    """People and groups as one transaction sees them."""

    def __init__(self, connection: Connection, database: Database, now: int) -> None:
        self._connection, self._database, self._now = connection, database, now

    def get(self, id: str) -> Person | None:
        return next(iter(self._found(person.c.id == id)), None)

    def named(self, user_name: str) -> Person | None:
        """By user name, whose letters' size does not matter (RFC 7643, clause 4.1.1)."""
        return next(iter(self._found(person.c.user_name == user_name.lower())), None)

    def find(self, user_name: str | None = None, start: int = 1, count: int = 100) -> tuple[list[Person], int]:
        """A page of people by user name, and how many there are in all; `start` counts from 1."""
        where = person.c.user_name == user_name.lower() if user_name is not None else person.c.id != ""
        total = self._connection.execute(select(func.count()).select_from(person).where(where)).scalar_one()
        return self._found(where, start, count), total

    def all(self) -> Iterator[Person]:
        """Everybody, by user name."""
        start = 1
        while page := self.find(start=start, count=200)[0]:
            yield from page
            start += len(page)

    def add(self, user_name: str, document: dict[str, Any], active: bool = True) -> Person:
        """Raises `Conflict` where somebody has the user name."""
        id = str(uuid.uuid4())
        values = {
            "id": id, "user_name": user_name.lower(), "active": active, "document": document, "totp_step": 0,
            "created": self._now, "changed": self._now,
        }  # fmt: skip
        # A statement that fails would end the whole transaction on PostgreSQL.
        added = self._database.insert(person).on_conflict_do_nothing().returning(person.c.id)
        if self._connection.execute(added, values).scalar() is None:
            raise Conflict(f"somebody has the user name {user_name} already")
        return Person(id, user_name.lower(), active, document, (), self._now, self._now)

    def replace(self, id: str, user_name: str, document: dict[str, Any], active: bool) -> None:
        """Who is not active any more loses all sessions and grants. Raises `Conflict` as `add` does."""
        other = self.named(user_name)
        if other is not None and other.id != id:
            raise Conflict(f"somebody else has the user name {user_name}")
        values = {"user_name": user_name.lower(), "document": document, "active": active, "changed": self._now}
        self._connection.execute(update(person).where(person.c.id == id).values(values))
        if not active:
            self.sign_out(id)

    def sign_out(self, id: str) -> None:
        """End every session of a person, and revoke every grant: their tokens stop to work."""
        self._connection.execute(delete(session).where(session.c.person == id))
        end(self._connection, grant.c.person == id, self._now)

    def remove(self, id: str) -> None:
        """Forget a person with all that they had: passkeys, sessions, grants, memberships."""
        end(self._connection, grant.c.person == id, self._now)
        self._connection.execute(delete(person).where(person.c.id == id))

    def declare(self, user_name: str, document: dict[str, Any], roles: Sequence[str]) -> Person | None:
        """Take somebody of the operator's file, unless they were taken before, whatever has become of them since."""
        taken = self._database.insert(declared).on_conflict_do_nothing().returning(declared.c.user_name)
        if self._connection.execute(taken, {"user_name": user_name.lower()}).scalar() is None:
            return None
        if self.named(user_name) is not None:
            return None
        added = self.add(user_name, document)
        for role in roles:
            self._join(self.ensure_group(role), [added.id])
        return self.get(added.id)

    def undeclared(self, user_names: Iterable[str]) -> set[str]:
        """Which of these user names, in small letters, have not been taken from the operator's file yet."""
        asked = {user_name.lower() for user_name in user_names}
        there = select(declared.c.user_name).where(declared.c.user_name.in_(asked))
        return asked - set(self._connection.execute(there).scalars())

    def ensure_group(self, name: str) -> str:
        """The id of the group of a role, made where there is none."""
        values = {"id": str(uuid.uuid4()), "name": name, "created": self._now, "changed": self._now}
        self._connection.execute(self._database.insert(group).on_conflict_do_nothing(), values)
        return str(self._connection.execute(select(group.c.id).where(group.c.name == name)).scalar_one())

    def set_password(self, id: str, hashed: str) -> None:
        self._connection.execute(update(person).where(person.c.id == id).values(password=hashed))

    def password(self, id: str) -> str | None:
        """The Argon2id hash."""
        found: str | None = self._connection.execute(select(person.c.password).where(person.c.id == id)).scalar()
        return found

    def totp(self, id: str) -> tuple[bytes | None, int]:
        """The sealed TOTP secret, if there is one, and the last time step that was used."""
        row = self._connection.execute(select(person.c.totp, person.c.totp_step).where(person.c.id == id)).one()
        return row.totp, row.totp_step

    def set_totp(self, id: str, sealed: bytes | None, step: int) -> None:
        self._connection.execute(update(person).where(person.c.id == id).values(totp=sealed, totp_step=step))

    def use_totp(self, id: str, step: int) -> bool:
        """Note that the code of a time step was used; False where it, or a later one, was before."""
        later = (person.c.id == id) & (person.c.totp_step < step)
        return self._connection.execute(update(person).where(later).values(totp_step=step)).rowcount == 1

    def has_passkey(self, id: str) -> bool:
        return self._connection.execute(select(passkey.c.id).where(passkey.c.person == id)).first() is not None

    def hold(self, id: str) -> None:
        """Let nobody else change a person, or a group, of this id before the transaction ends."""
        for table in (person, group):
            self._connection.execute(select(table.c.id).where(table.c.id == id).with_for_update())

    def forget_factors(self, id: str) -> None:
        """Take away the authenticator app and the passkeys of who has lost them."""
        self.set_totp(id, None, 0)
        self._connection.execute(delete(passkey).where(passkey.c.person == id))

    def group(self, id: str) -> Group | None:
        return next(iter(self._groups(group.c.id == id)), None)

    def groups(self, name: str | None = None, start: int = 1, count: int = 100) -> tuple[list[Group], int]:
        """A page of groups by name, and how many there are in all."""
        where = group.c.name == name if name is not None else group.c.id != ""
        total = self._connection.execute(select(func.count()).select_from(group).where(where)).scalar_one()
        return self._groups(where, start, count), total

    def add_group(self, name: str, members: Sequence[str]) -> Group:
        """Raises `Conflict` where there is one of that name, `NoSuchPerson`."""
        if self.groups(name)[1]:
            raise Conflict(f"there is a group {name} already")
        id = self.ensure_group(name)
        self._join(id, members)
        return Group(id, name, tuple(sorted(set(members))), self._now, self._now)

    def replace_group(self, its: Group, name: str, members: Sequence[str]) -> Group:
        """Raises `Conflict` and `NoSuchPerson` as `add_group` does."""
        if any(other.id != its.id for other in self.groups(name)[0]):
            raise Conflict(f"there is another group {name}")
        self._connection.execute(update(group).where(group.c.id == its.id).values(name=name, changed=self._now))
        self._connection.execute(delete(member).where(member.c.group == its.id))
        self._join(its.id, members)
        return Group(its.id, name, tuple(sorted(set(members))), its.created, self._now)

    def remove_group(self, id: str) -> None:
        self._connection.execute(delete(group).where(group.c.id == id))

    def _join(self, id: str, people: Iterable[str]) -> None:
        wanted = sorted(set(people))
        there = set(self._connection.execute(select(person.c.id).where(person.c.id.in_(wanted))).scalars())
        if unknown := [each for each in wanted if each not in there]:
            raise NoSuchPerson(f"nobody has the id {unknown[0][:100]!r}")
        if wanted:
            self._connection.execute(insert(member), [{"group": id, "person": each} for each in wanted])

    def _found(self, where: ColumnElement[bool], start: int = 1, count: int = 1) -> list[Person]:
        page = select(person).where(where).order_by(person.c.user_name).offset(start - 1).limit(count)
        rows = self._connection.execute(page).all()
        of = member.join(group, member.c.group == group.c.id)
        roles: dict[str, list[str]] = {row.id: [] for row in rows}
        named = select(member.c.person, group.c.name).select_from(of).where(member.c.person.in_(list(roles)))
        for its in self._connection.execute(named.order_by(group.c.name)):
            roles[its.person].append(its.name)
        return [
            Person(row.id, row.user_name, row.active, row.document, tuple(roles[row.id]), row.created, row.changed)
            for row in rows
        ]

    def _groups(self, where: ColumnElement[bool], start: int = 1, count: int = 1) -> list[Group]:
        rows = self._connection.execute(
            select(group).where(where).order_by(group.c.name).offset(start - 1).limit(count)
        )
        found = {row.id: row for row in rows}
        members: dict[str, list[str]] = {id: [] for id in found}
        of = select(member).where(member.c.group.in_(list(found))).order_by(member.c.person)
        for its in self._connection.execute(of):
            members[its.group].append(its.person)
        return [Group(row.id, row.name, tuple(members[row.id]), row.created, row.changed) for row in found.values()]
