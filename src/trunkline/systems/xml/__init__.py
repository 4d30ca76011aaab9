"""XML files of any size as a stream of elements, in bounded memory, each with its place; what is broken is cut out.

`Walker` reads a file by its `Shape`. Names come without their namespace prefix. No document type and no entity but
XML's own five is ever taken, and nothing is fetched. Source: XML 1.0 (fifth edition).
"""

from trunkline.systems.compression import uncompressed
from trunkline.systems.xml.encoding import DAMAGED
from trunkline.systems.xml.events import Close, Element, Event, Node, Open
from trunkline.systems.xml.head import Start, starts
from trunkline.systems.xml.rejections import Rejections
from trunkline.systems.xml.shape import Shape
from trunkline.systems.xml.walker import Walker

__all__ = [
    "DAMAGED",
    "Close",
    "Element",
    "Event",
    "Node",
    "Open",
    "Rejections",
    "Shape",
    "Start",
    "Walker",
    "starts",
    "uncompressed",
]
