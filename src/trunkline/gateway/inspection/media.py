"""Media types (RFC 9110, clause 8.3), as far as it matters how a body is read."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_WORD: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_TYPE: Final = re.compile(rf"({_WORD}/{_WORD})")
_PARAMETER: Final = re.compile(rf'[ \t]*+;[ \t]*+(?:({_WORD})=({_WORD}|"[^"\\]*+"))?')
_UTF8: Final = ("utf-8", "utf8", "us-ascii")


class Media(NamedTuple):
    """`name` in small letters, without parameters; `readable` where its characters are UTF-8."""

    name: str
    readable: bool


def media(text: str) -> Media | None:
    """Of a header `content-type`; None where it is not one media type, in whole."""
    found = _TYPE.match(text.strip(" \t"))
    if found is None:
        return None
    text, at, charset = text.strip(" \t"), found.end(), "utf-8"
    while at < len(text):
        parameter = _PARAMETER.match(text, at)
        if parameter is None:
            return None
        if parameter[1] and parameter[1].lower() == "charset":
            charset = parameter[2].strip('"').lower()
        at = parameter.end()
    return Media(found[1].lower(), charset in _UTF8)


def is_json(name: str) -> bool:
    """Whether bodies of a type are JSON (RFC 8259; RFC 6839, clause 3.1)."""
    return name in ("application/json", "text/json") or name.endswith("+json")


def is_xml(name: str) -> bool:
    """Whether bodies of a type are XML (RFC 7303)."""
    return name in ("application/xml", "text/xml") or name.endswith("+xml")
