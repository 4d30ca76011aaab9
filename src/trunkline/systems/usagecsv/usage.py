"""CSV of usage: a line is a usage report, whose fields stand where the connection says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, NamedTuple

import msgspec

from trunkline.quarantine import Rejected
from trunkline.systems.system import Origin, Reader
from trunkline.systems.usagecsv.options import Column, Options
from trunkline.systems.usagecsv.rows import Row, rows
from trunkline.systems.usagecsv.values import local_offset, money, parser
from trunkline.telco.model import Direction, Service, UsageReport

OWN = ("id", "session", "corrects")
"""Fields that are prefixed with the connection's name, so that the numbers of two connections never meet."""
REQUIRED = ("id", "started", "service")

_NAMES = {field.encode_name: field.name for field in msgspec.structs.fields(UsageReport)}


def reader(options: Options) -> Reader:
    """A reader of files as `options` describe them, which yields a report for each line.

    A line that cannot be read is yielded as `Rejected`, which names the line and the column, and reading goes on.
    Where the header lacks a column, no line can be read, and the file is yielded as one `Rejected`. Raises `ValueError`
    where a constant is no value of its field.
    """
    constants = {
        name: parser(name, Column(column=""), options)(str(value))
        for name, value in options.constants.items()
        if name != "price"
    }

    def read(stream: BinaryIO, origin: Origin) -> Iterator[UsageReport | Rejected]:
        lines = None if options.header else _Lines(options, constants, None)
        for number, row in enumerate(rows(stream, options.delimiter, options.quote, options.encoding)):
            if number < options.skip:
                continue
            try:
                if lines is not None:
                    yield lines.report(row, origin)
                    continue
                lines = _Lines(options, constants, row)
            except (ValueError, OverflowError) as fault:
                length, reason = len(row.raw), "csv.line"
                if lines is None:
                    reason = "csv.header"
                    length += sum(map(len, iter(lambda: stream.read(1 << 16), b"")))
                yield origin.rejected(
                    reason, str(fault), offset=row.offset, length=length, line=row.line, part=row.raw,
                    target=UsageReport.topic,
                )  # fmt: skip

    return read


class _Field(NamedTuple):
    name: str
    label: str
    positions: tuple[int, ...]
    column: Column
    parse: Callable[[str], Any]


class _Lines:
    """How a file's lines become reports. Raises `ValueError` where the header lacks a column."""

    def __init__(self, options: Options, constants: dict[str, Any], header: Row | None) -> None:
        self._options, self._constants = options, constants
        self._width = len(header.fields) if header else 0
        positions = _positions(options, header)
        self._fields = [
            _Field(name, ", ".join(column.columns), tuple(positions[each] for each in column.columns), column,
                   parser(name, column, options))
            for name in options.columns
            if (column := options.column(name)) is not None
        ]  # fmt: skip

    def report(self, row: Row, origin: Origin) -> UsageReport:
        """The report of a line. Raises `ValueError` with the line and the column."""
        if row.problem:
            raise ValueError(f"line {row.line}: {row.problem}")
        if self._width and len(row.fields) != self._width:
            raise ValueError(f"line {row.line} has {len(row.fields)} fields, and the header {self._width}")
        values = dict(self._constants)
        for field in self._fields:
            try:
                values.update(self._value(field, row))
            except ValueError as fault:
                raise ValueError(f"line {row.line}, column {field.label}: {fault}") from None
        return self._made(values, row, origin)

    def _value(self, field: _Field, row: Row) -> Iterator[tuple[str, Any]]:
        """Name and value of a field, nothing where it is empty."""
        if max(field.positions) >= len(row.fields):
            raise ValueError(f"the line has only {len(row.fields)} fields")
        texts = [row.fields[position].strip() for position in field.positions]
        text = "/".join(texts) if all(texts) or field.name not in OWN else ""
        text = field.column.values.get(text, text)
        if text:
            yield field.name, field.parse(text)
        elif field.name in REQUIRED and field.name not in self._constants:
            raise ValueError(f"it is empty, and `{field.name}` must be there")

    def _made(self, values: dict[str, Any], row: Row, origin: Origin) -> UsageReport:
        if not (values.get("msisdn") or values.get("imsi") or values.get("user")):
            raise ValueError(f"line {row.line}: neither msisdn nor imsi nor user says who is charged")
        for name in OWN:
            if name in values:
                column = self._options.column(name)
                prefix = column.prefix if column is not None else ""
                values[name] = (f"csv/{origin.system}/" if prefix is None else prefix) + values[name]
        service = Service(values["service"])
        if service in (Service.MESSAGE, Service.CONTENT):
            values.setdefault("items", 1)
        values.setdefault("session", values["id"])
        values.setdefault("zoneOffset", local_offset(values["started"], self._options))
        values |= {"service": service, "direction": Direction(values.get("direction", Direction.ORIGINATING))}
        self._price(values, row)
        named = {_NAMES[name]: value for name, value in values.items()}
        return UsageReport(system=origin.system, source=origin.source(row.offset, row.line), **named)

    def _price(self, values: dict[str, Any], row: Row) -> None:
        """The price in minor units, which depend on the line's currency."""
        text, column = values.pop("price", None), self._options.column("price")
        if text is None and "price" in self._options.constants:
            text, column = str(self._options.constants["price"]), None
        if text is None:
            return
        try:
            values["price"] = money(text, column.unit if column else "", values.get("currency", ""), self._options)
        except ValueError as fault:
            raise ValueError(f"line {row.line}, column {column.column if column else 'price'}: {fault}") from None


def _positions(options: Options, header: Row | None) -> dict[str, int]:
    """Where each column that is asked for stands in a line."""
    wanted = [name for field in options.columns if (column := options.column(field)) for name in column.columns]
    if header is None:
        return {name: int(name) - 1 for name in wanted}
    if header.problem:
        raise ValueError(f"line {header.line}, which is the header: {header.problem}")
    names = [name.strip() for name in header.fields]
    if missing := [name for name in wanted if name not in names]:
        there = ", ".join(names[:50])[:1_000]
        raise ValueError(f"line {header.line}, which is the header, lacks {', '.join(missing)}; it has: {there}")
    if twice := [name for name in wanted if names.count(name) > 1]:
        raise ValueError(f"line {header.line}, which is the header, has {', '.join(twice)} several times")
    return {name: names.index(name) for name in wanted}
