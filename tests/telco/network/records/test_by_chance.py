"""Whatever is sent to TMF642 is answered, and what is refused asks nothing of the live alarms."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.telco.network_health.conftest import loaded_contracts
from tests.tmf.documents import texts, times, values
from trunkline.http import create_app
from trunkline.store import open_store
from trunkline.telco.model import AlarmReport
from trunkline.telco.network.records.owners import owners
from trunkline.tmf.apis.alarm import API
from trunkline.tmf.declaration import V4, V5, Document, Task, Version
from trunkline.tmf.serving import serve

# Mostly right, so that much of it is taken.
notes = st.lists(st.fixed_dictionaries({}, optional={"comment": texts, "userId": texts, "time": times | texts}))
references = st.lists(st.fixed_dictionaries({"id": st.sampled_from(["nobody", "1"]) | texts}), max_size=2)
changes = st.fixed_dictionaries(
    {},
    optional={
        "ackState": st.sampled_from(["acknowledged", "unacknowledged", "maybe", None]),
        "ackUserId": texts,
        "comment": notes,
        "parentAlarm": references,
        "alarmDetails": texts,
        "perceivedSeverity": st.sampled_from(["critical", "minor", "cleared", "purple", None]),
        "state": st.sampled_from(["updated", "cleared", "gone", None]),
        "problem": values,
        "x": values,
    },
)
said = st.fixed_dictionaries(
    {
        "alarmType": st.sampled_from(["equipmentAlarm", "integrityViolation"]),
        "perceivedSeverity": st.sampled_from(["major", "minor", "critical", "cleared"]),
        "probableCause": texts,
        "alarmedObject": st.fixed_dictionaries({"id": texts}),
        "sourceSystemId": texts,
        "state": st.sampled_from(["raised", "updated", "cleared"]),
        "alarmRaisedTime": times
        | st.sampled_from(["9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z", "yesterday"]),
    },
    optional={"comment": notes, "ackState": st.sampled_from(["acknowledged", "maybe"]), "alarmClearedTime": times},
)
objects = st.fixed_dictionaries({"id": st.sampled_from(["0", "1", "2", "other"])})
patterns = st.fixed_dictionaries(
    {"alarmedObject": objects},
    optional={"state": st.just("raised") | texts, "x": values, "comment": notes, "alarmRaisedTime": times},
) | st.fixed_dictionaries({}, optional={"id": st.just("nobody"), "x": values})
asked = {
    "ackUserId": "an", "ackSystemId": "desk", "clearUserId": "an", "clearSystemId": "desk", "sourceSystemId": "desk",
    "alarmClearedTime": "2026-03-09T02:14:30Z", "alarmChangedTime": "2026-03-09T02:14:30Z",
}  # fmt: skip


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder: Path = tmp_path_factory.mktemp("chance")
    with closing(open_store(f"sqlite:///{folder}/store.db")) as store:
        app = create_app(serve([API], store, owners=owners(store)))
        with TestClient(app, base_url="http://127.0.0.1") as client:
            for number in range(3):
                alarm = {"alarmedObject": {"id": str(number)}, "perceivedSeverity": "major", "state": "raised"}
                more = {"alarmType": "equipmentAlarm", "probableCause": "power", "sourceSystemId": "ems"}
                said = {**alarm, **more, "alarmRaisedTime": "2026-03-09T02:14:30Z"}
                assert client.post("/tmf-api/alarmManagement/v4/alarm", json=said).status_code == 201
            yield client
        # None of the alarms is live, so all is said by reports.
        sent = [outgoing.event for outgoing in store.outbox(100_000) if outgoing.topic == AlarmReport.topic]
        assert sent
        assert loaded_contracts().validators()[AlarmReport.topic].failures(sent) == []


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(said, changes, st.sampled_from([V4, V5]))
def test_an_alarm_of_any_kind_is_taken_or_refused(
    api: TestClient, made: Document, changed: Document, version: Version
) -> None:
    of = f"/tmf-api/alarmManagement/{version}/alarm"
    answer = api.post(of, json=made)
    assert answer.status_code in (201, 400, 409), answer.text
    if answer.status_code == 201:
        place = f"{of}/{answer.json()['id']}"
        for body in (changed, {"ackState": "acknowledged"}, {"state": "cleared"}):
            patched = api.patch(place, json=body)
            assert patched.status_code in (200, 400, 409), patched.text
        assert api.delete(place).status_code == 204


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(API.tasks), st.sampled_from([V4, V5]), st.lists(patterns, min_size=1), patterns, changes)
def test_a_task_of_any_kind_is_taken_or_refused(
    api: TestClient, task: Task, version: Version, about: list[Document], parent: Document, other: Document
) -> None:
    one = {"alarmPattern": about, "correlatedAlarm": about, "parentAlarm": parent, "comment": {"comment": "x"}}
    answer = api.post(
        f"/tmf-api/alarmManagement/{version}/{task.v4_name if version is V4 else task.name}",
        json={**asked, **one, "x": other},
    )
    assert answer.status_code in (201, 400, 409), answer.text
