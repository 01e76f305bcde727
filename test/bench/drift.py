"""drift.py DIRECTORY

Compares mighead_drift() with what else tells whether a schema is as it should be, and an
upgrade with the real Alembic that is watched with one that is not. Each figure is the median of
several runs in turn, in databases of their own beside the one that libpq's environment
names. DIRECTORY is for scripts.
"""

import os
import shutil
import statistics
import subprocess
import sys
import warnings
from time import perf_counter

import psycopg2
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from bench import RUNS, connect, show

TABLES = int(os.environ.get("BENCH_TABLES", "1000"))
STEPS = int(os.environ.get("BENCH_STEPS", "300"))

TABLE = """
CREATE TABLE t{n} (id bigserial PRIMARY KEY, name varchar(40) NOT NULL, state text NOT NULL DEFAULT 'new',
    total numeric(12,2) DEFAULT 0, made timestamptz DEFAULT now(), parent bigint REFERENCES t{parent},
    note text, CHECK (state IN ('new', 'old')), UNIQUE (name));
CREATE INDEX ON t{n} (parent);
CREATE INDEX ON t{n} (lower(note)) WHERE state = 'new';
"""

# What one asks the catalogs when nothing else is there.
PLAIN = [
    """
SELECT attrelid::regclass::text, attname, format_type(atttypid, atttypmod), attnotnull, attidentity,
    attgenerated, pg_get_expr(adbin, adrelid)
FROM pg_attribute JOIN pg_class c ON c.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
ORDER BY 1, attnum
""",
    """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 0 ORDER BY 1, 2
""",
    """
SELECT indrelid::regclass::text, indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisvalid
FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE relnamespace = 'public'::regnamespace ORDER BY 1, 2
""",
    """
SELECT c.oid::regclass::text, seqtypid::regtype::text, seqstart, seqincrement, seqmin, seqmax, seqcycle
FROM pg_sequence JOIN pg_class c ON c.oid = seqrelid WHERE relnamespace = 'public'::regnamespace ORDER BY 1
""",
]

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


def session(database):
    connection = psycopg2.connect(dbname=database)
    connection.autocommit = True
    return connection.cursor()


def fresh_database(name, template="template1"):
    cursor = connect()
    cursor.execute(f"DROP DATABASE IF EXISTS {name}")
    cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template}")


def timed(work):
    start = perf_counter()
    answer = work()
    return perf_counter() - start, answer


def rows_of(cursor, statements):
    answers = []
    for statement in statements:
        cursor.execute(statement)
        answers.append(cursor.fetchall())
    return answers


def make_tables(cursor):
    for first in range(0, TABLES, 100):
        cursor.execute("".join(TABLE.format(n=n, parent=n // 10 * 10) for n in range(first, min(first + 100, TABLES))))
    cursor.execute("CREATE EXTENSION mighead; SELECT mighead_ensure_version(); INSERT INTO alembic_version VALUES ('one')")
    cursor.execute("SELECT mighead_capture()")
    cursor.execute("VACUUM ANALYZE")


def dump():
    subprocess.run(["pg_dump", "-s", "-n", "public", "bench_drift"], check=True, stdout=subprocess.DEVNULL)


def compare(metadata):
    engine = sqlalchemy.create_engine("postgresql://", connect_args={"dbname": "bench_drift"}, poolclass=sqlalchemy.pool.NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return compare_metadata(context, metadata)


def reflect():
    metadata = sqlalchemy.MetaData()
    engine = sqlalchemy.create_engine("postgresql://", connect_args={"dbname": "bench_drift"}, poolclass=sqlalchemy.pool.NullPool)
    metadata.reflect(engine)
    return metadata


def median_of(work, runs=RUNS):
    return statistics.median(timed(work)[0] for _ in range(runs))


def bench_drift():
    fresh_database("bench_drift")
    make_tables(session("bench_drift"))
    metadata = reflect()
    own, first, plain, dumps = [], [], [], []
    cursor = session("bench_drift")
    drift = ["SELECT * FROM mighead_drift(min_severity => 0)"]
    # the first of a session fills its caches, the second begins to keep what it reads
    for _ in range(2):
        if rows_of(cursor, drift) != [[]]:
            sys.exit("bench: drift of what was just captured")
    rows_of(cursor, PLAIN)
    for _ in range(RUNS):
        own.append(timed(lambda: rows_of(cursor, drift))[0])
        new_session = session("bench_drift")
        first.append(timed(lambda: rows_of(new_session, drift))[0])
        new_session.connection.close()
        plain.append(timed(lambda: rows_of(cursor, PLAIN))[0])
        dumps.append(timed(dump)[0])
    # minutes each: once is enough to see the order of magnitude
    alembic = median_of(lambda: compare(metadata), 1)
    seconds = statistics.median(own)
    first_seconds = statistics.median(first)
    print(f"\ndrift of {TABLES:,} tables, everything compared:")
    show("", "four plain queries", seconds, statistics.median(plain), 1)
    show("", "pg_dump -s", seconds, statistics.median(dumps))
    show("", "Alembic, comparison", seconds, alembic)
    show("the first", "four plain queries", first_seconds, statistics.median(plain))
    show("the first", "pg_dump -s", first_seconds, statistics.median(dumps))


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


UPGRADE = """
import sys
from time import perf_counter
from alembic import command
from alembic.config import Config

config = Config()
config.set_main_option("script_location", sys.argv[1])
start = perf_counter()
command.upgrade(config, "head")
print(perf_counter() - start)
"""


def upgrade(folder, watch):
    """Seconds of all steps, in a database of its own."""
    fresh_database("bench_watch")
    session("bench_watch").execute("CREATE EXTENSION mighead; SELECT mighead_ensure_version(); " + watch)
    environment = dict(os.environ, BENCH_DATABASE="bench_watch")
    command = [sys.executable, "-c", UPGRADE, folder]
    run = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment, universal_newlines=True)
    return float(run.stdout.split()[-1])


def bench_watch(directory):
    folder = make_history(directory)
    plain, watched, captured = [], [], []
    upgrade(folder, "")
    load = f"SELECT mighead_load_scripts('{folder}/versions'); "
    for _ in range(RUNS):
        plain.append(upgrade(folder, ""))
        watched.append(upgrade(folder, load + "SELECT mighead_watch('alembic_version')"))
        captured.append(upgrade(folder, load + "SELECT mighead_watch('alembic_version', capture => true)"))
    seconds = statistics.median(plain)
    print(f"\nalembic upgrade of {STEPS} revisions: {seconds:.2f} s; as many times that")
    for name, times, target in (("watched", watched, 1.05), ("watched, captured", captured, None)):
        ratio = statistics.median(times) / seconds
        verdict = "" if target is None else f"<= {target} {'reached' if ratio <= target else 'MISSED'}"
        print(f"{name:<20}{ratio:>6.2f} {verdict}".rstrip(), flush=True)


if __name__ == "__main__":
    # indexes on expressions are beyond what SQLAlchemy reads
    warnings.simplefilter("ignore", sqlalchemy.exc.SAWarning)
    bench_drift()
    bench_watch(sys.argv[1])
