"""The peer: alarms by FastAPI and SQLAlchemy as their documentation shows it, a column for what is often asked for and
the rest as JSON. `crud.py DATABASE PORT` serves it until it is killed."""

import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import JSON, DateTime, String, create_engine, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

PAGE = 1_000


class Base(DeclarativeBase):
    pass


class Alarm(Base):
    __tablename__ = "peer_alarm"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    severity: Mapped[str] = mapped_column(String, index=True)
    state: Mapped[str] = mapped_column(String, index=True)
    raised: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    document: Mapped[dict[str, Any]] = mapped_column(JSON)


def row(document: dict[str, Any]) -> dict[str, Any]:
    """A document as a row."""
    return {
        "id": document["id"],
        "severity": document["perceivedSeverity"],
        "state": document["state"],
        "raised": datetime.fromisoformat(document["alarmRaisedTime"]),
        "document": document,
    }


def fill(url: str, documents: Iterable[dict[str, Any]]) -> None:
    """Put documents into a new table."""
    engine = create_engine(url)
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        batch: list[dict[str, Any]] = []
        for document in documents:
            batch.append(row(document))
            if len(batch) == PAGE:
                connection.execute(insert(Alarm), batch)
                batch = []
        if batch:
            connection.execute(insert(Alarm), batch)
    engine.dispose()


def application(url: str) -> FastAPI:
    sessions = sessionmaker(create_engine(url))
    app = FastAPI()

    def session() -> Iterator[Session]:
        with sessions() as session:
            yield session

    @app.get("/alarm/{id}")
    def get(id: str, session: Annotated[Session, Depends(session)]) -> dict[str, Any]:
        alarm = session.get(Alarm, id)
        if alarm is None:
            raise HTTPException(404)
        return alarm.document

    @app.get("/alarm")
    def find(session: Annotated[Session, Depends(session)], offset: int = 0, limit: int = 100) -> list[dict[str, Any]]:
        query = select(Alarm).order_by(Alarm.raised).offset(offset).limit(limit)
        return [alarm.document for alarm in session.scalars(query)]

    return app


if __name__ == "__main__":
    url, port = sys.argv[1:]
    uvicorn.run(application(url), host="127.0.0.1", port=int(port), log_level="warning", access_log=False)
