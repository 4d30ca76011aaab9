"""Counter reports: a header, then `cell;counter;value` rows by cell, and a last line that counts the rows.

#ZCELL 2 station=BRU_METRO_01 software=4.2.1
#PERIOD 2026-11-23T09:00:00Z 900
1;rrcAttempts;120
1;rrcSuccesses;118
#END 2
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from trunkline.quarantine import Rejected
from trunkline.systems import Origin
from trunkline.telco.model import Measurement, Value

from . import lines, objects

MAGIC = "#ZCELL 2 "


def matches(head: bytes) -> bool:
    return head.startswith(MAGIC.encode())


def read(stream: BinaryIO, origin: Origin) -> Iterator[Measurement | Rejected]:
    """Yield one measurement per cell, in the file's order.

    A row that cannot be read is yielded as `Rejected` with its place, and reading goes on. A report that ends without
    `#END`, or whose `#END` counts other rows than came, was cut off: that is rejected too, and what came is taken.
    """
    header: dict[str, str] = {}
    start, granularity = datetime(1970, 1, 1, tzinfo=UTC), 0
    cell, counters, first = "", dict[str, Value](), lines.Line("", 0, 0)
    rows, promised = 0, -1

    def measurement() -> Measurement:
        dn = objects.canonical(header["station"], cell)
        return Measurement(
            vendor="Zelora", system=origin.system, dn=dn, native_dn=f"{header['station']}/{cell}", group="zcell",
            end_time=start + timedelta(seconds=granularity), granularity=granularity, counters=counters,
            software=header.get("software", ""), source=origin.source(first.offset, first.number),
        )  # fmt: skip

    for line in lines.read(stream, origin):
        if isinstance(line, Rejected):
            yield line
            continue
        try:
            match line.text.split(" "):
                case ["#ZCELL", "2", *pairs]:
                    header = dict(pair.split("=", 1) for pair in pairs)
                case ["#PERIOD", begin, seconds]:
                    start, granularity = datetime.fromisoformat(begin).astimezone(UTC), int(seconds)
                case ["#END", count]:
                    promised = int(count)
                case _:
                    rows += 1
                    number, name, value = line.text.split(";")
                    if not granularity or "station" not in header:
                        raise ValueError("a row before the station and the period are known")
                    if number != cell:
                        if counters:
                            yield measurement()
                        cell, counters, first = number, {}, line
                    counters[name] = float(value) if "." in value else int(value)
        except ValueError as error:
            yield origin.rejected(
                "zelora.row", f"{line.text[:80]!r} is not what a counter report holds: {error}",
                offset=line.offset, length=len(line.text), line=line.number, part=line.text.encode(),
                target=Measurement.topic,
            )  # fmt: skip
    if counters:
        yield measurement()
    if promised != rows:
        said = f"#END counts {promised} rows" if promised >= 0 else "there is no #END"
        yield origin.rejected("zelora.truncated", f"{said}, {rows} came: ask the controller for the report again")
