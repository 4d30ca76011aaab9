"""Performance: counters become 3GPP KPIs by the operator's formula tables."""
