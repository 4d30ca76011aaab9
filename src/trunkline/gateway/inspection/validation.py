"""Whether requests and responses are as the OpenAPI file says of their operation.

Everything is compiled once. Patterns are matched in linear time, and a schema that refers out of its file does not
compile: nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from trunkline.gateway.inspection.description import Content, Description, Parameter
from trunkline.gateway.inspection.finding import Broken, Finding, pointer
from trunkline.gateway.inspection.media import Media
from trunkline.gateway.inspection.parameters import Given, Template, value
from trunkline.gateway.inspection.schemas import DEFINITIONS

if TYPE_CHECKING:
    import jsonschema_rs

    _Validator = jsonschema_rs.Draft4Validator | jsonschema_rs.Draft202012Validator

KIND: Final = "validate"
MOST: Final = 5  # findings in one body that are told
BAD, TYPE, UNFIT, BAD_RESPONSE = 400, 415, 422, 502
_REFERENCES: Final = 50


class Unfit(ValueError):
    """A schema that nothing can be validated by; the text says why."""


class NotHere(Unfit):
    """Schemas cannot be read on this machine."""


class Bodies:
    """Validators of the bodies of a request, or of a response."""

    def __init__(self, content: Content, definitions: Mapping[str, Any], *, old: bool) -> None:
        """Raises `Unfit`."""
        if content.unread:
            raise Unfit(f"bodies of {content.unread[0]} have a schema, and only JSON can be read: leave it out")
        self.required = content.required
        self._types = {
            name: None if schema is None else compiled(schema, definitions, old=old)
            for name, schema in content.types.items()
        }

    def __bool__(self) -> bool:
        """Whether anything is said of them."""
        return bool(self._types)

    def takes(self, name: str) -> str | None:
        """The media type, or the range of them, that says how a body of the type `name` is; None where none does."""
        kind, _, _ = name.partition("/")
        return next((each for each in (name, f"{kind}/*", "*/*") if each in self._types), None)

    def findings(self, said: str, body: Any) -> Iterator[tuple[str, str]]:
        """What is wrong with a value, by rule and place."""
        if (validator := self._types[said]) is not None:
            yield from islice(_errors(validator, body), MOST)

    def has_schema(self, said: str) -> bool:
        return self._types[said] is not None


class RequestValidation:
    """Of one operation. `strict` refuses query parameters that the OpenAPI file does not name."""

    def __init__(self, description: Description, *, strict: bool) -> None:
        """Raises `Unfit`."""
        self._path = Template(description.path)
        self._parameters = [
            (one, resolved(one.schema, description.given), compiled(one.schema, description.given, old=description.old))
            for one in description.parameters
        ]
        self._query = {one.name for one in description.parameters if one.where == "query" and not one.rest}
        self._strict = strict and not any(one.rest for one in description.parameters)
        body = description.body
        self._body = None if body is None else Bodies(body, description.given, old=description.old)

    def of_head(self, path: str, headers: Mapping[str, Sequence[str]]) -> list[Finding]:
        """What is wrong with the parameters."""
        try:
            given = Given(self._path, path, headers)
        except Broken as broken:
            return [Finding(KIND, broken.rule, broken.where, BAD)]
        found = [finding for each in self._parameters for finding in _of_parameter(*each, given, self._query)]
        if self._strict:
            found += [Finding(KIND, "query", name, BAD) for name in given.names() if name not in self._query]
        return found[:MOST]

    def of_missing_body(self) -> list[Finding]:
        return [Finding(KIND, "required", "body", BAD)] if self._body and self._body.required else []

    def of_body(self, media: Media | None) -> list[Finding]:
        """What is wrong with there being a body of this type."""
        if self._body is None:
            return [Finding(KIND, "body", "", BAD)]
        if media is None or not media.readable or self._body.takes(media.name) is None:
            return [Finding(KIND, "content-type", "", TYPE)]
        return []

    def reads(self, media: Media) -> bool:
        """Whether something is said of the values in a body of this type, which `of_body` has nothing against."""
        said = self._body.takes(media.name) if self._body else None
        return said is not None and self._body is not None and self._body.has_schema(said)

    def of_value(self, media: Media, body: Any) -> list[Finding]:
        said = self._body.takes(media.name) if self._body else None
        if said is None or self._body is None:
            return []
        return [Finding(KIND, rule, where, UNFIT) for rule, where in self._body.findings(said, body)]


class ResponseValidation:
    """Of one operation."""

    def __init__(self, description: Description) -> None:
        """Raises `Unfit`."""
        self._bodies = {
            status: Bodies(content, description.answered, old=description.old)
            for status, content in description.responses.items()
        }

    def of_head(self, status: int, media: Media | None, *, has_body: bool, bodiless: bool) -> list[Finding]:
        """What is wrong with a status, or with a body of this type. `bodiless` is a response that can have none, and
        says what it would have (HEAD, 304)."""
        bodies = for_status(self._bodies, status)
        if bodies is None:
            return [Finding(KIND, "status", "", BAD_RESPONSE)]
        if not bodies or bodiless:
            return []
        if not has_body:
            return [Finding(KIND, "required", "body", BAD_RESPONSE)]
        if media is None or not media.readable or bodies.takes(media.name) is None:
            return [Finding(KIND, "content-type", "", BAD_RESPONSE)]
        return []

    def reads(self, status: int, media: Media | None) -> bool:
        bodies = for_status(self._bodies, status)
        said = bodies.takes(media.name) if bodies and media else None
        return bodies is not None and said is not None and bodies.has_schema(said)

    def of_value(self, status: int, media: Media, body: Any) -> list[Finding]:
        bodies = for_status(self._bodies, status)
        said = bodies.takes(media.name) if bodies else None
        if bodies is None or said is None:
            return []
        return [Finding(KIND, rule, where, BAD_RESPONSE) for rule, where in bodies.findings(said, body)]


def for_status(said: Mapping[str, Any], status: int) -> Any:
    """What is said of a status: by itself, by its hundred, or by `default`; None where nothing is."""
    return next((said[key] for key in (str(status), f"{status // 100}XX", "default") if key in said), None)


def compiled(schema: Any, definitions: Mapping[str, Any], *, old: bool) -> _Validator:
    """A validator of `schema`, which refers to `definitions`. Raises `Unfit`."""
    try:
        import jsonschema_rs
    except ModuleNotFoundError:
        raise NotHere("what schemas are read by is not on this machine: pip install 'trunkline[gateway]'") from None
    kind = jsonschema_rs.Draft4Validator if old else jsonschema_rs.Draft202012Validator
    whole = {"allOf": [schema], DEFINITIONS: dict(definitions)}
    try:
        return kind(whole, validate_formats=True, pattern_options=jsonschema_rs.RegexOptions(), offline=True)
    except (jsonschema_rs.ValidationError, ValueError) as error:
        place = "/".join(map(str, getattr(error, "instance_path", ())))
        raise Unfit(f"its schema cannot be validated by: {str(error).splitlines()[0]} ({place})") from None


def resolved(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """What a schema leads to by its references alone."""
    for _ in range(_REFERENCES):
        if not isinstance(schema, dict) or "$ref" not in schema:
            break
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    return schema


def _of_parameter(
    one: Parameter, schema: Any, validator: _Validator, given: Given, query: Collection[str]
) -> Iterator[Finding]:
    """What is wrong with a parameter; `query` has the names of all that the query may have by themselves."""
    where = f"{one.where} {one.name}"
    texts = given.texts(one)
    try:
        if one.rest:
            values, where = given.rest(schema, query), one.where
        elif texts:
            values = [value(one, schema, texts)]
        else:
            values = []
            if one.required:
                yield Finding(KIND, "required", where, BAD)
    except Broken as broken:
        yield Finding(KIND, broken.rule, where, BAD)
        return
    for read in values:
        for rule, at in islice(_errors(validator, read), 1):
            yield Finding(KIND, rule, f"{where}{at}", BAD)


def _errors(validator: _Validator, value: Any) -> Iterator[tuple[str, str]]:
    """The rules that a value breaks, and where; what is missing or too much is named as if it were there."""
    errors: Iterable[jsonschema_rs.ValidationError] = validator.iter_errors(value)
    for error in errors:
        where = list(error.instance_path)
        missing = getattr(error.kind, "property", None)
        too_much = getattr(error.kind, "unexpected", None)
        if isinstance(missing, str):
            yield error.kind.name, pointer([*where, missing])
        elif isinstance(too_much, list):
            yield from ((error.kind.name, pointer([*where, name])) for name in too_much)
        else:
            yield error.kind.name, pointer(where)
