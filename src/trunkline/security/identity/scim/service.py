"""The SCIM endpoints: users and groups, created, read, found, replaced, patched and deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.http.responses import Json
from trunkline.security.audit.entry import Action
from trunkline.security.identity import reading
from trunkline.security.identity.endpoints import caller_of, refused_as_problem
from trunkline.security.identity.identity import Identity, Unit
from trunkline.security.identity.people import Group, NoSuchPerson, Person
from trunkline.security.identity.scim import resources
from trunkline.security.identity.scim.errors import MEDIA_TYPE, ScimError
from trunkline.security.identity.scim.filtering import equals
from trunkline.security.identity.scim.patching import patched
from trunkline.security.identity.terms import SCIM
from trunkline.security.identity.trail import GROUP, PERSON, Telling, changed, moved, tell
from trunkline.security.identity.verifier import Verifier
from trunkline.store import Conflict

ACTIONS: Final[dict[str, Action]] = {
    "GET": "read", "HEAD": "read", "POST": "create", "PUT": "change", "PATCH": "change", "DELETE": "delete",
}  # fmt: skip
MOST: Final = 200  # resources on a page
_LIST: Final = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_CONFIG: Final = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"


class Scim:
    """The endpoints, for callers with the scope `identity.people`."""

    def __init__(self, identity: Identity, verifier: Verifier) -> None:
        self._identity, self._verifier = identity, verifier

    def routes(self) -> list[Route]:
        def read(path: str, handle: Callable[[Request], Response], method: str = "GET") -> Route:
            return Route(f"/scim/v2{path}", reading.page(self._guarded(handle)), methods=[method])

        def write(path: str, handle: Callable[[Request, Any], Response], method: str) -> Route:
            endpoint = reading.json(self._guarded(handle), MEDIA_TYPE, "application/json")
            return Route(f"/scim/v2{path}", endpoint, methods=[method])

        return [
            read("/ServiceProviderConfig", self.configuration),
            read("/Users", self.users),
            write("/Users", self.add_user, "POST"),
            read("/Users/{id}", self.user),
            write("/Users/{id}", self.replace_user, "PUT"),
            write("/Users/{id}", self.patch_user, "PATCH"),
            read("/Users/{id}", self.remove_user, "DELETE"),
            read("/Groups", self.groups),
            write("/Groups", self.add_group, "POST"),
            read("/Groups/{id}", self.group),
            write("/Groups/{id}", self.replace_group, "PUT"),
            write("/Groups/{id}", self.patch_group, "PATCH"),
            read("/Groups/{id}", self.remove_group, "DELETE"),
        ]

    def configuration(self, request: Request) -> Response:
        """What is offered (RFC 7643, clause 5)."""
        Telling(request).nothing()
        no = {"supported": False}
        bearer = {
            "type": "oauthbearertoken",
            "name": "Bearer",
            "description": f"An access token with the scope {SCIM}.",
        }
        return _answer({
            "schemas": [_CONFIG], "patch": {"supported": True}, "bulk": no | {"maxOperations": 0, "maxPayloadSize": 0},
            "filter": {"supported": True, "maxResults": MOST}, "changePassword": {"supported": True}, "sort": no,
            "etag": no, "authenticationSchemes": [bearer],
        })  # fmt: skip

    def users(self, request: Request) -> Response:
        start, count, value = _page(request, "username")
        with self._identity.looking() as unit:
            found, total = unit.people.find(value, start, count)
        Telling(request).about("", of=found, told=len(found))
        return _list([resources.user(each, self._identity.terms) for each in found], total, start)

    def user(self, request: Request) -> Response:
        with self._identity.looking() as unit:
            person = _person(unit, request)
        Telling(request).about(person.id, of=[person], told=1)
        return self._shown(person)

    def add_user(self, request: Request, body: Any) -> Response:
        user = resources.read_user(body)
        hashed = self._hashed(user)
        with self._identity.unit() as unit:
            added = unit.people.add(user.user_name, user.document(), user.active)
            if hashed:
                unit.people.set_password(added.id, hashed)
        Telling(request).about(added.id, of=[added])
        return self._shown(added, 201)

    def replace_user(self, request: Request, body: Any) -> Response:
        user = resources.read_user(body)
        hashed = self._hashed(user)
        with self._identity.unit() as unit:
            return self._keep(request, unit, _person(unit, request), user, hashed)

    def patch_user(self, request: Request, body: Any) -> Response:
        with self._identity.looking() as unit:
            before = resources.user(_person(unit, request), self._identity.terms)
        user = resources.read_user(patched(before, body))
        hashed = self._hashed(user)
        with self._identity.unit() as unit:
            # Read again: while a new password was hashed, another change may have come between.
            unit.people.hold(request.path_params["id"])
            person = _person(unit, request)
            user = resources.read_user(patched(resources.user(person, self._identity.terms), body))
            return self._keep(request, unit, person, user, hashed)

    def remove_user(self, request: Request) -> Response:
        with self._identity.unit() as unit:
            person = _person(unit, request)
            unit.people.remove(person.id)
        Telling(request).about(person.id, of=[person])
        return Response(status_code=204)

    def groups(self, request: Request) -> Response:
        start, count, value = _page(request, "displayname")
        with self._identity.looking() as unit:
            found, total = unit.people.groups(value, start, count)
        Telling(request).about("", of={id for each in found for id in each.members}, told=len(found))
        return _list([resources.group(each, self._identity.terms) for each in found], total, start)

    def group(self, request: Request) -> Response:
        with self._identity.looking() as unit:
            group = _group(unit, request)
        Telling(request).about(group.id, of=group.members, told=1)
        return _answer(resources.group(group, self._identity.terms))

    def add_group(self, request: Request, body: Any) -> Response:
        role = resources.read_group(body)
        with self._identity.unit() as unit:
            added = unit.people.add_group(role.display_name, [each.value for each in role.members])
        Telling(request).about(added.id, of=added.members)
        return _answer(resources.group(added, self._identity.terms), 201)

    def replace_group(self, request: Request, body: Any) -> Response:
        with self._identity.unit() as unit:
            return self._keep_group(request, unit, _group(unit, request), resources.read_group(body))

    def patch_group(self, request: Request, body: Any) -> Response:
        with self._identity.unit() as unit:
            group = _group(unit, request)
            unit.people.hold(group.id)
            group = _group(unit, request)
            role = resources.read_group(patched(resources.group(group, self._identity.terms), body))
            return self._keep_group(request, unit, group, role)

    def remove_group(self, request: Request) -> Response:
        with self._identity.unit() as unit:
            group = _group(unit, request)
            unit.people.remove_group(group.id)
        Telling(request).about(group.id, of=group.members)
        return Response(status_code=204)

    def _keep(self, request: Request, unit: Unit, person: Person, user: resources.User, hashed: str) -> Response:
        unit.people.replace(person.id, user.user_name, user.document(), user.active)
        if hashed:
            unit.people.set_password(person.id, hashed)
            unit.people.sign_out(person.id)
        kept, terms = _person_of(unit, person.id), self._identity.terms
        fields = changed(resources.user(person, terms), resources.user(kept, terms))
        Telling(request).about(person.id, [*fields, *(["password"] if hashed else [])], of=[person, kept])
        return self._shown(kept)

    def _keep_group(self, request: Request, unit: Unit, group: Group, role: resources.Role) -> Response:
        kept = unit.people.replace_group(group, role.display_name, [each.value for each in role.members])
        fields = changed(resources.group(group, self._identity.terms), resources.group(kept, self._identity.terms))
        Telling(request).about(kept.id, fields, of=moved(group, kept))
        return _answer(resources.group(kept, self._identity.terms))

    def _hashed(self, user: resources.User) -> str:
        """The hash of the password that a directory sets; "" where it sets none."""
        if not user.password:
            return ""
        try:
            return self._identity.passwords.hash(user.password, user.user_name)
        except ValueError as error:
            raise ScimError(400, str(error), "invalidValue") from None

    def _shown(self, person: Person, status: int = 200) -> Response:
        return _answer(resources.user(person, self._identity.terms), status)

    def _guarded(self, handle: Callable[..., Response]) -> Callable[..., Response]:
        @refused_as_problem
        def guarded(request: Request, *body: Any) -> Response:
            kind = PERSON if "/Users" in request.url.path else GROUP
            tell(request, ACTIONS[request.method], kind, request.path_params.get("id", ""))
            caller_of(self._identity, self._verifier, request, SCIM)
            try:
                return handle(request, *body)
            except ScimError as error:
                return error.response()
            except Conflict as error:
                return ScimError(409, str(error), "uniqueness").response()
            except NoSuchPerson as error:
                return ScimError(400, str(error), "invalidValue").response()

        return guarded


def _person(unit: Unit, request: Request) -> Person:
    return _person_of(unit, request.path_params["id"])


def _person_of(unit: Unit, id: str) -> Person:
    person = unit.people.get(id) if "\0" not in id else None
    if person is None:
        raise ScimError(404, f"there is no user {id[:100]}")
    return person


def _group(unit: Unit, request: Request) -> Group:
    id = request.path_params["id"]
    group = unit.people.group(id) if "\0" not in id else None
    if group is None:
        raise ScimError(404, f"there is no group {id[:100]}")
    return group


def _page(request: Request, attribute: str) -> tuple[int, int, str | None]:
    """Where a page begins (from 1), how long it is at most, and the value to find. Raises `ScimError`."""
    given = reading.query(request)
    numbers = [given.get("startIndex", "1"), given.get("count", "100")]
    if not all(number.isdecimal() and len(number) <= 9 for number in numbers):
        raise ScimError(400, "startIndex and count are whole numbers", "invalidValue")
    value = None
    if "filter" in given:
        name, value = equals(given["filter"])
        if name != attribute:
            raise ScimError(400, f"only {attribute} can be filtered by here", "invalidFilter")
    return max(1, int(numbers[0])), min(MOST, int(numbers[1])), value


def _list(found: list[dict[str, Any]], total: int, start: int) -> Response:
    page = {"schemas": [_LIST], "totalResults": total, "startIndex": start, "itemsPerPage": len(found)}
    return _answer(page | {"Resources": found})


def _answer(body: dict[str, Any], status: int = 200) -> Response:
    return Json(body, status, media_type=MEDIA_TYPE)
