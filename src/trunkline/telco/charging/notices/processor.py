"""The processor `notify`: each notice of charging becomes a message that the effect ledger sees sent once (TMF681)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from trunkline.effects.effect import Effect, Id, Place
from trunkline.log.envelope import from_micros
from trunkline.log.port import Record
from trunkline.streams import Out, Rejection, processor
from trunkline.streams.instance import Definition
from trunkline.telco.charging.notices import folder
from trunkline.telco.charging.notices.folder import Notices
from trunkline.telco.charging.notices.occasions import occasion
from trunkline.telco.model import Notice

_notice = msgspec.json.Decoder(Notice).decode


def notify(project: Path, zone: ZoneInfo) -> list[Definition]:
    """The processor, where the project has a folder `notices/`; `zone` is the operator's. Raises `Invalid`."""
    if not (project / folder.FOLDER).exists():
        return []
    notices = folder.load(project)

    @processor(reads=Notice.topic, state=int, writes=(Effect.topic,), name="notify")
    def telling(nothing: int, record: Record, out: Out) -> int | None:
        """Ask for the message. Nothing is kept: a notice that comes again asks for the same effect, which is known."""
        effect = _effect(notices, _notice(record.value or b""), record, zone)
        out.send(Effect.topic, effect, effect.key, id=effect.id)
        return None

    return [telling]


def _effect(notices: Notices, notice: Notice, record: Record, zone: ZoneInfo) -> Effect:
    """What sends a notice, which lies at `record`: its id is the notice's, so that nothing is sent twice.

    It is of no use any more some hours after the notice was told, not after what it is about: usage may come late,
    and who pays for it must know of it all the same. Raises `Rejection`: `notice.id`, `notice.values`.
    """
    try:
        id = msgspec.convert(notice.id, Id)
    except msgspec.ValidationError:
        reason = "its id must be 1 to 200 visible characters of ASCII, neither quotes nor backslashes"
        raise Rejection("notice.id", f"{notice.id!r} cannot be sent once: {reason}") from None
    return Effect(
        id=id,
        effector=notices.sending.effector,
        order=notice.subscription,
        payload=_message(notices, notice, zone),
        expires=from_micros(record.time) + timedelta(hours=notices.sending.hours),
        cause=Place.of(record),
    )


def _message(notices: Notices, notice: Notice, zone: ZoneInfo) -> str:
    """The communicationMessage, as the operator's messaging system is given it (TMF681)."""
    code, language = notices.language(notice)
    about = occasion(notice.kind, notice.values)
    try:
        content = language.text(about, notice.values, notices.places, zone)
    except (ValueError, ArithmeticError, LookupError) as error:
        raise Rejection("notice.values", f"what is known of {notice.id} cannot be written: {error}") from None
    message = {
        "@type": "CommunicationMessage",
        "id": notice.id,
        "subject": notice.kind,
        "messageType": "SMS",
        "content": content,
        "sender": {"@type": "Sender", **msgspec.to_builtins(notices.sending.sender)},
        "receiver": [{"@type": "Receiver", "phoneNumber": notice.subscription}],
        "characteristic": [{"@type": "StringCharacteristic", "name": "language", "value": code}],
    }
    return msgspec.json.encode(message).decode()
