"""APIs that the platform itself serves, published: their OpenAPI documents as files in `apis/`, and first policies.

The file `openapi.yaml` is what the platform serves; what the operator decides about it is which operations are in it,
the `x-classification` of each, and everything in `policies.yaml`. So it can be written anew whenever the platform
changes, and nothing that was decided is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from trunkline.document import Document, Invalid, Problem
from trunkline.gateway.folder import OPENAPI, POLICIES
from trunkline.gateway.openapi import SLASHES, base_path, each

FROM: Final = "x-published-from"
"""Names the served API in a file that was written from it."""
CLASSIFICATION: Final = "x-classification"
HUB: Final = "/hub"
STREAM: Final = "text/event-stream"
READING: Final = ("get", "head")
_REFERENCE: Final = "#/components/"
_HEAD: Final = """\
# Written by `trunkline gateway publish {name}` from what the platform serves. Operations may be taken out of it, and
# each `x-classification` changed; all else is policies.yaml's to say.
"""


@dataclass(frozen=True)
class Served:
    """An API that the platform serves under the path `base`. `classes` are the highest class of what its operations
    tell, by their ids."""

    name: str
    base: str
    document: Mapping[str, Any]
    classes: Mapping[str, str] = field(default_factory=dict)

    @property
    def operations(self) -> list[str]:
        return [said["operationId"] for _, _, said, _ in each(self.document)]


@dataclass(frozen=True)
class First:
    """What an API's first policies say: its upstream and group, and one of which scopes a caller has who reads, or who
    changes something. Without scopes for changes, only reading is published."""

    upstream: str
    group: str
    read: tuple[str, ...]
    write: tuple[str, ...]


def where(folder: Path, served: Served) -> Path | None:
    """The API's folder in `apis/`, where it is published."""
    for file in sorted(folder.glob(f"*/{OPENAPI}")):
        document = Document.load(file)
        if isinstance(document.data, dict) and document.data.get(FROM) == served.base:
            return file.parent
    return None


def publish(folder: Path, served: Served, first: First) -> Path:
    """Publish an API in a new folder. Raises `OSError` where it is there."""
    place = folder / served.name
    place.mkdir()
    chosen = [
        said["operationId"]
        for path, method, said, _ in each(served.document)
        if method in READING or first.write or _is_hub(path)
    ]
    (place / OPENAPI).write_text(_text(served, chosen, {}))
    (place / POLICIES).write_text(_policies(served, chosen, first))
    return place


def refresh(place: Path, served: Served, everything: bool) -> tuple[str, ...]:
    """Write the OpenAPI file of a published API anew, with the operations that it has, or `everything`. Gives the ids
    of those that the platform serves and the file does not."""
    data = Document.load(place / OPENAPI).data
    classes = {said.get("operationId"): said.get(CLASSIFICATION) for *_, said, _ in each(data)}
    chosen = [id for id in served.operations if everything or id in classes]
    (place / OPENAPI).write_text(_text(served, chosen, classes))
    return tuple(id for id in served.operations if id not in chosen)


def differing(document: Document, served: Mapping[str, Served]) -> Iterator[Problem]:
    """Where a published file is not what the platform serves; `served` is by base path. Files that were not published
    by us are left alone."""
    data = document.data
    base = data.get(FROM) if isinstance(data, dict) else None
    if base is None:
        return
    if base not in served or base != base_path(data):
        yield document.problem((FROM,), f"the platform serves no API at {base}: `trunkline gateway publish` lists them")
        return
    one = served[base]
    cure = f"`trunkline gateway publish {one.name}` brings the file up to date"
    ids = [str(said.get("operationId")) for *_, said, _ in each(data)]
    now = _selected(one, ids)
    if data.get(SLASHES) != now.get(SLASHES):
        yield document.problem((FROM,), f"`{SLASHES}` is not as the platform serves it: {cure}")
    there = {(path, method): said for path, method, said, _ in each(now)}
    for path, method, said, place in each(data):
        stripped = {name: value for name, value in said.items() if name != CLASSIFICATION}
        if (path, method) not in there:
            yield document.problem(place, f"the platform does not serve {method.upper()} {base}{path}: {cure}")
        elif stripped != there[path, method]:
            yield document.problem(place, f"{method.upper()} {base}{path} is not as the platform serves it: {cure}")
    for name, parts in now.get("components", {}).items():
        for part, value in parts.items():
            if data.get("components", {}).get(name, {}).get(part) != value:
                yield document.problem(("components", name, part), f"{part} is not as the platform has it: {cure}")


def state(place: Path | None, served: Served) -> str:
    """How a published file stands to what is served."""
    if place is None:
        return "not published"
    document = Document.load(place / OPENAPI)
    if any(differing(document, {served.base: served})):
        return "differs"
    left = len(served.operations) - len(each(document.data))
    return f"up to date, without {left} operations" if left else "up to date"


def check(folder: Path, served: Mapping[str, Served]) -> list[Problem]:
    """Where files of `apis/` are not what the platform serves."""
    found: list[Problem] = []
    for file in sorted(folder.glob(f"*/{OPENAPI}")):
        try:
            found += differing(Document.load(file), served)
        except Invalid:
            continue  # named by the gateway's own check
    return found


def _selected(served: Served, ids: list[str]) -> dict[str, Any]:
    """The document with the operations that have these ids, and the components that they need."""
    paths: dict[str, Any] = {}
    for path, item in served.document["paths"].items():
        kept = {
            name: value
            for name, value in item.items()
            if not (isinstance(value, dict) and "operationId" in value) or value["operationId"] in ids
        }
        if any(isinstance(value, dict) and "operationId" in value for value in kept.values()):
            paths[path] = kept
    components: dict[str, dict[str, Any]] = {}
    _take(paths, served.document.get("components", {}), components)
    ordered = {name: {part: parts[part] for part in sorted(parts)} for name, parts in sorted(components.items())}
    info = served.document["info"]
    said = {name: info[name] for name in ("title", "version", "description") if info.get(name)}
    whole: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": said,
        FROM: served.base,
        "servers": [{"url": served.base}],
        "paths": paths,
    }
    whole |= {SLASHES: True} if served.document.get(SLASHES) is True else {}
    return whole | ({"components": ordered} if ordered else {})


def _take(value: Any, of: Mapping[str, Any], taken: dict[str, dict[str, Any]]) -> None:
    """Put each component that a value refers to into `taken`, and those that these refer to."""
    if isinstance(value, list):
        for one in value:
            _take(one, of, taken)
    if not isinstance(value, dict):
        return
    reference = value.get("$ref")
    if isinstance(reference, str) and reference.startswith(_REFERENCE):
        kind, _, name = reference.removeprefix(_REFERENCE).partition("/")
        if name not in taken.setdefault(kind, {}):
            taken[kind][name] = of[kind][name]
            _take(of[kind][name], of, taken)
    for one in value.values():
        _take(one, of, taken)


def _text(served: Served, ids: list[str], classes: Mapping[Any, Any]) -> str:
    document = _selected(served, ids)
    for path, method, said, _ in each(document):
        id = said["operationId"]
        its = classes[id] if id in classes else served.classes.get(id)
        first = {"operationId": id, **({CLASSIFICATION: its} if its else {})}
        document["paths"][path][method] = first | {name: value for name, value in said.items() if name not in first}
    return _HEAD.format(name=served.name) + _yaml(document)


def _policies(served: Served, ids: list[str], first: First) -> str:
    """Every operation asks for a scope to read; those that change something for one of theirs."""
    lines = [f"upstream: {first.upstream}"]
    lines += [f"group: {first.group}"] if first.group else []
    chosen = [(path, method, said) for path, method, said, _ in each(served.document) if said["operationId"] in ids]
    changing = {said["operationId"] for path, method, said in chosen if method not in READING and not _is_hub(path)}
    everywhere = first.read if first.read and len(changing) < len(chosen) else first.write
    special: dict[str, list[Any]] = {}
    for _, _, said in chosen:
        id = said["operationId"]
        if _streams(said):  # goes on for as long as somebody listens
            special.setdefault(id, []).append({"kind": "timeout", "request": "0 s", "idle": "10 min"})
        if id in changing and first.write != everywhere:
            special.setdefault(id, []).append({**_scopes(first.write), "replaces": True})
    lines += ["policies:", f"  - {_flow(_scopes(everywhere))}"]
    if special:
        lines += ["operations:", *(f"  {id}: {_flow(policies)}" for id, policies in special.items())]
    return "\n".join(lines) + "\n"


def _is_hub(path: str) -> bool:
    """To be told of changes is to read them."""
    return path == HUB or path.startswith(f"{HUB}/")


def _scopes(scopes: tuple[str, ...]) -> dict[str, Any]:
    return {"kind": "scopes", "all_of" if len(scopes) == 1 else "any_of": list(scopes)}


def _streams(said: Mapping[str, Any]) -> bool:
    return any(STREAM in answer.get("content", {}) for answer in said["responses"].values())


def _flow(value: Any) -> str:
    text: str = yaml.dump(value, Dumper=_Plain, sort_keys=False, default_flow_style=True, width=1_000)
    return text.strip()


def _yaml(value: Any) -> str:
    text: str = yaml.dump(value, Dumper=_Plain, sort_keys=False, default_flow_style=None, width=120, allow_unicode=True)
    return text


class _Plain(yaml.SafeDumper):
    """Writes a value that is there twice out twice: the operator's YAML has no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
