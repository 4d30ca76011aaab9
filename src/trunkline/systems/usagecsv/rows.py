"""The rows of a CSV file with the place of each, in constant memory; a row may go over several lines."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO, NamedTuple

LONGEST_LINE = 64 * 1024  # bytes
MOST_LINES = 50  # of one row


class Row(NamedTuple):
    """A row and where it begins; `problem` says why it has no fields."""

    offset: int
    line: int
    raw: bytes
    fields: list[str]
    problem: str = ""


class _Line(NamedTuple):
    offset: int
    number: int
    raw: bytes
    text: str
    problem: str = ""


def rows(stream: BinaryIO, delimiter: str, quote: str, encoding: str) -> Iterator[Row]:
    """Every row but empty ones. Where a quote is never closed, the first line of the row is told and the next is read
    anew."""
    style: dict[str, Any] = {"delimiter": delimiter, "strict": True}
    style |= {"quotechar": quote} if quote else {"quoting": csv.QUOTE_NONE}
    lines, held = _lines(stream, encoding), list[_Line]()
    while held := held or list(islice(lines, 1)):
        first = held[0]
        if first.problem or not first.text.strip():
            if first.problem:
                yield Row(first.offset, first.number, first.raw, [], first.problem)
            held = held[1:]
            continue
        reader = csv.reader([each.text for each in held], **style)
        try:
            fields = next(reader)
        except csv.Error as error:
            more = next(lines, None) if _is_open(error) and len(held) < MOST_LINES else None
            if more is not None:
                held.append(more)
                continue
            yield Row(first.offset, first.number, first.raw, [], f"it is no row of fields: {error}")
            held = held[1:]
        else:
            raw = b"".join(each.raw for each in held[: reader.line_num])
            yield Row(first.offset, first.number, raw, fields)
            held = held[reader.line_num :]


def _is_open(error: csv.Error) -> bool:
    """Whether a quote is not closed yet, so that the row may go on in the next line."""
    return "unexpected end of data" in str(error)


def _lines(stream: BinaryIO, encoding: str) -> Iterator[_Line]:
    at = number = 0
    while raw := stream.readline(LONGEST_LINE):
        number += 1
        begin, problem, text = at, "", ""
        at += len(raw)
        if len(raw) == LONGEST_LINE and not raw.endswith(b"\n"):
            problem = f"the line is longer than {LONGEST_LINE} bytes"
            while (more := stream.readline(LONGEST_LINE)) and not more.endswith(b"\n"):
                at += len(more)
            at += len(more)
        else:
            try:
                text = raw.decode(encoding)
            except UnicodeDecodeError as error:
                problem = f"it is not {encoding}, at its byte {error.start}: correct the connection's `encoding`"
            if begin == 0:
                text = text.removeprefix("\ufeff")
        yield _Line(begin, number, raw, text, problem)
