"""Answers a query: decides which index leads, and asks the others for each document that it gives.

Where a clause gives few documents, these are the candidates: all are held against the other clauses, counted and
sorted. Otherwise the index of the sort (or the order in which documents were made) is walked until the page is full,
which many matches make short. Where it is not full after `look` documents, the clause that gives fewest leads after
all; where none can lead, the answer is what was found so far, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row

from trunkline.store.port import StoreError
from trunkline.store.query import Found, Query, Stored
from trunkline.store.sql.catalogue import Catalogue
from trunkline.store.sql.conditions import Clause, Conditions, Cost, Sources, both
from trunkline.store.sql.counting import Counting, Size, union
from trunkline.store.sql.cursor import Place, read_cursor, write_cursor
from trunkline.store.sql.database import Database
from trunkline.store.sql.entries import Indexing
from trunkline.store.sql.ordering import beyond, ordered
from trunkline.store.sql.statement import Statement

LOOK: Final = 10_000
"""Documents that are held against what no index answers."""
WALK: Final = 50_000
"""Documents that are walked over where only indexes are asked for each."""
COUNT: Final = 100_000
"""Entries that are counted for a total; where there are more, it is "at least"."""
PROBED: Final = 3_000
"""Entries that are held against other clauses for a total; where there are more, it is "at least"."""
FEW: Final = 3_000
"""Candidates that are sorted, where more would rather be found by a walk."""

RECORD: Final = " JOIN record r ON r.seq = c.seq"


class Walk(NamedTuple):
    """Rows `w` of a table that an index gives in order, and what they are sorted by besides `seq`."""

    rows: str
    record: str
    """What a clause calls the row of `record`."""
    where: list[str]
    keys: list[str]


class Finder:
    """One query on one connection."""

    def __init__(
        self, connection: Connection, database: Database, catalogue: Catalogue, query: Query, look: int
    ) -> None:
        if query.offset < 0 or query.limit < 0 or (query.after and query.before):
            raise StoreError("offset and limit are 0 or more, and there is one cursor at most: after or before")
        catalogue.of(query.kind)  # raises where it is not declared
        self._connection, self._database, self._query, self._look = connection, database, query, look
        self._counting = Counting(connection, database)
        self._sort = [_sorted_by(catalogue, query.kind, sort.path) for sort in query.sort]
        self._clauses = self._between(Conditions(query.kind, catalogue, database.json).clauses(query.where))
        texts = [each.table == "text_entry" for each in self._sort]
        cursor = query.after or query.before
        self._place = read_cursor(query, cursor, texts) if cursor else None
        directions = [sort.descending for sort in query.sort]
        last = bool(directions) and directions[-1]
        self._descending = [each is not bool(query.before) for each in (*directions, last)]

    def found(self) -> Found:
        """The answer."""
        # Where documents are read anyway, so many candidates are no more work than a walk, and all that there is.
        few = max(FEW, self._look) if any(each.cost is Cost.DOCUMENT for each in self._clauses) else FEW
        most = max(few, PROBED) + 1
        sized = [(self._counting.size(each.ranges, most), each) for each in self._clauses if each.ranges is not None]
        size, leading = min(sized, key=lambda one: (one[0].density, one[0].entries), default=(Size(0, 0.0), None))
        self._clauses.sort(key=lambda each: (each.cost, each is not leading))  # as they are asked, the cheap ones first
        documents = self._counting.documents(self._query.kind)
        if leading is not None and size.entries <= few:
            return self._of_candidates(leading)
        if leading is None and self._clauses and documents <= self._look:
            return self._of_candidates(None)
        return self._walked(leading, size, documents)

    def _of_candidates(self, leading: Clause | None) -> Found:
        """All documents that `leading` gives, or all there are, are held against the other clauses."""
        clauses = [each for each in self._clauses if each is not leading or not each.exact]
        sql = Statement(self._database.number)
        if leading is None:
            rows, wheres = "record c", [f"c.kind = {sql.add(self._query.kind)}"]
        else:
            rows, wheres = f"({union(sql, leading.ranges or ())}) c", []
        wheres += [each.sql(sql, Sources("c.seq", "r")) for each in clauses]
        keys = [self._key("r", each) for each in self._sort]
        joined = rows + (RECORD if keys else _record(clauses))
        if self._place is None:  # the page and the total by asking each candidate once
            page = self._page(sql, joined, wheres, keys, "c.seq", counted=True)
            if page or (self._query.limit and not self._query.offset):
                return self._answer(page, int(page[0].total) if page else 0, complete=True)
        else:
            page = self._page(sql, joined, wheres, keys, "c.seq")
        [(total,)] = sql.run(self._connection, f"SELECT count(*) FROM {rows}{_record(clauses)}{_where(wheres)}")
        return self._answer(page, int(total), complete=True)

    def _walked(self, leading: Clause | None, size: Size, documents: int) -> Found:
        total, complete = self._total(leading, size, documents)
        held = self._clauses
        base = self._pushed()
        if not self._sort and leading is not None and _is_one(leading):
            base = leading
        if base is not None:
            held = [each for each in held if each is not base]
        costly = any(each.cost is Cost.DOCUMENT for each in held)
        end = None
        if held and (costly or len(self._sort) <= 1):
            looked = self._look if costly else WALK
            end = self._end(base, looked + self._query.offset + self._query.limit)
        sql = Statement(self._database.number)
        walk = self._walk(sql, base, held)
        wheres = [*walk.where, *(each.sql(sql, Sources("w.seq", walk.record)) for each in held)]
        if end is not None:
            wheres.append(f"NOT {beyond(sql, [*walk.keys[:1], 'w.seq'], self._ends(), end)}")
        rows = self._page(sql, walk.rows, wheres, walk.keys, "w.seq", more=1)
        seen = self._query.offset + len(rows) if rows and self._place is None else len(rows)
        full = len(rows) > self._query.limit
        if full:  # the one too many only says that there is more
            rows = rows[1:] if self._query.before else rows[:-1]
        if end is None or full:
            return self._answer(rows, max(total, seen), complete)
        if leading is not None and not costly:
            return self._of_candidates(leading)
        return self._answer(rows, max(total, seen), complete=False)

    def _walk(self, sql: Statement, base: Clause | None, held: Sequence[Clause]) -> Walk:
        """The index that is walked: of the sort, of the only value that is asked for, or of all documents."""
        if not self._sort and base is None:
            return Walk("record w", "w", [f"w.kind = {sql.add(self._query.kind)}"], [])
        if not self._sort:
            [range] = base.ranges if base is not None and base.ranges is not None else ()
            rows, wheres, keys = f"{range.table} w", [range.where(sql, "w")], []
        else:
            first = self._sort[0]
            rows, wheres = f"{first.table} w", [f"w.attribute = {first.number}", "w.leads"]
            if base is not None and base.ranges is not None:
                wheres.append(base.ranges[0].where(sql, "w"))
            keys = ["w.value", *(self._key("r", each) for each in self._sort[1:])]
        if len(keys) > 1 or any(each.cost > Cost.ENTRIES for each in held):
            rows += " JOIN record r ON r.seq = w.seq"
        return Walk(rows, "r", wheres, keys)

    def _end(self, base: Clause | None, looked: int) -> Place | None:
        """The first document that is not looked at any more, or None where all are."""
        sql = Statement(self._database.number)
        walk = self._walk(sql, base, ())
        keys = walk.keys[:1]
        wheres = walk.where
        if self._place is not None:
            start = Place(self._place.keys[:1], self._place.seq)
            wheres = [*wheres, beyond(sql, [*keys, "w.seq"], self._ends(), start)]
        order = ordered([*keys, "w.seq"], self._ends())
        chosen = ", ".join([*keys, "w.seq"])
        found = sql.run(
            self._connection,
            f"SELECT {chosen} FROM {walk.rows}{_where(wheres)} ORDER BY {order} LIMIT 1 OFFSET {sql.add(looked)}",
        )
        return Place(list(found[0][:-1]), found[0][-1]) if found else None

    def _ends(self) -> list[bool]:
        """The directions in which the first key, where there is one, and the number of documents are walked."""
        return self._descending if len(self._sort) <= 1 else [self._descending[0], self._descending[0]]

    def _pushed(self) -> Clause | None:
        """A clause that only says between which values of the first sort the walk is."""
        if not self._sort:
            return None
        first = self._sort[0]
        for clause in self._clauses:
            if clause.exact and clause.ranges is not None and len(clause.ranges) == 1:
                [range] = clause.ranges
                if range.attribute == first.number and not self._counting.several(range):
                    return clause
        return None

    def _page(
        self,
        sql: Statement,
        rows: str,
        wheres: list[str],
        keys: list[str],
        seq: str,
        more: int = 0,
        counted: bool = False,
    ) -> list[Row[Any]]:
        """The rows of the page that is asked for, and `more` beyond it; `counted`, each says the `total` of all."""
        if self._place is not None:
            wheres = [*wheres, beyond(sql, [*keys, seq], self._descending, self._place)]
        named = [*(f"{key} AS k{number}" for number, key in enumerate(keys)), f"{seq} AS seq"]
        named += ["count(*) OVER () AS total"] if counted else []
        order = ordered([*keys, seq], self._descending)
        part = f"LIMIT {sql.add(self._query.limit + more)}"
        if self._place is None and self._query.offset:
            part += f" OFFSET {sql.add(self._query.offset)}"
        found = sql.run(
            self._connection, f"SELECT {', '.join(named)} FROM {rows}{_where(wheres)} ORDER BY {order} {part}"
        )
        return found[::-1] if self._query.before else found

    def _answer(self, rows: list[Row[Any]], total: int, complete: bool) -> Found:
        if not rows:
            return Found([], total, complete)
        sql = Statement(self._database.number)
        among = self._database.among(sql, [row.seq for row in rows])
        fetched = sql.run(self._connection, f"SELECT seq, id, version, document FROM record WHERE seq {among}")
        documents = {seq: Stored(id, version, document.encode()) for seq, id, version, document in fetched}
        keys = len(self._sort)
        first, last = (write_cursor(self._query, row[:keys], row.seq) for row in (rows[0], rows[-1]))
        return Found([documents[row.seq] for row in rows], total, complete, first, last)

    def _total(self, leading: Clause | None, size: Size, documents: int) -> tuple[int, bool]:
        """How many there are, and whether these are all; at least 0 where no index says more."""
        if not self._clauses:
            return documents, True
        if leading is None:
            return 0, False
        ranges = leading.ranges or ()
        if len(self._clauses) == 1 and leading.exact:
            count = (
                self._counting.size(ranges, COUNT + 1).entries
                if len(ranges) == 1 and self._counting.once(ranges[0])
                else None
            )
            if count is None:
                sql = Statement(self._database.number)
                [(count,)] = sql.run(self._connection, f"SELECT count(*) FROM ({union(sql, ranges, COUNT + 1)}) c")
            return min(count, COUNT), count <= COUNT
        sql = Statement(self._database.number)
        rest = [each for each in self._clauses if each is not leading or not each.exact]
        rows = f"({union(sql, ranges, PROBED)}) c{_record(rest)}"
        wheres = [each.sql(sql, Sources("c.seq", "r")) for each in rest]
        [(count,)] = sql.run(self._connection, f"SELECT count(*) FROM {rows}{_where(wheres)}")
        return int(count), size.entries <= PROBED

    def _between(self, clauses: list[Clause]) -> list[Clause]:
        """The clauses, those that say between which values an attribute is made one, where each document has one."""
        merged: list[Clause] = []
        for clause in clauses:
            same = next((each for each in merged if _may_merge(each, clause)), None)
            if same is None or clause.ranges is None or self._counting.several(clause.ranges[0]):
                merged.append(clause)
            else:
                merged[merged.index(same)] = both(same, clause)
        return merged

    def _key(self, row: str, indexing: Indexing) -> str:
        return self._database.json.first_indexed(f"{row}.indexed", indexing.number, indexing.table == "text_entry")


def _sorted_by(catalogue: Catalogue, kind: str, path: tuple[str, ...]) -> Indexing:
    found = catalogue.attribute(kind, path)
    if found is None:
        raise StoreError(f"{kind} is not sorted by {'.'.join(path)}: declare it as an attribute of the kind")
    return found


def _may_merge(one: Clause, other: Clause) -> bool:
    if one.ranges is None or other.ranges is None or len(one.ranges) != 1 or len(other.ranges) != 1:
        return False
    [first], [second] = one.ranges, other.ranges
    return one.exact and other.exact and first.attribute == second.attribute and not first.one and not second.one


def _record(clauses: Sequence[Clause]) -> str:
    """The row of `record` for candidates `c`, where it is asked for."""
    return RECORD if any(each.cost > Cost.ENTRIES for each in clauses) else ""


def _is_one(clause: Clause) -> bool:
    """Whether it asks for one value of an index, whose entries lie in the order in which documents were made."""
    return clause.exact and clause.ranges is not None and len(clause.ranges) == 1 and clause.ranges[0].one


def _where(wheres: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(wheres)}" if wheres else ""
