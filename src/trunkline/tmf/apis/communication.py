"""TMF681 Communication Management, v4.0: messages to customers, and whether they arrived."""

from __future__ import annotations

import msgspec

from trunkline.tmf.declaration import V4, V5, Lifecycle, OpenApi, Resource, text, time
from trunkline.tmf.model.characteristic import Characteristic
from trunkline.tmf.model.communication import CommunicationMessage, Receiver, Sender
from trunkline.tmf.model.party import PartyRef, RelatedPartyRefOrPartyRoleRef

MESSAGE = Resource(
    "communicationMessage",
    CommunicationMessage,
    required=("content", "receiver", "sender", "messageType"),
    attributes=(
        text("state"),
        text("messageType"),
        text("receiver.id"),
        text("receiver.phoneNumber"),
        text("receiver.party.partyOrPartyRole.id"),
        text("sender.id"),
        time("sendTime"),
        time("sendTimeComplete"),
    ),
    elements=((("characteristic",), (("name",), ("value",))),),
    lifecycle=Lifecycle(
        "state",
        "initial",
        {
            "initial": ("inProgress", "completed", "cancelled", "failed"),
            "inProgress": ("completed", "cancelled", "failed"),
            "failed": ("inProgress", "completed", "cancelled"),
        },
    ),
    events=("AttributeValueChange", "StateChange"),
    examples={
        V5: msgspec.to_builtins(
            CommunicationMessage(
                message_type="SMS",
                content="You have used 80 % of your data in the EU.",
                sender=Sender(id="belgicom", name="BelgiCom"),
                receiver=[
                    Receiver(
                        phone_number="32470123456",
                        party=RelatedPartyRefOrPartyRoleRef(
                            role="customer", party_or_party_role=PartyRef(id="1042", referred_type="Individual")
                        ),
                    )
                ],
                characteristic=[Characteristic(name="kind", value="threshold", type_="StringCharacteristic")],
            )
        )
    },
)

API = OpenApi(
    number=681,
    name="communicationManagement",
    title="Communication Management",
    versions=(V4,),
    resources=(MESSAGE,),
)
