"""The companion that looks into requests and responses: what Envoy's filter `ext_proc` asks, once for each call.

Envoy names the rules in the call's metadata, by the digest of their file. It holds each head and each body back until
it has an answer, and refuses the request itself where it gets none.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import grpc.aio
from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct

from trunkline.gateway.companions.wire.ext_proc_pb2 import (
    BodyMutation,
    CommonResponse,
    HeaderMap,
    HeaderMutation,
    HeaderValue,
    HeaderValueOption,
    HttpStatus,
    ImmediateResponse,
    PartResponse,
    ProcessingRequest,
    ProcessingResponse,
)
from trunkline.gateway.inspection.inspector import Caller, Exchange, Headers, Inspector, Outcome
from trunkline.gateway.inspection.refusal import refusal
from trunkline.gateway.inspection.rules import Rules, decoded, digest
from trunkline.gateway.places import Places
from trunkline.gateway.policies.api_key import APPLICATION
from trunkline.gateway.policies.inspecting import CALL, RULES
from trunkline.gateway.policies.jwt import TIER

METHOD: Final = "/envoy.service.ext_proc.v3.ExternalProcessor/Process"
KEPT: Final = 10_000  # operations whose rules are kept ready
LARGE: Final = 32_768  # octets of a body that others are not held up for
_FILTER: Final = "envoy.filters.http.ext_proc"
_TOKEN: Final = "envoy.filters.http.jwt_authn"  # noqa: S105  # the name of a filter
_DETAILS: Final = "response.code_details"
_NOT_OURS: Final = ("via_upstream", "cache")
"""What Envoy says of responses that it has not made up itself."""

logger = logging.getLogger(__name__)


@asynccontextmanager
async def answering(places: Places) -> AsyncIterator[grpc.GenericRpcHandler]:
    """What answers Envoy, by the rules in the gateway's folder."""
    yield _Inspection(places)


class _Inspection(grpc.GenericRpcHandler):
    """Serves the one method that there is."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._inspectors: dict[str, Inspector] = {}
        self._handler = grpc.stream_stream_rpc_method_handler(
            self._process,
            request_deserializer=ProcessingRequest.FromString,
            response_serializer=ProcessingResponse.SerializeToString,
        )

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        return self._handler if details.method == METHOD else None

    async def _process(
        self, asked: AsyncIterator[ProcessingRequest], context: Any
    ) -> AsyncIterator[ProcessingResponse]:
        name = dict(context.invocation_metadata()).get(RULES, "")
        try:
            exchange = Exchange(self._inspector(name))
        except (OSError, ValueError) as error:
            logger.error("the rules %s cannot be used: %s", name, error)
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "no such rules")
        call = _Call(exchange, self._inspectors[name].rules)
        async for request in asked:
            yield await call.answer(request)
            if call.is_over:
                break  # so that our end, whenever it comes, breaks off nothing that is on its way already

    def _inspector(self, name: str) -> Inspector:
        """The rules of a digest. Raises `OSError` and `ValueError` where there are none to be used."""
        if found := self._inspectors.get(name):
            return found
        content = self._places.rules(name).read_bytes()
        if digest(content) != name:
            raise ValueError("the file is not what its name says")
        if len(self._inspectors) >= KEPT:
            self._inspectors.clear()
        self._inspectors[name] = found = Inspector(decoded(content))
        return found


class _Call:
    """A request on its way and its response, in the words of the wire."""

    def __init__(self, exchange: Exchange, rules: Rules) -> None:
        self._exchange, self._rules = exchange, rules
        self._id = ""
        self._begun = False
        self._passes = False
        self.is_over = False
        """Whether nothing more will be asked."""

    async def answer(self, asked: ProcessingRequest) -> ProcessingResponse:
        exchange = self._exchange
        part = asked.WhichOneof("request") or ""
        if part == "request_headers":
            headers = _headers(asked.request_headers.headers)
            self._begun, self._id = True, _first(headers, "x-request-id")
            caller = _caller(asked, headers, by_key=self._rules.by_key) if self._rules.mask else Caller()
            outcome = exchange.request_head(headers, caller, ended=asked.request_headers.end_of_stream)
        elif part == "request_body":
            outcome = await _aside(exchange.request_body, asked.request_body.body)
        elif part == "response_headers":
            self._passes = not self._begun or not _details(asked).startswith(_NOT_OURS)
            headers = _headers(asked.response_headers.headers)
            ended = asked.response_headers.end_of_stream
            outcome = Outcome() if self._passes else exchange.response_head(headers, ended=ended)
        else:
            body = asked.response_body.body
            outcome = Outcome() if self._passes else await _aside(exchange.response_body, body)
        self.is_over = bool(outcome.findings) or self._is_last(asked, part)
        return self._said(part, outcome)

    def _is_last(self, asked: ProcessingRequest, part: str) -> bool:
        match part:
            case "request_headers":
                return asked.request_headers.end_of_stream and not self._rules.looks_at_responses
            case "request_body":
                return not self._rules.looks_at_responses
            case "response_headers":
                return asked.response_headers.end_of_stream
        return True

    def _said(self, part: str, outcome: Outcome) -> ProcessingResponse:
        told = dict(self._exchange.reports)
        if outcome.findings:
            first = outcome.findings[0]
            answer = ProcessingResponse(
                immediate_response=ImmediateResponse(
                    status=HttpStatus(code=first.status), body=refusal(self._id, outcome.findings), details=str(first)
                )
            )
        else:
            answer = ProcessingResponse(**{part: PartResponse(response=_common(outcome))})  # type: ignore[arg-type]
        if told:
            answer.dynamic_metadata.CopyFrom(_struct({CALL: told}))
        return answer


async def _aside(look: Any, body: bytes) -> Outcome:
    """Look at a body; at a large one in a thread, so that others are answered meanwhile."""
    outcome: Outcome = await asyncio.to_thread(look, body) if len(body) > LARGE else look(body)
    return outcome


def _common(outcome: Outcome) -> CommonResponse:
    overwrite = HeaderValueOption.AppendAction.OVERWRITE_IF_EXISTS_OR_ADD
    setting = [
        HeaderValueOption(header=HeaderValue(key=name, raw_value=value.encode()), append_action=overwrite)
        for name, value in outcome.set.items()
    ]
    common = CommonResponse()
    if setting or outcome.remove:
        common.header_mutation.CopyFrom(HeaderMutation(set_headers=setting, remove_headers=outcome.remove))
    if outcome.body is not None:
        common.body_mutation.CopyFrom(BodyMutation(body=outcome.body))
    return common


def _headers(said: HeaderMap) -> Headers:
    found: dict[str, list[str]] = {}
    for header in said.headers:
        found.setdefault(header.key.lower(), []).append((header.raw_value or header.value.encode()).decode("latin-1"))
    return found


def _caller(asked: ProcessingRequest, headers: Headers, *, by_key: bool) -> Caller:
    """Scopes are what the `jwt` filter has left behind of the token; the level of a key is the first part of its
    application's name, that of a token a header. Nobody outside can set either."""
    if by_key:
        return Caller(tier=_first(headers, APPLICATION).partition(".")[0])
    token: Any = {}
    if _TOKEN in asked.metadata_context.filter_metadata:
        token = json_format.MessageToDict(asked.metadata_context.filter_metadata[_TOKEN]).get("jwt", {})
    scope = token.get("scope", []) if isinstance(token, dict) else []
    scopes = scope.split() if isinstance(scope, str) else scope
    return Caller(frozenset(each for each in scopes if isinstance(each, str)), _first(headers, TIER))


def _first(headers: Headers, name: str) -> str:
    return next(iter(headers.get(name, ())), "")


def _details(asked: ProcessingRequest) -> str:
    """What Envoy says of where a response comes from."""
    return asked.attributes[_FILTER].fields[_DETAILS].string_value if _FILTER in asked.attributes else ""


def _struct(said: dict[str, Any]) -> Struct:
    found = Struct()
    found.update(said)
    return found
