"""PM values through parse, contract and durable append, beside bare lxml loops over the same file.

The peers do nothing but pair each counter's name with its text; ours makes canonical measurements with typed values
and their place in the file, holds them against the data contract, and has them durable in the embedded log.
"""

import tempfile
from collections.abc import Iterator
from io import BytesIO
from itertools import count, islice
from pathlib import Path

from lxml import etree

from benchmarks.headline import Headline, alternate, timed
from trunkline.connect.batch import Batch
from trunkline.contracts import load
from trunkline.log import open_log
from trunkline.quarantine import Rejected
from trunkline.systems import Origin
from trunkline.systems.ericsson.measurements import read

REPOSITORY = Path(__file__).parents[1]
SAMPLE = REPOSITORY.parent / "shared/samples/pm/ericsson/A20220418.1900-1915_seliitdus00487.xml"
NODES = 40  # each as much as the sample: 160 kB
ITEMS = 2_000  # measurements written in one transaction, as the intake does
RATIO = 0.6
NAMESPACE = "{http://www.3gpp.org/ftp/specs/archive/32_series/32.435#measCollec}"
TYPE, VALUE, INFO, RESULT = (f"{NAMESPACE}{name}" for name in ("measType", "measValue", "measInfo", "r"))


def main() -> list[Headline]:
    once = SAMPLE.read_bytes() if SAMPLE.exists() else like_the_sample()
    data = times(once, NODES)
    expected = sum(1 for _ in pairs(data))
    with tempfile.TemporaryDirectory() as folder:
        paths = (Path(folder, f"{number}.db") for number in count())

        def ours() -> float:
            return timed(lambda: take(data, next(paths)))

        if (taken := take(data, next(paths))) != expected:
            raise AssertionError(f"{taken} of {expected} values came through")
        first, iterparse = alternate(ours, lambda: timed(lambda: sum(1 for _ in pairs(data))), runs=5)
        second, tree = alternate(ours, lambda: timed(lambda: sum(1 for _ in tree_pairs(data))), runs=3)
    name = "PM values through parse, contract and durable append"
    return [
        Headline(name, "values/s", first, iterparse, "lxml.iterparse", ratio_target=RATIO),
        Headline(f"{name} (second peer)", "values/s", second, tree, "lxml tree"),
    ]


def times(data: bytes, number: int) -> bytes:
    """A file of as many nodes: the same `measData` again and again."""
    begin, end = data.index(b"<measData>"), data.index(b"</measData>") + len(b"</measData>")
    return data[:begin] + data[begin:end] * number + data[end:]


def take(data: bytes, path: Path) -> int:
    """Read a file into a new log. Returns the number of values in it."""
    contracts = load(REPOSITORY / "belgicom/contracts")
    log = open_log(f"sqlite:///{path}", contracts.validators())
    for topic in contracts.topics():
        log.create(topic)
    values = number = 0
    records = read(BytesIO(data), Origin(system="enm", uri="file:///pm/a.xml", archive="0" * 64))
    while chunk := list(islice(records, ITEMS)):
        batch = Batch(lambda topic: 4)
        for record in chunk:
            number += 1
            batch.add(record, f"benchmark-{number}")
            if not isinstance(record, Rejected):
                values += len(record.counters)
        if batch.write(log.append)[Rejected.topic]:
            raise AssertionError("parts of the file were rejected")
    log.close()
    return values


def pairs(data: bytes) -> Iterator[tuple[str, str | None]]:
    names: dict[str, str] = {}
    for _, element in etree.iterparse(BytesIO(data), events=("end",)):
        tag = element.tag
        if tag == RESULT:
            yield names[element.get("p")], element.text
        elif tag == TYPE:
            names[element.get("p")] = element.text
        elif tag == VALUE:
            element.clear()
        elif tag == INFO:
            names = {}
            element.clear()


def tree_pairs(data: bytes) -> Iterator[tuple[str, str | None]]:
    for info in etree.fromstring(data).iter(INFO):
        names = {type_.get("p"): type_.text for type_ in info.iter(TYPE)}
        for value in info.iter(VALUE):
            for result in value.iter(RESULT):
                yield names[result.get("p")], result.text


def like_the_sample() -> bytes:
    """A file of the sample's size and make: 2,667 values of 810 counters, a tenth of them histograms."""
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n<measCollecFile xmlns="' + NAMESPACE[1:-1] + '">\n'
        '<fileHeader fileFormatVersion="32.435 V10.0" vendorName="Ericsson AB" dnPrefix="SubNetwork=G3"/>\n'
        '<measData>\n<managedElement localDn="NODE_01" swVersion="R44"/>\n'
    ]
    rest = 2_667
    for group in range(27):
        names = [f"pmMadeCounterOfGroup{group}No{number}" for number in range(30)]
        parts.append(f'<measInfo measInfoId="PM=1,PmGroup=Group{group}">\n<job jobId="all"/>\n')
        parts.append(
            '<granPeriod duration="PT900S" endTime="2022-04-18T19:15:00+00:00"/>\n<repPeriod duration="PT900S"/>\n'
        )
        parts += [f'      <measType p="{p}">{name}</measType>\n' for p, name in enumerate(names, 1)]
        for cell in range(4):
            count = min(rest, 30)
            rest -= count
            parts.append(f'<measValue measObjLdn="ManagedElement=NODE_01,GNBDUFunction=1,NRCellDU={group}-{cell}">\n')
            texts = (",".join(["0"] * 20) if p % 10 == 0 else str(p * cell) for p in range(count))
            parts += [f'        <r p="{p}">{text}</r>\n' for p, text in enumerate(texts, 1)]
            parts.append("</measValue>\n")
        parts.append("</measInfo>\n")
    return "".join([*parts, "</measData>\n</measCollecFile>\n"]).encode()


if __name__ == "__main__":
    for headline in main():
        print(headline)
