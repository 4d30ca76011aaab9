"""What the hub tells Prometheus. Every process adds to the same figures (`/metrics` has the sums)."""

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("trunkline_hub_requests", "Requests to callbacks, by what became of them.", ["result"])
REQUEST = Histogram(
    "trunkline_hub_request_seconds",
    "Time that a request to a callback took.",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0),
)
DEAD = Counter("trunkline_hub_dead_letters", "Events that were given up for a subscription.")
SUBSCRIPTIONS = Gauge("trunkline_hub_subscriptions", "Subscriptions that are served now.", multiprocess_mode="livesum")
