"""A session over every log that the platform has, from one server to the next."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.contract.test_log import ADAPTERS
from tests.telco.charging.online.core import Session, used
from tests.telco.charging.online.double import Double
from tests.telco.charging.online.house import eventually, serving, subscriber
from trunkline.log import Topic, open_log
from trunkline.telco.charging.online.exchange import TOPICS
from trunkline.telco.model import Number


@pytest.mark.prove
@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda adapter: adapter.__name__)
def test_a_session_goes_on_at_the_next_server(adapter: Callable[[Path], str], tmp_path: Path) -> None:
    with closing(open_log(adapter(tmp_path))) as log:
        for name in TOPICS:
            log.create(Topic(name=name, partitions=4, compacted=name == Number.topic))
        supi = subscriber(log, 1)
        double = Double(log)
        with double.working():
            with serving(log, patience=5.0) as url, httpx.Client(base_url=url, timeout=20) as client:
                eventually(lambda: Session(client, supi).created.is_success, within=60)
                session = Session(client, supi)
                session.update(used(1, 1_000))
                first = answered(session)
            with serving(log, patience=5.0) as url, httpx.Client(base_url=url, timeout=20) as session.client:
                assert answered(session).content == first.content
                session.release(used(2, 500, ask=False))
                assert answered(session).status_code == 204
        assert double.left["A-1"] == 10**12 - 1_500


def answered(session: Session) -> httpx.Response:
    """The answer to the session's last request, sent again until there is one: a broker may have stalled."""
    answers: list[httpx.Response] = []

    def sent() -> bool:
        answers.append(session.repeat())
        return answers[-1].status_code < 500

    eventually(sent, within=60)
    return answers[-1]
