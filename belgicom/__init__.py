"""BelgiCom, the reference operator: its contracts, systems, KPI formulas, health rules, and a simulator of its network."""
