"""history.py DIRECTORY

Compares mighead with Alembic, and with queries over its own table, for histories of BENCH_REVISIONS=n ...
revisions. All sides must give the same answers. DIRECTORY is for scripts.
"""

import json
import os
import subprocess
import sys

from measure import (
    HERE,
    RUNS,
    Cost,
    Session,
    agree,
    first_in_session,
    fresh_database,
    in_session,
    in_turns,
    program,
    show,
    show_value,
    sizes,
    title,
)

STATUS = "SELECT * FROM mighead_status()"
READERS = [
    "SELECT revision FROM mighead_heads()",
    "SELECT revision FROM mighead_pending()",
    "SELECT revision FROM mighead_history()",
]
COUNT = "SELECT count(*), sum(length(revision)) FROM mighead.revision"

HEADS = """
SELECT r.revision FROM mighead.revision r
WHERE NOT EXISTS (
    SELECT FROM (SELECT unnest(down_revision) AS parent FROM mighead.revision) child
    WHERE child.parent = r.revision)
"""

# As one writes it who has read the plan of the plain one: an index lookup per revision.
PENDING = """
WITH RECURSIVE applied AS (
    SELECT version_num::text AS revision FROM alembic_version
    UNION
    SELECT p.parent
    FROM applied CROSS JOIN LATERAL (
        SELECT unnest(r.down_revision || r.depends_on) AS parent
        FROM mighead.revision r
        WHERE r.project = 'default' AND r.revision = applied.revision OFFSET 0) p
)
SELECT revision FROM mighead.revision EXCEPT SELECT revision FROM applied
"""

HISTORY = """
WITH RECURSIVE line AS (
    SELECT revision FROM mighead.revision WHERE down_revision = '{}'
    UNION
    SELECT r.revision FROM line JOIN LATERAL (
        SELECT revision FROM parents WHERE parent = line.revision OFFSET 0) r ON true
)
SELECT revision FROM line
"""
PARENTS = """
CREATE TABLE parents AS SELECT revision, unnest(down_revision) AS parent FROM mighead.revision;
CREATE INDEX ON parents (parent);
"""


def make_scripts(count, directory):
    """Writes the scripts; returns their directory and the ids as made."""
    versions = os.path.join(directory, str(count), "versions")
    command = [sys.executable, os.path.join(HERE, "make_scripts.py"), str(count), versions]
    made = subprocess.run(command, check=True, stdout=subprocess.PIPE, universal_newlines=True)
    return versions, made.stdout.split()


def load(versions):
    """In a new session, which has loaded the library as Python has Alembic."""
    session = fresh_database("bench_load")
    session.run("CREATE EXTENSION mighead")
    cost = in_session(session, f"SELECT heads FROM mighead_load_scripts('{versions}')")
    session.close()
    return cost


def load_with_client(versions):
    fresh_database("bench_load").run("CREATE EXTENSION mighead")
    client = os.path.join(HERE, "../../build/client/mighead")
    return program([client, "load", "--dbname", "bench_load", versions])


def alembic_call(versions, cache, rows=()):
    """cache: the folder of Python's compiled files, None for none. Returns command and environment."""
    environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
    if cache is not None:
        del environment["PYTHONDONTWRITEBYTECODE"]
        environment["PYTHONPYCACHEPREFIX"] = cache
    return [sys.executable, os.path.join(HERE, "alembic_side.py"), versions, *rows], environment


def run_alembic(versions, cache, rows=()):
    command, environment = alembic_call(versions, cache, rows)
    run = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment)
    return json.loads(run.stdout)


def alembic_process(versions, cache):
    """From its start to its end, as the program mighead is measured."""
    return program(*alembic_call(versions, cache))


def alembic(versions, cache, rows, part):
    answer = run_alembic(versions, cache, rows)
    return Cost(*answer[part], answer)


def make_database(versions, made):
    session = fresh_database("bench_history")
    session.run("CREATE EXTENSION mighead", f"SELECT heads FROM mighead_load_scripts('{versions}')")
    session.run("SELECT mighead_ensure_version()", f"INSERT INTO alembic_version VALUES ('{made[len(made) * 9 // 10]}')")
    session.run(PARENTS, "VACUUM ANALYZE")
    session.close()


def first_column(answers):
    return [sorted(row[0] for row in rows) for rows in answers]


def bench_reading(versions, made, cache):
    make_database(versions, made)
    rows = [made[len(made) * 9 // 10]]
    own, query = Session("bench_history"), Session("bench_history")
    own.run(STATUS, *READERS)
    query.run(COUNT, HEADS, PENDING, HISTORY)
    works = {
        "first status": lambda: first_in_session("bench_history", STATUS),
        "status": lambda: in_session(own, STATUS),
        "count": lambda: in_session(query, COUNT),
        "readers": lambda: in_session(own, *READERS),
        "queries": lambda: in_session(query, HEADS, PENDING, HISTORY),
        "history": lambda: in_session(own, READERS[2]),
    }
    costs = in_turns(works)
    agree("heads, pending, history", first_column(costs["readers"].answer), first_column(costs["queries"].answer))
    show("first status", costs["first status"], "count(*), sum(length(revision))", costs["count"])
    show("status again", costs["status"], "the same", costs["count"], 3 if len(made) <= 10000 else 5)
    show("heads + pending + history", costs["readers"], "recursive queries, tuned by hand", costs["queries"], 0.2)
    if len(made) <= 10000:
        plan = in_turns({"plan": lambda: alembic(versions, cache, rows, "plan")}, min(RUNS, 3))["plan"]
        agree("pending", first_column(costs["readers"].answer)[1], plan.answer["pending"])
        show("heads + pending + history", costs["readers"], "Alembic in process, heads + plan", plan, 0.002)
    show_value("  memory that a session keeps", own.memory("RssAnon"), "MB", 20)
    return costs["history"]


def bench_loading(versions, cache):
    run_alembic(versions, cache)
    costs = in_turns(
        {
            "server": lambda: load(versions),
            "client": lambda: load_with_client(versions),
            "alembic": lambda: alembic(versions, cache, (), "load"),
            "process": lambda: alembic_process(versions, cache),
        },
        3,
    )
    agree("heads after the load", sorted(costs["server"].answer[0][0][0]), costs["alembic"].answer["heads"])
    show("load, in the server (3 turns)", costs["server"], "Alembic, files compiled", costs["alembic"], 0.1)
    show("load, with the program mighead", costs["client"], "Alembic, files compiled", costs["alembic"])
    show("load, with the program mighead", costs["client"], "Alembic, the whole process", costs["process"], 0.15)


def main(directory):
    before = None
    for count in sizes("BENCH_REVISIONS", "1000 10000"):
        versions, made = make_scripts(count, directory)
        cache = os.path.join(directory, "compiled")
        title(f"{count:,} revisions")
        if count <= 10000:
            bench_loading(versions, cache)
        history = bench_reading(versions, made, cache)
        if before is not None:
            show("history", history, f"of {before[0]:,} revisions", before[1], 12 * count / before[0] / 10)
        before = (count, history)


if __name__ == "__main__":
    main(sys.argv[1])
