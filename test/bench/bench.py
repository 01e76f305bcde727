"""bench.py DIRECTORY

Compares mighead with Alembic and with recursive queries over its own table, in
the database that libpq's environment names. Each figure is the median of several
runs in turn; all sides must give the same answers. DIRECTORY is for scripts.
"""

import json
import os
import statistics
import subprocess
import sys
from time import perf_counter

import psycopg2

HERE = os.path.dirname(os.path.abspath(__file__))
COUNT = int(os.environ.get("BENCH_REVISIONS", "10000"))
RUNS = int(os.environ.get("BENCH_RUNS", "3"))
READINGS = 4 * RUNS + 1

READERS = [
    "SELECT * FROM mighead_status()",
    "SELECT revision FROM mighead_heads()",
    "SELECT revision FROM mighead_pending()",
]

HEADS_QUERY = """
SELECT r.revision FROM mighead.revision r
WHERE NOT EXISTS (
    SELECT FROM (SELECT unnest(down_revision) AS parent FROM mighead.revision) child
    WHERE child.parent = r.revision)
"""

# As one writes it.
PLAIN = [
    HEADS_QUERY,
    """
WITH RECURSIVE applied AS (
    SELECT version_num::text AS revision FROM alembic_version
    UNION
    SELECT unnest(r.down_revision || r.depends_on)
    FROM applied JOIN mighead.revision r USING (revision)
)
SELECT revision FROM mighead.revision EXCEPT SELECT revision FROM applied
""",
]

# As one writes it who has read the plan of the first: an index lookup per revision.
TUNED = [
    HEADS_QUERY,
    """
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
""",
]


def connect():
    connection = psycopg2.connect("")
    connection.autocommit = True
    return connection.cursor()


def timed(cursor, statements):
    """Seconds that the statements take, and the first column of each result."""
    answers = []
    start = perf_counter()
    for statement in statements:
        cursor.execute(statement)
        answers.append(cursor.fetchall())
    seconds = perf_counter() - start
    return seconds, [sorted(row[0] or "" for row in rows) for rows in answers]


def make_scripts(count, directory):
    """Writes the scripts; returns their directory and the ids as made."""
    versions = os.path.join(directory, str(count), "versions")
    command = [sys.executable, os.path.join(HERE, "make_scripts.py"), str(count), versions]
    made = subprocess.run(command, check=True, stdout=subprocess.PIPE, universal_newlines=True)
    return versions, made.stdout.split()


def fresh_extension():
    cursor = connect()
    cursor.execute("SET client_min_messages = warning")
    cursor.execute("DROP EXTENSION IF EXISTS mighead")
    cursor.execute("CREATE EXTENSION mighead")


def load(versions):
    """In a new session, which has loaded the library as Python has Alembic."""
    cursor = connect()
    cursor.execute("SELECT mighead_version()")
    start = perf_counter()
    cursor.execute("SELECT heads FROM mighead_load_scripts(%s)", (versions,))
    heads = cursor.fetchone()[0]
    return perf_counter() - start, sorted(heads)


def stamp(rows):
    cursor = connect()
    cursor.execute("DROP TABLE IF EXISTS alembic_version")
    cursor.execute("SELECT mighead_ensure_version()")
    cursor.executemany("INSERT INTO alembic_version VALUES (%s)", [(row,) for row in rows])
    cursor.execute("VACUUM ANALYZE mighead.revision, alembic_version")


def run_alembic(versions, cache, rows=()):
    """cache: the folder of Python's compiled files, None for none."""
    environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
    if cache is not None:
        del environment["PYTHONDONTWRITEBYTECODE"]
        environment["PYTHONPYCACHEPREFIX"] = cache
    command = [sys.executable, os.path.join(HERE, "alembic_side.py"), versions, *rows]
    run = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment)
    return json.loads(run.stdout)


def agree(what, *answers):
    if any(answer != answers[0] for answer in answers):
        sys.exit(f"bench: {what}: the answers differ")


def show(what, other, seconds, other_seconds, target=None):
    ratio = other_seconds / seconds
    verdict = "" if target is None else f">= {target:<4}{'reached' if ratio >= target else 'MISSED'}"
    line = f"{what:<18}{seconds * 1000:>8.1f} ms  {other:<23}{other_seconds * 1000:>9.1f} ms {ratio:>6.1f} {verdict}"
    print(line.rstrip(), flush=True)


def bench_loading(versions, cache):
    first, again, compiling, cached = [], [], [], []
    run_alembic(versions, cache)
    for _ in range(RUNS):
        fresh_extension()
        seconds, heads = load(versions)
        first.append(seconds)
        seconds, same_heads = load(versions)
        again.append(seconds)
        answer = run_alembic(versions, None)
        compiling.append(answer["load"])
        cached.append(run_alembic(versions, cache)["load"])
        agree("heads after the load", heads, same_heads, answer["heads"])
    show("load", "Alembic", statistics.median(first), statistics.median(compiling), 8)
    show("load, unchanged", "Alembic, files compiled", statistics.median(again), statistics.median(cached))


def bench_reading(versions, cache, rows):
    own, first, plain, tuned, loads, plans = [], [], [], [], [], []
    session = connect()
    timed(session, READERS)
    for _ in range(READINGS):
        seconds, answers = timed(session, READERS)
        own.append(seconds)
        seconds, tuned_answers = timed(session, TUNED)
        tuned.append(seconds)
        agree("heads and pending", answers[1:], tuned_answers)
    for _ in range(READINGS):
        new_session = connect()
        new_session.execute("SELECT mighead_version()")
        first.append(timed(new_session, READERS)[0])
        new_session.connection.close()
    for _ in range(RUNS):
        seconds, plain_answers = timed(session, PLAIN)
        plain.append(seconds)
        answer = run_alembic(versions, cache, rows)
        loads.append(answer["load"] + answer["plan"])
        plans.append(answer["plan"])
        agree("heads and pending", answers[1:], plain_answers, [answer["heads"], answer["pending"]])
    seconds = statistics.median(own)
    print(f"\nstatus + heads + pending, with {len(answers[2])} revisions pending:")
    show("", "recursive CTE", seconds, statistics.median(plain), 4)
    show("", "the same, tuned by hand", seconds, statistics.median(tuned))
    show("", "Alembic, plan only", seconds, statistics.median(plans), 200)
    show("", "Alembic, with loading", seconds, statistics.median(loads))
    show("", "the first in a session", seconds, statistics.median(first))
    show("the first", "Alembic, with loading", statistics.median(first), statistics.median(loads))


def bench_growth(directory):
    print("\nGrowth, microseconds per revision:\n revisions     load  status + heads + pending")
    for count in (COUNT // 4, COUNT // 2, COUNT, COUNT * 2):
        versions, made = make_scripts(count, directory)
        loads = []
        for _ in range(RUNS):
            fresh_extension()
            loads.append(load(versions)[0])
        stamp([made[count * 9 // 10]])
        session = connect()
        timed(session, READERS)
        readings = [timed(session, READERS)[0] for _ in range(READINGS)]
        per_load = statistics.median(loads) / count * 1e6
        per_reading = statistics.median(readings) / count * 1e6
        print(f"{count:>10,}{per_load:>9.1f}{per_reading:>26.2f}", flush=True)


def main(directory):
    versions, made = make_scripts(COUNT, directory)
    cache = os.path.join(directory, "compiled")
    rows = [made[COUNT * 9 // 10]]
    print(f"{COUNT:,} revisions, median of {RUNS} runs in turn (readers: {READINGS})\n")
    print(f"{'mighead':>29}  {'compared with':<35} ratio target")
    bench_loading(versions, cache)
    stamp(rows)
    bench_reading(versions, cache, rows)
    bench_growth(directory)


if __name__ == "__main__":
    main(sys.argv[1])
