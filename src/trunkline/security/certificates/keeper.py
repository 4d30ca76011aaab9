"""Renews the certificate of a service while the service runs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from trunkline.http.tls import Files
from trunkline.security.certificates.service import ServiceCertificate
from trunkline.security.keys import KeysError

LOOK: Final = 5.0  # seconds between two looks at whether it is due

logger = logging.getLogger(__name__)


@contextmanager
def kept(certificate: ServiceCertificate, every: float = LOOK) -> Iterator[Files]:
    """Its files, good when this begins, and as long as the block lasts. Raises `OSError`, `KeysError` at the
    beginning; later it is tried again, with half of its time left to do so."""
    certificate.renew()
    end = threading.Event()

    def keep() -> None:
        while not end.wait(every):
            try:
                if certificate.renew():
                    logger.info("%s has a new certificate", certificate.id)
            except (OSError, ValueError, KeysError):
                logger.exception("the certificate of %s is not renewed now; it is tried again", certificate.id)

    thread = threading.Thread(target=keep, name="certificates", daemon=True)
    thread.start()
    try:
        yield certificate.files
    finally:
        end.set()
        thread.join()
