"""From expat's calls to the elements of a file."""

from __future__ import annotations

from collections.abc import Callable
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
    parser's first byte and line are `base` and `line` of the file, before what it was primed with. `element` is where
    the whole element begins that is being read. `settle` must be called after each chunk.
    """

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
        self.element: tuple[int, int] | None = None

        # The handlers run for every element: whatever they touch is local to them. The last element that began is in
        # `name` and `attributes` until it ends (then it is a leaf) or another begins in it (then it goes to `above`).
        name, attributes, text, leaf = "", dict[str, str](), "", False
        siblings: list[Node] = []
        above: list[tuple[str, dict[str, str], list[Node]]] = []
        inside = False  # a whole element
        outer: dict[str, str] = {}  # names as written → without prefix
        inner: dict[str, str] = {}  # the same inside a whole element, where no boundary may stand

        def here() -> tuple[int, int]:
            return base + parser.CurrentByteIndex, line + parser.CurrentLineNumber

        def start(raw: str, given: dict[str, str]) -> None:
            nonlocal name, attributes, text, leaf, siblings, inside
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
            settle()
            local = outer.get(raw) or outer.setdefault(raw, raw.rpartition(":")[2])
            if not shape.is_container(local):
                name, attributes, leaf, inside = local, given, True, True
                siblings = []
                self.element = here()
                return
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
            if leaf and above:
                siblings.append((name, attributes, text, _NO_CHILDREN))
                leaf = False
            elif inside:
                children: list[Node] | tuple[Node, ...] = siblings
                if leaf:
                    children = _NO_CHILDREN
                else:
                    name, attributes, siblings = above.pop()
                leaf = False
                if above:
                    siblings.append((name, attributes, text, children))
                else:
                    inside = False
                    offset, first_line = self.element or here()
                    self.element = None
                    out.append(Element(name, attributes, text, children, offset, first_line, here()[0]))
            else:
                settle()
                out.append(Close(opened.pop()[1]))
            text = ""

        def settle() -> None:
            """Text between elements holds nothing: white space is forgotten, and anything else is told."""
            nonlocal text
            if inside:
                return
            if text and opened and not text.isspace():
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
        self.settle = settle
