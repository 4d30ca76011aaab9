"""Envoy as the gateway's data plane: its files rendered from a plan, its program run, its answers read."""
