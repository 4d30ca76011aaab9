"""MariaDB's character sets by the names that Python has for them."""

from __future__ import annotations

from collections.abc import Callable

BINARY = 63  # the number of the collation of bytes that are no text

_CODECS = {
    "ascii": "ascii", "big5": "big5", "binary": "", "cp1250": "cp1250", "cp1251": "cp1251", "cp1256": "cp1256",
    "cp1257": "cp1257", "cp850": "cp850", "cp852": "cp852", "cp866": "cp866", "cp932": "cp932", "eucjpms": "euc_jp",
    "euckr": "euc_kr", "gb2312": "gb2312", "gbk": "gbk", "greek": "iso8859_7", "hebrew": "iso8859_8",
    "koi8r": "koi8_r", "koi8u": "koi8_u", "latin2": "iso8859_2", "latin5": "iso8859_9", "latin7": "iso8859_13",
    "macroman": "mac_roman", "macce": "mac_latin2", "sjis": "shift_jis", "tis620": "tis_620", "ucs2": "utf_16_be",
    "ujis": "euc_jp", "utf8": "utf_8", "utf8mb3": "utf_8", "utf8mb4": "utf_8", "utf16": "utf_16_be",
    "utf16le": "utf_16_le", "utf32": "utf_32_be",
}  # fmt: skip


def decoder(charset: str) -> Callable[[bytes], str]:
    """What makes text of bytes in that character set, raising `UnicodeDecodeError`. Raises `ValueError` on one that
    Python does not know."""
    if charset == "latin1":
        return _latin1
    codec = _CODECS.get(charset)
    if not codec:
        raise ValueError(f"texts in the character set {charset or 'of that number'} cannot be read")
    return lambda data: data.decode(codec)


def _latin1(data: bytes) -> str:
    """MariaDB's latin1 is Windows' code page 1252, its five gaps filled with ISO 8859-1's control characters."""
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return "".join(chr(b) if b in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else bytes([b]).decode("cp1252") for b in data)
