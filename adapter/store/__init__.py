"""What outlives the process, in a database: SQLite in a file, or PostgreSQL.

Imported only where `ADAPTER_STORE` is set: SQLAlchemy doubles the time that the service takes to import.
SQLAlchemy describes the tables and Alembic makes them; what a request waits for goes to the drivers directly,
which takes a quarter of the time of a transaction of SQLAlchemy's engine (measured).
"""
