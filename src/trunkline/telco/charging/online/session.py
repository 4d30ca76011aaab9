"""A charging session, and the ChargingDataRef by which a core names it.

The reference carries all that later requests need: so nothing of a session is kept here, any server of the same log
goes on with it, and a server that was killed too.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from zlib import crc32

import msgspec

from trunkline.systems.nchf.charging_data import ChargingDataRequest, PduSessionCharging, PduSessionInformation
from trunkline.telco.charging.online.problem import Cause, Refused

MOST_REF = 2_000  # characters


class Place(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where the subscriber is: the network that serves it, minutes that the local time is ahead of UTC, the cell."""

    visited: str = ""
    zone_offset: int = 0
    cell: str = ""


class Session(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A session as it was begun. `place` stands in where a later request says nothing of where the subscriber is."""

    id: str
    account: str
    subscription: str
    imsi: str
    apn: str
    place: Place

    @property
    def ref(self) -> str:
        """The ChargingDataRef: letters that a URL may have, with a checksum, since it goes through many hands."""
        told = msgspec.msgpack.encode(self)
        return urlsafe_b64encode(crc32(told).to_bytes(4, "big") + told).rstrip(b"=").decode()


def session_of(ref: str) -> Session:
    """The session of a ChargingDataRef. Raises `Refused` (404) on what this server never gave."""
    try:
        if len(ref) > MOST_REF:
            raise ValueError
        whole = urlsafe_b64decode(ref + "=" * (-len(ref) % 4))
        if int.from_bytes(whole[:4], "big") != crc32(whole[4:]):
            raise ValueError
        return msgspec.msgpack.decode(whole[4:], type=Session)
    except (binascii.Error, ValueError):
        detail = "there is no such charging data: take the reference as the Location of the create gave it"
        raise Refused(404, Cause.CONTEXT_NOT_FOUND, detail) from None


def session_id(request: ChargingDataRequest, charging: PduSessionCharging, session: PduSessionInformation) -> str:
    """The same for the same session, however often its create is sent: made of the network function, the subscriber,
    the charging id, the PDU session's id and when it began; where the core does not say when, the time of the request,
    which a repeated one has in common with the first."""
    consumer = request.nf_consumer_identification
    identity = (
        *(consumer.node_functionality, consumer.name, consumer.fqdn, consumer.ipv4, consumer.ipv6),
        request.subscriber_identifier,
        charging.smf_charging_id or request.charging_id or charging.charging_id,
        session.pdu_session_id,
        (session.start_time or request.invocation_time_stamp).timestamp(),
    )
    return "nchf/" + blake2b(msgspec.msgpack.encode(identity), digest_size=16).hexdigest()
