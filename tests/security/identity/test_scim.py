"""Joiners, movers and leavers, as a directory tells of them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.security.identity.world import ISSUER, World
from trunkline.security.identity.caller import Refused
from trunkline.security.identity.scim.resources import EXTENSION

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ANA = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", EXTENSION],
    "userName": "Ana@acme.example", "name": {"familyName": "Silva", "givenName": "Ana"}, "externalId": "e-7",
    "emails": [{"value": "ana@acme.example", "type": "work", "primary": True}], EXTENSION: {"region": "brussels"},
}  # fmt: skip


class Directory:
    """An operator's directory, which keeps people by SCIM."""

    def __init__(self, world: World) -> None:
        self._http, self._token = world.http, world.admin_token("identity.people")

    def __call__(self, method: str, path: str, body: Any = None, **query: str) -> httpx.Response:
        headers = {"authorization": f"Bearer {self._token}", "content-type": "application/scim+json"}
        answer: httpx.Response = self._http.request(
            method, path if path.startswith("http") else f"/scim/v2{path}", params=query or None, headers=headers,
            **({"json": body} if body is not None else {}),
        )  # fmt: skip
        return answer

    def patch(self, path: str, *operations: dict[str, Any]) -> httpx.Response:
        return self("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)})


@pytest.fixture
def directory(world: World) -> Directory:
    return Directory(world)


def test_a_joiner_is_created_found_and_read(directory: Directory) -> None:
    made = directory("POST", "/Users", ANA)
    told = made.json()
    assert (made.status_code, made.headers["content-type"]) == (201, "application/scim+json")
    assert (told["userName"], told["active"], told["externalId"], told["name"]) == (
        "ana@acme.example", True, "e-7", {"familyName": "Silva", "givenName": "Ana"},
    )  # fmt: skip
    assert told[EXTENSION] == {"region": "brussels"}
    assert directory("GET", told["meta"]["location"]).json() == told
    found = directory("GET", "/Users", filter='userName EQ "ANA@acme.example"').json()
    assert (found["totalResults"], found["Resources"]) == (1, [told])
    assert directory("GET", "/Users", filter='userName eq "nobody"').json()["totalResults"] == 0


def test_a_user_name_is_had_once(directory: Directory) -> None:
    directory("POST", "/Users", ANA)
    again = directory("POST", "/Users", ANA | {"userName": "ANA@ACME.EXAMPLE"})
    assert (again.status_code, again.json()["scimType"]) == (409, "uniqueness")
    other = directory("POST", "/Users", ANA | {"userName": "bo@acme.example"}).json()
    assert directory("PUT", f"/Users/{other['id']}", ANA).status_code == 409


def test_a_leavers_tokens_stop_to_work_at_once(world: World, directory: Directory) -> None:
    client = world.client()
    browser = world.browser()
    browser.sign_in("noc@acme.example")
    tokens = world.tokens(client, browser)
    assert directory.patch(f"/Users/{world.noc}", {"op": "replace", "path": "active", "value": False}).json()[
        "active"
    ] is False  # fmt: skip
    with pytest.raises(Refused, match="may not act any more"):
        world.verifier.verify(f"Bearer {tokens['access_token']}", "GET", ISSUER)
    assert world.refresh(client, tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert "<h1>Sign in</h1>" in browser.get("/oauth2/account").text
    assert "password is wrong" in browser.sign_in("noc@acme.example").text


def test_who_comes_back_signs_in_anew(world: World, directory: Directory) -> None:
    client = world.client()
    old = world.tokens(client)
    for active in (False, True):
        directory.patch(f"/Users/{world.noc}", {"op": "Replace", "value": {"active": str(active)}})
    with pytest.raises(Refused):
        world.verifier.verify(f"Bearer {old['access_token']}", "GET", ISSUER)
    assert "access_token" in world.tokens(client)


def test_who_is_deleted_is_forgotten_with_all_that_they_had(world: World, directory: Directory) -> None:
    token = world.tokens(world.client())["access_token"]
    assert directory("DELETE", f"/Users/{world.noc}").status_code == 204
    assert directory("GET", f"/Users/{world.noc}").status_code == 404
    with pytest.raises(Refused):
        world.verifier.verify(f"Bearer {token}", "GET", ISSUER)
    assert directory("POST", "/Users", {"userName": "noc@acme.example"}).json()["groups"] == []


def test_a_mover_changes_roles_by_groups(world: World, directory: Directory) -> None:
    ana = directory("POST", "/Users", ANA).json()["id"]
    [noc] = directory("GET", "/Groups", filter='displayName eq "noc"').json()["Resources"]
    path = f"/Groups/{noc['id']}"
    added = directory.patch(path, {"op": "add", "path": "members", "value": [{"value": ana}]}).json()
    assert {each["value"] for each in added["members"]} == {ana, world.noc}
    assert directory("GET", f"/Users/{ana}").json()["groups"] == [{"display": "noc"}]
    again = directory.patch(path, {"op": "Add", "path": "members", "value": [{"value": ana}]}).json()
    assert again["members"] == added["members"]
    left = directory.patch(path, {"op": "remove", "path": f'members[value eq "{world.noc}"]'}).json()
    assert [each["value"] for each in left["members"]] == [ana]
    gone = directory.patch(path, {"op": "Remove", "path": "members", "value": [{"value": ana}]}).json()
    assert gone["members"] == []


def test_groups_are_made_replaced_and_removed(world: World, directory: Directory) -> None:
    made = directory("POST", "/Groups", {"displayName": "auditor", "members": [{"value": world.noc}]}).json()
    path = f"/Groups/{made['id']}"
    assert directory("POST", "/Groups", {"displayName": "auditor"}).status_code == 409
    replaced = directory("PUT", path, {"displayName": "inspector", "members": []}).json()
    assert (replaced["displayName"], replaced["members"]) == ("inspector", [])
    assert directory("PUT", path, {"displayName": "noc"}).status_code == 409
    unknown = directory("PUT", path, {"displayName": "inspector", "members": [{"value": "nobody"}]})
    assert (unknown.status_code, directory("GET", path).json()["displayName"]) == (400, "inspector")
    assert directory("DELETE", path).status_code == 204
    assert directory("GET", path).status_code == 404


@pytest.mark.parametrize(
    ("operation", "name", "value"),
    [
        ({"op": "replace", "path": "name.familyName", "value": "Costa"}, "name",
         {"familyName": "Costa", "givenName": "Ana"}),
        ({"op": "replace", "value": {"displayName": "Ana C."}}, "displayName", "Ana C."),
        ({"op": "replace", "path": 'emails[type eq "work"].value', "value": "a@x"}, "emails",
         [{"value": "a@x", "type": "work", "primary": True}]),
        ({"op": "add", "path": "emails", "value": [{"value": "b@x"}]}, "emails",
         [{"value": "ana@acme.example", "type": "work", "primary": True}, {"value": "b@x"}]),
        ({"op": "add", "path": 'emails[type eq "home"].value', "value": "h@x"}, "emails",
         [{"value": "ana@acme.example", "type": "work", "primary": True}, {"value": "h@x", "type": "home"}]),
        ({"op": "replace", "path": f"{EXTENSION}:region", "value": "wallonia"}, EXTENSION, {"region": "wallonia"}),
        ({"op": "replace", "path": "USERNAME", "value": "anna@acme.example"}, "userName", "anna@acme.example"),
    ],
)  # fmt: skip
def test_parts_of_a_user_are_patched(directory: Directory, operation: dict[str, Any], name: str, value: Any) -> None:
    ana = directory("POST", "/Users", ANA).json()["id"]
    assert directory.patch(f"/Users/{ana}", operation).json()[name] == value
    assert directory("GET", f"/Users/{ana}").json()[name] == value


def test_an_attribute_may_be_taken_away(directory: Directory) -> None:
    ana = directory("POST", "/Users", ANA).json()["id"]
    told = directory.patch(f"/Users/{ana}", {"op": "remove", "path": "externalId"}).json()
    assert "externalId" not in told


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "active", "value": "perhaps"},
        {"op": "replace", "path": "userName", "value": ""},
        {"op": "remove", "path": "userName"},
        {"op": "replace", "path": "emails[", "value": "x"},
        {"op": "replace", "path": 'emails[type eq "other"]', "value": {}},
        {"op": "replace", "path": "userName.first", "value": "x"},
        {"op": "replace", "value": "x"},
        {"op": "remove"},
        {"op": "steal", "path": "userName"},
        {},
    ],
)
def test_a_patch_that_makes_no_sense_changes_nothing(directory: Directory, operation: dict[str, Any]) -> None:
    before = directory("POST", "/Users", ANA).json()
    assert directory.patch(f"/Users/{before['id']}", operation).status_code == 400
    assert directory("GET", f"/Users/{before['id']}").json() == before


def test_nobody_gives_roles_or_an_id_by_an_attribute(world: World, directory: Directory) -> None:
    more = {"id": world.boss, "roles": ["administrator"], "groups": [{"display": "administrator"}], "meta": {},
            "password_hash": "x", "totp": "x", "region": "all"}  # fmt: skip
    made = directory("POST", "/Users", ANA | more).json()
    assert made["id"] != world.boss
    for path in ("roles", "groups", "id", "totp"):
        directory.patch(f"/Users/{made['id']}", {"op": "add", "path": path, "value": ["administrator"]})
    told = directory("GET", f"/Users/{made['id']}").json()
    assert (told["groups"], "roles" in told, told[EXTENSION]) == ([], False, {"region": "brussels"})


def test_a_directory_may_set_a_password_and_it_is_never_shown(world: World, directory: Directory) -> None:
    made = directory("POST", "/Users", ANA | {"password": "quite a long secret"})
    assert "quite a long" not in made.text
    assert "You are signed in" in world.browser().sign_in("ana@acme.example", "quite a long secret").text
    weak = directory.patch(f"/Users/{made.json()['id']}", {"op": "replace", "path": "password", "value": "short"})
    assert (weak.status_code, weak.json()["scimType"]) == (400, "invalidValue")


def test_pages_are_bounded(directory: Directory) -> None:
    page = directory("GET", "/Users", startIndex="2", count="1").json()
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (2, 2, 1)
    assert directory("GET", "/Users", count="0").json()["Resources"] == []
    assert directory("GET", "/Users", count="many").status_code == 400


@pytest.mark.parametrize(
    "filter",
    ["", 'userName co "a"', "userName eq noc", 'userName eq "a" or active eq "true"', "x" * 3_000,
     'userName eq "\\u0000"', 'password eq "x"', "userName eq \"a' OR 1=1 --\" "],
)  # fmt: skip
def test_a_filter_cannot_be_bent(directory: Directory, filter: str) -> None:
    answer = directory("GET", "/Users", filter=filter)
    assert answer.status_code == 400 or answer.json()["totalResults"] == 0


def test_who_may_not_keep_people_sees_none(world: World) -> None:
    noc = {"authorization": f"Bearer {world.tokens(world.client())['access_token']}"}
    for headers, status in (({}, 401), (noc, 403)):
        for path in ("Users", f"Users/{world.boss}", "Groups", "ServiceProviderConfig"):
            assert world.http.get(f"/scim/v2/{path}", headers=headers).status_code == status
        assert world.http.delete(f"/scim/v2/Users/{world.boss}", headers=headers).status_code == status


def test_what_is_not_there_is_said_so(directory: Directory) -> None:
    for path in ("/Users/nobody", "/Groups/none", "/Users/%00", "/Nothing"):
        assert directory("GET", path).status_code == 404
    assert directory("GET", "/ServiceProviderConfig").json()["patch"] == {"supported": True}
