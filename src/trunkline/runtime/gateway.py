"""The role `gateway`: Envoy, and the control plane that keeps it by the operator's files.

Where the project has an identity provider, the gateway gets its public keys in a file of the data folder, which
`apis/gateway.yaml` names as `${data:identity/jwks.json}`, and is told which tokens were revoked.
"""

from __future__ import annotations

import logging
import threading
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from trunkline.gateway import revocations
from trunkline.gateway.control import Control
from trunkline.gateway.envoy import files
from trunkline.gateway.places import Places
from trunkline.project import Project
from trunkline.runtime.alone import AlreadyRunning, alone
from trunkline.runtime.certificates import kept
from trunkline.runtime.side_by_side import side_by_side
from trunkline.store import StoreError

if TYPE_CHECKING:
    from trunkline.security.identity.identity import Identity

ROLE: Final = "gateway"
KEYS: Final = "identity/jwks.json"
LOOK_AGAIN: Final = 10.0
"""Seconds between two looks at the provider's keys; a new one is shown long before it signs."""

REVOKED_AGAIN: Final = 0.1
"""Seconds between two looks at what was revoked."""

logger = logging.getLogger(__name__)


def run(project: Project, stop: threading.Event) -> None:
    """Work until `stop` is set. Raises `Invalid` where the operator's files are wrong, `NoEnvoy` where Envoy is not
    here, `StoreError`, and `AlreadyRunning`."""
    with ExitStack() as stack:
        if not stack.enter_context(alone(project, ROLE)):
            raise AlreadyRunning(f"a gateway runs on {project.data} already")
        stack.enter_context(kept(project, ROLE))
        places = Places(project.folder, project.data, project.revealed_store_url)
        works = [Control(places).run]
        if (identity := project.open_identity()) is not None:
            stack.enter_context(closing(identity))
            file = project.data / KEYS
            show(identity, file)
            works.append(lambda stop: keep_showing(identity, file, stop))
            works.append(lambda stop: keep_refusing(identity, places, stop))
        side_by_side(works, stop, ROLE)


def keep_showing(identity: Identity, file: Path, stop: threading.Event) -> None:
    """Keep the provider's public keys in `file` until `stop` is set."""
    while not stop.wait(LOOK_AGAIN):
        try:
            show(identity, file)
        except StoreError as error:  # the keys that are shown hold for a day
            logger.warning("the provider's keys cannot be looked at: %s", error)


def keep_refusing(identity: Identity, places: Places, stop: threading.Event) -> None:
    """Let Envoy refuse what the provider has revoked, until `stop` is set. While the store cannot be asked, nothing can
    be revoked either, and what was revoked stays so."""
    told: tuple[int, int] | None = None
    asked = True
    while not stop.is_set():
        try:
            if (endings := identity.endings()) != told:  # what ends from here on is told by the next look
                revocations.tell(places, identity.ended())
            told, asked = endings, True
        except StoreError as error:
            if asked:
                logger.warning("the gateway hears of no more tokens that are revoked: %s", error)
            asked = False
        stop.wait(REVOKED_AGAIN)


def show(identity: Identity, file: Path) -> None:
    """Put the provider's public keys into `file`, as a JSON Web Key Set."""
    file.parent.mkdir(mode=0o700, exist_ok=True)
    files.replace(file, msgspec.json.encode({"keys": identity.public_keys()}))
