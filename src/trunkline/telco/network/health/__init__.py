"""Health: alarms and KPIs, held against the operator's rules, say how each part of the network serves."""
