"""Servers that are wrong in one way each, and the checks that must name it: these, and no others."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, ClassVar
from uuid import uuid4

from tests.tmf.conformance.server import CONTROLS, Record, Refused, Reply, Server


class Wrong(Server):
    version_of: ClassVar[str] = "v4"
    named: ClassVar[tuple[str, ...]]

    def __init__(self) -> None:
        super().__init__(self.version_of)


# POST


class AnswersCreationWith200(Wrong):
    named = ("create.status",)

    def created(self, record: Record) -> Reply:
        return Reply(200, record, Location=record["href"])


class GivesNoLocation(Wrong):
    named = ("create.location",)

    def created(self, record: Record) -> Reply:
        return Reply(201, record)


class LocatesAnotherRecord(Wrong):
    named = ("create.location",)

    def created(self, record: Record) -> Reply:
        return Reply(201, record, Location=f"{self.base}/product/1")


class TellsNoHref(Wrong):
    named = ("create.href",)

    def created(self, record: Record) -> Reply:
        return Reply(201, {name: value for name, value in record.items() if name != "href"}, Location=record["href"])


class TellsNoIdOnCreation(Wrong):
    named = ("create.id",)

    def created(self, record: Record) -> Reply:
        return Reply(201, {name: value for name, value in record.items() if name != "id"}, Location=record["href"])


class TellsLessOnCreationThanWasSent(Wrong):
    named = ("create.told",)

    def created(self, record: Record) -> Reply:
        location = record["href"]
        record["relatedParty"] = record["relatedParty"][:1]
        return Reply(201, record, Location=location)


class KeepsLessThanWasSent(Wrong):
    named = ("create.kept",)

    def created(self, record: Record) -> Reply:
        reply = super().created(deepcopy(record))
        self.records[record["id"]].pop("isCustomerVisible")
        return reply


class TakesARecordWithoutItsStatus(Wrong):
    named = ("create.required",)

    def check(self, record: Any) -> None:
        pass


class TakesARecordWithoutItsType(Wrong):
    version_of = "v5"
    named = ("type.required",)

    def check(self, record: Any) -> None:
        record.setdefault("@type", "Product")


class RefusesACharset(Wrong):
    named = ("create.media",)

    def route(self, method: str, path: str, query: str, media_type: str, body: bytes) -> Reply:
        if ";" in media_type:
            raise Refused(400, f"{media_type} is not taken")
        return super().route(method, path, query, media_type, body)


class TellsARecordWithAMediaTypeOfItsOwn(Wrong):
    named = ("answer.media",)

    def created(self, record: Record) -> Reply:
        reply = super().created(record)
        reply.media_type = "text/json"
        return reply


# GET


class AnswersTheUnknownWith200(Wrong):
    named = ("get.unknown", "delete.gone")

    def record(self, id: str) -> Record:
        return self.records.get(id, {})

    def patch(self, id: str, media_type: str, body: bytes) -> Reply:
        super().record(id)
        return super().patch(id, media_type, body)

    def delete(self, id: str) -> Reply:
        super().record(id)
        return super().delete(id)


class IgnoresFieldsOfARecord(Wrong):
    named = ("fields.get",)

    def route(self, method: str, path: str, query: str, media_type: str, body: bytes) -> Reply:
        if method == "GET" and not path.endswith("/product"):
            query = ""
        return super().route(method, path, query, media_type, body)


class TakesOneFieldOnly(Wrong):
    named = ("fields.several",)

    def select(self, record: Record, fields: str) -> Record:
        return super().select(record, fields.partition(",")[0])


class TellsAnotherRecord(Wrong):
    named = ("get.found",)

    def route(self, method: str, path: str, query: str, media_type: str, body: bytes) -> Reply:
        reply = super().route(method, path, query, media_type, body)
        if method == "GET" and not path.endswith("/product"):
            reply.body["id"] = "another"
        return reply


class IgnoresFieldsInLists(Wrong):
    named = ("fields.list",)

    def listed(self, query: str) -> Reply:
        return super().listed("&".join(part for part in query.split("&") if not part.startswith("fields=")))


class PacksItsListUp(Wrong):
    named = ("list.array",)

    def listed(self, query: str) -> Reply:
        reply = super().listed(query)
        return reply if query else Reply(200, {"items": reply.body})


# Paging


class IgnoresLimit(Wrong):
    named = ("paging.limit",)

    def page(self, found: list[Record], offset: int, limit: int) -> list[Record]:
        return found[offset:]


class BeginsEachPageOneTooEarly(Wrong):
    named = ("paging.whole", "paging.link")

    def page(self, found: list[Record], offset: int, limit: int) -> list[Record]:
        return found[max(0, offset - 1) : max(0, offset - 1) + limit]


class LeavesARecordOutBetweenPages(Wrong):
    named = ("paging.link",)

    def further(self, offset: int, limit: int) -> int:
        return offset + limit + 1


class CountsThePageAsTheTotal(Wrong):
    named = ("paging.total",)

    def listed(self, query: str) -> Reply:
        reply = super().listed(query)
        reply.headers["X-Total-Count"] = reply.headers["X-Result-Count"]
        return reply


class GivesNoResultCount(Wrong):
    named = ("paging.result",)

    def listed(self, query: str) -> Reply:
        reply = super().listed(query)
        del reply.headers["X-Result-Count"]
        return reply


class TakesAnyLimit(Wrong):
    named = ("paging.malformed",)

    def number(self, text: str) -> int:
        return int(text) if text.isdecimal() else 0


# Filters


class FiltersNotByBooleans(Wrong):
    named = ("filter.equal",)

    def text(self, value: Any) -> str:
        return str(value)


class HoldsTheFirstFilterOnly(Wrong):
    named = ("filter.and",)

    def matches(self, record: Record, query: str) -> bool:
        parts = [part for part in query.split("&") if part and part.partition("=")[0] not in CONTROLS]
        first = [part for part in parts if part.partition("=")[0] == parts[0].partition("=")[0]]
        return super().matches(record, "&".join(first))


class TakesACommaForText(Wrong):
    named = ("filter.or.comma",)

    def split_values(self, value: str) -> list[str]:
        return [value]


class TakesTheLastOfRepeatedFilters(Wrong):
    named = ("filter.or.repeated",)

    def matches(self, record: Record, query: str) -> bool:
        return super().matches(record, "&".join({part.partition("=")[0]: part for part in query.split("&")}.values()))


class LiterallyTakesSemicolons(Wrong):
    named = ("filter.or.semicolon",)

    def split_terms(self, part: str) -> list[str]:
        return [part]


class TakesOneOperatorForAnother(Wrong):
    taken: ClassVar[tuple[str, str]]

    def held(self, record: Record, name: str, operator: str, value: str) -> bool:
        return super().held(record, name, self.taken[1] if operator == self.taken[0] else operator, value)


class TakesGreaterOrEqualForGreater(TakesOneOperatorForAnother):
    named, taken = ("filter.gt", "filter.gt.sign"), ("gt", "gte")


class TakesGreaterForGreaterOrEqual(TakesOneOperatorForAnother):
    named, taken = ("filter.gte", "filter.gte.sign"), ("gte", "gt")


class TakesGreaterForLess(TakesOneOperatorForAnother):
    named, taken = ("filter.lt", "filter.lt.sign"), ("lt", "gt")


class TakesLessForLessOrEqual(TakesOneOperatorForAnother):
    named, taken = ("filter.lte", "filter.lte.sign"), ("lte", "lt")


class TakesEqualForOther(TakesOneOperatorForAnother):
    named, taken = ("filter.ne",), ("ne", "eq")


class IgnoresTheOperatorEq(Wrong):
    named = ("filter.eq",)

    def term(self, record: Record, text: str) -> tuple[str, bool]:
        return ("eq", True) if ".eq=" in text else super().term(record, text)


class TakesPatternsForText(TakesOneOperatorForAnother):
    named, taken = ("filter.regex", "filter.regex.sign"), ("regex", "eq")

    def held(self, record: Record, name: str, operator: str, value: str) -> bool:
        if value == "(":
            raise Refused(400, "( is no pattern")
        return super().held(record, name, operator, value)


class IgnoresBadPatterns(Wrong):
    named = ("filter.regex.malformed",)

    def held(self, record: Record, name: str, operator: str, value: str) -> bool:
        return True if value == "(" else super().held(record, name, operator, value)


class LooksAtTheFirstElementOfAnArrayOnly(Wrong):
    named = ("filter.deep",)

    def values(self, record: Any, path: str) -> list[Any]:
        return super().values(record[:0] if isinstance(record, list) else record, path)


class AnswersNothingWith404(Wrong):
    named = ("filter.nothing",)

    def listed(self, query: str) -> Reply:
        reply = super().listed(query)
        if not reply.body and "name=" in query:
            raise Refused(404, "nothing is found")
        return reply


class IgnoresWhatItDoesNotKnow(Wrong):
    named = ("filter.unknown",)

    def held(self, record: Record, name: str, operator: str, value: str) -> bool:
        return name.startswith("trunkline") or super().held(record, name, operator, value)


class LooksForAPairInAllElementsTogether(Wrong):
    version_of = "v5"
    named = ("jsonpath.element",)

    def path_matches(self, record: Record, path: str) -> bool:
        if path.endswith("[?("):
            raise Refused(400, "this is no JSONPath")
        _, one, _, other, _ = path.split("'")
        items = record.get("productCharacteristic", [])
        return any(item["name"] == one for item in items) and any(item["value"] == other for item in items)


class IgnoresBadPaths(Wrong):
    version_of = "v5"
    named = ("jsonpath.malformed",)

    def path_matches(self, record: Record, path: str) -> bool:
        return path.endswith("[?(") or super().path_matches(record, path)


class SortsAscendingByChance(Wrong):
    named = ("sort.ascending",)

    def ordered(self, found: list[Record], sort: str) -> list[Record]:
        found = super().ordered(found, sort)
        return found[1:] + found[:1] if sort and not sort.startswith("-") else found


class SortsDescendingByChance(Wrong):
    named = ("sort.descending",)

    def ordered(self, found: list[Record], sort: str) -> list[Record]:
        found = super().ordered(found, sort)
        return found[1:] + found[:1] if sort.startswith("-") else found


# PATCH


class ForgetsWhatThePatchDoesNotName(Wrong):
    named = ("patch.merge", "patch.json")

    def merged(self, target: Any, change: Any) -> Any:
        after = super().merged(target, change)
        if isinstance(change, dict) and "description" in change:
            after.pop("isBundle", None)
        return after


class AnswersAPatchWith204(Wrong):
    named = ("patch.status",)

    def patch(self, id: str, media_type: str, body: bytes) -> Reply:
        reply = super().patch(id, media_type, body)
        reply.status, reply.body = 204, None
        return reply


class AddsToArrays(Wrong):
    named = ("patch.array",)

    def merged(self, target: Any, change: Any) -> Any:
        if isinstance(target, list) and isinstance(change, list):
            return target + change
        return super().merged(target, change)


class KeepsNull(Wrong):
    named = ("patch.null",)

    def merged(self, target: Any, change: Any) -> Any:
        if isinstance(change, dict):
            change = {name: "" if value is None else value for name, value in change.items()}
        return super().merged(target, change)


class RefusesToPatchTheUnknownWith400(Wrong):
    named = ("patch.unknown",)

    def patch(self, id: str, media_type: str, body: bytes) -> Reply:
        if id not in self.records:
            raise Refused(400, f"there is no product {id}")
        return super().patch(id, media_type, body)


class LetsTheIdBePatched(Wrong):
    named = ("patch.id",)
    immutable = ()


class TellsThePatchedRecordAsItWas(Wrong):
    named = ("patch.told",)

    def patch(self, id: str, media_type: str, body: bytes) -> Reply:
        before = deepcopy(self.record(id))
        reply = super().patch(id, media_type, body)
        reply.body = before
        return reply


class RemovesTheLastElementForTheFirst(Wrong):
    version_of = "v5"
    named = ("jsonpatch.remove",)

    def json_patched(self, record: Any, operations: list[Record]) -> Any:
        operations = [
            {**one, "path": one["path"].removesuffix("/0") + "/1"} if one["path"].endswith("/0") else one
            for one in operations
        ]
        return super().json_patched(record, operations)


class ReplacesNothing(Wrong):
    version_of = "v5"
    named = ("jsonpatch.replace",)

    def json_patched(self, record: Any, operations: list[Record]) -> Any:
        return super().json_patched(record, [one for one in operations if one["op"] != "replace"])


class PassesOverPathsThatAreNotThere(Wrong):
    version_of = "v5"
    named = ("jsonpatch.malformed",)

    def json_patched(self, record: Any, operations: list[Record]) -> Any:
        return record if "NoSuch" in operations[0]["path"] else super().json_patched(record, operations)


class IgnoresTests(Wrong):
    version_of = "v5"
    named = ("jsonpatch.test",)

    def json_patched(self, record: Any, operations: list[Record]) -> Any:
        return super().json_patched(record, [one for one in operations if one["op"] != "test"])


# DELETE


class AnswersDeletionWith200(Wrong):
    named = ("delete.status",)

    def delete(self, id: str) -> Reply:
        reply = super().delete(id)
        reply.status = 200
        return reply


class DeletesWhatIsNotThere(Wrong):
    named = ("delete.unknown",)

    def delete(self, id: str) -> Reply:
        return super().delete(id) if id in self.records else Reply(204)


# @type


class LosesTheTypeInLists(Wrong):
    version_of = "v5"
    named = ("type.told",)

    def listed(self, query: str) -> Reply:
        reply = super().listed(query)
        reply.body = [{name: value for name, value in record.items() if name != "@type"} for record in reply.body]
        return reply


class LosesAttributesOfItsOwnTypes(Wrong):
    version_of = "v5"
    named = ("type.extended",)

    def kept(self, sent: Record) -> Record:
        return {name: value for name, value in sent.items() if name != "trunklineConformance"}


# The hub


class RegistersWith200(Wrong):
    named = ("hub.register",)

    def register(self, sent: Record) -> Reply:
        reply = super().register(sent)
        reply.status = 200
        return reply


class RegistersNobody(Wrong):
    named = ("hub.malformed",)

    def register(self, sent: Record) -> Reply:
        nobody = {"callback": "http://127.0.0.1:9/", "query": "none"}
        return super().register(sent if "callback" in sent else nobody)


class UnregistersWith200(Wrong):
    named = ("hub.unregister",)

    def unregister(self, id: str) -> Reply:
        reply = super().unregister(id)
        reply.status = 200
        return reply


class UnregistersWhoIsNotThere(Wrong):
    named = ("hub.unknown",)

    def unregister(self, id: str) -> Reply:
        return super().unregister(id) if id in self.hubs else Reply(204)


class TellsOfNoCreation(Wrong):
    named = ("event.created",)

    def hears(self, hub: Record, event: Record) -> bool:
        return event["eventType"] != "ProductCreateEvent" and super().hears(hub, event)


class TellsOfNoDeletion(Wrong):
    named = ("event.deleted",)

    def hears(self, hub: Record, event: Record) -> bool:
        return event["eventType"] != "ProductDeleteEvent" and super().hears(hub, event)


class TellsOfChangesWithoutTheRecord(Wrong):
    named = ("event.changed",)

    def event(self, name: str, record: Record) -> Record:
        event = super().event(name, record)
        return {**event, "event": {}} if name == "AttributeValueChange" else event


class TellsTwoEventsByOneId(Wrong):
    named = ("event.form",)

    def event(self, name: str, record: Record) -> Record:
        return {**super().event(name, record), "eventId": "1"}


class TellsEveryoneOfEverything(Wrong):
    named = ("event.query",)

    def hears(self, hub: Record, event: Record) -> bool:
        return hub.get("query") != "none"


class TellsThoseWhoLeft(Wrong):
    named = ("event.silence",)

    def __init__(self) -> None:
        super().__init__()
        self.left: list[Record] = []

    def leave(self, id: str) -> None:
        self.left.append(self.hubs.pop(id))

    def tell(self, name: str, record: Record) -> None:
        super().tell(name, record)
        staying, self.hubs = self.hubs, {str(uuid4()): hub for hub in self.left}
        super().tell(name, record)
        self.hubs = staying


# Operations


class ListsNothing(Wrong):
    named = ("operation.list",)

    def listed(self, query: str) -> Reply:
        raise Refused(405, "there is no list")


class RetrievesNoRecord(Wrong):
    named = ("operation.get",)

    def route(self, method: str, path: str, query: str, media_type: str, body: bytes) -> Reply:
        if method == "GET" and not path.endswith("/product"):
            raise Refused(405, "records are not retrieved")
        return super().route(method, path, query, media_type, body)


# Errors


class RefusesWithoutAReason(Wrong):
    named = ("error.body",)

    def error(self, status: int, reason: str) -> Record:
        return {"code": str(status)}


class RefusesWithAStatusOfItsOwn(Wrong):
    named = ("error.status",)

    def error(self, status: int, reason: str) -> Record:
        return {**super().error(status, reason), "status": "1"}


class RefusesWithoutAType(Wrong):
    version_of = "v5"
    named = ("error.type",)

    def error(self, status: int, reason: str) -> Record:
        return {name: value for name, value in super().error(status, reason).items() if name != "@type"}


class FallsOverWhatIsNoJson(Wrong):
    named = ("create.malformed", "patch.malformed", "answer.server")

    def parse(self, body: bytes) -> Any:
        if body == b"{":
            raise Refused(500, "JSONDecodeError")
        return super().parse(body)


def all_wrong(kind: type[Wrong] = Wrong) -> list[type[Wrong]]:
    """Every wrong server: those that name what is wrong with them."""
    found = [kind] if "named" in vars(kind) else []
    return found + [wrong for below in kind.__subclasses__() for wrong in all_wrong(below)]
