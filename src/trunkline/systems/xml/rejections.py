"""What had to be rejected of one element of a file, each part with the place of its own tag."""

import re
from collections.abc import Iterable, Iterator

from trunkline.quarantine import Rejected
from trunkline.systems.system import Origin
from trunkline.systems.xml.encoding import line_ends
from trunkline.systems.xml.events import Element, Node
from trunkline.systems.xml.walker import Walker

MOST = 20  # parts of one element that are told one by one; the others are counted


class Rejections:
    """The rejected parts of the `element` that the walker gave last, which were meant for the topic `target`."""

    element: Element

    def __init__(self, walker: Walker, origin: Origin, target: str) -> None:
        self._walker, self._origin, self._target = walker, origin, target
        self._rejected: list[Rejected] = []
        self._more = 0

    def __bool__(self) -> bool:
        return bool(self._rejected)

    def whole(self, reason: str, message: str) -> None:
        """The element is rejected."""
        self._add(reason, message, 0, self._walker.raw(self.element))

    def part(self, node: Node, reason: str, message: str) -> None:
        """A `node` inside the element is rejected."""
        if len(self._rejected) >= MOST:
            self._more += 1
            return
        raw = self._walker.raw(self.element)
        alike = (one for one in _inside(self.element.children) if one[0] == node[0])
        tags = re.finditer(rb"<(?:[\w.-]+:)?%s[\s/>]" % re.escape(node[0].encode()), raw)
        begin = next((tag.start() for one, tag in zip(alike, tags, strict=False) if one is node), 0)
        closing = raw.find(b"</", begin)
        self._add(reason, message, begin, raw[begin : raw.find(b">", closing) + 1 if closing >= 0 else len(raw)])

    def take(self) -> list[Rejected]:
        """All that was rejected, which is forgotten then."""
        if self._more:
            self.whole("value.more", f"{self._more} more values of this element were rejected like those before.")
        taken, self._rejected, self._more = self._rejected, [], 0
        return taken

    def _add(self, reason: str, message: str, begin: int, part: bytes) -> None:
        self._rejected.append(
            self._origin.rejected(
                reason,
                message,
                offset=self.element.offset + begin,
                length=len(part),
                line=self.element.line + line_ends(self._walker.raw(self.element)[:begin]),
                part=part,
                target=self._target,
            )
        )


def _inside(children: Iterable[Node]) -> Iterator[Node]:
    """All nodes in the order in which they begin in the file."""
    for child in children:
        yield child
        yield from _inside(child[3])
