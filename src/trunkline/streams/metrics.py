"""What processors tell Prometheus. Every process of the platform adds to the same figures (`/metrics` has the sums)."""

from prometheus_client import Counter, Gauge, Histogram

EVENTS = Counter("trunkline_processor_events", "Events worked on.", ["processor"])
OUTPUTS = Counter("trunkline_processor_outputs", "Events sent.", ["processor"])
REJECTED = Counter("trunkline_processor_rejected", "Events put into quarantine.", ["processor", "stage"])
COMMIT = Histogram(
    "trunkline_processor_commit_seconds",
    "Time that a commit of outputs, state and offsets took.",
    ["processor"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0),
)
WORK = Histogram(
    "trunkline_processor_batch_seconds",
    "Time that a processor worked on a batch, its commit not counted.",
    ["processor"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0),
)
LAG = Gauge("trunkline_processor_lag", "Events that wait.", ["processor"], multiprocess_mode="livesum")
KEYS = Gauge("trunkline_processor_state_keys", "Keys in the state.", ["processor"], multiprocess_mode="livesum")
STATE = Gauge(
    "trunkline_processor_state_bytes", "Size of the last snapshot.", ["processor"], multiprocess_mode="livesum"
)
PARTITIONS = Gauge("trunkline_processor_instances", "Instances that run.", ["processor"], multiprocess_mode="livesum")
REBALANCES = Counter("trunkline_processor_rebalances", "Changes of the share of a worker.", ["processor"])
FENCED = Counter("trunkline_processor_fenced", "Commits refused because another worker had taken over.", ["processor"])
