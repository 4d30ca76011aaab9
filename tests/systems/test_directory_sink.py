"""Records written to a folder as JSON lines."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.systems.sinks import TOPIC, context, portion, record
from trunkline.log import TopicPartition
from trunkline.systems.directory import SINK
from trunkline.systems.directory.sink import FilesSettings
from trunkline.systems.sink import Down, Target

PLACE = TopicPartition(TOPIC, 0)


def target(folder: Path, **settings: Any) -> Target:
    given = {"name": "out", "sink": "directory", "topics": [TOPIC], "directory": "out", **settings}
    target = SINK.open(msgspec.convert(given, FilesSettings), context(folder))
    target.hold({PLACE})
    return target


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "out").iterdir() if not path.name.startswith("."))


def test_a_file_is_named_after_where_it_begins_and_holds_an_event_a_line(tmp_path: Path) -> None:
    records = [record({"a": 1, "t": "x\ny"}, key=b"k", offset=12), record(None, offset=14)]
    assert target(tmp_path).write(portion(*records, first=10)) is None
    [name] = files(tmp_path)
    assert name == "crm.customer-0-00000000000000000010.jsonl"
    lines = [msgspec.json.decode(line) for line in (tmp_path / "out" / name).read_bytes().splitlines()]
    assert [line["id"] for line in lines] == ["crm.customer/0/12", "crm.customer/0/14"]
    assert lines[0]["data"] == {"a": 1, "t": "x\ny"}
    assert lines[0]["partitionkey"] == "k"
    assert "data" not in lines[1]


def test_what_is_written_again_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    out = target(tmp_path)
    out.write(portion(*(record({"n": n}, offset=n) for n in range(5))))
    out.write(portion(*(record({"n": n}, offset=n) for n in range(3))))
    out.write(portion(*(record({"n": n}, offset=n) for n in range(3, 9))))
    lines = [line for name in files(tmp_path) for line in (tmp_path / "out" / name).read_bytes().splitlines()]
    assert [msgspec.json.decode(line)["data"]["n"] for line in lines] == list(range(9))


def test_values_alone_are_lines_of_their_own_and_what_is_no_json_is_refused(tmp_path: Path) -> None:
    out = target(tmp_path, lines="value", gzip=True)
    records = [record(b'{"a":\n 1}'), record(None, offset=1), record(b"no json", offset=2), record({}, offset=3)]
    refusal = out.write(portion(*records))
    assert refusal is not None
    assert (refusal.index, refusal.reason) == (2, "value.not-json")
    [name] = files(tmp_path)
    assert gzip.decompress((tmp_path / "out" / name).read_bytes()) == b'{"a":1}\n'


def test_a_process_that_still_writes_a_partition_keeps_others_from_it_until_it_lets_go(tmp_path: Path) -> None:
    first = target(tmp_path)
    with pytest.raises(Down, match="another process still writes"):
        target(tmp_path)
    first.hold(set())
    target(tmp_path).close()
    with pytest.raises(Down):
        [target(tmp_path), target(tmp_path)]


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(Down, match="cannot be made"):
        target(tmp_path)
