"""A running service keeps its certificate by itself."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.security.certificates.house import DAY, Clock, authorities, service
from trunkline.security.certificates.authorities import Terms
from trunkline.security.certificates.keeper import kept

QUICK = 0.02  # seconds between two looks


def eventually(holds: Callable[[], bool]) -> None:
    for _ in range(500):
        if holds():
            return
        time.sleep(0.02)
    raise AssertionError("it did not come about")


def test_it_is_renewed_long_before_it_ends_and_so_is_the_authority(tmp_path: Path, clock: Clock) -> None:
    of = authorities(tmp_path, clock, Terms(signs=3 * DAY, ahead=DAY))
    first = of.signing().certificate
    with kept(service(of, "api"), QUICK) as files:
        shown = [files.certificate.read_bytes()]
        for _ in range(8):
            clock.pass_by(timedelta(hours=13))
            eventually(lambda: files.certificate.read_bytes() != shown[-1])
            shown.append(files.certificate.read_bytes())
    assert of.signing().certificate != first
    clock.pass_by(timedelta(hours=13))
    time.sleep(10 * QUICK)
    assert files.certificate.read_bytes() == shown[-1]  # nobody keeps it any more


def test_what_cannot_be_renewed_now_is_tried_again(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    of = authorities(tmp_path, clock)
    state = tmp_path / "authorities.json"
    with kept(service(of, "api"), QUICK) as files, caplog.at_level(logging.ERROR):
        before = files.certificate.read_bytes()
        state.chmod(0o644)
        clock.pass_by(timedelta(hours=13))
        eventually(lambda: "the certificate of spiffe://acme/api/one is not renewed now" in caplog.text)
        assert files.certificate.read_bytes() == before
        state.chmod(0o600)
        eventually(lambda: files.certificate.read_bytes() != before)


def test_without_a_certificate_nothing_begins(tmp_path: Path) -> None:
    of = authorities(tmp_path)
    api = service(of, "api")
    (tmp_path / "authorities.json").write_text("none")
    with pytest.raises(OSError, match="holds no authorities"), kept(api, QUICK):
        pass
