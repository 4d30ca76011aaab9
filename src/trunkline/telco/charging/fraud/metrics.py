"""What the counting of fraud tells Prometheus (`/metrics`)."""

from prometheus_client import Counter

LATE = Counter(
    "trunkline_fraud_late", "Usages that were not looked at for fraud: they came later than `late_hours` allows."
)
SUSPICIONS = Counter("trunkline_fraud_suspicions", "Suspicions told.", ["kind"])
