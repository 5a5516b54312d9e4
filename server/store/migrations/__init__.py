"""Migrations of the database, run by alembic when `opening` finds a schema that is missing or older."""
