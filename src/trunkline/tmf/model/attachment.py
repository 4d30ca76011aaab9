"""Pictures, manuals, contracts."""

from __future__ import annotations

from typing import ClassVar

from trunkline.tmf.model.entity import UNSET, Entity, EntityRef, Maybe
from trunkline.tmf.model.value import Quantity, TimePeriod


class AttachmentRef(EntityRef):
    """A reference to an attachment."""

    identified_by: ClassVar[tuple[str, ...]] = ("href", "url", "name")

    description: Maybe[str] = UNSET
    url: Maybe[str] = UNSET


class Attachment(Entity):
    """An attachment, by its `url` or with its `content` (base64)."""

    name: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    url: Maybe[str] = UNSET
    content: Maybe[str] = UNSET
    size: Maybe[Quantity] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET
    attachment_type: Maybe[str] = UNSET
    mime_type: Maybe[str] = UNSET
