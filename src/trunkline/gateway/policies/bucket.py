"""Limits on how often, as Envoy's local rate limit counts them: token buckets in the memory of one gateway.

A bucket holds `most` at first and is filled steadily, so a limit smooths, too. Several gateways count each for itself.
"""

from __future__ import annotations

from typing import Any, Final

from trunkline.gateway.policies.policy import TYPE, Json
from trunkline.gateway.quantities import Rate

CALLERS: Final = 50_000
"""How many callers have a bucket of their own at once; who has not been here for longest loses it first."""
RULE: Final = "x-trunkline-rule"
"""The header of a refusal that names the limit."""
WOULD_REFUSE: Final = "x-trunkline-would-refuse"
"""The header that a request gets on its way upstream where a shadow would have refused it."""
REFUSED: Final = "local_rate_limited"
_TYPE: Final = f"{TYPE}extensions.filters.http.local_ratelimit.v3.LocalRateLimit"
_ALWAYS: Final[Json] = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
_NEVER: Final[Json] = {"default_value": {"numerator": 0, "denominator": "HUNDRED"}}


def limit_filter(kind: str) -> Json:
    """The filter in the chain; it limits nothing without a route's bucket."""
    return {"@type": _TYPE, "stat_prefix": kind}


def bucket(rate: Rate, most: int | None = None) -> Json:
    return {"max_tokens": most or rate.amount, "tokens_per_fill": rate.amount, "fill_interval": f"{rate.period}s"}


def limit(kind: str, retry_after: int, *, shadow: bool, **buckets: Any) -> dict[str, Json]:
    """The limit of a route: `buckets` are Envoy's `token_bucket`, `descriptors` and `rate_limits`."""
    said: Json = {
        "@type": _TYPE,
        "stat_prefix": kind,
        "filter_enabled": _ALWAYS,
        "filter_enforced": _NEVER if shadow else _ALWAYS,
        "response_headers_to_add": [
            {"header": {"key": RULE, "value": kind}},
            {"header": {"key": "retry-after", "value": str(retry_after)}},
        ],
        **buckets,
    }
    if shadow:
        said["request_headers_to_add_when_not_enforced"] = [{"header": {"key": WOULD_REFUSE, "value": kind}}]
    else:
        said["enable_x_ratelimit_headers"] = "DRAFT_VERSION_03"
    return {kind: said}
