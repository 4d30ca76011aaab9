"""Whether tables can take what will come: looked at when a sink starts, so that a mistake shows before data flows."""

from __future__ import annotations

from collections.abc import Mapping

from trunkline.systems.sql.database import OFFSETS, Column, Database
from trunkline.systems.sql.settings import TableSettings


def check(database: Database, tables: Mapping[str, TableSettings]) -> dict[str, dict[str, Column]]:
    """The columns of each topic's table. Raises `ValueError` with all that is wrong and what to do."""
    columns = {topic: database.columns(settings.table) for topic, settings in tables.items()}
    problems = [
        f"{topic}: {problem}"
        for topic, settings in tables.items()
        for problem in _problems(database, settings, columns[topic])
    ]
    if problems:
        raise ValueError("; ".join(problems))
    return columns


def keep_offsets(database: Database) -> None:
    """See to it that the sink's offsets can be kept beside the data. Raises `ValueError`."""
    if database.columns(OFFSETS):
        return
    statement = (
        f"CREATE TABLE {OFFSETS} (sink VARCHAR(63) NOT NULL, topic VARCHAR(249) NOT NULL, part INTEGER NOT NULL, "
        f"next_offset BIGINT NOT NULL, PRIMARY KEY (sink, topic, part)) {database.offsets_kept}"
    ).strip()
    try:
        database.execute(statement)
        database.commit()
    except Exception as error:
        database.rollback()
        if not database.columns(OFFSETS):  # another process may have been quicker
            raise ValueError(f"the table for offsets cannot be made ({error}): make it with `{statement}`") from None


def _problems(database: Database, settings: TableSettings, columns: Mapping[str, Column]) -> list[str]:
    table = settings.table
    if not columns:
        return [f"the database has no table `{table}`: create it, or correct `table`"]
    problems = []
    if missing := [column for column in settings.paths if column not in columns]:
        has = ", ".join(sorted(columns))
        problems.append(f"`{table}` has no column {', '.join(missing)} (it has {has}): correct `columns`")
    if unfed := [name for name, column in columns.items() if column.required and name not in settings.paths]:
        problems.append(f"`{table}` needs {', '.join(unfed)} in every row: say in `columns` what they hold")
    if frozenset(settings.key) not in database.unique(table):
        problems.append(
            f"`{table}` has no primary or unique key on exactly ({', '.join(settings.key)}): add one, or correct `key`"
        )
    if problem := database.problem(table):
        problems.append(f"`{table}`: {problem}")
    return problems
