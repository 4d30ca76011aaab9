"""A table of a database: SQLite, PostgreSQL or MariaDB."""

from trunkline.systems.sink import Sink, SinkContext
from trunkline.systems.sql.settings import SqlSettings
from trunkline.systems.sql.target import Tables


def open_tables(settings: SqlSettings, context: SinkContext) -> Tables:
    """Reach the database and check that its tables can take what will come. Raises `Down`, or `ValueError`."""
    from trunkline.systems.sql.opening import open_database  # loads drivers, which only a running sink needs

    return Tables(settings, open_database(settings, context))


SINK = Sink(name="sql", settings=SqlSettings, open=open_tables)
