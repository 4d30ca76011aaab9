"""MariaDB: rows of tables as they change, from the binary log. See README.md."""

from trunkline.systems.changes.following import follow
from trunkline.systems.mariadb.settings import MariadbSettings
from trunkline.systems.reach import Context, Reach


async def _run(settings: MariadbSettings, context: Context) -> None:
    try:
        from trunkline.systems.mariadb.database import Mariadb  # loads pymysql, which is an extra
    except ModuleNotFoundError as error:
        raise ValueError(f"{error.name} is missing: pip install trunkline[mariadb]") from None
    await follow(Mariadb(settings, context), settings, context)


REACH = Reach(name="mariadb", settings=MariadbSettings, run=_run)
