"""Files on the SFTP server: whole or not there, late or twice at times, swept when old, and telling of faults."""

import json
import os
import random
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest

from belgicom.simulator import sftp
from belgicom.simulator.alarms import PROBLEMS, Alarm
from belgicom.simulator.faults import Faults
from belgicom.simulator.measurements import Period
from belgicom.simulator.mishaps import FileMishap
from belgicom.simulator.network import Network
from belgicom.simulator.uploads import Uploads
from trunkline.systems import Origin, installed_systems
from trunkline.telco.model import Measurement

DICE = random.Random(1)


@pytest.fixture
def uploads(tmp_path: Path, network: Network) -> Uploads:
    made = Uploads(tmp_path, network, Faults(network, 7, 0.0), period=60, keep=4, mishaps=True)
    made.prepare()
    return made


@pytest.fixture
def last() -> Period:
    """The period that was over last."""
    return Period.before(datetime.now(UTC), 60)


def files(uploads: Uploads, folder: str = "*/pm") -> list[Path]:
    return sorted(path for path in uploads.root.glob(f"{folder}/*") if not path.name.startswith("."))


@pytest.mark.parametrize("vendor", ["Ericsson", "Nokia", "Huawei"])
def test_a_file_lies_in_its_vendors_folder_and_nothing_half_written_beside_it(
    uploads: Uploads, network: Network, last: Period, vendor: str
) -> None:
    uploads.upload(last, (network.of(vendor)[0],), FileMishap.NONE, DICE)
    (path,) = files(uploads)
    assert path.parent == uploads.root / vendor.lower() / "pm"
    assert list(path.parent.iterdir()) == [path]


def test_a_late_file_comes_with_a_later_upload(uploads: Uploads, network: Network, last: Period) -> None:
    first, second, *_ = network.of("Ericsson")
    uploads.upload(last, (first,), FileMishap.LATE, DICE)
    assert files(uploads) == []
    before = Period(last.end - timedelta(minutes=10), 60)
    uploads.upload(before, (second,), FileMishap.LATE, DICE)
    (path,) = files(uploads)
    assert path.name.endswith(f"_{second.name}.xml")
    assert path.name.startswith(f"A{before.start:%Y%m%d.%H%M}")


def test_a_file_that_is_sent_again_has_the_same_content_under_another_name(
    uploads: Uploads, network: Network, last: Period
) -> None:
    uploads.upload(last, (network.of("Nokia")[0],), FileMishap.AGAIN, DICE)
    one, two = files(uploads)
    assert one.read_bytes() == two.read_bytes()
    assert {one.name.endswith(".xml.gz"), two.name.endswith(".xml.gz")} == {True}


@pytest.mark.parametrize("mishap", [FileMishap.TRUNCATED, FileMishap.MISENCODED])
def test_a_spoiled_file_is_not_what_the_node_wrote(
    uploads: Uploads, network: Network, last: Period, mishap: FileMishap
) -> None:
    site = network.of("Ericsson")[0]
    uploads.upload(last, (site,), FileMishap.NONE, DICE)
    (whole,) = [path.read_bytes() for path in files(uploads)]
    for path in files(uploads):
        path.unlink()
    uploads.upload(last, (site,), mishap, DICE)
    (spoiled,) = [path.read_bytes() for path in files(uploads)]
    assert spoiled != whole
    if mishap is FileMishap.TRUNCATED:
        assert whole.startswith(spoiled)
    else:
        with pytest.raises(UnicodeDecodeError):
            spoiled.decode()


def test_after_a_restart_what_was_written_is_not_written_again(
    uploads: Uploads, network: Network, last: Period
) -> None:
    uploads.upload(last, (network.of("Ericsson")[0],), FileMishap.NONE, DICE)
    (path,) = files(uploads)
    topology = files(uploads, "cm")
    written = {each: each.stat().st_mtime_ns for each in (path, *topology)}
    again = Uploads(uploads.root, network, Faults(network, 7, 0.0), period=60, keep=4, mishaps=True)
    again.prepare()
    again.upload(last, (network.of("Ericsson")[0],), FileMishap.NONE, DICE)
    assert {each: each.stat().st_mtime_ns for each in (path, *topology)} == written
    assert again.files == 0


def test_the_topology_is_written_anew_when_something_was_built(uploads: Uploads, network: Network) -> None:
    before = {path.name: path.read_bytes() for path in files(uploads, "cm")}
    first, *others = network.sites
    built = Network((replace(first, town="Duffel"), *others))
    Uploads(uploads.root, built, Faults(built, 7, 0.0), period=60, keep=4, mishaps=True).prepare()
    after = {path.name: path.read_bytes() for path in files(uploads, "cm")}
    assert [name for name in after if after[name] != before[name]] == [f"{first.vendor}_{first.region}.xml"]


def test_old_measurements_and_alarm_lists_are_swept_and_the_topology_stays(
    uploads: Uploads, network: Network, last: Period
) -> None:
    for site in network.of("Ericsson")[:2]:
        uploads.upload(last, (site,), FileMishap.NONE, DICE)
    uploads.alarms([alarm(network)], datetime.now(UTC))
    old, new = files(uploads)
    for path in (old, *files(uploads, "ericsson/fm"), *files(uploads, "cm")):
        os.utime(path, (time.time() - 300, time.time() - 300))
    topology = files(uploads, "cm")
    assert sftp.sweep(uploads.root, older_than=240) == 2
    assert files(uploads) == [new]
    assert files(uploads, "ericsson/fm") == []
    assert files(uploads, "cm") == topology


def test_a_fault_shows_in_the_file_of_its_node_and_in_no_other(
    uploads: Uploads, network: Network, last: Period
) -> None:
    it = alarm(network, since=last.start - timedelta(minutes=5))
    uploads.faults.active[it.object] = it
    for site in network.of("Ericsson")[:2]:
        uploads.upload(last, (site,), FileMishap.NONE, DICE)
    read = installed_systems()["ericsson"].formats[0].read
    down = {
        each.dn.split(",")[0]: each.counters["pmCellDowntimeAuto"]
        for path in files(uploads)
        for each in read(BytesIO(path.read_bytes()), Origin("test", path.as_uri()))
        if isinstance(each, Measurement) and "pmCellDowntimeAuto" in each.counters
    }
    hurt, well = (f"ManagedElement={site.name}" for site in network.of("Ericsson")[:2])
    assert down == {hurt: 60, well: 0}


def test_enms_list_is_json_and_no_list_is_written_where_nothing_happened(uploads: Uploads, network: Network) -> None:
    now = datetime.now(UTC)
    uploads.alarms([], now)
    assert files(uploads, "ericsson/fm") == []
    uploads.alarms([alarm(network)], now)
    (path,) = files(uploads, "ericsson/fm")
    (listed,) = json.loads(path.read_text())
    assert listed["objectOfReference"].startswith("SubNetwork=BE,MeContext=")


def alarm(network: Network, since: datetime | None = None) -> Alarm:
    problem, begin = PROBLEMS["transport-down"], since or datetime.now(UTC)
    return Alarm(65_000_001, problem, network.of("Ericsson")[0], None, problem.severity, begin, begin)
