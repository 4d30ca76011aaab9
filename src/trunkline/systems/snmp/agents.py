"""The agents that send traps: those that the operator declared, and those that were only heard."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from trunkline.systems.reach import Context
from trunkline.systems.snmp.client import Client, CommunityClient
from trunkline.systems.snmp.message import Refused
from trunkline.systems.snmp.sequence import Sequence as Numbers
from trunkline.systems.snmp.settings import AgentSettings, User
from trunkline.systems.system import Origin, System, TrapMib

MOST = 50_000  # agents that are remembered


@dataclass(slots=True, eq=False)
class Known:
    """One agent as one vendor's: who it is, what came of it, and how its list is being read."""

    system: System
    mib: TrapMib
    origin: Origin
    connect: Callable[[], Client] | None = None
    """Opens the agent for reading its list; None where the operator did not declare as whom."""
    every: float = 0.0
    numbers: Numbers = field(default_factory=Numbers)
    refresh: float = 0.0
    """When the list is to be read whatever the numbers say (monotonic seconds): at the start, and by the clock."""
    ended: float = float("-inf")
    warned: float = float("-inf")
    failures: int = 0
    timer: asyncio.TimerHandle | None = None
    reading: bool = False
    client: Client | None = None
    touched: set[str] = field(default_factory=set)
    """The native ids that traps spoke of since the list is being read."""


class Agents:
    """All agents by address and MIB. `watch` is told of each when it is met."""

    def __init__(
        self,
        declared: Sequence[AgentSettings],
        users: Sequence[User],
        context: Context,
        watch: Callable[[Known], None],
    ) -> None:
        by_name = {user.name: user for user in users}
        self._declared = [_Declared(settings, by_name, context) for settings in declared]
        self._watch = watch
        self._known: dict[tuple[str, str], Known] = {}

    def meet(self, mib: TrapMib, system: System, address: str) -> Known:
        """The agent at `address`, as one of this vendor's. Raises `Refused` where they are too many."""
        known = self._known.get((mib.root, address))
        if known is None:
            if len(self._known) >= MOST:
                raise Refused("snmp.too-many-agents", f"more than {MOST} agents send traps")
            declared = next((one for one in self._declared if one.means(system, address)), None)
            known = self._known[mib.root, address] = _known(mib, system, address, declared)
            self._watch(known)
        return known

    def meet_declared(self) -> None:
        """Meet each agent that is declared with its address before its first trap comes.

        The agents of a network are met by their traps.
        """
        for declared in self._declared:
            if declared.network.num_addresses == 1:
                for mib in declared.system.traps:
                    self.meet(mib, declared.system, str(declared.network.network_address))


class _Declared:
    """An entry of the settings' `agents`, ready for use. Raises `ValueError` on one that cannot be meant."""

    def __init__(self, settings: AgentSettings, users: Mapping[str, User], context: Context) -> None:
        if settings.system not in context.systems:
            raise ValueError(f"agent {settings.address}: there is no system {settings.system!r}")
        self.settings = settings
        self.system = context.systems[settings.system]
        self.network = ipaddress.ip_network(settings.address)
        self.community = context.secret(settings.community).encode() if settings.community else None
        self.user, self._secret = users.get(settings.user), context.secret

    def connection(self, address: str) -> Callable[[], Client] | None:
        """How the agent at `address` is asked for its list; None where it is not."""
        if self.user is not None:
            return partial(_ask_as, address, self.settings.port, self.user, self._secret)
        if self.community is not None:
            return partial(CommunityClient, address, self.settings.port, self.community)
        return None

    def means(self, system: System, address: str) -> bool:
        return system is self.system and ipaddress.ip_address(address) in self.network


def _known(mib: TrapMib, system: System, address: str, declared: _Declared | None) -> Known:
    if declared is None:
        return Known(system, mib, Origin(system.name, f"snmp://{address}"))
    origin = Origin(declared.settings.name or system.name, f"snmp://{address}:{declared.settings.port}")
    return Known(system, mib, origin, declared.connection(address), declared.settings.resynchronise_every)


def _ask_as(address: str, port: int, user: User, secret: Callable[[str], str]) -> Client:
    # pysnmp takes half a second to import: only who uses version 3 waits for it.
    from trunkline.systems.snmp.user_client import UserClient

    return UserClient(address, port, user, secret)
