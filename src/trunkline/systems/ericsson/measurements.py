"""PM files of Ericsson's RadioNodes: TS 32.435, with a few class names of Ericsson's own.

`measInfoId` is the PM group, `managedElement@localDn` the bare name of the node, and histogram counters are vectors.
"""

from collections.abc import Iterator
from typing import BinaryIO

from trunkline.quarantine import Rejected
from trunkline.systems.ericsson.objects import canonical
from trunkline.systems.system import Origin
from trunkline.systems.threegpp.measurements import Dialect, header, native_dn, read_dialect
from trunkline.telco.model import Measurement

DIALECT = Dialect(vendor="Ericsson", native=native_dn, canonical=canonical)


def matches(head: bytes) -> bool:
    """Whether a file's first bytes are a measurement file of Ericsson's."""
    found = header(head)
    return found is not None and "ericsson" in found.vendor_name.lower()


def read(stream: BinaryIO, origin: Origin) -> Iterator[Measurement | Rejected]:
    """Yield one measurement per `measValue`; see `threegpp.measurements.read`."""
    return read_dialect(stream, origin, DIALECT)
