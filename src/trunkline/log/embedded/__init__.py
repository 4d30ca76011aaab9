"""The embedded log: one SQLite file, no server, several reader and writer processes.

A row is a record batch, not an event, so that SQLite's cost is paid once a batch. Everything that must hold together
(batches, offsets of groups, epochs of producers) is one SQLite transaction, and durable when it returns.
"""

from trunkline.log.embedded.log import EmbeddedLog

__all__ = ["EmbeddedLog"]
