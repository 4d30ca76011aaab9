"""Messages to customers: what was said to whom, when, and whether it arrived (TMF681 v4.0)."""

from __future__ import annotations

from typing import ClassVar, Literal

from trunkline.tmf.declaration import Projection
from trunkline.tmf.model.attachment import Attachment
from trunkline.tmf.model.characteristic import Characteristic
from trunkline.tmf.model.entity import UNSET, Entity, Extensible, Maybe, datetime
from trunkline.tmf.model.party import RelatedPartyRefOrPartyRoleRef


class Sender(Extensible):
    """Who says it."""

    v4: ClassVar[Projection] = Projection(flat=("party",))

    id: Maybe[str] = UNSET
    name: Maybe[str] = UNSET
    email: Maybe[str] = UNSET
    phone_number: Maybe[str] = UNSET
    party: Maybe[RelatedPartyRefOrPartyRoleRef] = UNSET


class Receiver(Extensible):
    """Who is told, and where: by a telephone number, an address, an app."""

    v4: ClassVar[Projection] = Projection(flat=("party",))

    id: Maybe[str] = UNSET
    name: Maybe[str] = UNSET
    phone_number: Maybe[str] = UNSET
    email: Maybe[str] = UNSET
    ip: Maybe[str] = UNSET
    app_user_id: Maybe[str] = UNSET
    party: Maybe[RelatedPartyRefOrPartyRoleRef] = UNSET


class CommunicationMessage(Entity):
    """A message, dispatched to a customer or an agent: `messageType` is SMS, Email, Mobile app push notification."""

    content: Maybe[str] = UNSET
    subject: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    message_type: Maybe[str] = UNSET
    state: Maybe[Literal["initial", "inProgress", "completed", "cancelled", "failed"]] = UNSET
    priority: Maybe[str] = UNSET
    log_flag: Maybe[bool] = UNSET
    scheduled_send_time: Maybe[datetime] = UNSET
    send_time: Maybe[datetime] = UNSET
    send_time_complete: Maybe[datetime] = UNSET
    try_times: Maybe[int] = UNSET
    sender: Maybe[Sender] = UNSET
    receiver: Maybe[list[Receiver]] = UNSET
    characteristic: Maybe[list[Characteristic]] = UNSET
    attachment: Maybe[list[Attachment]] = UNSET
