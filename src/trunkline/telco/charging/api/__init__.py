"""The charging API for a console and a self-service app: a customer's live balance, and what was used of what.

One file a group of routes, `charging.py` puts them together.
"""
