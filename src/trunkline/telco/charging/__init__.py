"""Charging: usage becomes money. Mediation, tariffs, rating, balances, notices, and charging in real time."""
