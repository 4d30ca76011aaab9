"""Requests to the APIs, by the rules of BelgiCom: what is refused, what is masked, and what cannot be asked around."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest

from tests.security.access.house import HEALTH, ISSUER, House, caller, house
from trunkline.log import Event
from trunkline.log.envelope import cloud_event
from trunkline.security.access.decisions import who
from trunkline.security.access.granted import Granted, Telling
from trunkline.security.access.kinds import Asked
from trunkline.security.identity.caller import Caller
from trunkline.telco.model import Kpi
from trunkline.telco.model.kpi import Passport

BILLS = "/tmf-api/customerBillManagement/v4/customerBill"
BUCKETS = "/tmf-api/prepayBalanceManagement/v4/bucket"
ALARMS = "/tmf-api/alarmManagement/{}/alarm"
ACK = "/tmf-api/alarmManagement/v5/ackAlarm"
MEASURED = "/tmf-api/performance/v5/performanceMeasurement"
RESOURCES = "/tmf-api/resourceInventoryManagement/{}/resource"
OFFERINGS = "/tmf-api/productCatalogManagement/v4/productOffering"
NOC, FLEMISH = caller("noc-engineer"), caller("noc-engineer", "flanders")
BILLING, CARE, ARCHITECT = caller("billing-steward"), caller("customer-service"), caller("integration-architect")
PARTNER, AUDITOR = caller("partner"), caller("auditor")

BILL = {
    "id": "B-1", "@type": "CustomerBill", "billNo": "1", "state": "sent", "amountDue": {"unit": "EUR", "value": 41.5},
    "billingAccount": {"id": "1042", "@type": "BillingAccountRef"},
}  # fmt: skip
BUCKET = {
    "id": "1042.data", "@type": "Bucket", "usageType": "data", "remainingValue": {"amount": 5, "units": "octet"},
    "logicalResource": [{"id": "32470123001", "value": "32470123001", "@type": "LogicalResourceRef"}],
    "partyAccount": {"id": "1042", "@type": "PartyAccountRef"},
}  # fmt: skip
ALARM = {
    "id": "A-1", "@type": "Alarm", "state": "raised", "perceivedSeverity": "major", "ackUserId": "els",
    "alarmDetails": "no power", "comment": [{"comment": "on my way", "userId": "els", "@type": "Comment"}],
    "alarmRaisedTime": "2026-03-09T02:14:30Z",
}  # fmt: skip


PLACES = ((1, "ANT_HAVEN"), (2, "MONS_CENTRE"), (3, "NOWHERE"))


def dn(element: str) -> str:
    return f"ManagedElement={element}"


def kpi(element: str) -> Event:
    period = datetime(2026, 3, 9, 2, 15, tzinfo=UTC)
    passport = Passport(formula="a/Accessibility", version="1", expression="x", counters={}, sources=())
    value = Kpi(name="Accessibility", dn=dn(element), vendor="Nokia", end_time=period, granularity=900, value=99.0,
                unit="%", ratios=(), passport=passport)  # fmt: skip
    return cloud_event(type=Kpi.topic, source="test", id=element, value=msgspec.json.encode(value), key=value.key)


def resource(id: str, region: str) -> dict[str, Any]:
    place = {"id": region, "name": region, "@type": "PlaceRef", "@referredType": "GeographicArea"}
    return {
        "id": id, "@type": "LogicalResource", "name": id,
        "place": [{"@type": "RelatedPlaceRef", "role": "region", "place": place}] if region else [],
        "resourceCharacteristic": [{"@type": "StringCharacteristic", "name": "azimuth", "value": "120"}],
    }  # fmt: skip


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("access")) as found:
        found.keep("customerBill", BILL, BILL | {"id": "B-2", "amountDue": {"unit": "EUR", "value": 3.0}})
        found.keep("bucket", BUCKET)
        found.keep("alarm", ALARM, *(ALARM | {"id": f"X-{n}", "alarmedObject": {"id": dn(at)}} for n, at in PLACES))
        found.keep("performanceMeasurement", *({"id": f"M-{n}", "tag": {"dn": dn(at)}} for n, at in PLACES))
        found.keep("resource", resource("ANT-1", "Antwerpen"), resource("MONS-1", "Hainaut"), resource("LAB", ""))
        found.keep("productOffering", {"id": "P-1", "@type": "ProductOffering", "name": "Fibre", "statusReason": "new"})
        yield found


# Who may


def test_nothing_answers_whom_nobody_knows(there: House) -> None:
    for path in (BILLS, OFFERINGS, f"{HEALTH}/sites", BUCKETS + "/1042.data", f"{HEALTH}/events"):
        answer = there.ask(path, None)
        assert (answer.status_code, len(answer.headers["x-decision"])) == (403, 16), path


def test_what_no_api_tells_of_is_not_decided_upon(there: House) -> None:
    assert there.ask("/healthz", None).status_code == 200


def test_a_role_that_nobody_has_declared_gives_nothing(there: House) -> None:
    assert there.ask(BILLS, caller("superuser"), "billing").status_code == 403


def test_a_refusal_speaks_the_words_of_its_api(there: House) -> None:
    of_tmf = there.ask(BILLS, NOC)
    assert of_tmf.json() == {
        "code": "forbidden", "status": "403", "reason": "you may not read customerBill for the purpose none",
        "message": f"`trunkline access explain {of_tmf.headers['x-decision']}` says why",
    }  # fmt: skip
    assert there.ask(f"{HEALTH}/sites", PARTNER, "selling").headers["content-type"] == "application/problem+json"


def test_the_purpose_decides(there: House) -> None:
    assert there.ask(BILLS, BILLING).status_code == 403
    assert there.ask(BILLS, BILLING, "care").status_code == 403
    assert there.ask(BILLS, BILLING, "billing").status_code == 200


def test_a_purpose_that_nobody_has_declared_is_refused(there: House) -> None:
    answer = there.ask(BILLS, BILLING, "curiosity")
    assert answer.status_code == 403
    assert "none of the purposes: operations" in answer.json()["reason"]


def test_an_application_has_the_purpose_that_it_is_registered_for(there: House) -> None:
    shop = caller("partner", client="telesud-shop")
    assert there.ask(OFFERINGS, shop).status_code == 200
    assert there.ask(OFFERINGS, PARTNER).status_code == 403
    assert "is registered for selling" in there.ask(OFFERINGS, shop, "audit").json()["reason"]


def test_an_application_of_another_provider_is_not_the_one_that_is_registered(there: House) -> None:
    assert (
        there.ask(OFFERINGS, caller("partner", client="telesud-shop", issuer="https://evil.example")).status_code == 403
    )


def test_an_application_that_calls_for_itself_has_the_roles_that_it_is_registered_with(there: House) -> None:
    def calls(subject: str, issuer: str = ISSUER) -> int:
        shop = Caller(subject, "telesud-shop", frozenset(), frozenset(), "", issuer)
        return there.ask(OFFERINGS, shop).status_code

    assert (calls("telesud-shop"), calls("anna"), calls("telesud-shop", "https://evil.example")) == (200, 403, 403)


def test_who_audits_changes_nothing(there: House) -> None:
    assert there.ask(f"{BILLS}/B-1", AUDITOR, "audit").status_code == 200
    assert there.ask(f"{BILLS}/B-1", AUDITOR, "audit", "PATCH", {"state": "settled"}).status_code == 403


# What of it


def test_all_of_a_record_is_told_to_whom_nothing_is_hidden(there: House) -> None:
    assert there.ask(f"{BILLS}/B-1", BILLING, "billing").json()["amountDue"] == BILL["amountDue"]


def test_what_somebody_must_not_see_is_taken_out(there: House) -> None:
    told = there.ask(f"{BILLS}/B-1", AUDITOR, "audit").json()
    assert {"id", "href", "@type", "billNo", "state"} <= told.keys()
    assert not {"amountDue", "billingAccount"} & told.keys()


def test_lists_are_masked_record_by_record(there: House) -> None:
    told = there.ask(BILLS, AUDITOR, "audit").json()
    assert [bill["id"] for bill in told] == ["B-1", "B-2"]
    assert not any("amountDue" in bill for bill in told)
    part = there.ask(f"{BILLS}?limit=1", AUDITOR, "audit")
    assert (part.status_code, "amountDue" in part.json()[0]) == (206, False)


def test_of_a_number_the_ends_are_told_where_the_rules_say_so(there: House) -> None:
    [numbers] = [there.ask(f"{BUCKETS}/1042.data", ARCHITECT, "integration").json()["logicalResource"]]
    assert [(each["id"], each["value"]) for each in numbers] == [("32470***001", "32470***001")]
    [whole] = there.ask(f"{BUCKETS}/1042.data", CARE, "care").json()["logicalResource"]
    assert whole["value"] == "32470123001"


@pytest.mark.parametrize("version", ["v4", "v5"])
def test_both_versions_of_an_api_are_masked(there: House, version: str) -> None:
    told = there.ask(f"{ALARMS.format(version)}/A-1", NOC).json()
    assert told["alarmDetails"] == "no power"
    assert "ackUserId" not in told
    [comment] = told.get("comment", [{}])
    assert "userId" not in comment
    assert there.ask(f"{ALARMS.format(version)}/A-1", NOC, "operations").json()["ackUserId"] == "els"


def test_the_answer_to_a_change_is_masked_too(there: House) -> None:
    there.keep("bucket", BUCKET | {"id": "1042.voice"})
    answer = there.ask(f"{OFFERINGS}/P-1", ARCHITECT, "integration", "PATCH", {"name": "Fibre 500"})
    assert (answer.status_code, answer.json()["name"], "agreement" in answer.json()) == (200, "Fibre 500", False)


# What cannot be asked around


@pytest.mark.parametrize(
    "query",
    ["amountDue.value=41.5", "amountDue.value.gt=10", "amountDue.value%3E10", "billingAccount.id=1042",
     "state=sent;amountDue.value=41.5", "filter=$[?(@.amountDue.value>10)]", "filter=$[?(@['amountDue'].value>10)]",
     "state=sent&filter=$[?(@.state=='sent'%20||%20@.billingAccount.id=='1042')]"],
)  # fmt: skip
def test_nobody_looks_for_records_by_what_is_hidden_from_him(there: House, query: str) -> None:
    answer = there.ask(f"{BILLS}?{query}", AUDITOR, "audit")
    assert answer.status_code == 403, answer.text
    assert "is hidden from you" in answer.json()["reason"]


def test_what_cannot_be_held_against_the_mask_is_not_passed_on(there: House) -> None:
    """The API takes so many `fields`, and the filter behind them."""
    many = "&".join(["fields=id"] * 100)
    assert there.ask(f"{BILLS}?{many}&amountDue.value.gt=10", BILLING, "billing").status_code == 200
    assert there.ask(f"{BILLS}?{many}&amountDue.value.gt=10", AUDITOR, "audit").status_code == 400
    assert there.ask(f"{BILLS}?{'a=1&' * 300}amountDue.value.gt=10", AUDITOR, "audit").status_code == 400
    unknown = there.ask(f"{BILLS}?madeUp%20=1", AUDITOR, "audit")
    assert (unknown.status_code, unknown.json()["status"]) == (400, "400")


@pytest.mark.parametrize(
    "path",
    ["/tmf-api%2FalarmManagement/v4/productOffering/alarm", "/tmf-api/alarmManagement%2Fv4/productOffering/alarm",
     "/tmf-api%2FcustomerBillManagement/v4/productOffering/customerBill",
     "/tmf-api/alarmManagement/v4%2FproductOffering/alarm", "/tmf-api/alarmManagement/v4/alarm%2FA-1",
     "/tmf-api/alarmManagement/v4//alarm", "/tmf-api/alarmManagement/v4/%2e/alarm",
     "/tmf-api/alarmManagement/v4/productOffering/%2e%2e/alarm", "/network-health/v1/productOffering/%2e%2e/sites"],
)  # fmt: skip
def test_no_trick_with_a_path_makes_other_records_of_these(there: House, path: str) -> None:
    for by, purpose in ((PARTNER, "selling"), (NOC, "operations"), (BILLING, "billing")):
        answer = there.ask(path, by, purpose)
        assert answer.status_code in (403, 404), answer.text


def test_whom_nothing_is_hidden_from_looks_for_records_by_anything(there: House) -> None:
    found = there.ask(f"{BILLS}?amountDue.value.gt=10", BILLING, "billing").json()
    assert [bill["id"] for bill in found] == ["B-1"]


def test_one_looks_for_records_by_what_one_sees(there: House) -> None:
    assert len(there.ask(f"{BILLS}?state=sent&sort=-billDate", AUDITOR, "audit").json()) == 2


@pytest.mark.parametrize("version", ["v4", "v5"])
def test_no_list_is_sorted_by_what_is_hidden(there: House, version: str) -> None:
    path = ALARMS.format(version)
    assert there.ask(f"{path}?sort=-alarmRaisedTime", NOC).status_code == 200
    for query in (
        "ackUserId=els",
        "ackUserId.ne=els",
        "comment.userId=els",
        "filter=comment[?(@.userId=='els' %26%26 @.systemId=='noc')]",
    ):
        assert there.ask(f"{path}?{query}", NOC).status_code == 403, query
        assert there.ask(f"{path}?{query}", NOC, "operations").status_code == 200, query


@pytest.mark.parametrize(
    "patch",
    [{"statusReason": "x", "agreement": [{"id": "7"}]}, [{"op": "test", "path": "/agreement/0/id", "value": "7"}],
     [{"op": "copy", "from": "/agreement", "path": "/description"}],
     [{"op": "replace", "path": "/agreement?id=7/id", "value": "8"}],
     [{"op": "add", "path": "", "value": {"name": "Fibre"}}], [{"op": "add", "path": "/agreement/-", "value": {}}]],
)  # fmt: skip
def test_nobody_sets_or_tests_what_is_hidden_from_him(there: House, patch: Any) -> None:
    kind = "application/json-patch+json" if isinstance(patch, list) else "application/merge-patch+json"
    answer = there.ask(f"{OFFERINGS}/P-1", ARCHITECT, "integration", "PATCH", patch, **{"content-type": kind})
    assert answer.status_code == 403
    assert "hidden from you" in answer.json()["reason"]


# Where


@pytest.mark.parametrize("version", ["v4", "v5"])
def test_who_works_for_a_region_is_told_of_no_other(there: House, version: str) -> None:
    path = RESOURCES.format(version)
    answer = there.ask(path, FLEMISH)
    assert ([each["id"] for each in answer.json()], answer.headers["x-result-count"]) == (["ANT-1"], "1")
    assert "x-total-count" not in answer.headers  # which would tell how many there are elsewhere
    assert len(there.ask(path, NOC).json()) == 3
    assert there.ask(f"{path}/MONS-1", FLEMISH).status_code == 404
    assert there.ask(f"{path}/ANT-1", FLEMISH).status_code == 200


def test_a_filter_by_the_region_does_not_open_another(there: House) -> None:
    for query in ("place.id=Hainaut", "place.id.ne=Antwerpen", "filter=place[?(@.id=='Hainaut')]"):
        found = there.ask(f"{RESOURCES.format('v4')}?{query}", FLEMISH).json()
        assert "MONS-1" not in [each["id"] for each in found], query
    assert there.ask(f"{HEALTH}/sites?region=Hainaut", FLEMISH).json() == []
    assert [site["id"] for site in there.ask(f"{HEALTH}/sites?region=Hainaut", NOC).json()] == ["MONS_CENTRE"]


def test_the_sites_of_a_region_are_those_that_lie_in_it(there: House) -> None:
    assert [site["id"] for site in there.ask(f"{HEALTH}/sites", FLEMISH).json()] == ["ANT_HAVEN"]
    assert there.ask(f"{HEALTH}/sites/MONS_CENTRE", FLEMISH).status_code == 404


def test_nobody_acts_upon_what_lies_elsewhere(there: House) -> None:
    before = list(there.done)
    refused = there.ask(f"{HEALTH}/alarms/A-2/acknowledge", FLEMISH, "operations", "POST", {"user": "els"})
    assert (refused.status_code, "not yours" in refused.text) == (403, True)
    assert there.ask(f"{HEALTH}/alarms/A-1/acknowledge", FLEMISH, "operations", "POST", {"user": "els"}).is_success
    assert there.done == [*before, "A-1"]


@pytest.mark.parametrize(
    ("path", "ids"),
    [
        (ALARMS.format("v4"), ["X-1", "X-2", "X-3"]),
        (ALARMS.format("v5"), ["X-1", "X-2", "X-3"]),
        (MEASURED, ["M-1", "M-2", "M-3"]),
    ],
)
def test_what_tells_of_an_object_lies_where_that_stands(there: House, path: str, ids: list[str]) -> None:
    found = there.ask(path, FLEMISH, "operations")
    assert [each["id"] for each in found.json() if each["id"] in ids] == ids[:1]
    assert found.headers["x-result-count"] == str(len(found.json()))
    assert "x-total-count" not in found.headers
    for id, status in zip(ids, (200, 404, 404), strict=True):
        assert there.ask(f"{path}/{id}", FLEMISH, "operations").status_code == status
    assert {each["id"] for each in there.ask(path, NOC, "operations").json()} >= set(ids)


def test_the_events_of_a_topic_lie_where_their_objects_stand(there: House) -> None:
    there.log.append("network.kpi", [kpi(element) for element in ("ANT_HAVEN", "MONS_CENTRE", "NOWHERE")])
    path = "/tmf-api/event/v4/topic/network.kpi/event"
    assert [each["event"]["dn"] for each in there.ask(path, FLEMISH, "operations").json()] == [dn("ANT_HAVEN")]
    assert len(there.ask(path, NOC, "operations").json()) == 3


def test_a_task_is_done_to_nothing_that_lies_elsewhere(there: House) -> None:
    def ack(*patterns: dict[str, Any]) -> httpx.Response:
        body = {"alarmPattern": list(patterns), "ackUserId": "els", "ackSystemId": "noc", "@type": "AckAlarm"}
        return there.ask(ACK, FLEMISH, "operations", "POST", body)

    assert ack({"id": "X-1"}).is_success
    for patterns in ([{"id": "X-2"}], [{"id": "X-1"}, {"id": "X-3"}], [{"perceivedSeverity": "major"}]):
        refused = ack(*patterns)
        assert (refused.status_code, "not yours" in refused.text) == (403, True)
    unknown = ack({"id": "X-9"})
    assert "not yours" not in unknown.text
    assert there.ask(ACK, NOC, "operations", "POST", {"alarmPattern": [{"id": "X-2"}], "ackUserId": "els",
                     "ackSystemId": "noc", "@type": "AckAlarm"}).is_success  # fmt: skip


def test_nothing_is_made_elsewhere(there: House) -> None:
    def raise_alarm(by: Caller, element: str) -> httpx.Response:
        body = {"@type": "Alarm", "alarmedObject": {"id": dn(element)}, "perceivedSeverity": "major",
                "specificProblem": f"at {element}", "alarmRaisedTime": "2026-03-09T02:14:30Z", "state": "raised",
                "alarmType": "other", "probableCause": "x", "sourceSystemId": "crm"}  # fmt: skip
        return there.ask(ALARMS.format("v4"), by, "operations", "POST", body)

    assert raise_alarm(FLEMISH, "ANT_HAVEN").status_code == 201
    assert raise_alarm(FLEMISH, "MONS_CENTRE").status_code == 403
    assert raise_alarm(FLEMISH, "NOWHERE").status_code == 403
    assert raise_alarm(NOC, "MONS_CENTRE").status_code == 201


# Events


def test_a_stream_tells_each_event_as_its_reader_may_see_it(there: House) -> None:
    told = there.ask(f"{HEALTH}/events", FLEMISH).text
    assert "ANT_HAVEN" in told
    assert '"A-1"' in told
    assert not {"MONS_CENTRE", "A-2", "els"} & set(told.replace('"', " ").split())
    assert ": hidden\nid: 1\n\n" in told
    assert "ackUser" in there.ask(f"{HEALTH}/events", NOC, "operations").text


def test_a_stream_tells_nothing_of_a_kind_that_its_reader_may_not_read(there: House) -> None:
    telling, events = Telling(there.decisions, there.kinds), there.kind("events")

    def told(by: Caller, purpose: str, event: str) -> bool:
        mask = there.decisions.mask(by, events, purpose)
        granted = Granted(who(by), Asked("events", events), purpose, mask, frozenset())
        return telling.of_event(event, granted) is not None

    assert told(NOC, "operations", "alarm")
    assert not told(NOC, "operations", "madeUp")
    assert not told(PARTNER, "selling", "alarm")


def test_the_events_of_a_topic_are_masked_by_its_contract(there: House) -> None:
    refused = {"part": "QW5uYQ==", "stage": "decode", "reason": "r", "message": "m", "system": "cdr", "uri": "f:",
               "offset": 0, "length": 1, "time": "2026-03-09T12:00:00Z"}  # fmt: skip
    there.log.append("quarantine", [Event(msgspec.json.encode(refused), b"q")])
    path = "/tmf-api/event/v4/topic/quarantine/event"
    [event] = there.ask(path, ARCHITECT, "integration").json()
    assert (event["event"]["reason"], "part" in event["event"]) == ("r", False)
    assert there.ask(path, NOC, "operations").status_code == 403
    assert there.ask(f"{path}?event.part=Anna", ARCHITECT, "integration").status_code in (400, 403)
    assert there.ask("/tmf-api/event/v4/topic/nothing/event", ARCHITECT, "integration").status_code == 403


def test_a_subscription_is_there_for_its_subscriber_alone(there: House) -> None:
    hub = "/tmf-api/productCatalogManagement/v5/hub"
    body = {"callback": "http://127.0.0.1:9/told"}
    made = there.ask(hub, PARTNER, "selling", "POST", body)
    assert made.status_code == 201, made.text
    other = Caller("another", "console", frozenset({"partner"}), frozenset(), "", ISSUER)
    own = f"{hub}/{made.json()['id']}"
    assert [there.ask(path, other, "selling").status_code for path in (hub, own)] == [200, 404]
    assert there.ask(hub, other, "selling").json() == []
    assert there.ask(own, other, "selling", "DELETE").status_code == 404
    assert [each["id"] for each in there.ask(hub, PARTNER, "selling").json()] == [made.json()["id"]]
    assert there.ask(own, PARTNER, "selling", "DELETE").status_code == 204
