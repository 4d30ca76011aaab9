"""What online charging tells Prometheus (`/metrics`)."""

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter(
    "trunkline_online_charging_requests", "Requests of 5G cores, by how they were answered.", ["operation", "status"]
)
REPEATED = Counter(
    "trunkline_online_charging_retransmissions", "Requests that a core marked as sent again: it had no answer in time."
)
ANSWER = Histogram(
    "trunkline_online_charging_answer_seconds",
    "From a request's arrival until charging has answered it.",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0),
)
WAITING = Gauge(
    "trunkline_online_charging_waiting", "Requests that wait for their answer.", multiprocess_mode="livesum"
)
