"""Tariffs: what usage costs, as data."""
