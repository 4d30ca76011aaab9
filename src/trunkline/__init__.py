"""Trunkline: the telco integration platform."""
