"""The encoding of an XML file, told from its first bytes, and bytes that are not of it.

The bytes decide first (a byte order mark, or zeros between the letters), then the declaration, then UTF-8. Some
equipment writes white space, comments or instructions before the declaration, where XML allows none: what stands up to
the declaration's end is blanked, byte for byte, so that it is read and every place in the file stays what it is.
"""

import codecs
import re
from typing import NamedTuple

DAMAGED = "\x7f"
"""Stands for each byte that is not of the file's encoding: DEL, which no equipment writes. What holds it is damaged."""

_ENCODING = re.compile(rb"""\bencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']""")
_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "UTF-16LE"), (codecs.BOM_UTF16_BE, "UTF-16BE"))
_SPACE = b" \t\r\n"


def skeleton(data: bytes, encoding: str) -> bytes:
    """One byte for each code unit, in which markup can be searched as in ASCII."""
    if encoding == "UTF-16LE":
        return data[::2]
    return data[1::2] if encoding == "UTF-16BE" else data


def unit(encoding: str) -> int:
    """Bytes of one code unit."""
    return 2 if encoding.startswith("UTF-16") else 1


def line_ends(data: bytes) -> int:
    """How many lines end in `data`, as expat counts them: at LF, at CR, and at both together (XML 1.0, 2.11)."""
    return data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")


def read_head(head: bytes) -> tuple[str, bytes]:
    """The encoding (a name that both expat and Python know), and the head with all up to the declaration's end blanked.

    Raises `LookupError` where the declared encoding is not one of a byte (or two, for UTF-16) a character.
    """
    mark, encoding = next(((m, e) for m, e in _BYTE_ORDER_MARKS if head.startswith(m)), (b"", "utf-8"))
    if head.startswith((b"<\0", b" \0", b"\r\0", b"\n\0")):
        encoding = "UTF-16LE"
    elif head.startswith((b"\0<", b"\0 ", b"\0\r", b"\0\n")):
        encoding = "UTF-16BE"
    letters = skeleton(head, encoding)
    declaration = _declaration(letters, len(mark) // unit(encoding))
    end = len(mark) // unit(encoding)
    if declaration is not None:
        start, end = declaration
        declared = _ENCODING.search(letters, start, end)
        if declared and not mark and encoding == "utf-8":
            encoding = _declared(declared[1].decode("ascii"))
    blank = re.sub(rb"[^\r\n]", b" ", letters[:end]).decode("ascii").encode(encoding)
    return encoding, blank + head[len(blank) :]


class Damage(NamedTuple):
    """How many bytes of a chunk are not UTF-8, where the first of them is in it, and what stands there."""

    damaged: int
    first: int
    part: bytes


class Utf8:
    """Marks, chunk by chunk, the bytes of a UTF-8 file that are not UTF-8, so that the rest of it can be read."""

    def __init__(self) -> None:
        self._tail = b""  # the beginning of a character whose rest is in the next chunk

    def mark(self, chunk: bytes) -> tuple[bytes, Damage | None]:
        """The bytes to go on with, damaged ones replaced one by one."""
        data = self._tail + chunk
        self._tail = b""
        if data.isascii():
            return data, None
        cut = _unfinished(data)
        if cut:
            data, self._tail = data[:-cut], data[-cut:]
        try:
            data.decode()
        except UnicodeDecodeError as error:
            marked = data.decode(errors=_MARK).encode()
            damaged = marked.count(b"\x7f") - data.count(b"\x7f")
            return marked, Damage(damaged, error.start, data[error.start : error.start + 80])
        return data, None

    def rest(self) -> bytes:
        return self._tail


def _unfinished(data: bytes) -> int:
    """How many bytes at the end begin a character that is not complete."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte >= 0xC0:
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return back if needed > back else 0
        if byte < 0x80:
            return 0
    return 0


def _declaration(letters: bytes, at: int) -> tuple[int, int] | None:
    """Where the XML declaration is, behind nothing but white space, instructions and comments."""
    while True:
        while letters[at : at + 1] and letters[at] in _SPACE:
            at += 1
        if letters.startswith(b"<?", at):
            end = letters.find(b"?>", at) + 2
            if end > 1 and letters.startswith(b"<?xml", at) and letters[at + 5] in _SPACE:
                return at, end
        elif letters.startswith(b"<!--", at):
            end = letters.find(b"-->", at) + 3
        else:
            return None
        if end <= at:
            return None
        at = end


def _declared(name: str) -> str:
    """The declared encoding, if its letters are ASCII's; what the bytes belie is UTF-8."""
    info = codecs.lookup(name)
    if info.name == "utf-8" or info.name.startswith(("utf-16", "utf-32", "utf-7")):
        return "utf-8"
    if info.name == "ascii":
        return "utf-8"
    if not info._is_text_encoding or len(bytes(range(256)).decode(info.name, "replace")) != 256:
        raise LookupError(name)
    return info.name


def _mark_damaged(error: UnicodeError) -> tuple[str, int]:
    """An error handler of `bytes.decode`: one `DAMAGED` for each byte."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return DAMAGED * (error.end - error.start), error.end


_MARK = "trunkline.damaged"
codecs.register_error(_MARK, _mark_damaged)
