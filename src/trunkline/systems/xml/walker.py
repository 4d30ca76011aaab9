"""The walk through an XML file: expat fed chunk by chunk, within limits, and set up anew behind what is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple
from xml.parsers import expat

from trunkline.quarantine import EXCERPT, Rejected
from trunkline.systems.system import Origin
from trunkline.systems.xml.compression import uncompressed
from trunkline.systems.xml.encoding import Utf8, read_head, unit
from trunkline.systems.xml.recovery import OVERLAP, Recovery
from trunkline.systems.xml.shape import Shape

# Bytes of one tag, comment or instruction. Expat keeps it whole and reads it anew with every chunk (CVE-2023-52425).
LARGEST_TOKEN = 256 * 1024
LARGEST_ELEMENT = 2 * 1024 * 1024  # bytes of one element that comes whole
DEEPEST = 64  # elements inside each other
MOST_BREAKS = 1_000  # in one file; behind the last of them the rest is rejected as one part

Node = tuple[str, dict[str, str], str, list["Node"]]
"""An element inside an `Element`: name, attributes, text (of one without children), children."""


class Open(NamedTuple):
    """A container begins, at this byte and line of the uncompressed file."""

    name: str
    attributes: dict[str, str]
    offset: int
    line: int


class Close(NamedTuple):
    """A container ends, or its end was lost."""

    name: str


class Element(NamedTuple):
    """A whole element. `offset` and `line` are where it begins, `end` the byte at which its end tag does."""

    name: str
    attributes: dict[str, str]
    text: str
    children: list[Node]
    offset: int
    line: int
    end: int


Event = Open | Close | Element | Rejected


class _Refused(Exception):
    """Well-formed, but not taken; raised from within expat. The search for a boundary goes on at byte `offset`."""

    def __init__(self, reason: str, message: str, offset: int, line: int) -> None:
        self.reason, self.message, self.offset, self.line = reason, message, offset, line


@dataclass(slots=True)
class _Break:
    """A broken part, while its end is looked for: `at` is the byte, and `line` its line, up to which it was searched."""

    rejected: Callable[[int], Rejected]  # given the part's end
    recovery: Recovery | None
    at: int
    line: int


class Walker:
    """Iterate to get a file's events, in order. Until the next one, `raw` gives the bytes of the last `Element`.

    Never raises on bad bytes. Keeps at most `LARGEST_ELEMENT` and a chunk of the file, and what was made of them.
    """

    def __init__(self, stream: BinaryIO, origin: Origin, shape: Shape) -> None:
        self._stream, self._origin, self._shape = stream, origin, shape
        self._out: list[Event] = []
        self._open: list[tuple[str, str]] = []  # containers: name as written, name without prefix
        self._nodes: list[Node] = []  # the whole element that is being read, and those inside it
        self._element = (0, 0)  # byte and line at which it begins
        self._window, self._start = b"", 0  # bytes at hand, and where in the file they begin
        self._break: _Break | None = None
        self._breaks = 0
        self._settle: Callable[[], None] = lambda: None

    def raw(self, element: Element) -> bytes:
        """The element as it stands in the file."""
        end = self._window.find(b">", element.end - self._start) + 1
        return self._window[element.offset - self._start : end]

    def __iter__(self) -> Iterator[Event]:
        out, utf8 = self._out, None
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
                    yield self._rejected(
                        "xml.encoding", f"The encoding {error} is not known: have it sent in UTF-8.", 0
                    )
                    return
                utf8 = Utf8() if self._encoding == "utf-8" else None
                self._parse_from(0, 1)
            if utf8 is not None:
                at = self._start + len(self._window)
                piece, damaged, first = utf8.mark(piece)
                if damaged:
                    message = (
                        f"{damaged} bytes from here on are not of the file's encoding, UTF-8: names with them are lost."
                    )
                    out.append(self._rejected("xml.encoding", message, at + first, part=piece[first : first + 80]))
            self._feed(piece)
            yield from out
            out.clear()
        if begun:
            self._finish(utf8.rest() if utf8 is not None else b"")
        else:
            out.append(self._rejected("xml.empty", "The file is empty.", 0))
        yield from out

    # Reading

    def _parse_from(self, base: int, line: int) -> None:
        """Set up a parser for what begins at this byte and line of the file, inside the containers that are open."""
        self._nodes = []
        self._parser = parser = expat.ParserCreate(self._encoding)
        parser.buffer_text = True
        parser.buffer_size = 65_536
        outer = "".join(f"<{raw}>" for raw, _ in self._open).encode(self._encoding)
        parser.Parse(outer, False)
        self._base, self._line = base - len(outer), line - 1
        self._resumed = base
        self._handle(parser)

    def _handle(self, parser: expat.XMLParserType) -> None:
        """Give the parser its handlers. They run for every element, so all that they touch is local."""
        out, opened, nodes, shape = self._out, self._open, self._nodes, self._shape
        base, line_base = self._base, self._line
        outer: dict[str, str] = {}  # names as written → without prefix
        inner: dict[str, str] = {}  # the same inside a whole element, where no boundary may stand
        text = ""

        def refuse(reason: str, message: str) -> _Refused:
            return _Refused(reason, message, base + parser.CurrentByteIndex, line_base + parser.CurrentLineNumber)

        def inner_name(raw: str) -> str:
            name = raw.rpartition(":")[2]
            if name in shape.boundaries:
                raise refuse("xml.unclosed", f"<{name}> begins inside <{nodes[0][0]}>, whose end is missing.")
            inner[raw] = name
            return name

        def settle() -> None:
            """Text between elements holds nothing; where it is more than white space, it is told once."""
            nonlocal text
            if text and not text.isspace() and opened:
                message = f"There is text between the elements of <{opened[-1][1]}>, where none belongs: {text.strip()[:80]!r}"
                out.append(self._origin.rejected("xml.stray-text", message, offset=base + parser.CurrentByteIndex,
                                                 line=line_base + parser.CurrentLineNumber, part=text[:EXCERPT].encode()))  # fmt: skip
            text = ""

        def start(raw: str, attributes: dict[str, str]) -> None:
            nonlocal text
            if nodes:
                nodes.append((inner.get(raw) or inner_name(raw), attributes, "", []))
                text = ""
                if len(nodes) + len(opened) > DEEPEST:
                    raise refuse("xml.too-deep", f"Elements stand more than {DEEPEST} deep inside each other.")
                return
            settle()
            name = outer.get(raw) or outer.setdefault(raw, raw.rpartition(":")[2])
            offset, line = base + parser.CurrentByteIndex, line_base + parser.CurrentLineNumber
            if shape.is_container(name):
                if len(opened) >= DEEPEST:
                    raise refuse("xml.too-deep", f"Elements stand more than {DEEPEST} deep inside each other.")
                opened.append((raw, name))
                out.append(Open(name, attributes, offset, line))
            else:
                self._element = offset, line
                nodes.append((name, attributes, "", []))

        def characters(data: str) -> None:
            nonlocal text
            text += data

        def end(raw: str) -> None:
            nonlocal text
            if not nodes:
                settle()
                out.append(Close(opened.pop()[1]))
            else:
                name, attributes, _, children = nodes.pop()
                if nodes:
                    nodes[-1][3].append((name, attributes, text, children))
                else:
                    offset, line = self._element
                    stop = base + parser.CurrentByteIndex
                    out.append(Element(name, attributes, text, children, offset, line, stop))
            text = ""

        def doctype(name: str, system: str | None, public: str | None, internal: bool) -> None:
            raise refuse(
                "xml.doctype", "The file has a document type (DOCTYPE), which may hide bombs: it is not taken."
            )

        parser.StartElementHandler = start
        parser.CharacterDataHandler = characters
        parser.EndElementHandler = end
        parser.StartDoctypeDeclHandler = doctype
        self._settle = settle

    def _feed(self, chunk: bytes) -> None:
        """Take a chunk: parse it, and at each break look for the next boundary and go on from there."""
        begin = self._start + len(self._window)
        keep = begin
        if self._break is not None:
            keep = self._break.at
        elif self._nodes:
            keep = self._element[0]
        else:
            keep = self._base + self._parser.CurrentByteIndex
        keep = min(max(keep, self._start), begin)
        self._window, self._start = self._window[keep - self._start :] + chunk, keep
        at: int | None = begin
        while at is not None:
            if self._break is None:
                self._parse(at)
            at = self._look() if self._break is not None else None

    def _parse(self, at: int) -> None:
        parser = self._parser
        try:
            parser.Parse(self._window[at - self._start :], False)
            if not self._nodes:
                self._settle()
            end = self._start + len(self._window)
            token = self._base + parser.CurrentByteIndex
            line = self._line + parser.CurrentLineNumber
            if self._nodes and end - self._element[0] > LARGEST_ELEMENT:
                name = self._nodes[0][0]
                raise _Refused("xml.too-large", f"<{name}> has more than {LARGEST_ELEMENT} bytes.", token, line)
            if end - token > LARGEST_TOKEN:
                message = f"One tag, comment or instruction has more than {LARGEST_TOKEN} bytes."
                raise _Refused("xml.too-large", message, token + 1, line)
        except expat.ExpatError as error:
            self._broken(*_told(error), self._base + parser.ErrorByteIndex, self._line + parser.ErrorLineNumber)
        except _Refused as refused:
            self._broken(refused.reason, refused.message, refused.offset, refused.line)

    def _finish(self, rest: bytes) -> None:
        """The file has ended: say so where it ended too early."""
        if rest:
            self._feed(rest)
        end = self._start + len(self._window)
        if self._break is None:
            try:
                self._parser.Parse(b"", True)
                return
            except (expat.ExpatError, _Refused):
                inside = f"inside <{self._open[-1][1]}>" if self._open else "before any element"
                message = (
                    f"The file ends {inside}: it was fetched before it was complete, or is cut off. Fetch it again."
                )
                self._broken("xml.truncated", message, end, self._line + self._parser.CurrentLineNumber)
        assert self._break is not None
        self._out.append(self._break.rejected(end))

    # Breaks

    def _broken(self, reason: str, message: str, at: int, line: int) -> None:
        """Note a break at byte `at`: the broken part begins with the element that was being read, or there."""
        begin, begin_line = self._element if self._nodes else (min(at, self._start + len(self._window)), line)
        part = self._window[max(0, begin - self._start) :][:EXCERPT]

        def rejected(end: int) -> Rejected:
            return self._origin.rejected(
                reason, message, offset=begin, length=end - begin, line=begin_line, part=part[: end - begin]
            )

        self._nodes.clear()
        self._breaks += 1
        recovery = Recovery(self._shape, self._encoding, [name for _, name in self._open])
        if self._breaks > MOST_BREAKS:
            message += f" The file is broken in more than {MOST_BREAKS} places: the rest of it was not read."
        # At the very place where reading was taken up nothing is to be found but what has just failed.
        at = max(at, self._resumed + 1)
        self._break = _Break(rejected, recovery if self._breaks <= MOST_BREAKS else None, at, line)

    def _look(self) -> int | None:
        """Look for a boundary in the window, and go on there. The byte of the file at which it is, or None."""
        assert self._break is not None
        broken, begin = self._break, self._break.at - self._start
        found = broken.recovery.find(self._window[begin:]) if broken.recovery is not None else None
        if found is None:
            step = max(0, len(self._window) - begin - OVERLAP)
            step -= step % unit(self._encoding)
            broken.line += self._window.count(b"\n", begin, begin + step)
            broken.at += step
            return None
        distance, keep = found
        at = broken.at + distance
        self._out.append(broken.rejected(at))
        self._out += [Close(name) for _, name in reversed(self._open[keep:])]
        del self._open[keep:]
        self._break = None
        self._parse_from(at, broken.line + self._window.count(b"\n", begin, begin + distance))
        return at

    def _rejected(self, reason: str, message: str, offset: int, *, part: bytes = b"") -> Rejected:
        return self._origin.rejected(reason, message, offset=offset, part=part)


def _told(error: expat.ExpatError) -> tuple[str, str]:
    """The reason and the message for what expat found."""
    text = expat.ErrorString(error.code)
    if text == expat.errors.XML_ERROR_UNDEFINED_ENTITY:
        return "xml.entity", "The XML uses an entity that is not one of XML's own five: it is not taken."
    return (
        "xml.not-well-formed",
        f"The XML is not well-formed: {text}, column {error.offset + 1}. Have the file sent again.",
    )
