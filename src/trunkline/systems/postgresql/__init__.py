"""PostgreSQL: rows of tables as they change, by logical replication. See README.md."""

from trunkline.systems.changes.following import follow
from trunkline.systems.postgresql.settings import PostgresqlSettings
from trunkline.systems.reach import Context, Reach


async def _run(settings: PostgresqlSettings, context: Context) -> None:
    try:
        from trunkline.systems.postgresql.database import Postgresql  # loads psycopg, which is an extra
    except ModuleNotFoundError as error:
        raise ValueError(f"{error.name} is missing: pip install trunkline[postgresql]") from None
    await follow(Postgresql(settings, context), settings, context)


REACH = Reach(name="postgresql", settings=PostgresqlSettings, run=_run)
