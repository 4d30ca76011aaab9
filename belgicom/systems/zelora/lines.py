"""Zelora's reports are lines of text: read one at a time, each with its place, none longer than a report's may be."""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from trunkline.quarantine import Rejected
from trunkline.systems import Origin

LONGEST = 4096  # bytes; the controller's manual allows 512


class Line(NamedTuple):
    """One line without its end, at its byte offset and line number (from 1)."""

    text: str
    offset: int
    number: int


def read(stream: BinaryIO, origin: Origin) -> Iterator[Line | Rejected]:
    """The lines of a report. One that is too long or not UTF-8 is rejected, and reading goes on behind it."""
    offset = number = 0
    while raw := stream.readline(LONGEST):
        number += 1
        length = len(raw)
        whole = raw.endswith(b"\n") or length < LONGEST
        while not whole:
            rest = stream.readline(LONGEST)
            length += len(rest)
            whole = rest.endswith(b"\n") or len(rest) < LONGEST
        if length > LONGEST:
            yield origin.rejected(
                "line.too-long", f"a line of {length} bytes: a report's lines have at most {LONGEST}",
                offset=offset, length=length, line=number, part=raw,
            )  # fmt: skip
        else:
            try:
                yield Line(raw.decode().rstrip("\r\n"), offset, number)
            except UnicodeDecodeError as error:
                yield origin.rejected(
                    "text.encoding", "the line is not UTF-8",
                    offset=offset + error.start, length=length, line=number, part=raw,
                )  # fmt: skip
        offset += length
