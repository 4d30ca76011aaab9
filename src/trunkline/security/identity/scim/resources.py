"""Users and groups as SCIM shows them (RFC 7643, clauses 4.1 and 4.2), and what is taken of what a directory sends.

Only what is declared here is taken. Roles come from membership in groups alone, so that nobody gives themselves one
by an attribute.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final, TypeVar

import msgspec

from trunkline.security.identity.people import Group, Person
from trunkline.security.identity.scim.errors import ScimError
from trunkline.security.identity.terms import Terms

USER: Final = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP: Final = "urn:ietf:params:scim:schemas:core:2.0:Group"
EXTENSION: Final = "urn:trunkline:scim:schemas:extension:2.0:User"
"""Where a person's region stands."""
T = TypeVar("T")
_Text = Annotated[str, msgspec.Meta(max_length=320)]
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=320, pattern=r"^[^\s\x00-\x1f\x7f]+$")]
_Role = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Email(msgspec.Struct, frozen=True, omit_defaults=True):
    """One address."""

    value: _Text
    type: _Text = ""
    primary: bool = False


class FullName(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The parts of a name."""

    formatted: _Text = ""
    family_name: _Text = ""
    given_name: _Text = ""


class Extension(msgspec.Struct, frozen=True, omit_defaults=True):
    """What Trunkline knows of a person beside."""

    region: _Text = ""


class User(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What is taken of a user."""

    user_name: _Name
    active: bool = True
    external_id: _Text = ""
    display_name: _Text = ""
    name: FullName = FullName()
    emails: Annotated[tuple[Email, ...], msgspec.Meta(max_length=20)] = ()
    password: Annotated[str, msgspec.Meta(max_length=256)] = ""
    extension: Extension = msgspec.field(default=Extension(), name=EXTENSION)

    def document(self) -> dict[str, Any]:
        """What is kept beside user name, state and password."""
        kept: dict[str, Any] = msgspec.to_builtins(self)
        region = self.extension.region
        for name in ("userName", "active", "password", EXTENSION):
            kept.pop(name, None)
        return kept | ({"region": region} if region else {})


class Member(msgspec.Struct, frozen=True):
    """Somebody in a group, by id."""

    value: _Text


class Role(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is taken of a group."""

    display_name: _Role
    members: Annotated[tuple[Member, ...], msgspec.Meta(max_length=10_000)] = ()


def read_user(body: Any) -> User:
    """Raises `ScimError`."""
    return _read(body, User)


def read_group(body: Any) -> Role:
    """Raises `ScimError`."""
    return _read(body, Role)


def _read(body: Any, kind: type[T]) -> T:
    if not isinstance(body, dict):
        raise ScimError(400, "the body is a JSON object", "invalidSyntax")
    try:
        return msgspec.convert(body, kind)
    except msgspec.ValidationError as error:
        raise ScimError(400, str(error), "invalidValue") from None


def user(person: Person, terms: Terms) -> dict[str, Any]:
    """A person as SCIM shows them."""
    kept = {name: value for name, value in person.document.items() if name != "region"}
    shown = {"schemas": [USER], "id": person.id, "userName": person.user_name, "active": person.active, **kept}
    if person.region:
        shown |= {"schemas": [USER, EXTENSION], EXTENSION: {"region": person.region}}
    shown["groups"] = [{"display": role} for role in person.roles]
    return shown | {"meta": _meta("User", person.id, person.created, person.changed, terms)}


def group(its: Group, terms: Terms) -> dict[str, Any]:
    """A group as SCIM shows it."""
    members = [{"value": id, "$ref": terms.url(f"/scim/v2/Users/{id}")} for id in its.members]
    shown = {"schemas": [GROUP], "id": its.id, "displayName": its.name, "members": members}
    return shown | {"meta": _meta("Group", its.id, its.created, its.changed, terms)}


def _meta(type: str, id: str, created: int, changed: int, terms: Terms) -> dict[str, str]:
    return {
        "resourceType": type,
        "created": datetime.fromtimestamp(created, UTC).isoformat().replace("+00:00", "Z"),
        "lastModified": datetime.fromtimestamp(changed, UTC).isoformat().replace("+00:00", "Z"),
        "location": terms.url(f"/scim/v2/{type}s/{id}"),
    }
