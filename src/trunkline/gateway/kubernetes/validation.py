"""Manifests held against CRDs as an API server holds them: by their schemas, strictly (a field that is not known is
wrong, where a server would drop it), and by their rules in CEL (`x-kubernetes-validations`), after all defaults.

Rules about a change (`oldSelf`) are about something else, and are left alone.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

import cel
from jsonschema import Draft202012Validator

from trunkline.gateway.kubernetes.crds import Crds

Json = dict[str, Any]
_RESERVED: Final = {
    "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let",
    "loop", "package", "namespace", "return", "var", "void", "while",
}  # fmt: skip
"""Names that CEL keeps for itself; Kubernetes writes `__namespace__` for a field of such a name."""
_UNIQUE: Final = ("set", "map")


def problems(manifest: Json, crds: Crds) -> list[str]:
    """All that is wrong with a manifest: `SecurityPolicy alarm-list: spec.jwt: …`."""
    what = f"{manifest.get('kind')} {manifest.get('metadata', {}).get('name')}"
    schema = crds.schemas.get((str(manifest.get("apiVersion")), str(manifest.get("kind"))))
    if schema is None:
        return [f"{what}: no CustomResourceDefinition is of {manifest.get('apiVersion')}"]
    validator = Draft202012Validator(_strict(schema))
    errors = sorted(validator.iter_errors(manifest), key=lambda error: list(map(str, error.absolute_path)))
    found = [f"{what}: {_place(tuple(error.absolute_path))}: {error.message}" for error in errors]
    if found:
        return found  # rules are about what has the right shape
    whole = copy.deepcopy(manifest)
    _give_defaults(whole, schema)
    return [f"{what}: {_place(place)}: {reason}" for place, reason in _broken(whole, schema, ())]


def _strict(schema: Json) -> Json:
    """The schema as JSON Schema in which no field is allowed that is not named."""
    said = {key: value for key, value in schema.items() if not key.startswith("x-kubernetes-")}
    said.pop("format", None)
    if isinstance(said.get("properties"), dict):
        said["properties"] = {name: _strict(inner) for name, inner in said["properties"].items()}
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            said.setdefault("additionalProperties", False)
    if isinstance(said.get("items"), dict):
        said["items"] = _strict(said["items"])
    if isinstance(said.get("additionalProperties"), dict):
        said["additionalProperties"] = _strict(said["additionalProperties"])
    if said.pop("nullable", False) and "type" in said:
        said["type"] = [said["type"], "null"]
    return said


def _give_defaults(value: Any, schema: Json) -> None:
    if isinstance(value, dict):
        for name, inner in schema.get("properties", {}).items():
            if name not in value and "default" in inner:
                value[name] = copy.deepcopy(inner["default"])
            if name in value:
                _give_defaults(value[name], inner)
        if isinstance(every := schema.get("additionalProperties"), dict):
            for inner in value.values():
                _give_defaults(inner, every)
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for inner in value:
            _give_defaults(inner, schema["items"])


def _broken(value: Any, schema: Json, place: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The rules that do not hold, from the outermost value inwards."""
    for rule in schema.get("x-kubernetes-validations", ()):
        if "oldSelf" in rule["rule"]:
            continue
        try:
            holds = _program(rule["rule"]).execute({"self": _for_cel(value)})
        except (ValueError, RuntimeError, TypeError) as error:
            yield place, f"the rule {rule['rule']!r} cannot be decided: {error}"
        else:
            if holds is not True:
                yield place, rule.get("message") or f"the rule {rule['rule']!r} does not hold"
    if isinstance(value, list):
        if schema.get("x-kubernetes-list-type") in _UNIQUE and (twice := _twice(value, schema)):
            yield place, f"{twice} is there twice"
        for index, inner in enumerate(value):
            yield from _broken(inner, schema.get("items", {}), (*place, index))
    elif isinstance(value, dict):
        properties, every = schema.get("properties", {}), schema.get("additionalProperties")
        for name, inner in value.items():
            within = properties.get(name) or (every if isinstance(every, dict) else {})
            yield from _broken(inner, within, (*place, name))


def _twice(values: list[Any], schema: Json) -> str:
    keys = schema.get("x-kubernetes-list-map-keys")
    seen: set[str] = set()
    for value in values:
        one = ", ".join(str(value.get(key)) for key in keys) if keys else str(value)
        if one in seen:
            return one
        seen.add(one)
    return ""


@lru_cache(maxsize=2_000)
def _program(rule: str) -> Any:
    return cel.compile(rule)


def _for_cel(value: Any) -> Any:
    if isinstance(value, dict):
        return {f"__{name}__" if name in _RESERVED else name: _for_cel(inner) for name, inner in value.items()}
    return [_for_cel(inner) for inner in value] if isinstance(value, list) else value


def _place(place: tuple[str | int, ...]) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return text.removeprefix(".") or "it"
