"""What a connection may say of TAP files."""

from __future__ import annotations

import re

import msgspec


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """`networks` gives the PLMN (MCC and MNC) of each roaming partner by its TADIG code, which is all that a TAP file
    says of it: `FRAF1: "20801"`. `messaging_received` and `sessions_received` are the codes of Messaging Event Service
    and Mobile Session Service under which the subscriber was the one who was texted or called."""

    networks: dict[str, str] = {}
    messaging_received: tuple[int, ...] = ()
    sessions_received: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for tadig, plmn in self.networks.items():
            if not re.fullmatch("[0-9]{5,6}", plmn):
                raise ValueError(f"the network {tadig} has {plmn!r}, which is no PLMN like '20801': quote its digits")
