"""Errors as problem+json, written for the person who must act."""

from __future__ import annotations

from typing import Any

import httpx
import pytest


def problem(answer: httpx.Response, status: int) -> Any:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    assert found["status"] == status
    assert found["title"]
    return found


def test_what_an_endpoint_refuses_is_answered_with_its_words(client: httpx.Client) -> None:
    found = problem(client.get("/things/missing"), 404)
    assert (found["title"], found["detail"], found["instance"]) == (
        "Not Found", "there is no such thing", "/things/missing",
    )  # fmt: skip


def test_a_path_that_is_not_there_points_to_the_documentation(client: httpx.Client) -> None:
    assert "/docs" in problem(client.get("/nowhere"), 404)["detail"]


def test_a_method_that_is_not_offered_is_named(client: httpx.Client) -> None:
    answer = client.delete("/things")
    assert problem(answer, 405)["detail"] == "DELETE is not offered at /things"
    assert answer.headers["allow"]


@pytest.mark.parametrize(
    ("body", "name", "reason"),
    [
        (b"{", "body", "is not JSON"),
        (b'{"name": 1}', "name", "should be a valid string"),
        (b'{"name": "12345678901"}', "name", "at most 10 characters"),
        (b"{}", "name", "Field required"),
        (b"[]", "body", "should be a valid dictionary"),
    ],
)
def test_a_body_that_is_not_as_described_is_refused_by_its_field(
    client: httpx.Client, body: bytes, name: str, reason: str
) -> None:
    answer = client.post("/things", content=body, headers={"Content-Type": "application/json"})
    [error] = problem(answer, 400)["errors"]
    assert (error["in"], error["name"]) == ("body", name)
    assert reason in error["reason"]


@pytest.mark.parametrize("body", [b'{"name": "\xff"}', b"[" * 20_000, b'{"a":' * 5_000])
def test_a_body_that_cannot_be_read_at_all_is_refused(client: httpx.Client, body: bytes) -> None:
    problem(client.post("/things", content=body, headers={"Content-Type": "application/json"}), 400)


def test_an_unknown_query_parameter_is_refused_with_those_that_are_known(client: httpx.Client) -> None:
    found = problem(client.get("/things?limt=3"), 400)
    assert found["errors"] == [
        {"in": "query", "name": "limt", "reason": "is not a query parameter of /things; it takes limit"}
    ]


def test_a_defect_tells_the_caller_nothing_of_the_inside(client: httpx.Client) -> None:
    answer = client.get("/things/broken")
    assert "secret" not in answer.text
    problem(answer, 500)
