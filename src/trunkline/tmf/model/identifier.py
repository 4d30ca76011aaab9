"""What other systems call a record."""

from __future__ import annotations

from trunkline.tmf.model.entity import UNSET, Extensible, Maybe


class ExternalIdentifier(Extensible):
    """The id that a record has in the system that it comes from."""

    id: str
    owner: Maybe[str] = UNSET
    external_identifier_type: Maybe[str] = UNSET
