"""drift.py

Compares mighead_drift() and mighead_capture() with what else reads a schema: the plain queries that one asks the
catalogs, pg_dump and Alembic's compare_metadata. BENCH_TABLES=n ... says of how many tables; BENCH_DRIFT_TENANTS=n
how many tenants of twenty tables there are.
"""

import itertools
import time
import warnings
from time import perf_counter

import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from measure import (
    Cost,
    Session,
    agree,
    cpu_of_ended_backends,
    first_in_session,
    fresh_database,
    in_session,
    in_turns,
    postmaster,
    program,
    show,
    show_value,
    sizes,
    title,
)

TABLE = """
CREATE TABLE {schema}.t{n} (id bigserial PRIMARY KEY, name varchar(40) NOT NULL, state text NOT NULL DEFAULT 'new',
    total numeric(12,2) DEFAULT 0, made timestamptz DEFAULT now(), parent bigint REFERENCES {schema}.t{parent},
    note text, a integer, b bigint, c date, d jsonb, e boolean, CHECK (state IN ('new', 'old')), UNIQUE (name));
CREATE INDEX ON {schema}.t{n} (parent);
CREATE INDEX ON {schema}.t{n} (lower(note)) WHERE state = 'new';
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

DRIFT = "SELECT * FROM mighead_drift(min_severity => 0)"
ONE = "SELECT * FROM mighead_drift(relation => 'public.t7', min_severity => 0)"
CAPTURE = "SELECT * FROM mighead_capture()"
FORGET = "TRUNCATE mighead.fingerprint"
FORGET_ALL = "TRUNCATE mighead.fingerprint, mighead.expected_set, mighead.expected, mighead.definition"
# a migration that changes one table
STEP = """
ALTER TABLE t7 ADD COLUMN added_{n} integer;
SELECT mighead_add_revision('step_{n}', ARRAY(SELECT version_num FROM alembic_version));
UPDATE alembic_version SET version_num = 'step_{n}';
"""
ROW = "INSERT INTO {schema}.alembic_version VALUES ('one')"


def make_tables(session, schema, count):
    for first in range(0, count, 100):
        numbers = range(first, min(first + 100, count))
        session.run("".join(TABLE.format(schema=schema, n=n, parent=n // 10 * 10) for n in numbers))


def make_database(name, count):
    session = fresh_database(name)
    make_tables(session, "public", count)
    session.run("CREATE EXTENSION mighead", "SELECT mighead_ensure_version()", "SELECT mighead_add_revision('one')")
    session.run(ROW.format(schema="public"), CAPTURE)
    session.run("VACUUM ANALYZE")
    agree("drift of what was just captured", session.run(DRIFT)[0], [])
    session.close()


def engine_of(database):
    return sqlalchemy.create_engine(
        "postgresql://", connect_args={"dbname": database}, poolclass=sqlalchemy.pool.NullPool
    )


def compare(database, metadata):
    pid = postmaster()
    backends, cpu, wall = cpu_of_ended_backends(pid), time.process_time(), perf_counter()
    with engine_of(database).connect() as connection:
        compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)
    cpu, wall = time.process_time() - cpu, perf_counter() - wall
    time.sleep(0.1)
    return Cost(cpu + cpu_of_ended_backends(pid) - backends, wall)


def first_after(database, statement, what):
    """The first call of a session, after a statement in another one."""
    session = Session(database)
    session.run(statement)
    session.close()
    return first_in_session(database, what)


def show_drift(costs):
    plain, warm = "four plain queries, first", "four plain queries, again"
    show("first drift, nothing differs, after a check", costs["first"], plain, costs["first plain"], 0.4)
    show("", costs["first"], warm, costs["plain"])
    show("  where nothing is stored, as after a restore", costs["nothing"], plain, costs["first plain"], 1.2)
    show("  asked again", costs["again"], warm, costs["plain"], 0.25)
    show("first drift, after a check", costs["first"], "pg_dump -s", costs["dump"], 0.15)
    show("  where nothing is stored", costs["nothing"], "pg_dump -s", costs["dump"], 0.15)
    show("capture, nothing has changed", costs["capture"], "pg_dump -s", costs["dump"], 0.5)
    show("  after a migration that changed one table", costs["step"], "pg_dump -s", costs["dump"], 0.5)
    show("  the first one", costs["first capture"], "pg_dump -s", costs["dump"], 0.5)


def bench_schema(count):
    make_database("bench_drift", count)
    own, plain = Session("bench_drift"), Session("bench_drift")
    own.run(DRIFT, DRIFT)
    plain.run(*PLAIN)
    steps = itertools.count(1)
    costs = in_turns(
        {
            "first": lambda: first_in_session("bench_drift", DRIFT),
            "first plain": lambda: first_in_session("bench_drift", *PLAIN),
            "again": lambda: in_session(own, DRIFT),
            "plain": lambda: in_session(plain, *PLAIN),
            "capture": lambda: first_in_session("bench_drift", CAPTURE),
            "nothing": lambda: first_after("bench_drift", FORGET, DRIFT),
            "first capture": lambda: first_after("bench_drift", FORGET_ALL, CAPTURE),
            "step": lambda: first_after("bench_drift", STEP.format(n=next(steps)), CAPTURE),
            "dump": lambda: program(["pg_dump", "-s", "-n", "public", "bench_drift"]),
            "one": lambda: first_in_session("bench_drift", ONE),
            "one of ten": lambda: first_in_session("bench_ten", ONE),
        }
    )
    title(f"a schema of {count:,} tables")
    show_drift(costs)
    if count <= 1000:
        # minutes: once is enough to see the order of magnitude
        metadata = sqlalchemy.MetaData()
        metadata.reflect(engine_of("bench_drift"))
        once = compare("bench_drift", metadata)
        show("first drift, after a check", costs["first"], "Alembic, compare_metadata, once", once, 0.01)
        show("  where nothing is stored", costs["nothing"], "Alembic, compare_metadata, once", once, 0.01)
    show("first drift of one table", costs["one"], "among 10 tables", costs["one of ten"], 2)
    show_value("  memory that a session keeps", own.memory("RssAnon"), "MB", 20)
    own.run(FORGET, DRIFT)
    show_value("  where it had to read all of them", own.memory("RssAnon"), "MB", 20)
    own.run(FORGET_ALL, CAPTURE)
    show_value("  its peak, with the first capture", own.memory("VmHWM"), "MB", 150)


def bench_tenants(count):
    session = fresh_database("bench_drift_tenants")
    for n in range(count):
        session.run(f"CREATE SCHEMA s{n}")
        make_tables(session, f"s{n}", 20)
        session.run(
            f"CREATE TABLE s{n}.alembic_version (version_num varchar(32) PRIMARY KEY)", ROW.format(schema=f"s{n}")
        )
    session.run("CREATE EXTENSION mighead", "SELECT * FROM mighead_capture(version_table => 's0.alembic_version')")
    session.run("VACUUM ANALYZE")
    make_database("bench_one_schema", count * 20)
    costs = in_turns(
        {
            "tenants": lambda: first_in_session("bench_drift_tenants", DRIFT),
            "one": lambda: first_in_session("bench_one_schema", DRIFT),
        }
    )
    agree("drift of tenants", costs["tenants"].answer[0], [])
    title(f"drift of {count:,} tenants of twenty tables")
    show("first", costs["tenants"], f"one schema of {count * 20:,} tables", costs["one"], 1.5)
    show_value("  for each tenant", costs["tenants"].cpu / count * 1e3, "ms")


if __name__ == "__main__":
    # indexes on expressions are beyond what SQLAlchemy reads
    warnings.simplefilter("ignore", sqlalchemy.exc.SAWarning)
    make_database("bench_ten", 10)
    for tables in sizes("BENCH_TABLES", "1000"):
        bench_schema(tables)
    for tenants in sizes("BENCH_DRIFT_TENANTS", "50"):
        bench_tenants(tenants)
