"""Call detail records of 3GPP networks (TS 32.298) in the files that charging gateways write (TS 32.297)."""

from trunkline.systems.cdr.files import matches
from trunkline.systems.cdr.options import Options
from trunkline.systems.cdr.reader import reader
from trunkline.systems.system import Format, System


def formats(options: Options) -> tuple[Format, ...]:
    return (Format("cdr", matches, reader(options)),)


SYSTEM = System(name="cdr", vendor="", formats=formats(Options()), options=Options, configured=formats)
