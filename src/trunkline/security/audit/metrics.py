"""What the audit trail tells Prometheus."""

from prometheus_client import Counter, Gauge

RECORDED = Counter("trunkline_audit_recorded", "Entries that are durable in the log.")
UNWITNESSED = Gauge(
    "trunkline_audit_unwitnessed",
    "Signed entries that a witness has not confirmed.",
    ["witness"],
    multiprocess_mode="max",
)
WAITING = Gauge("trunkline_audit_waiting", "Entries that wait for the log.", multiprocess_mode="livesum")
