"""A small server of TMF637 that keeps every rule, in memory; each wrong one of the tests differs in one place."""

from __future__ import annotations

import json
import re
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

Record = dict[str, Any]
Pairs = list[tuple[str, str]]
CONTROLS = ("offset", "limit", "fields", "sort", "filter")
OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
    "regex": lambda a, b: re.search(b, a) is not None,
}
SIGNS = {">=": "gte", "<=": "lte", "*=": "regex", ">": "gt", "<": "lt", "=": "eq"}
PATCHES = ("application/merge-patch+json", "application/json", "application/json-patch+json")


class Refused(Exception):
    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class Reply:
    def __init__(self, status: int, body: Any = None, **headers: str) -> None:
        self.status, self.body = status, body
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.media_type = "application/json"
        self.after: Any = None


class Server:
    """Serves `/tmf-api/productInventory/<version>`. What a wrong server may do otherwise is a method of its own."""

    immutable: tuple[str, ...] = ("id", "href")

    def __init__(self, version: str) -> None:
        self.version = version
        self.base = f"/tmf-api/productInventory/{version}"
        self.records: dict[str, Record] = {}
        self.hubs: dict[str, Record] = {}
        self.lock = threading.RLock()

    # What is asked for

    def answer(self, method: str, target: str, media_type: str, body: bytes) -> Reply:
        path, _, query = target.partition("?")
        try:
            with self.lock:
                return self.route(method, path.rstrip("/"), query, media_type, body)
        except Refused as refused:
            return Reply(refused.status, self.error(refused.status, refused.reason))

    def route(self, method: str, path: str, query: str, media_type: str, body: bytes) -> Reply:
        if not path.startswith(self.base + "/"):
            raise Refused(404, "there is no such path")
        collection, _, id = path[len(self.base) + 1 :].partition("/")
        match method, collection, bool(id):
            case "GET", "product", False:
                return self.listed(query)
            case "POST", "product", False:
                return self.create(self.parse(body))
            case "GET", "product", True:
                return Reply(200, self.select(self.record(id), dict(self.pairs(query)).get("fields", "")))
            case "PATCH", "product", True:
                return self.patch(id, media_type, body)
            case "DELETE", "product", True:
                return self.delete(id)
            case "POST", "hub", False:
                return self.register(self.parse(body))
            case "DELETE", "hub", True:
                return self.unregister(id)
        raise Refused(404 if collection not in ("product", "hub") else 405, "there is no such operation")

    def error(self, status: int, reason: str) -> Record:
        kind = {"@type": "Error"} if self.version == "v5" else {}
        return {"code": f"E{status}", "reason": reason, "status": str(status), **kind}

    def parse(self, body: bytes) -> Any:
        try:
            return json.loads(body)
        except ValueError:
            raise Refused(400, "the body is no JSON") from None

    # Records

    def record(self, id: str) -> Record:
        if id not in self.records:
            raise Refused(404, f"there is no product {id}")
        return self.records[id]

    def check(self, record: Any) -> None:
        needed = "status" if self.version == "v4" else "@type"
        if not isinstance(record, dict) or needed not in record:
            raise Refused(400, f"{needed} is missing")

    def kept(self, sent: Record) -> Record:
        return sent

    def create(self, sent: Any) -> Reply:
        self.check(sent)
        id = self.new_id()
        record = {**self.kept(deepcopy(sent)), "id": id, "href": f"http://elsewhere{self.base}/product/{id}"}
        self.records[id] = record
        reply = self.created(deepcopy(record))
        reply.after = ("Create", deepcopy(record))
        return reply

    def new_id(self) -> str:
        return str(uuid4())

    def created(self, record: Record) -> Reply:
        return Reply(201, record, Location=record["href"])

    def delete(self, id: str) -> Reply:
        record = self.record(id)
        self.forget(id)
        reply = Reply(204)
        reply.after = ("Delete", record)
        return reply

    def forget(self, id: str) -> None:
        del self.records[id]

    def patch(self, id: str, media_type: str, body: bytes) -> Reply:
        before = self.record(id)
        media_type = media_type.partition(";")[0]
        if media_type not in self.patches():
            raise Refused(415, f"{media_type} is no patch")
        change = self.parse(body)
        if media_type == "application/json-patch+json":
            after = self.json_patched(deepcopy(before), change)
        else:
            if any(name in change for name in self.immutable):
                raise Refused(400, "id and href are not patchable")
            after = self.merged(deepcopy(before), change)
        self.records[id] = after
        reply = Reply(200, deepcopy(after))
        reply.after = ("AttributeValueChange", deepcopy(after))
        return reply

    def patches(self) -> tuple[str, ...]:
        return PATCHES if self.version == "v5" else PATCHES[:2]

    def merged(self, target: Any, change: Any) -> Any:
        if not isinstance(change, dict):
            return change
        target = target if isinstance(target, dict) else {}
        for name, value in change.items():
            if value is None:
                target.pop(name, None)
            else:
                target[name] = self.merged(target.get(name), value)
        return target

    def json_patched(self, record: Any, operations: list[Record]) -> Any:
        for operation in operations:
            *way, last = operation["path"][1:].split("/")
            place: Any = record
            try:
                for step in way:
                    place = place[int(step) if isinstance(place, list) else step]
                key: Any = int(last) if isinstance(place, list) else last
                if operation["op"] == "remove":
                    del place[key]
                elif operation["op"] == "test":
                    if place[key] != operation["value"]:
                        raise Refused(409, "the test fails")
                else:
                    place[key] = operation["value"]
            except (KeyError, IndexError, ValueError):
                raise Refused(400, f"there is no {operation['path']}") from None
        return record

    # Lists

    def pairs(self, query: str) -> Pairs:
        return [
            (unquote(name), unquote(value))
            for part in query.split("&")
            if part
            for name, _, value in [part.partition("=")]
        ]

    def listed(self, query: str) -> Reply:
        asked = dict(self.pairs(query))
        offset, limit = self.number(asked.get("offset", "0")), self.number(asked.get("limit", "100"))
        found = [record for record in self.records.values() if self.matches(record, query)]
        found = self.ordered(found, asked.get("sort", ""))
        page = self.page(found, offset, limit)
        reply = Reply(
            200, [self.select(record, asked.get("fields", "")) for record in page],
            X_Total_Count=self.total(found), X_Result_Count=str(len(page)),
        )  # fmt: skip
        if offset + len(page) < len(found):
            others = [part for part in query.split("&") if part and part.partition("=")[0] not in ("offset", "limit")]
            more = "&".join([*others, f"offset={self.further(offset, limit)}", f"limit={limit}"])
            reply.headers["Link"] = (
                f'<{self.base}/product?{query}>; rel="self", <{self.base}/product?{more}>; rel="next"'
            )
        return reply

    def number(self, text: str) -> int:
        if not text.isdecimal():
            raise Refused(400, f"{text} is no number")
        return int(text)

    def page(self, found: list[Record], offset: int, limit: int) -> list[Record]:
        return found[offset : offset + limit]

    def total(self, found: list[Record]) -> str:
        return str(len(found))

    def further(self, offset: int, limit: int) -> int:
        return offset + limit

    def select(self, record: Record, fields: str) -> Record:
        if not fields:
            return deepcopy(record)
        names = {*fields.split(","), "id", "href", "@type"}
        return {name: value for name, value in record.items() if name in names}

    def ordered(self, found: list[Record], sort: str) -> list[Record]:
        if not sort:
            return found
        return sorted(found, key=lambda record: str(record.get(sort.lstrip("-"), "")), reverse=sort.startswith("-"))

    def matches(self, record: Record, query: str) -> bool:
        alternatives: dict[str, list[bool]] = {}
        for part in query.split("&"):
            if part and part.partition("=")[0] not in CONTROLS:
                terms = [self.term(record, term) for term in self.split_terms(part)]
                alternatives.setdefault(terms[0][0], []).append(any(held for _, held in terms))
        path = dict(self.pairs(query)).get("filter")
        together = all(any(held) for held in alternatives.values())
        return together and (path is None or self.path_matches(record, path))

    def split_terms(self, part: str) -> list[str]:
        return part.split(";")

    def term(self, record: Record, text: str) -> tuple[str, bool]:
        found = re.fullmatch(r"([^<>=*]+)(>=|<=|\*=|[<>=])(.*)", unquote(text))
        if not found:
            raise Refused(400, f"{text} is no filter")
        name, sign, value = found.groups()
        operator = SIGNS[sign]
        path, _, word = name.rpartition(".")
        if path and word in OPERATORS:
            name, operator = path, word
        return f"{name} {operator}", self.held(record, name, operator, value)

    def held(self, record: Record, name: str, operator: str, value: str) -> bool:
        if operator == "regex":
            try:
                re.compile(value)
            except re.error:
                raise Refused(400, f"{value} is no pattern") from None
        wanted = [value] if operator == "regex" else self.split_values(value)
        return any(OPERATORS[operator](self.text(one), want) for one in self.values(record, name) for want in wanted)

    def split_values(self, value: str) -> list[str]:
        return value.split(",")

    def values(self, record: Any, path: str) -> list[Any]:
        if isinstance(record, list):
            return [value for item in record for value in self.values(item, path)]
        if not path:
            return [] if isinstance(record, dict) else [record]
        name, _, rest = path.partition(".")
        return self.values(record[name], rest) if isinstance(record, dict) and name in record else []

    def text(self, value: Any) -> str:
        return str(value).lower() if isinstance(value, bool) else str(value)

    def path_matches(self, record: Record, path: str) -> bool:
        found = re.fullmatch(r"(\w+)\[\?\(@\.(\w+)=='([^']*)' && @\.(\w+)=='([^']*)'\)\]", path)
        if not found:
            raise Refused(400, f"{path} is no JSONPath")
        array, key, one, value, other = found.groups()
        return any(item.get(key) == one and item.get(value) == other for item in record.get(array, []))

    # The hub

    def register(self, sent: Record) -> Reply:
        if "callback" not in sent:
            raise Refused(400, "callback is missing")
        id = str(uuid4())
        self.hubs[id] = {**sent, "id": id}
        return Reply(201, self.hubs[id], Location=f"{self.base}/hub/{id}")

    def unregister(self, id: str) -> Reply:
        if id not in self.hubs:
            raise Refused(404, f"there is no listener {id}")
        self.leave(id)
        return Reply(204)

    def leave(self, id: str) -> None:
        del self.hubs[id]

    def event(self, name: str, record: Record) -> Record:
        return {
            "eventId": str(uuid4()), "eventTime": datetime.now(UTC).isoformat(), "eventType": f"Product{name}Event",
            "event": {"product": record},
        }  # fmt: skip

    def hears(self, hub: Record, event: Record) -> bool:
        return hub.get("query", "") in ("", f"eventType={event['eventType']}")

    def tell(self, name: str, record: Record) -> None:
        event = self.event(name, record)
        with self.lock:
            hubs = [hub for hub in self.hubs.values() if self.hears(hub, event)]
        for hub in hubs:
            request = urllib.request.Request(
                hub["callback"], json.dumps(event).encode(), {"Content-Type": "application/json"}, method="POST"
            )
            urllib.request.urlopen(request, timeout=5).close()


@contextmanager
def served(*servers: Server) -> Iterator[str]:
    """The servers at one address, which is given; each under its own path."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            media_type = self.headers.get("Content-Type", "")
            path = urlsplit(self.path).path
            server = next((one for one in servers if path.startswith(one.base)), servers[0])
            reply = server.answer(self.command, self.path, media_type, body)
            content = b"" if reply.body is None else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if content:
                self.send_header("Content-Type", reply.media_type)
            if reply.status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            if reply.after:
                server.tell(*reply.after)

        do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = serve

        def log_message(self, format: str, *values: object) -> None:
            pass

    class Http(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that goes in the middle of an answer, as the kit does where it is interrupted."""

    http = Http(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_port}"
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
