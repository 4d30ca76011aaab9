"""Where the gateway's files lie: the operator's, and its own in the data folder's `gateway/`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Places:
    """The operator's project folder and its data folder. Everything of the gateway's own is its owner's alone."""

    project: Path
    data: Path
    store: str = field(default="", repr=False)
    """The URL of the store that several gateways share, secrets in it; "" is a file in the data folder."""

    @property
    def store_url(self) -> str:
        return self.store or f"sqlite://{self.data / 'store.db'}"

    @property
    def folder(self) -> Path:
        """The gateway's own folder."""
        return self.data / "gateway"

    def make(self) -> None:
        """Make the gateway's own folder, if it is not there."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @property
    def access_log(self) -> Path:
        return self.folder / "access.log"

    @property
    def admin(self) -> Path:
        """The socket by which Envoy is asked how it is."""
        return self.folder / "admin.sock"

    def companion(self, name: str) -> Path:
        """The socket by which Envoy asks a companion."""
        return self.folder / f"{name}.sock"

    @property
    def bootstrap(self) -> Path:
        return self.folder / "bootstrap.json"

    @property
    def clusters(self) -> Path:
        return self.folder / "clusters.json"

    @property
    def listeners(self) -> Path:
        return self.folder / "listeners.json"

    @property
    def routes(self) -> Path:
        return self.folder / "routes.json"

    @property
    def revisions(self) -> Path:
        """The rules that held for each API lately, for `trunkline why`."""
        return self.folder / "revisions"

    def rules(self, digest: str) -> Path:
        """What is looked for in one operation's bodies, by the digest of the file."""
        return self.folder / "rules" / f"{digest}.json"

    @property
    def register(self) -> Path:
        """Which keys were issued to whom."""
        return self.folder / "keys.json"

    @property
    def proof(self) -> Path:
        """By which the platform knows that a request has passed the gateway."""
        return self.folder / "proof"

    @property
    def purges(self) -> Path:
        """How often each API's cache was purged."""
        return self.folder / "purges.json"

    @property
    def status(self) -> Path:
        return self.folder / "status.json"

    def filter(self, name: str) -> Path:
        """The settings of an HTTP filter that change by themselves."""
        return self.folder / f"filter-{name}.json"

    def secret(self, name: str) -> Path:
        return self.folder / f"secret-{name}.json"

    def path(self, declared: str) -> Path:
        """The path of a file that a declaration names: in the project folder, or `${data:…}` in the data folder."""
        if declared.startswith("${data:"):
            return self.data / declared.removeprefix("${data:").removesuffix("}")
        return self.project / declared
