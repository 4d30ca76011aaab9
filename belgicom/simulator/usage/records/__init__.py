"""Charging records, byte by byte: one file for each kind, and in session.py what a record is made of."""
