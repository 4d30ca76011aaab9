"""What a VES sender is told when its events are not taken (VES Event Listener 7.2, clauses on exceptions).

A service exception blames the request or the listener, a policy exception says that a rule forbids it. `text` has
places %1, %2, … that `variables` fill, so that senders can act on both.
"""

from __future__ import annotations

from math import ceil

from starlette.responses import JSONResponse, Response

# What every response says of the interface's version (7.2.1).
VERSION = {"X-MinorVersion": "2", "X-PatchVersion": "1", "X-LatestVersion": "7.2.1"}


def accepted() -> Response:
    return Response(status_code=202, headers=VERSION)


def bad_json(where: str) -> Response:
    return _error(400, "serviceException", "SVC0002", "Invalid input value for message part %1: not JSON", where)


def bad_schema(where: str, reason: str) -> Response:
    return _error(400, "serviceException", "SVC0002", "Invalid input value for message part %1: %2", where, reason)


def bad_events(bad: int, whole: int, where: str, reason: str) -> Response:
    text = "%1 of %2 events were not taken, the others were; the first: invalid input value for message part %3: %4"
    return _error(400, "serviceException", "SVC0002", text, str(bad), str(whole), where, reason)


def unauthorized() -> Response:
    response = _error(401, "policyException", "POL2000", "Unauthorized user")
    response.headers["WWW-Authenticate"] = 'Basic realm="VES", charset="UTF-8"'
    return response


def locked(seconds: float) -> Response:
    text = "A policy error occurred: too many logins were wrong, come again in %1 s"
    response = _error(429, "policyException", "POL0001", text, str(ceil(seconds)))
    response.headers["Retry-After"] = str(ceil(seconds))
    return response


def not_found(path: str) -> Response:
    return _error(404, "serviceException", "SVC2000", "There is nothing at %1: post to /eventListener/v7", path)


def bad_method(method: str) -> Response:
    response = _error(405, "serviceException", "SVC2000", "The method %1 is not served: post events", method)
    response.headers["Allow"] = "POST"
    return response


def too_large(limit: int) -> Response:
    text = "Message content size exceeds the allowable limit of %1 bytes"
    return _error(413, "policyException", "POL9003", text, str(limit))


def bad_content_type(given: str) -> Response:
    text = "The content type %1 is not taken: send application/json without content encoding"
    return _error(415, "serviceException", "SVC0002", text, given)


def internal() -> Response:
    return _error(500, "serviceException", "SVC2000", "The following service error occurred: %1", "see the log")


def overloaded() -> Response:
    response = _error(503, "serviceException", "SVC1000", "No server resources available to process the request")
    response.headers["Retry-After"] = "5"
    return response


def _error(status: int, kind: str, message_id: str, text: str, *variables: str) -> Response:
    body = {"requestError": {kind: {"messageId": message_id, "text": text, "variables": list(variables)}}}
    response = JSONResponse(body, status, VERSION)
    if status != 400:
        # The request's body was not read to its end; nobody is to go on sending it.
        response.headers["Connection"] = "close"
    return response
