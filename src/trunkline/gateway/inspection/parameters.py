"""Parameters of a request as values, read as the OpenAPI file says that they are written (OpenAPI 3.1, "Parameter
Object": styles simple, form, spaceDelimited and pipeDelimited)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import unquote, unquote_plus

from trunkline.gateway.inspection.description import Parameter
from trunkline.gateway.inspection.finding import Broken

MOST: Final = 200  # parameters of a request
_INTEGER: Final = re.compile(r"-?[0-9]{1,40}")
_NUMBER: Final = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][-+]?[0-9]{1,2})?")
_WORDS: Final = {"true": True, "false": False}


class Template:
    """A path with `{names}` for what varies."""

    def __init__(self, path: str) -> None:
        parts = re.split(r"\{([^{}/]+)\}", path)
        self._names = parts[1::2]
        pattern = "".join("([^/]+)" if index % 2 else re.escape(part) for index, part in enumerate(parts))
        self._match = re.compile(pattern).fullmatch

    def read(self, path: str) -> dict[str, list[str]]:
        """What a path has for each name. Raises `Broken` where it is another."""
        if (found := self._match(path)) is None:
            raise Broken("path")
        return {name: [text] for name, text in zip(self._names, found.groups(), strict=True)}


class Given:
    """What a request gives as parameters, still as text."""

    def __init__(self, template: Template, path: str, headers: Mapping[str, Sequence[str]]) -> None:
        """Raises `Broken` where they cannot be read."""
        way, _, query = path.partition("?")
        self._path = template.read(way)
        self._query: dict[str, list[str]] = {}
        pairs = [pair for pair in query.split("&") if pair]
        if len(pairs) > MOST:
            raise Broken("query")
        for pair in pairs:
            name, _, value = pair.partition("=")
            self._query.setdefault(_decoded(name, plus=True), []).append(value)
        self._headers = headers

    def names(self) -> Iterator[str]:
        """Of the query."""
        return iter(self._query)

    def texts(self, parameter: Parameter) -> list[str]:
        """What is given of a parameter, item by item where it is a list that comes once for each; [] if nothing is."""
        match parameter.where:
            case "path":
                return self._path.get(parameter.name, [])
            case "query":
                return self._query.get(parameter.name, [])
            case "header":  # several lines are one, with commas (RFC 9110, clause 5.3)
                lines = self._headers.get(parameter.name, ())
                return [", ".join(lines)] if lines else []
            case _:
                return self._cookies().get(parameter.name, [])

    def rest(self, schema: Any, names: Collection[str]) -> list[Any]:
        """What the query has beside `names`, as objects: several, where one is repeated that is no list. Raises
        `Broken`."""
        others = {name: texts for name, texts in self._query.items() if name not in names}
        properties, more = schema.get("properties", {}), schema.get("additionalProperties", {})
        found: list[dict[str, Any]] = [{}]
        for name, texts in others.items():
            said = properties.get(name, more)
            read = [_scalar(_types(said), _decoded(text, plus=True)) for text in texts]
            if "array" in _types(said):
                items = _types(said.get("items", {}))
                read = [[_scalar(items, _decoded(text, plus=True)) for text in texts]]
            found += [dict(found[0]) for _ in range(len(read) - len(found))]
            for index, each in enumerate(found):
                each[name] = read[min(index, len(read) - 1)]
        return found

    def _cookies(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for line in self._headers.get("cookie", ()):
            for pair in line.split(";"):
                name, sign, value = pair.strip().partition("=")
                if sign:
                    found.setdefault(name, []).append(value)
        return found


def value(parameter: Parameter, schema: Any, texts: Sequence[str]) -> Any:
    """What `texts` say, where `schema` is what the parameter's own leads to. Raises `Broken`."""
    types = _types(schema)
    if "array" in types:
        raw = [part for text in texts for part in _parts(parameter, text)]
        items = schema.get("items", {})
        return [_scalar(_types(items), part) for part in raw]
    if len(texts) > 1:
        raise Broken("duplicate")
    return _scalar(types, _text(parameter, texts[0]))


def _parts(parameter: Parameter, text: str) -> list[str]:
    """Of a list; an encoded separator is none (RFC 6570, clause 1.4)."""
    separator = parameter.separator
    if not separator:
        return [_text(parameter, text)]
    if separator != "," and parameter.where == "query":
        return re.split(r"%20|\+" if separator == " " else r"%7[cC]|\|", text)
    return [_text(parameter, part.strip() if parameter.where == "header" else part) for part in text.split(separator)]


def _text(parameter: Parameter, raw: str) -> str:
    return _decoded(raw, plus=parameter.where == "query") if parameter.where in ("path", "query") else raw


def _scalar(types: set[str], text: str) -> Any:
    """A number or a boolean where the schema has such, and the text is one; else the text."""
    if types & {"integer", "number"} and (_INTEGER if "number" not in types else _NUMBER).fullmatch(text):
        return int(text) if _INTEGER.fullmatch(text) else float(text)
    if "boolean" in types and text in _WORDS:
        return _WORDS[text]
    if "null" in types and not text:
        return None
    return text


def _types(schema: Any) -> set[str]:
    said = schema.get("type", []) if isinstance(schema, dict) else []
    return {said} if isinstance(said, str) else set(said)


def _decoded(text: str, *, plus: bool = False) -> str:
    try:
        return unquote_plus(text, errors="strict") if plus else unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise Broken("utf-8") from None
