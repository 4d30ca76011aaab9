"""What an operator declares of an SNMP connection in `systems/<name>.yaml`; README.md has an example."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec

from trunkline.loopback import address
from trunkline.protection import Unprotected, unprotected
from trunkline.systems.reach import Secret, Settings

IN_CLEAR = "SNMPv2c is in clear, its community too: have version 3 spoken, by a user"


class User(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An SNMPv3 user (RFC 3414). Only authenticated and encrypted messages are taken (authPriv).

    `engines` are the ids, in hexadecimal, of the agents that send as this user; with none, any agent may that knows
    the passwords. They are at least eight characters long.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
    auth: Literal["SHA", "SHA224", "SHA256", "SHA384", "SHA512"] = "SHA256"
    auth_password: Secret
    priv: Literal["AES128", "AES192", "AES256"] = "AES128"
    priv_password: Secret
    engines: tuple[Annotated[str, msgspec.Meta(pattern=r"^([0-9a-fA-F]{2}){5,32}$")], ...] = ()


class AgentSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Agents of one vendor at one address, or in one network (`10.20.0.0/16`).

    `system` is the vendor's folder and `name` what its reports bear as their system (the folder's name, if left out).
    With a `user`, one of the connection's, the list of active alarms is read from the agent at `port` by version 3,
    with a `community` by version 2c: when traps were lost, when the receiver starts, and every `resynchronise_every`
    seconds (0: never).
    """

    system: str
    address: str
    name: str = ""
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 161
    community: Secret | None = None
    user: str = ""
    resynchronise_every: Annotated[float, msgspec.Meta(ge=0)] = 3600.0


class SnmpSettings(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A socket for traps and informs. Messages of version 2c are taken with one of `communities`, of version 3 from
    `users`."""

    listen: str = "127.0.0.1:10162"
    communities: tuple[Secret, ...] = ()
    users: tuple[User, ...] = ()
    agents: tuple[AgentSettings, ...] = ()

    def __post_init__(self) -> None:
        address(self.listen)
        for agent in self.agents:
            if agent.user and agent.community is not None:
                raise ValueError(f"agent {agent.address}: it is asked as a `user` or with a `community`, not both")
            if agent.user and agent.user not in {user.name for user in self.users}:
                raise ValueError(f"agent {agent.address}: `user` {agent.user!r} is none of `users`")

    def unprotected(self) -> Iterable[Unprotected]:
        if self.communities:
            yield from unprotected(("listen",), [address(self.listen)[0]], IN_CLEAR)
        for index, agent in enumerate(self.agents):
            if agent.community is not None:
                yield from unprotected(("agents", index, "address"), [agent.address], IN_CLEAR)
