"""What sinks tell Prometheus; `/metrics` has the sums over all processes."""

from prometheus_client import Counter, Gauge

EVENTS = Counter("trunkline_sink_events", "Events that the system has taken.", ["sink"])
REJECTED = Counter("trunkline_sink_rejected", "Events that the system refused, put into quarantine.", ["sink"])
FAILURES = Counter("trunkline_sink_failures", "Times that the system could not be written to.", ["sink"])
LAG = Gauge("trunkline_sink_lag", "Events that wait for the system.", ["sink"], multiprocess_mode="livesum")
