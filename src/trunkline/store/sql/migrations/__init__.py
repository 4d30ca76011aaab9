"""The store's tables, one step after the other; `env.py` is Alembic's way in, `versions/` are the steps."""
