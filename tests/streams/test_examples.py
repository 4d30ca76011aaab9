"""The examples of docs/streams.md, run as they are written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.streams.driver import Driver, record
from trunkline.log import Record

PAGE = Path(__file__).parents[2] / "docs" / "streams.md"
SECOND = 1_000_000


@pytest.fixture(scope="module")
def page() -> dict[str, Any]:
    """What the page's Python defines."""
    names: dict[str, Any] = {"__name__": "examples"}
    for block in re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE):
        exec(compile(block, str(PAGE), "exec"), names)
    return names


def of(topic: str, *events: tuple[int, str, str | None]) -> list[Record]:
    """Records from (second, key, value)."""
    return [
        record(topic, offset, key.encode(), None if value is None else value.encode(), second * SECOND)
        for offset, (second, key, value) in enumerate(events)
    ]


def test_totals(page: dict[str, Any]) -> None:
    driver = Driver(page["total"])
    driver.work([*of("usage", (0, "a", '{"octets":5}')), *of("usage.void", (1, "a", '{"octets":9}'))])
    assert driver.sent_to("usage.total") == [(b"a", b'{"events":1,"octets":5}')]
    assert [reason for reason, _, _ in driver.rejected] == ["void.too-much"]


def test_silence(page: dict[str, Any]) -> None:
    driver = Driver(page["watch"])
    driver.work(of("heartbeat", (0, "a", ""), (60, "a", ""), (70, "b", ""), (360, "c", "")))
    assert driver.sent_to("silence") == [(b"a", b"2 beats, then none")]


def test_windows(page: dict[str, Any]) -> None:
    usage = of("usage", (0, "a", '{"octets":5}'), (200, "a", '{"octets":6}'), (960, "b", '{"octets":7}'))
    sent = []
    for name, topic in (("quarter", "usage.quarter"), ("visit", "visit"), ("hour", "usage.hour")):
        driver = Driver(page[name])
        driver.work(usage)
        sent.append(driver.sent_to(topic))
    quarter, visit, hour = sent
    assert quarter == [(b"a", b"11 octets")]
    assert visit == [(b"a", b'{"value":2,"key":"a","start":"1970-01-01T00:00:00Z","end":"1970-01-01T00:08:20Z"}')]
    assert len(hour) == 36


def test_joins(page: dict[str, Any]) -> None:
    driver = Driver(page["rate"])
    driver.work(
        [*of("tariff", (0, "a", '{"price":3}')), *of("usage", (1, "a", '{"octets":5}'), (2, "b", '{"octets":5}'))]
    )
    assert driver.sent_to("usage.rated") == [(b"a", b"15")]
    assert [reason for reason, _, _ in driver.rejected] == ["tariff.unknown"]
    driver = Driver(page["settle"])
    driver.work([*of("order", (0, "a", '{"id":"1"}'), (1, "b", '{"id":"2"}')), *of("payment", (9, "a", '{"cents":5}'))])
    driver.work(of("order", (9000, "c", '{"id":"3"}')))
    assert driver.sent_to("order.state") == [(b"a", b"paid"), (b"b", b"unpaid")]


def test_sums(page: dict[str, Any]) -> None:
    driver = Driver(page["sums"])
    driver.work(of("usage", (0, "a", '{"octets":5}'), (0, "b", '{"octets":1}'), (0, "a", '{"octets":6}')))
    assert driver.sent_to("usage.sum") == [(b"a", b'{"octets":5}'), (b"b", b'{"octets":1}'), (b"a", b'{"octets":11}')]
