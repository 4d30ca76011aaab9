"""The Network Health API: one file a group of routes, `network_health.py` puts them together."""
