"""status.py

How long mighead_status() takes: the first one of a session on a nearly empty database, and that of many
tenants. BENCH_TENANTS=n ... says of how many.
"""

from measure import Session, first_in_session, fresh_database, in_session, in_turns, program, show, show_value, sizes, title

STATUS = "SELECT * FROM mighead_status()"

TENANT = """
CREATE SCHEMA tenant_{n};
CREATE TABLE tenant_{n}.alembic_version (version_num varchar(32) NOT NULL CONSTRAINT alembic_version_pkc PRIMARY KEY);
INSERT INTO tenant_{n}.alembic_version VALUES ('two');
CREATE TABLE tenant_{n}.orders (id bigint PRIMARY KEY);
"""

LOOP = """
CREATE FUNCTION read_each() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    version_table regclass;
BEGIN
    FOR version_table IN SELECT oid FROM pg_class WHERE relname = 'alembic_version' AND relkind = 'r' LOOP
        RETURN QUERY EXECUTE format('SELECT version_num::text FROM %s', version_table);
    END LOOP;
END $$
"""

SCRIPTS = "SELECT mighead_add_revision('one'), mighead_add_revision('two', '{one}')"


def bench_empty():
    fresh_database("bench_empty").run("CREATE EXTENSION mighead", "SELECT mighead_ensure_version()")
    psql = ["psql", "-X", "-q", "-d", "bench_empty", "-c"]
    costs = in_turns(
        {
            "status": lambda: program(psql + [STATUS]),
            "one": lambda: program(psql + ["SELECT 1"]),
            "first": lambda: first_in_session("bench_empty", STATUS),
            "first one": lambda: first_in_session("bench_empty", "SELECT 1"),
        },
        15,
    )
    title("a nearly empty database")
    show("first status, psql -c as a whole", costs["status"], "SELECT 1", costs["one"])
    show_value("  more wall time", (costs["status"].wall - costs["one"].wall) * 1e3, "ms", 25)
    show("first status, its backend", costs["first"], "SELECT 1", costs["first one"])
    show_value("  more CPU time", (costs["first"].cpu - costs["first one"].cpu) * 1e3, "ms", 25)


def bench_tenants(count):
    session = fresh_database("bench_tenants")
    for first in range(0, count, 100):
        session.run("".join(TENANT.format(n=n) for n in range(first, min(first + 100, count))))
    session.run("CREATE EXTENSION mighead", SCRIPTS, LOOP, "VACUUM ANALYZE")
    own, loop = Session("bench_tenants"), Session("bench_tenants")
    own.run(STATUS)
    loop.run("SELECT * FROM read_each()")
    costs = in_turns(
        {
            "first": lambda: first_in_session("bench_tenants", STATUS),
            "first loop": lambda: first_in_session("bench_tenants", "SELECT * FROM read_each()"),
            "again": lambda: in_session(own, STATUS),
            "loop again": lambda: in_session(loop, "SELECT * FROM read_each()"),
        }
    )
    title(f"{count:,} tenants")
    loop_name = "PL/pgSQL loop with EXECUTE"
    show("first status", costs["first"], loop_name + ", first", costs["first loop"], 0.5)
    show("status again", costs["again"], loop_name + ", again", costs["loop again"], 0.5)
    show_value("  for each tenant, first", costs["first"].cpu / count * 1e6, "us")


if __name__ == "__main__":
    bench_empty()
    for tenants in sizes("BENCH_TENANTS", "1000"):
        bench_tenants(tenants)
