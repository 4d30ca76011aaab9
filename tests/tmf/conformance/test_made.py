"""What the kit made goes again."""

from __future__ import annotations

import pytest

from tests.tmf.conformance.server import Refused, Reply, Server, served
from trunkline.tmf.conformance import Client
from trunkline.tmf.conformance.made import Made


class KeepsWhatIsInForce(Server):
    def delete(self, id: str) -> Reply:
        if self.record(id)["status"] != "terminated":
            raise Refused(409, "terminate it first")
        return super().delete(id)


@pytest.mark.parametrize(("ended", "left"), [({"status": "terminated"}, 0), (None, 1)])
def test_a_record_in_force_is_ended_and_then_deleted_and_what_stays_is_told(
    ended: dict[str, str] | None, left: int
) -> None:
    server = KeepsWhatIsInForce("v4")
    with served(server) as url:
        made = Made(Client(url), ended)
        id = made.post(f"{server.base}/product", {"status": "active"}).record["id"]
        assert made.clean() == [f"{url}{server.base}/product/{id}"] * left
    assert len(server.records) == left


def test_what_others_deleted_meanwhile_is_not_told_as_left() -> None:
    server = Server("v4")
    with served(server) as url:
        made = Made(Client(url))
        made.post(f"{server.base}/product", {"status": "active"})
        server.records.clear()
        assert made.clean() == []
