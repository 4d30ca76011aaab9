"""Fetch the servers that no package of the system has: `python -m tests.servers.fetch`. Quick where they are there."""

from __future__ import annotations

from tests.servers import apicurio, kafka, kafka_connect, keycloak

SERVERS = (kafka, kafka_connect, apicurio, keycloak)

if __name__ == "__main__":
    for server in SERVERS:
        server.fetch()
