"""Certificates of Trunkline's own services: an internal authority, short-lived certificates of it, and their rotation.

`spiffe` is what they name; `authority` signs, `authorities` keeps those that sign and those that are trusted, `sealing`
their keys; `service` is the certificate of one service in its files, which `keeper` renews; `ending` tells which end.
"""
