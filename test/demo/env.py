"""Alembic's environment for the demo: plain SQL migrations, libpq's settings."""
from alembic import context
from sqlalchemy import create_engine, pool


def run_migrations():
    if context.is_offline_mode():
        context.configure(dialect_name="postgresql", literal_binds=True)
        with context.begin_transaction():
            context.run_migrations()
        return
    engine = create_engine("postgresql+psycopg2://", poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()


run_migrations()
