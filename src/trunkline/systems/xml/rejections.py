"""What had to be rejected of one element of a file, each part with the place of its own tag."""

import re

from trunkline.quarantine import Rejected
from trunkline.systems.system import Origin
from trunkline.systems.xml.events import Element
from trunkline.systems.xml.walker import Walker

MOST = 20  # parts of one element that are told one by one; the others are counted


class Rejections:
    """The rejected parts of `element`, which were meant for the topic `target`. Collect them before the next event."""

    def __init__(self, walker: Walker, origin: Origin, element: Element, target: str) -> None:
        self._walker, self._origin, self._element, self._target = walker, origin, element, target
        self._rejected: list[Rejected] = []
        self._more = 0

    def whole(self, reason: str, message: str) -> None:
        """The element is rejected."""
        self._add(reason, message, 0, self._walker.raw(self._element))

    def part(self, name: str, number: int, reason: str, message: str) -> None:
        """The element inside it that is called `name`, the one of that `number` from 0 on, is rejected."""
        if len(self._rejected) >= MOST:
            self._more += 1
            return
        raw = self._walker.raw(self._element)
        tags = re.finditer(rb"<(?:[\w.-]+:)?%s[\s/>]" % re.escape(name.encode()), raw)
        begin = next((tag.start() for at, tag in enumerate(tags) if at == number), 0)
        closing = raw.find(b"</", begin)
        self._add(reason, message, begin, raw[begin : raw.find(b">", closing) + 1 if closing >= 0 else len(raw)])

    def all(self) -> list[Rejected]:
        if self._more:
            self.whole("value.more", f"{self._more} more values of this element were rejected like those before.")
            self._more = 0
        return self._rejected

    def _add(self, reason: str, message: str, begin: int, part: bytes) -> None:
        self._rejected.append(
            self._origin.rejected(
                reason,
                message,
                offset=self._element.offset + begin,
                length=len(part),
                line=self._element.line + self._walker.raw(self._element).count(b"\n", 0, begin),
                part=part,
                target=self._target,
            )
        )
