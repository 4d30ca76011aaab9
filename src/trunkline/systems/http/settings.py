"""What a way out over HTTP is declared with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from trunkline.protection import Unprotected, by_http
from trunkline.systems.reach import Secret
from trunkline.systems.sink import SinkSettings

HeaderName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9-]{1,64}$")]
HeaderValue = Annotated[str, msgspec.Meta(pattern=r"^[\x20-\x7e]*$", max_length=1024)]
OURS = {"authorization", "content-length", "content-type", "host", "idempotency-key", "transfer-encoding"}


class HttpSettings(SinkSettings, frozen=True, kw_only=True):
    """Where events are posted. The login is by a `token` (Bearer) or by `user` and `password` (Basic).

    `ca` is a file with the certificates to trust, where the machine's own do not do; `timeout` is in seconds.
    """

    url: str
    token: Secret | None = None
    user: str = ""
    password: Secret | None = None
    headers: dict[HeaderName, HeaderValue] = msgspec.field(default_factory=dict)
    ca: str = ""
    timeout: Annotated[float, msgspec.Meta(gt=0, le=600)] = 30.0
    records: int = 100
    seconds: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment:
            raise ValueError("`url` must be http://host/path or https://host/path")
        if parts.username is not None or parts.password is not None:
            raise ValueError("`url` must hold no login: give `token`, or `user` and `password`")
        if bool(self.user) != (self.password is not None) or (self.user and self.token):
            raise ValueError("a login is a `token`, or a `user` with its `password`")
        if taken := OURS & {name.lower() for name in self.headers}:
            raise ValueError(f"`headers` cannot set {', '.join(sorted(taken))}")

    def unprotected(self) -> Iterable[Unprotected]:
        return by_http(("url",), self.url)
