"""Filters (RFC 7644, clause 3.4.2.2), as far as directories use them to find what they keep: `attribute eq "value"`."""

from __future__ import annotations

import re

import msgspec

from trunkline.security.identity.scim.errors import ScimError

LONGEST = 1_000  # characters
_EQ = re.compile(r'\s*([A-Za-z][\w.$-]*)\s+eq\s+("(?:[^"\\]|\\.)*")\s*', re.IGNORECASE)


def equals(filter: str) -> tuple[str, str]:
    """The attribute in small letters, and the value that it must have. Raises `ScimError`."""
    found = _EQ.fullmatch(filter) if len(filter) <= LONGEST else None
    if found is None:
        raise ScimError(400, f'the filter must be of the form attribute eq "value": {filter[:100]!r}', "invalidFilter")
    try:
        value = msgspec.json.decode(found[2], type=str)
        if "\0" in value:  # which no attribute holds
            raise ValueError
        return found[1].lower(), value
    except ValueError:
        raise ScimError(400, f"the filter's value is no JSON text: {found[2][:100]}", "invalidFilter") from None
