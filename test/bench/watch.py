"""watch.py DIRECTORY

Compares an upgrade with the real Alembic that is watched with one that is not. BENCH_STEPS=n says of how many
revisions. DIRECTORY is for scripts.
"""

import os
import shutil
import sys

from measure import fresh_database, in_turns, program, show, title

STEPS = int(os.environ.get("BENCH_STEPS", "300"))

ENVIRONMENT = """
import os
from alembic import context
from sqlalchemy import create_engine, pool

engine = create_engine("postgresql://", connect_args={"dbname": os.environ["BENCH_DATABASE"]}, poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
"""

SCRIPT = '''"""step {n}"""
from alembic import op

revision = "{id}"
down_revision = {down}


def upgrade():
    op.execute("CREATE TABLE w{n} (id bigint PRIMARY KEY, name text NOT NULL)")
    op.execute("CREATE INDEX ON w{n} (name)")


def downgrade():
    pass
'''

UPGRADE = """
import sys
from alembic import command
from alembic.config import Config

config = Config()
config.set_main_option("script_location", sys.argv[1])
command.upgrade(config, "head")
"""


def make_history(directory):
    folder = os.path.join(directory, "watched")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(os.path.join(folder, "versions"))
    with open(os.path.join(folder, "env.py"), "w", encoding="utf-8") as file:
        file.write(ENVIRONMENT)
    for n in range(STEPS):
        text = SCRIPT.format(n=n, id=f"r{n:04}", down=f'"r{n - 1:04}"' if n else None)
        with open(os.path.join(folder, "versions", f"r{n:04}.py"), "w", encoding="utf-8") as file:
            file.write(text)
    return folder


def upgrade(folder, *watch):
    """In a database of its own."""
    session = fresh_database("bench_watch")
    session.run("CREATE EXTENSION mighead", "SELECT mighead_ensure_version()", *watch)
    session.close()
    environment = dict(os.environ, BENCH_DATABASE="bench_watch")
    return program([sys.executable, "-c", UPGRADE, folder], environment)


def main(directory):
    folder = make_history(directory)
    load = f"SELECT heads FROM mighead_load_scripts('{folder}/versions')"
    costs = in_turns(
        {
            "plain": lambda: upgrade(folder),
            "watched": lambda: upgrade(folder, load, "SELECT mighead_watch('alembic_version')"),
            "captured": lambda: upgrade(folder, load, "SELECT mighead_watch('alembic_version', capture => true)"),
            "ddl": lambda: upgrade(folder, load, "SELECT mighead_watch('alembic_version')", "SELECT mighead_watch_ddl()"),
        }
    )
    title(f"alembic upgrade of {STEPS} revisions, client and server")
    show("watched", costs["watched"], "not watched", costs["plain"], 1.05)
    show("watched, with capture", costs["captured"], "not watched", costs["plain"], 1.5)
    show("watched, with the DDL watch", costs["ddl"], "not watched", costs["plain"], 1.15)


if __name__ == "__main__":
    main(sys.argv[1])
