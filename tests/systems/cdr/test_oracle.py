"""Field by field, all that we decode is what asn1tools decodes; the samples of ../shared among it."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.components import sample
from tests.systems.cdr import records as made
from tests.systems.cdr.encoding import constructed, primitive, sequence
from tests.systems.cdr.oracle import Oracle
from tests.systems.usage_files import ORIGIN
from trunkline.systems.cdr.files import Part, parts
from trunkline.systems.cdr.reader import read
from trunkline.systems.cdr.record import decode
from trunkline.telco.model import UsageReport


@pytest.fixture(scope="module")
def oracle() -> Oracle:
    return Oracle()


def records_of(path: str) -> list[bytes]:
    found = list(parts(io.BytesIO(sample(path).read_bytes()), ORIGIN))
    assert all(isinstance(part, Part) for part in found)
    return [part.data for part in found if isinstance(part, Part)]


@pytest.mark.parametrize(
    ("path", "count", "kind"),
    [
        ("usage/pgw-cdr-generated-1000.dat", 1000, "pGWRecord"),
        ("usage/chf-cdr-generated-500.dat", 500, "chargingFunctionRecord"),
    ],
)
def test_the_samples_decode_fully_and_as_the_oracle_says(path: str, count: int, kind: str, oracle: Oracle) -> None:
    records = records_of(path)
    assert len(records) == count
    for record in records:
        fields = decode(record)
        assert fields == oracle.decode(record)
        assert not [name for name in fields[kind] if name.startswith("[")], "every tag has its name"


@pytest.mark.parametrize(
    ("path", "reports", "octets"),
    [("usage/pgw-cdr-generated-1000.dat", 3000, ("datavolumeFBCUplink", "datavolumeFBCDownlink")),
     ("usage/chf-cdr-generated-500.dat", 500, ("dataVolumeUplink", "dataVolumeDownlink"))],
)  # fmt: skip
def test_the_samples_report_every_octet_that_the_oracle_finds(
    path: str, reports: int, octets: tuple[str, str], oracle: Oracle
) -> None:
    found = list(read(io.BytesIO(sample(path).read_bytes()), ORIGIN))
    usage = [one for one in found if isinstance(one, UsageReport)]
    assert len(usage) == len(found) == reports
    assert len({one.id for one in usage}) == reports
    decoded = [oracle.decode(record) for record in records_of(path)]
    assert (sum(one.uplink for one in usage), sum(one.downlink for one in usage)) == tuple(
        sum(numbers(decoded, name)) for name in octets
    )


def numbers(value: object, name: str) -> list[int]:
    """All numbers of that name, wherever they are."""
    match value:
        case dict():
            here = [inner for key, inner in value.items() if key == name]
            return here + [number for inner in value.values() for number in numbers(inner, name)]
        case list():
            return [number for inner in value for number in numbers(inner, name)]
    return []


numbers_64 = st.integers(0, 2**63 - 1)
texts = st.text("abcdefghijklmnopqrstuvwxyz.-0123456789", min_size=1, max_size=60).map(str.encode)
octet_strings = st.binary(max_size=200)


@given(st.data())
def test_made_records_decode_as_the_oracle_says(oracle: Oracle, data: st.DataObject) -> None:
    draw = data.draw
    services = [
        made.service(draw(numbers_64), draw(numbers_64), draw(numbers_64), seconds=draw(st.integers(0, 2**31)))
        for _ in range(draw(st.integers(0, 4)))
    ]
    pgw = made.pgw(
        {
            3: primitive(3, draw(octet_strings)),
            4: draw(
                st.sampled_from(
                    (
                        made.ip(4, 1, 2, 3, 4),
                        constructed(4, primitive(1, bytes(16))),
                        constructed(4, primitive(2, b"192.0.2.1")),
                    )
                )
            ),
            5: made.number(5, draw(numbers_64)),
            7: primitive(7, draw(texts)),
            11: primitive(11, draw(st.sampled_from((b"\x00", b"\xff")))),
            16: constructed(16, made.number(draw(st.sampled_from((0, 1, 2))), draw(st.integers(-300, 300)))),
            18: primitive(18, draw(texts)),
            25: primitive(25, b"") if draw(st.booleans()) else None,
            34: constructed(34, *services),
        },
        indefinite=draw(st.booleans()),
    )
    assert decode(pgw) == oracle.decode(pgw)


CHANGES = constructed(
    13, sequence(constructed(0, primitive(0, b"\1\2"), primitive(1, b"\3\4")), primitive(1, made.LATER))
)


@pytest.mark.parametrize(
    "record",
    [
        made.pgw(),
        made.chf(),
        made.chf(None, made.usage(1, made.used(1, 2)), made.usage(2, made.used(3, 4), made.used(5, 6))),
        made.mo_sms(),
        made.mo_call(
            {
                10: constructed(10, primitive(1, b"IN-7")),
                13: CHANGES,
                17: constructed(17, sequence(primitive(0, b"\x21"), primitive(1, made.MORNING))),
                31: constructed(31, made.number(2, 16)),
                33: made.number(33, 2),
                52: primitive(52, b"\x05\xa0"),
                72: primitive(72, b"\xff"),
                75: primitive(75, b""),
            }
        ),
    ],
)
def test_records_of_every_domain_decode_as_the_oracle_says(record: bytes, oracle: Oracle) -> None:
    assert decode(record) == oracle.decode(record)
