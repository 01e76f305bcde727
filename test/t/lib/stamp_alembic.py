"""Stamps with the real Alembic and with mighead_stamp, side by side in one database.

Seeded random graphs, rows and targets.  Alembic's MigrationContext.stamp works on the
version table of schema theirs, mighead_stamp on that of schema ours: both have to leave the
same rows, or to refuse in the same words.  After every stamp that mighead accepted, what
Alembic makes of the rows (current, and the steps of upgrade heads) has to be what
mighead_current and mighead_pending say.

    stamp_alembic.py URL DIRECTORY_OF_GRAPH_ORACLE CASES [SEED]

The database must have mighead and nothing else.  Exits with 1 where something differs.
"""

import collections
import json
import random
import sys

import sqlalchemy
from alembic.runtime.migration import MigrationContext

sys.path.insert(0, sys.argv[2])
import graph_oracle as oracle  # noqa: E402


class Refusal:
    """What mighead raised."""

    def __init__(self, error):
        self.code = error.orig.pgcode
        self.text = error.orig.diag.message_primary


class Mighead:
    def __init__(self, connection):
        self.connection = connection

    def query(self, sql, **parameters):
        """Rows, or the Refusal; what was refused is rolled back."""
        try:
            with self.connection.begin():
                result = self.connection.execute(sqlalchemy.text(sql), parameters)
                return result.fetchall() if result.returns_rows else []
        except sqlalchemy.exc.DBAPIError as error:
            return Refusal(error)

    def load(self, specs):
        revisions = [
            {"revision": spec.revision, "load_order": index, "down_revision": spec.down,
             "depends_on": spec.deps, "branch_labels": spec.labels, "message": "",
             "by_hand": False, "checksum": "0" * 64, "first_checksum": "0" * 64,
             "body_checksum": "0" * 64, "first_release": 1}
            for index, spec in enumerate(specs)
        ]
        document = {
            "mighead": 1,
            "project": {"name": "default", "version_table_name": "alembic_version"},
            "releases": [{"release": 1, "heads": [], "loaded_at": "2024-01-01T00:00:00Z",
                          "loaded_by": "test"}],
            "revisions": revisions,
        }
        self.query("SELECT mighead_remove_project(name) FROM mighead.project")
        return self.query("SELECT mighead_import(CAST(:document AS jsonb))",
                          document=json.dumps(document))


def array_literal(rows):
    return "{%s}" % ",".join('"%s"' % row.replace("\\", "\\\\").replace('"', '\\"') for row in rows)


def rows_in(connection, schema):
    with connection.begin():
        return [row[0] for row in connection.execute(
            sqlalchemy.text("SELECT version_num FROM %s.alembic_version" % schema))]


def set_rows(connection, schema, rows):
    with connection.begin():
        connection.execute(sqlalchemy.text("DELETE FROM %s.alembic_version" % schema))
        for row in rows:
            connection.execute(
                sqlalchemy.text("INSERT INTO %s.alembic_version VALUES (:row)" % schema), {"row": row})


def context_of(connection, schema):
    return MigrationContext.configure(connection, opts={"version_table_schema": schema})


def without_quotes(specs):
    """Alembic splices ids into its statements, and breaks on a quote."""
    for spec in specs:
        spec.revision = spec.revision.replace("'", "_")
        for names in (spec.down, spec.deps, spec.labels):
            names[:] = [name.replace("'", "_") for name in names]
    return specs


def random_case(rng):
    """Specs, rows none of which is below another, identifiers; None where Alembic refuses the graph."""
    specs = without_quotes(oracle.random_graph(rng))
    real = oracle.RealAlembic(specs)
    if not specs or oracle.attempt(real.build).kind != "ok" or oracle.has_cycle(specs):
        return None
    parents = {rev.revision: list(rev._normalized_down_revisions) for rev in real.nodes()}
    chosen = rng.sample(sorted(parents), rng.randint(0, min(3, len(parents))))
    rows = sorted(oracle.maximal(parents, chosen))
    rng.shuffle(rows)
    return specs, real, rows, oracle.Identifiers(rng, specs)


def stamp_theirs(connection, real, target, purge):
    """Alembic's outcome, as command.stamp comes to it."""
    def stamp():
        with connection.begin():
            context = context_of(connection, "theirs")
            if purge:
                context._ensure_version_table(purge=True)
            context.stamp(real.script, (target,))

    return oracle.attempt(stamp)


def overlap(rows, real):
    parents = {rev.revision: list(rev._normalized_down_revisions) for rev in real.nodes()}
    return oracle.maximal(parents, rows) != set(rows)


def is_harm(theirs, ours, connection, real):
    """Behind a word such as heads there are several targets: Alembic loses rows, or overlaps."""
    if isinstance(ours, Refusal) and ours.code == "MH107":
        return theirs.kind == "ok" and overlap(rows_in(connection, "theirs"), real)
    return isinstance(ours, Refusal) and ours.code == "MH109"


def compare_stamps(theirs, ours, connection, real, counts):
    """What differs, or None."""
    refused = isinstance(ours, Refusal)
    if is_harm(theirs, ours, connection, real):
        counts["several targets"] += 1
        return None
    if theirs.kind == "crash":
        counts["crash"] += 1
        return None
    if theirs.kind == "error":
        counts["refused"] += 1
        if not refused:
            return "only Alembic refuses: %s" % theirs.text
        return None if ours.text == theirs.text else "%s, but Alembic says: %s" % (ours.text, theirs.text)
    if refused:
        return "only mighead refuses: %s %s" % (ours.code, ours.text)
    counts["stamped"] += 1
    left = sorted(rows_in(connection, "theirs")), sorted(rows_in(connection, "ours"))
    return None if left[0] == left[1] else "rows %s, but Alembic leaves %s" % (left[1], left[0])


def compare_readers(connection, mighead, real, counts):
    """Alembic reads the rows that mighead left."""
    with connection.begin():
        rows = context_of(connection, "ours").get_current_heads()
    counts["read"] += 1
    current = oracle.attempt(lambda: {rev.revision for rev in real.script.get_all_current(rows)})
    answer = mighead.query("SELECT revision FROM mighead_current('ours.alembic_version')")
    if current.kind != "ok" or {row[0] for row in answer} != current.value:
        return "current: %s, but Alembic's is %s" % (answer, current)
    steps = oracle.attempt(
        lambda: [step.revision.revision for step in real.script._upgrade_revs("heads", rows)])
    answer = mighead.query("SELECT revision FROM mighead_pending('ours.alembic_version')")
    if steps.kind != "ok":
        return None if isinstance(answer, Refusal) else "pending: only Alembic refuses: %s" % steps.text
    if isinstance(answer, Refusal) or [row[0] for row in answer] != steps.value:
        return "pending: %s, but Alembic's is %s" % (answer, steps.value)
    return None


def run_case(connection, rng, counts):
    """Three stamps, one after the other, in a new graph; what differs, or None."""
    mighead = Mighead(connection)
    case = random_case(rng)
    if case is None:
        return None
    specs, real, rows, identifiers = case
    loaded = mighead.load(specs)
    if isinstance(loaded, Refusal):
        return "not loaded: %s" % loaded.text
    for _ in range(3):
        target, purge = identifiers.plain(), rng.random() < 0.15
        set_rows(connection, "theirs", rows)
        set_rows(connection, "ours", rows)
        theirs = stamp_theirs(connection, real, target, purge)
        ours = mighead.query(
            "SELECT rows_after FROM mighead_stamp(:target, :expect, 'oracle', 'ours.alembic_version', "
            ":purge, skip_guards => '{schema}')",
            target=array_literal([target]), expect=array_literal(rows), purge=purge)
        different = compare_stamps(theirs, ours, connection, real, counts)
        if not different and not isinstance(ours, Refusal):
            rows = rows_in(connection, "ours")
            different = compare_readers(connection, mighead, real, counts)
        elif not different and sorted(rows_in(connection, "ours")) != sorted(rows):
            different = "what was refused changed the rows"
        if different:
            return "%s\n  rows %s, target %r, purge %s\n  graph %s" % (
                different, rows, target, purge,
                [(s.revision, s.down, s.deps, s.labels) for s in specs])
    return None


def main():
    cases = int(sys.argv[3])
    seed = sys.argv[4] if len(sys.argv) > 4 else "1"
    counts = collections.Counter()
    found = 0
    engine = sqlalchemy.create_engine(sys.argv[1])
    with engine.connect() as connection:
        with connection.begin():
            for schema in ("ours", "theirs"):
                connection.execute(sqlalchemy.text("CREATE SCHEMA %s" % schema))
                connection.execute(sqlalchemy.text(
                    "CREATE TABLE %s.alembic_version (version_num varchar(64) NOT NULL PRIMARY KEY)" % schema))
        for number in range(cases):
            different = run_case(connection, random.Random("%s/%d" % (seed, number)), counts)
            if different:
                found += 1
                print("case %s/%d: %s" % (seed, number, different))
    print("%d cases, seed %s: %d differences; %s" % (
        cases, seed, found, ", ".join("%s %d" % item for item in sorted(counts.items()))))
    return 1 if found or not counts["stamped"] else 0


if __name__ == "__main__":
    sys.exit(main())
