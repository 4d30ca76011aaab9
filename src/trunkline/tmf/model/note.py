"""What people write about a record."""

from __future__ import annotations

from trunkline.tmf.model.entity import UNSET, Extensible, Maybe, datetime


class Note(Extensible):
    """A text, by whom and when."""

    id: Maybe[str] = UNSET
    author: Maybe[str] = UNSET
    date: Maybe[datetime] = UNSET
    text: Maybe[str] = UNSET
