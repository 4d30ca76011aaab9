"""The embedded log: one SQLite file, no server, several reader and writer processes.

A row is a record batch, not an event, so that SQLite's cost is paid once a batch. Everything that must hold together
(batches, offsets of groups, epochs of producers) is one SQLite transaction, and durable when it returns.

The file must lie on a local disk (SQLite's WAL shares memory between processes) of a POSIX system. Beside it lie `-wal`
and `-shm`, which are SQLite's, and the empty `.lock` and `.maintenance`, in which processes queue. Copy a log that is
in use with SQLite's own backup (`sqlite3 log.db ".backup copy.db"`, of a SQLite that has the WAL-reset bug mended).

`database` opens the file, `writing` and `reading` are the two ways through it, `columns` and `batches` are how events
lie in memory and in a row; `reader` follows partitions. In `groups` each `member` holds partitions by a lease that the
`heartbeat` renews; a `consumer` is a member that reads. `maintenance` and `compaction` take away what need not stay.
"""

from trunkline.log.embedded.log import EmbeddedLog, open_embedded

__all__ = ["EmbeddedLog", "open_embedded"]
