"""From expat's calls to the elements of a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from xml.parsers import expat

from trunkline.quarantine import EXCERPT
from trunkline.systems.system import Origin
from trunkline.systems.xml.events import Close, Element, Event, Node, Open
from trunkline.systems.xml.shape import Shape

DEEPEST = 64  # containers inside each other, and elements inside a whole one
_NO_CHILDREN: tuple[Node, ...] = ()


class Refused(Exception):
    """What is not taken, and where. `sound` says that what begins at that place may itself be in order."""

    def __init__(self, reason: str, message: str, offset: int, line: int, *, sound: bool = False) -> None:
        self.reason, self.message, self.offset, self.line, self.sound = reason, message, offset, line, sound


class Assembly:
    """Gives `parser` its handlers, which put events at the end of `out`.

    `opened` are the containers that are open, each as written and without its prefix; it is kept up to date. The
    parser's first byte and line are `base` and `line` of the file, before what it was primed with. `element` gives the
    byte and line at which the whole element begins that is being read, None between elements. `settle` must be called
    after each chunk.
    """

    element: Callable[[], tuple[int, int] | None]
    settle: Callable[[], None]

    def __init__(
        self,
        parser: expat.XMLParserType,
        shape: Shape,
        origin: Origin,
        out: list[Event],
        opened: list[tuple[str, str]],
        base: int,
        line: int,
    ) -> None:
        # The handlers run for every element: whatever they touch is local to them. The last element that began is in
        # `name` and `attributes` until it ends (then it is a leaf) or another begins in it (then it goes to `above`).
        name, attributes, text, leaf = "", dict[str, str](), "", False
        siblings: list[Node] = []
        above: list[tuple[str, dict[str, str], list[Node]]] = []
        inside, begin, begin_line = False, 0, 0  # a whole element, and where it begins
        stray = False  # text in the container, where none belongs, was told
        outer: dict[str, tuple[str, bool]] = {}  # names as written → without prefix, and whether it is a container
        inner: dict[str, str] = {}  # the same inside a whole element, where no boundary may stand

        def here() -> tuple[int, int]:
            return base + parser.CurrentByteIndex, line + parser.CurrentLineNumber

        def start(raw: str, given: dict[str, str]) -> None:
            nonlocal name, attributes, text, leaf, siblings, inside, begin, begin_line
            if inside:
                if leaf:
                    above.append((name, attributes, siblings))
                    siblings = []
                    if len(above) > DEEPEST:
                        raise Refused("xml.too-deep", f"More than {DEEPEST} elements stand inside each other.", *here())
                try:
                    name = inner[raw]
                except KeyError:
                    name = inner_name(raw)
                attributes, text, leaf = given, "", True
                return
            if text and not text.isspace():
                settle()
            try:
                local, container = outer[raw]
            except KeyError:
                local = raw.rpartition(":")[2]
                local, container = outer[raw] = local, shape.is_container(local)
            if container:
                enter(raw, local, given)
            else:
                name, attributes, leaf, inside = local, given, True, True
                begin, begin_line = base + parser.CurrentByteIndex, line + parser.CurrentLineNumber
            text = ""

        def enter(raw: str, local: str, given: dict[str, str]) -> None:
            nonlocal stray
            stray = False
            if len(opened) >= DEEPEST:
                raise Refused("xml.too-deep", f"More than {DEEPEST} elements stand inside each other.", *here())
            opened.append((raw, local))
            out.append(Open(local, given, *here()))

        def inner_name(raw: str) -> str:
            local = raw.rpartition(":")[2]
            if local in shape.boundaries:
                message = f"<{local}> begins inside <{above[0][0]}>, whose end is missing."
                raise Refused("xml.unclosed", message, *here(), sound=True)
            inner[raw] = local
            return local

        def characters(data: str) -> None:
            nonlocal text
            text += data

        def end(raw: str) -> None:
            nonlocal name, attributes, text, leaf, siblings, inside
            if not inside:
                settle()
                out.append(Close(opened.pop()[1]))
                return
            children: Sequence[Node] = _NO_CHILDREN
            if leaf:
                leaf = False
            else:
                children = siblings
                name, attributes, siblings = above.pop()
            if above:
                siblings.append((name, attributes, text, children))
            else:
                inside = False
                stop = base + parser.CurrentByteIndex
                out.append(Element(name, attributes, text, children, begin, begin_line, stop))
            text = ""

        def settle() -> None:
            """Text between elements holds nothing: white space is forgotten, and anything else is told."""
            nonlocal text, stray
            if inside:
                return
            if text and opened and not stray and not text.isspace():
                stray = True
                message = f"Inside <{opened[-1][1]}> is text where none belongs: {text.strip()[:80]!r}."
                offset, at = here()
                part = text[:EXCERPT].encode()
                out.append(origin.rejected("xml.stray-text", message, offset=offset, line=at, part=part))
            text = ""

        def doctype(root: str, system: str | None, public: str | None, internal: bool) -> None:
            raise Refused("xml.doctype", "The document type (DOCTYPE) may hide bombs: it is not taken.", *here())

        def cdata() -> None:
            if not inside:
                raise Refused("xml.stray-text", "A CDATA section stands between elements, where none belongs.", *here())

        parser.buffer_text = True
        parser.buffer_size = 65_536
        parser.StartElementHandler = start
        parser.CharacterDataHandler = characters
        parser.EndElementHandler = end
        parser.StartDoctypeDeclHandler = doctype
        parser.StartCdataSectionHandler = cdata
        self.element = lambda: (begin, begin_line) if inside else None
        self.settle = settle
