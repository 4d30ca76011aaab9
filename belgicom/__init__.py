"""BelgiCom, the reference operator: contracts, systems, KPI formulas, health rules, and a simulator of its network."""
