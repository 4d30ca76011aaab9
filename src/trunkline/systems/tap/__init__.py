"""TAP: the files in which roaming partners say what an operator's subscribers used in their networks."""

from trunkline.systems.system import Format, System
from trunkline.systems.tap import usage
from trunkline.systems.tap.options import Options


def formats(options: Options) -> tuple[Format, ...]:
    return (Format("tap", usage.matches, usage.reader(options)),)


SYSTEM = System(name="tap", vendor="", formats=formats(Options()), options=Options, configured=formats)
