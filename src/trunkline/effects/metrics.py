"""What the ledger tells Prometheus. Every process adds to the same figures (`/metrics` has the sums)."""

from prometheus_client import Counter, Gauge, Histogram

CALLS = Counter("trunkline_effect_calls", "Calls that ended, by how they did.", ["effector", "result"])
CALL = Histogram(
    "trunkline_effect_call_seconds",
    "Time that a call took.",
    ["effector"],
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0),
)
IN_FLIGHT = Gauge("trunkline_effect_calls_in_flight", "Calls that run.", ["effector"], multiprocess_mode="livesum")
READY = Gauge("trunkline_effects_ready", "Effects that wait for their call.", ["effector"], multiprocess_mode="livesum")
CIRCUIT = Gauge(
    "trunkline_effector_circuit_open", "1 while the circuit breaker lets none through.", ["effector"],
    multiprocess_mode="livemax",
)  # fmt: skip
OPEN = Gauge("trunkline_effects_open", "Effects that are not over.", multiprocess_mode="livesum")
DEAD = Gauge("trunkline_effects_dead", "Effects that wait for a person.", multiprocess_mode="livesum")
FULL = Gauge(
    "trunkline_effects_partitions_full", "Partitions that take no more effects in.", multiprocess_mode="livesum"
)
DUPLICATES = Counter("trunkline_effects_duplicates", "Effects that were asked for again after they were over.")
REFUSED = Counter("trunkline_effects_rejected", "Requests put into quarantine.")
