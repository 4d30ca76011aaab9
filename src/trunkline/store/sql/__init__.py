"""The store on SQLite and PostgreSQL, by SQLAlchemy."""
