"""What an effector by HTTP is declared with."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec

from trunkline.effects.effector import Settings
from trunkline.protection import Unprotected, by_http
from trunkline.systems.reach import Secret

HeaderName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9-]{1,64}$")]
HeaderValue = Annotated[str, msgspec.Meta(pattern=r"^[\x20-\x7e]*$", max_length=1024)]
Status = Annotated[int, msgspec.Meta(ge=200, le=599)] | Annotated[str, msgspec.Meta(pattern=r"^[2-5]xx$")]
"""A status, `409`, or a class of them, `5xx`."""

OURS = {"authorization", "connection", "content-length", "content-type", "host", "transfer-encoding"}
PARAMETER = re.compile(r"\{([A-Za-z][A-Za-z0-9_]{0,62})\}")


class HttpSettings(Settings, frozen=True, kw_only=True):
    """Which request is made. `{name}` in the path or query of `url` stands for the parameter `name` of the effect, or
    for `order`; it is percent-encoded. The effect's payload is the body, of the media type `content`.

    The login is by a `token` (Bearer) or by `user` and `password` (Basic). `authority` is a file with the certificates
    to trust, where the machine's own do not do. `timeout` is in seconds, for the whole call.
    `key_header` is the header that bears the idempotency key.

    `done` are the statuses that say that it is done (409, say, where a target means "I have that already"). `later` are
    those after which it is tried again: a single status says that it surely was not done, a class (`5xx`) leaves that
    open. All others refuse it for good. `receipt` is where the target's own reference stands in its answer, as a JSON
    pointer (RFC 6901).
    """

    url: str
    method: Literal["POST", "PUT", "PATCH", "DELETE"] = "POST"
    content: HeaderValue = "application/json"
    headers: dict[HeaderName, HeaderValue] = msgspec.field(default_factory=dict)
    token: Secret | None = None
    user: str = ""
    password: Secret | None = None
    authority: str = ""
    timeout: Annotated[float, msgspec.Meta(gt=0, le=600)] = 30.0
    key_header: HeaderName = "Idempotency-Key"
    done: tuple[Status, ...] = ("2xx",)
    later: tuple[Status, ...] = (408, 425, 429, "5xx")
    receipt: Annotated[str, msgspec.Meta(pattern=r"^(/.*)?$")] = ""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment or "{" in parts.netloc:
            raise ValueError("`url` must be http://host/path or https://host/path, with {names} in its path or query")
        if not re.fullmatch(r"[!-~]*", PARAMETER.sub("", self.url)) or set("{}") & set(PARAMETER.sub("", self.url)):
            raise ValueError("`url` must be ASCII without spaces, and braces only around the name of a parameter")
        if parts.username is not None or parts.password is not None:
            raise ValueError("`url` must hold no login: give `token`, or `user` and `password`")
        if bool(self.user) != (self.password is not None) or (self.user and self.token):
            raise ValueError("a login is a `token`, or a `user` with its `password`")
        if taken := (OURS | {self.key_header.lower()}) & {name.lower() for name in self.headers}:
            raise ValueError(f"`headers` cannot set {', '.join(sorted(taken))}")
        if both := set(self.done) & set(self.later):
            raise ValueError(f"{', '.join(sorted(map(str, both)))} cannot be both `done` and `later`")

    def unprotected(self) -> Iterable[Unprotected]:
        return by_http(("url",), self.url)
