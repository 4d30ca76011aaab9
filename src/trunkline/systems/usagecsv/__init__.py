"""Usage as CSV, whatever its columns: the connection says which is what."""

from trunkline.systems.system import Format, System
from trunkline.systems.usagecsv.options import Options
from trunkline.systems.usagecsv.usage import reader


def formats(options: Options) -> tuple[Format, ...]:
    """The one format, which is not looked for: what comes over the connection is as its options say, if it is not
    empty."""
    return (Format("usage-csv", lambda head: bool(head), reader(options)),)


SYSTEM = System(name="usagecsv", vendor="", options=Options, configured=formats)
