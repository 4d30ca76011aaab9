"""What a connection may say of CDR files."""

from __future__ import annotations

import msgspec

from trunkline.systems.cdr.tables import RECORDS

KINDS = tuple(name for name, _ in RECORDS.values())


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """`leave_out` names the kinds of record that are passed over: others tell of the same use, `[sGWRecord]`."""

    leave_out: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for kind in self.leave_out:
            if kind not in KINDS:
                raise ValueError(f"`leave_out` has {kind!r}, which is none of {', '.join(KINDS)}")
