"""Where a canonical record came from, exactly enough to find its raw bytes again."""

import msgspec


class Source(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """The origin of one record.

    `uri` names what was read: `sftp://host/path/file.xml`, `file:///…`, `snmp://127.0.0.1:50112` or `ves://sender`.
    `offset` is the byte at which the record's own element begins in the (uncompressed) file and `line` its line,
    counted from 1; both are 0 where the record came by itself (a trap, a VES event).
    `archive` is the SHA-256 of the archived raw file, which `trunkline explain` opens to show the lines.
    """

    uri: str
    offset: int = 0
    line: int = 0
    archive: str = ""
