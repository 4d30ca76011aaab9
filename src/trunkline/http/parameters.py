"""Types of query parameters that many APIs take."""

from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, Field


def _iso_8601(value: Any) -> Any:
    # Pydantic would also read a number, as seconds or milliseconds since 1970 by its size.
    if isinstance(value, str) and "T" not in value.upper():
        raise ValueError("is not an ISO 8601 time with a zone, as 2026-11-23T12:00:00Z")
    return value


Time = Annotated[AwareDatetime, BeforeValidator(_iso_8601)]
Limit = Annotated[int, Field(ge=1, le=1000, description="How many at most.")]
Cursor = Annotated[str, Field(max_length=2000, description="Where to go on: from the `next` link.")]
