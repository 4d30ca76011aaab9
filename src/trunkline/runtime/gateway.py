"""The role `gateway`: Envoy, and the control plane that keeps it by the operator's files.

Where the project has an identity provider, the gateway gets its public keys in a file of the data folder, which
`apis/gateway.yaml` names as `${data:identity/jwks.json}`.
"""

from __future__ import annotations

import threading
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from trunkline.gateway.control import Control
from trunkline.gateway.envoy import files
from trunkline.gateway.places import Places
from trunkline.project import Project
from trunkline.runtime.alone import AlreadyRunning, alone
from trunkline.runtime.certificates import kept
from trunkline.runtime.side_by_side import side_by_side

if TYPE_CHECKING:
    from trunkline.security.identity.identity import Identity

ROLE: Final = "gateway"
KEYS: Final = "identity/jwks.json"
LOOK_AGAIN: Final = 10.0
"""Seconds between two looks at the provider's keys; a new one is shown long before it signs."""


def run(project: Project, stop: threading.Event) -> None:
    """Work until `stop` is set. Raises `Invalid` where the operator's files are wrong, `NoEnvoy` where Envoy is not
    here, `StoreError`, and `AlreadyRunning`."""
    with ExitStack() as stack:
        if not stack.enter_context(alone(project, ROLE)):
            raise AlreadyRunning(f"a gateway runs on {project.data} already")
        stack.enter_context(kept(project, ROLE))
        works = [Control(Places(project.folder, project.data)).run]
        if (identity := project.open_identity()) is not None:
            stack.enter_context(closing(identity))
            file = project.data / KEYS
            show(identity, file)
            works.append(lambda stop: keep_showing(identity, file, stop))
        side_by_side(works, stop, ROLE)


def keep_showing(identity: Identity, file: Path, stop: threading.Event) -> None:
    """Keep the provider's public keys in `file` until `stop` is set."""
    while not stop.wait(LOOK_AGAIN):
        show(identity, file)


def show(identity: Identity, file: Path) -> None:
    """Put the provider's public keys into `file`, as a JSON Web Key Set."""
    file.parent.mkdir(mode=0o700, exist_ok=True)
    files.replace(file, msgspec.json.encode({"keys": identity.public_keys()}))
