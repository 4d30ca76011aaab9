"""PM files of Huawei's U2000 and MAE: the tree of TS 32.435 in a namespace of Huawei's own.

Counters and function subsets (`measInfoId`) are numbers, which the counter catalogue of the formula tables names; the
reader keeps the numbers, so that a counter of a newer release is never lost. `measObjLdn` is
`<node>/<class>:<key>=<value>, …`, `managedElement@userLabel` the node's name, and `NIL` a counter that was not counted.
"""

from collections.abc import Iterator
from typing import BinaryIO

from trunkline.quarantine import Rejected
from trunkline.systems.huawei.objects import canonical
from trunkline.systems.system import Origin
from trunkline.systems.threegpp.measurements import Dialect, header, read_dialect
from trunkline.telco.model import Measurement

NAMESPACE = "http://latest/nmc-omc/cmNrm.doc#measCollec"


def matches(head: bytes) -> bool:
    """Whether a file's first bytes are a measurement file of Huawei's."""
    found = header(head)
    return found is not None and NAMESPACE in found.root.namespaces


def read(stream: BinaryIO, origin: Origin) -> Iterator[Measurement | Rejected]:
    """Yield one measurement per `measValue`; see `threegpp.measurements.read`."""
    return read_dialect(stream, origin, DIALECT)


def _native(dn_prefix: str, element: str, label: str, ldn: str) -> str:
    """The object's name begins with its node; where it does not, the managed element's label is the node."""
    node = ldn.partition("/")[0]
    begins_with_node = "/" in ldn and "=" not in node and ":" not in node
    return ldn if begins_with_node or not label else f"{label}/{ldn}"


DIALECT = Dialect(vendor="Huawei", native=_native, canonical=canonical)
