"""Call detail records of 3GPP networks (TS 32.298) in the files that charging gateways write (TS 32.297)."""

from trunkline.systems.cdr import files, reader
from trunkline.systems.system import Format, System

SYSTEM = System(name="cdr", vendor="", formats=(Format("cdr", files.matches, reader.read),))
