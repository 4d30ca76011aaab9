"""Change data capture: rows of a database's tables as events, each change once and in the order of its commit.

A database's folder (`postgresql`, `mariadb`) gives a `Database`: a consistent snapshot of tables and the stream of what
changed since. The rest is here, once for all: `following.py` takes both into the log with the position, `events.py`
makes events of changes, `envelope.py` is what they look like and reads Debezium's too.
"""
