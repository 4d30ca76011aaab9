"""Clients that write to a table of customers: transactions of some rows each, at random, some of them rolled back."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

KEYS = 60  # customers that there may be at a time, for each client


class Client:
    """Writes to `table` (id, name, n) through a connection whose transactions are its own. Clients of different
    `number` never touch the same rows; `seed` decides what happens."""

    def __init__(self, connection: Any, table: str, number: int = 0, seed: int = 0) -> None:
        self._connection, self._table = connection, table
        self._first, self._random = number * KEYS, random.Random(f"{seed}-{number}")
        self._rows: set[int] = set()
        self._count = 0
        self.transactions = 0

    def transact(self) -> None:
        """One transaction."""
        rows = set(self._rows)
        with self._connection.cursor() as cursor:
            for _ in range(self._random.randint(1, 6)):
                self._change(cursor, rows)
        if self._random.random() < 0.1:
            self._connection.rollback()
            return
        self._connection.commit()
        self._rows = rows
        self.transactions += 1

    def _change(self, cursor: Any, rows: set[int]) -> None:
        self._count += 1
        free = [key for key in range(self._first, self._first + KEYS) if key not in rows]
        what = self._random.choice("iiuuuudk") if rows else "i"
        if what == "i" and free:
            key = self._random.choice(free)
            cursor.execute(f"INSERT INTO {self._table} VALUES (%s, %s, %s)", (key, "é" * (key % 5), self._count))
            rows.add(key)
            return
        key = self._random.choice(sorted(rows or {self._first}))
        if what == "d":
            cursor.execute(f"DELETE FROM {self._table} WHERE id = %s", (key,))
            rows.discard(key)
        elif what == "k" and free:
            new = self._random.choice(free)
            cursor.execute(f"UPDATE {self._table} SET id = %s, n = %s WHERE id = %s", (new, self._count, key))
            rows.discard(key)
            rows.add(new)
        else:
            cursor.execute(f"UPDATE {self._table} SET n = %s WHERE id = %s", (self._count, key))


@contextmanager
def busy(connect: Callable[[], Any], table: str, clients: int = 3, seed: int = 0) -> Iterator[list[Client]]:
    """Clients at work, each in a thread of its own. Raises what one of them ran into."""
    stop, failures = threading.Event(), list[BaseException]()
    connections = [connect() for _ in range(clients)]
    working = [Client(connection, table, number, seed) for number, connection in enumerate(connections)]

    def work(client: Client) -> None:
        try:
            while not stop.is_set():
                client.transact()
                stop.wait(0.001)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(client,)) for client in working]
    for thread in threads:
        thread.start()
    try:
        yield working
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        for connection in connections:
            connection.close()
    if failures:
        raise failures[0]
