"""The walk through an XML file: expat fed chunk by chunk, within limits, and set up anew behind what is broken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO
from xml.parsers import expat

from trunkline.quarantine import EXCERPT, Rejected
from trunkline.systems.compression import uncompressed
from trunkline.systems.system import Origin
from trunkline.systems.xml.assembly import Assembly, Refused
from trunkline.systems.xml.encoding import Utf8, line_ends, read_head, unit
from trunkline.systems.xml.events import Close, Element, Event
from trunkline.systems.xml.recovery import OVERLAP, Recovery
from trunkline.systems.xml.shape import Shape

# Bytes of one tag, comment or instruction. Expat keeps it whole and reads it anew with every chunk (CVE-2023-52425).
LARGEST_TOKEN = 256 * 1024
LARGEST_ELEMENT = 2 * 1024 * 1024  # bytes of an element that comes whole
MOST_BREAKS = 1_000  # in one file; behind the last of them the rest is rejected as one part


class Walker:
    """Iterate to get a file's events, in order. Until the next one, `raw` gives the bytes of the last `Element`.

    Never raises on bad bytes. Keeps at most `LARGEST_ELEMENT` and a chunk of the file, and what was made of them.
    """

    def __init__(self, stream: BinaryIO, origin: Origin, shape: Shape) -> None:
        self._stream, self._origin, self._shape = stream, origin, shape
        self._out: list[Event] = []
        self._open: list[tuple[str, str]] = []  # containers: name as written, name without prefix
        self._window, self._start = b"", 0  # bytes at hand, and where in the file they begin
        self._break: _Break | None = None
        self._breaks = 0

    def raw(self, element: Element) -> bytes:
        """The element as it stands in the file."""
        end = self._window.find(b">", element.end - self._start) + 1
        return self._window[element.offset - self._start : end]

    def __iter__(self) -> Iterator[Event]:
        out = self._out
        utf8 = Utf8()
        begun = False
        for piece in uncompressed(self._stream, self._origin):
            if isinstance(piece, Rejected):
                yield piece
                break
            if not begun:
                begun = True
                try:
                    self._encoding, piece = read_head(piece)
                except LookupError as error:
                    message = f"The encoding {error} is not known: have the file sent in UTF-8."
                    yield self._origin.rejected("xml.encoding", message, part=piece)
                    return
                self._set_up(0, 1)
            if self._encoding == "utf-8":
                at = self._start + len(self._window)
                piece, damage = utf8.mark(piece)
                if damage is not None:
                    message = f"{damage.damaged} bytes that begin here are not UTF-8, as the file should be."
                    place = at + damage.first
                    out.append(self._origin.rejected("xml.encoding", message, offset=place, part=damage.part))
            self._feed(piece)
            yield from out
            out.clear()
        if begun:
            self._finish(utf8.rest())
        else:
            out.append(self._origin.rejected("xml.empty", "The file is empty."))
        yield from out

    # Reading

    def _set_up(self, offset: int, line: int) -> None:
        """Begin a parser for what is at this byte and line of the file, inside the containers that are open."""
        self._parser = parser = expat.ParserCreate(self._encoding)
        outer = "".join(f"<{raw}>" for raw, _ in self._open).encode(self._encoding)
        parser.Parse(outer, False)
        self._base, self._line = offset - len(outer), line - 1
        self._assembly = Assembly(parser, self._shape, self._origin, self._out, self._open, self._base, self._line)

    def _feed(self, chunk: bytes) -> None:
        """Take a chunk: parse it, and at each break look for the next boundary and go on from there."""
        at = self._start + len(self._window)
        self._forget()
        self._window += chunk
        self._go_on(at)

    def _go_on(self, at: int | None) -> None:
        while at is not None:
            if self._break is None:
                self._parse(at)
            at = self._look(self._break) if self._break is not None else None

    def _forget(self) -> None:
        """Drop the bytes that neither the element being read nor the search for a boundary needs any more."""
        if self._break is not None:
            needed = self._break.at
        elif (element := self._assembly.element()) is not None:
            needed = element[0]
        else:
            needed = self._base + self._parser.CurrentByteIndex
        drop = max(0, needed - self._start)
        self._window = self._window[drop:]
        self._start += drop

    def _parse(self, at: int) -> None:
        """Parse the window from byte `at` of the file on."""
        parser, assembly = self._parser, self._assembly
        try:
            parser.Parse(self._window[at - self._start :], False)
            assembly.settle()
            self._check_sizes()
        except expat.ExpatError as error:
            reason, message, sound = _explained(error)
            offset, line = self._base + parser.ErrorByteIndex, self._line + parser.ErrorLineNumber
            self._broken(Refused(reason, message, offset, line, sound=sound))
        except Refused as refused:
            self._broken(refused)

    def _check_sizes(self) -> None:
        end = self._start + len(self._window)
        token, line = self._base + self._parser.CurrentByteIndex, self._line + self._parser.CurrentLineNumber
        element = self._assembly.element()
        if element is not None and end - element[0] > LARGEST_ELEMENT:
            message = f"An element has more than {LARGEST_ELEMENT} bytes."
            raise Refused("xml.too-large", message, *element)
        if end - token > LARGEST_TOKEN:
            message = f"A tag, comment or instruction has more than {LARGEST_TOKEN} bytes."
            raise Refused("xml.too-large", message, token, line)

    def _finish(self, rest: bytes) -> None:
        """The file has ended. Where something had begun and not ended, what it hid is looked through."""
        self._feed(rest)
        while self._break is None and (broken := self._ended_early()) is not None:
            self._go_on(self._look(broken))
        if self._break is not None:
            self._out.append(self._rejected(self._break, self._start + len(self._window)))

    def _ended_early(self) -> _Break | None:
        try:
            self._parser.Parse(b"", True)
            return None
        except (expat.ExpatError, Refused):
            where = f"inside <{self._open[-1][1]}>" if self._open else "before its first element is complete"
            message = f"The file ends {where}: it was fetched too early, or is cut off. Fetch it again."
            token = self._base + self._parser.CurrentByteIndex, self._line + self._parser.CurrentLineNumber
            begin, line = self._assembly.element() or token
            return self._broken(Refused("xml.truncated", message, begin, line))

    # Breaks

    def _broken(self, refused: Refused) -> _Break:
        """Note a break. What is broken begins with the element that was being read, or where the break is."""
        begin, first_line = self._assembly.element() or (refused.offset, refused.line)
        message, recovery = refused.message, None
        self._breaks += 1
        if self._breaks <= MOST_BREAKS:
            recovery = Recovery(self._shape, self._encoding, [name for _, name in self._open])
        else:
            message += f" It is broken place {self._breaks} of the file, whose rest was not read."
        part = self._window[begin - self._start :][:EXCERPT]
        at = refused.offset if refused.sound else refused.offset + unit(self._encoding)
        self._break = _Break(refused.reason, message, begin, first_line, part, recovery, at, refused.line)
        return self._break

    def _look(self, broken: _Break) -> int | None:
        """Look for a boundary in the window and go on there. Returns its byte in the file, or None."""
        begin = broken.at - self._start
        found = broken.recovery.find(self._window[begin:]) if broken.recovery is not None else None
        distance, keep = found or (max(0, len(self._window) - begin - OVERLAP), 0)
        distance -= distance % unit(self._encoding)
        broken.line += line_ends(self._window[begin : begin + distance])
        broken.at += distance
        if found is None:
            return None
        self._break = None
        self._out.append(self._rejected(broken, broken.at))
        self._out += [Close(name) for _, name in reversed(self._open[keep:])]
        del self._open[keep:]
        self._set_up(broken.at, broken.line)
        return broken.at

    def _rejected(self, broken: _Break, end: int) -> Rejected:
        length = end - broken.offset
        return self._origin.rejected(
            broken.reason,
            broken.message,
            offset=broken.offset,
            length=length,
            line=broken.first_line,
            part=broken.part[:length],
        )


@dataclass(slots=True)
class _Break:
    """A broken part that begins at `offset`, while its end is looked for: up to byte `at`, on `line`, there is none."""

    reason: str
    message: str
    offset: int
    first_line: int
    part: bytes
    recovery: Recovery | None
    at: int
    line: int


def _explained(error: expat.ExpatError) -> tuple[str, str, bool]:
    """The reason and the message for what expat found, and whether the place of it may begin something sound."""
    found = expat.ErrorString(error.code)
    if found == expat.errors.XML_ERROR_UNDEFINED_ENTITY:
        return "xml.entity", "The XML uses an entity that is not one of XML's own five: it is not taken.", False
    # The first names the character that does not belong there, the second what stands behind the document's end.
    sound = found in (expat.errors.XML_ERROR_INVALID_TOKEN, expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT)
    return "xml.not-well-formed", f"The XML is broken: {found}. Have the file sent again.", sound
