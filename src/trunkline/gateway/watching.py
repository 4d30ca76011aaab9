"""Whether any file that the plan comes from has changed: asked several times a second, so next to nothing is read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from trunkline.document import Invalid
from trunkline.gateway.declaration import Gateway
from trunkline.gateway.folder import FOLDER, GATEWAY, Stamp, read_gateway, stamp
from trunkline.gateway.places import Places

Seen = frozenset[tuple[str, Stamp]]


class Watch:
    """The operator's files, and those that they name: certificates and keys."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._folder = places.project / FOLDER
        self._named: tuple[Stamp, tuple[Path, ...]] = ((), ())

    def look(self) -> Seen:
        """Changes with any of the files."""
        found = {(entry.path, _of(entry)) for entry in _written(self._folder)}
        others = (self._places.purges, *self._others())
        return frozenset(found | {(str(path), stamp(path)) for path in others})

    def _others(self) -> tuple[Path, ...]:
        """What gateway.yaml names, which is read again when it has changed."""
        now = stamp(self._folder / GATEWAY)
        if self._named[0] != now:
            self._named = now, ()
            with suppress(Invalid):
                self._named = now, tuple(map(self._places.path, _names(read_gateway(self._folder))))
        return self._named[1]


def _names(gateway: Gateway) -> Iterator[str]:
    yield from (issuer.keys for issuer in gateway.issuers.values())
    if tls := gateway.tls:
        yield from filter(None, (tls.certificate, tls.key, tls.client_authority))
    for own in filter(None, (upstream.tls for upstream in gateway.upstreams.values())):
        yield from filter(None, (own.authority, own.certificate, own.key))


def _written(folder: Path) -> Iterator[os.DirEntry[str]]:
    """The YAML files of `apis/` and of its folders."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".yaml"):
                yield entry
            elif entry.is_dir():
                with suppress(OSError), os.scandir(entry.path) as within:
                    yield from (each for each in within if each.name.endswith(".yaml"))


def _of(entry: os.DirEntry[str]) -> Stamp:
    try:
        seen = entry.stat()
    except OSError:
        return ((0, 0, 0),)
    return ((seen.st_mtime_ns, seen.st_size, seen.st_ino),)
