"""A session over every log that the platform has, from one server to the next."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.contract.test_log import ADAPTERS
from tests.telco.charging.online.core import Session, granted, used
from tests.telco.charging.online.double import USUAL, Double
from tests.telco.charging.online.house import serving, subscriber
from trunkline.log import Topic, open_log
from trunkline.telco.charging.online.exchange import TOPICS
from trunkline.telco.model import Number


@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda adapter: adapter.__name__)
def test_a_session_goes_on_at_the_next_server(adapter: Callable[[Path], str], tmp_path: Path) -> None:
    with closing(open_log(adapter(tmp_path))) as log:
        for name in TOPICS:
            log.create(Topic(name=name, partitions=4, compacted=name == Number.topic))
        supi = subscriber(log, 1)
        double = Double(log)
        with double.working():
            with serving(log, patience=10.0) as url, httpx.Client(base_url=url, timeout=20) as client:
                session = Session(client, supi)
                assert granted(session.created) == USUAL
                first = session.update(used(1, 1_000))
            with serving(log, patience=10.0) as url, httpx.Client(base_url=url, timeout=20) as session.client:
                assert session.repeat().content == first.content
                assert session.release(used(2, 500, ask=False)).status_code == 204
        assert double.left["A-1"] == 10**12 - 1_500
