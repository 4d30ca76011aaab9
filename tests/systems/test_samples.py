"""Public samples of real formats beside the checkout: every value is taken, none is lost."""

import gzip
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.components import sample
from tests.systems.measurement_files import ORIGIN, read_all
from trunkline.quarantine import Rejected
from trunkline.systems.ericsson import measurements as ericsson
from trunkline.systems.nokia import measurements as nokia
from trunkline.systems.threegpp import configuration
from trunkline.systems.threegpp import measurements as threegpp

ERICSSON = "pm/ericsson/A20220418.1900-1915_seliitdus00487.xml"


@pytest.mark.parametrize(
    ("path", "read", "values", "counters"),
    [
        (ERICSSON, ericsson.read, 2_667, 810),
        ("pm/3gpp-32435/A1.xml", threegpp.read, 12, 4),
        ("pm/3gpp-32435/A2.xml", threegpp.read, 12, 4),
        ("made/nokia_omes_raw.xml", nokia.read, 7, 7),
    ],
)
def test_every_value_of_a_measurement_file_is_taken(
    path: str, read: Callable[..., Any], values: int, counters: int
) -> None:
    measurements, rejected = read_all(read, sample(path).read_bytes())
    assert rejected == []
    assert sum(len(m.counters) for m in measurements) == values
    assert len({name for m in measurements for name in m.counters}) == counters


def test_the_values_of_a_repeated_counter_are_all_taken() -> None:
    (measurement,) = read_all(nokia.read, sample("pm/nokia/boda_pm.xml").read_bytes())[0]
    assert measurement.counters == {"M00001": [1111, 0, 0, 0, 0]}
    assert measurement.dn == "ManagedElement=MRBTS-1111,ENBFunction=LNBTS-1111"


def test_the_values_of_the_ericsson_file_are_those_that_a_plain_search_finds() -> None:
    data = sample(ERICSSON).read_bytes()
    found: list[list[str]] = []
    for record in re.findall(rb"<measValue .*?</measValue>", data, re.DOTALL):
        found.append([text.decode().replace(" ", "") for text in re.findall(rb'<r p="\d+">(.*?)</r>', record)])
    measurements, _ = read_all(ericsson.read, gzip.compress(data))

    def written(value: Any) -> str:
        return ",".join(map(written, value)) if isinstance(value, list) else "" if value is None else str(value)

    assert [[written(value) for value in m.counters.values()] for m in measurements] == found
    assert {m.dn.split(",")[0] for m in measurements} == {"ManagedElement=seliitdus00487"}


@pytest.mark.parametrize(("name", "objects"), [("5gc", 79), ("eutran", 21), ("nr", 30), ("slice", 6)])
def test_every_managed_object_of_a_bulk_cm_file_is_taken(name: str, objects: int) -> None:
    with sample(f"topology/bulkcm/{name}.xml").open("rb") as stream:
        resources = list(configuration.read(stream, ORIGIN))
    assert not [r for r in resources if isinstance(r, Rejected)]
    assert len({r.dn for r in resources}) == len(resources) == objects
    assert all(r.region and r.vendor == "Acme" and r.time.year >= 2018 for r in resources)
