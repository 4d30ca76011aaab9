"""RADIUS accounting: the detail files of FreeRADIUS."""

from trunkline.systems.radius import detail
from trunkline.systems.radius.options import Options
from trunkline.systems.system import Format, System


def formats(options: Options) -> tuple[Format, ...]:
    return (Format("radius-detail", detail.matches, detail.reader(options)),)


SYSTEM = System(name="radius", vendor="", formats=formats(Options()), options=Options, configured=formats)
