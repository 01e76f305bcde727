"""remote.py

Databases elsewhere: the drift of a schema read over a foreign server beside pg_dump over such a connection, and the
status of a fleet beside as many bare connections. BENCH_TABLES=n ... says of how many tables; BENCH_SERVERS=n ... of
how many servers.
"""

import tempfile

from drift import make_tables
from measure import agree, fresh_database, in_turns, program, show, show_value, sizes, title

SERVER = """
CREATE SERVER {name} FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '{host}', port '{port}', dbname '{database}');
CREATE USER MAPPING FOR CURRENT_USER SERVER {name};
"""
DRIFT = "SELECT * FROM mighead_remote_drift('there', 'public.alembic_version', min_severity => 0)"
CAPTURE = "SELECT * FROM mighead_remote_capture('there', version_table => 'public.alembic_version', replace => true)"
STATUS = "SELECT count(*), count(*) FILTER (WHERE state = 'ok') FROM mighead_fleet('s%')"
TABLE = "CREATE TABLE alembic_version (version_num varchar(32) NOT NULL CONSTRAINT alembic_version_pkc PRIMARY KEY)"
ROW = "INSERT INTO alembic_version VALUES ('one')"

# Databases that the servers of a fleet share: what is measured is connecting, and reading with cold caches. There are
# more than servers that are asked at the same time, so that none is found to be locked by another reader.
DATABASES = 50

# pgbench connects within a thread one after the other.
THREADS = 25


def psql(*statements):
    return ["psql", "-XAtq", "-d", "bench_hub"] + [part for text in statements for part in ("-c", text)]


def fresh_hub():
    hub = fresh_database("bench_hub")
    hub.run("CREATE EXTENSION mighead", "CREATE EXTENSION postgres_fdw", "SELECT mighead_add_revision('one')")
    return hub


def place_of(hub):
    return hub.run("SELECT split_part(current_setting('unix_socket_directories'), ',', 1), current_setting('port')")[0][0]


def bench_drift(count):
    session = fresh_database("bench_there")
    make_tables(session, "public", count)
    session.run(TABLE, ROW, "VACUUM ANALYZE")
    hub = fresh_hub()
    host, port = place_of(hub)
    hub.run(SERVER.format(name="there", host=host, port=port, database="bench_there"), CAPTURE)
    agree("drift of what was just captured", hub.run(DRIFT)[0], [])
    hub.close()
    session.close()
    costs = in_turns(
        {
            "drift": lambda: program(psql(DRIFT)),
            "capture": lambda: program(psql(CAPTURE)),
            "dump": lambda: program(["pg_dump", "-s", "-n", "public", "bench_there"]),
        }
    )
    agree("drift", costs["drift"].answer, "")
    title(f"a schema of {count:,} tables elsewhere, both servers and the program")
    show("remote drift, nothing differs", costs["drift"], "pg_dump -s", costs["dump"], 1.5)
    show("remote capture", costs["capture"], "pg_dump -s", costs["dump"])


def bench_fleet(count):
    hub = fresh_hub()
    host, port = place_of(hub)
    for n in range(DATABASES):
        session = fresh_database(f"bench_fleet_{n}")
        session.run(TABLE, ROW)
        session.close()
    for n in range(count):
        hub.run(SERVER.format(name=f"s{n:04}", host=host, port=port, database=f"bench_fleet_{n % DATABASES}"))
    hub.close()
    with tempfile.NamedTemporaryFile("w", suffix=".sql", encoding="ascii") as script:
        script.write("SELECT 1;\n")
        script.flush()
        bare = ["pgbench", "-n", "-C", "-f", script.name, "-c", str(THREADS), "-j", str(THREADS)]
        bare += ["-t", str(count // THREADS), "bench_fleet_0"]
        costs = in_turns({"fleet": lambda: program(psql(STATUS)), "bare": lambda: program(bare)})
    agree("status", costs["fleet"].answer.strip(), f"{count}|{count}")
    title(f"a fleet of {count:,} servers, all servers and the program")
    show("fleet", costs["fleet"], "bare connections, SELECT 1", costs["bare"], 1.3)
    show_value("  more for each server", (costs["fleet"].cpu - costs["bare"].cpu) / count * 1e3, "ms")


if __name__ == "__main__":
    for tables in sizes("BENCH_TABLES", "1000"):
        bench_drift(tables)
    for servers in sizes("BENCH_SERVERS", "200"):
        bench_fleet(servers)
