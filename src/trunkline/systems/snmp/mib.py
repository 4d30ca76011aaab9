"""A vendor's MIB as far as it is read: names for the objects below a root, and what a trap or a table says of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from trunkline.systems.snmp.date_and_time import date_and_time

Scalar = int | bytes | str | None
PADDING = "\0 \r\n\t"


class Variables(dict[str, Scalar]):
    """The variables of one trap, or of one row of a table, by their names in the MIB.

    The getters raise `ValueError` with the variable's name where it is missing or not what the MIB says.
    """

    def text(self, name: str, default: str | None = None) -> str:
        value = self.get(name)
        if value is None:
            if default is None:
                raise ValueError(f"{name} is missing")
            return default
        if isinstance(value, bytes):
            try:
                return value.decode().strip(PADDING)
            except UnicodeDecodeError:
                return value.decode("latin-1").strip(PADDING)  # older network elements
        return str(value).strip(PADDING)

    def number(self, name: str, default: int | None = None) -> int:
        """An integer, also where the agent writes it as digits in a string."""
        value = self.get(name)
        if isinstance(value, int):
            return value
        text = self.text(name, None if default is None else "")
        if not text and default is not None:
            return default
        if text.isascii() and text.isdigit() and len(text) < 20:
            return int(text)
        raise ValueError(f"{name} is {text[:40]!r} and not a number")

    def time(self, *names: str) -> datetime:
        """The first of `names` that is there and not empty, as a moment in UTC (RFC 2579 DateAndTime)."""
        for name in names:
            value = self.get(name)
            if isinstance(value, bytes) and value:
                try:
                    return date_and_time(value)
                except ValueError as fault:
                    raise ValueError(f"{name}: {fault}") from None
        raise ValueError(f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} missing")


class Mib:
    """Names of the objects below `root`, keyed by the rest of their OIDs."""

    def __init__(self, root: str, objects: Mapping[str, str]) -> None:
        self.root = root
        self._prefix = root + "."
        self._objects = dict(objects)

    def oid(self, name: str) -> str:
        """The OID of an object, without an instance."""
        return self._prefix + next(tail for tail, its_name in self._objects.items() if its_name == name)

    def variables(self, varbinds: Iterable[tuple[str, Scalar]]) -> Variables:
        """What a trap says. An object may come with its instance (`.0`, a row's number) or without."""
        names, prefix, skip = self._objects, self._prefix, len(self._prefix)
        found = Variables()
        for oid, value in varbinds:
            if oid.startswith(prefix):
                tail = oid[skip:]
                name = names.get(tail) or names.get(tail.rpartition(".")[0])
                if name is not None:
                    found[name] = value
        return found

    def rows(self, table: str, walked: Iterable[tuple[str, Scalar]]) -> dict[str, Variables]:
        """The rows of a walked table by their index, in the order of their first column.

        `table` is the entry's OID below the root (`1.3.5.1`): the next number is the column, the rest the index.
        """
        prefix = f"{self._prefix}{table}."
        rows: dict[str, Variables] = {}
        for oid, value in walked:
            column, _, index = oid.removeprefix(prefix).partition(".")
            name = self._objects.get(f"{table}.{column}")
            if name is not None:
                rows.setdefault(index, Variables())[name] = value
        return rows
