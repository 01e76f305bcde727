"""A migration history with branches and merges, and Alembic brought along it in one process.

alembic_history.py generate DIRECTORY REVISIONS SEED   writes the scripts; prints ids and parents
alembic_history.py upgrade DIRECTORY URL [TARGET SCHEMA]...
    upgrades each schema to its target; "heads" without a schema means search_path as it is
"""
import os
import random
import sys

ENV = '''
from alembic import context
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

config = context.config
schema = config.attributes.get("schema")
engine = create_engine(config.get_main_option("sqlalchemy.url"), poolclass=NullPool,
                       connect_args={"options": "-c search_path=" + schema} if schema else {})
with engine.connect() as connection:
    context.configure(connection=connection, version_table_schema=schema,
                      transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
'''

SCRIPT = '''"""{message}"""
from alembic import op

revision = {revision!r}
down_revision = {down!r}
branch_labels = None
depends_on = None


def upgrade():
{body}


def downgrade():
    pass
'''

# What a revision may do: {r} is its number, {t} a table of a revision below or of its own.
NEW_TABLE = [
    ["CREATE TABLE t{r} (id serial PRIMARY KEY, name varchar(40) NOT NULL, n int DEFAULT 1)"],
    ["CREATE TYPE e{r} AS ENUM ('one', 'two')",
     "CREATE TABLE t{r} (id bigint GENERATED ALWAYS AS IDENTITY, name text, n int, kind e{r} DEFAULT 'one')"],
    ["CREATE TABLE t{r} (id int, name text, n int) PARTITION BY RANGE (id)",
     "CREATE TABLE t{r}_low PARTITION OF t{r} FOR VALUES FROM (0) TO (100)"],
]
CHANGE = [
    ["ALTER TABLE {t} ADD c{r} numeric(10, 2) NOT NULL DEFAULT 0"],
    ["CREATE INDEX i{r} ON {t} (lower(name)) WHERE n > 1"],
    ["ALTER TABLE {t} ADD CONSTRAINT k{r} CHECK (n > {r} OR name IN ('a', 'b'))"],
    ["CREATE VIEW v{r} AS SELECT id, name FROM {t} WHERE n = {r}"],
    ["CREATE FUNCTION f{r}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
     "CREATE TRIGGER g{r} BEFORE INSERT ON {t} FOR EACH ROW EXECUTE FUNCTION f{r}()"],
    ["CREATE SEQUENCE s{r} INCREMENT 5"],
    ["UPDATE {t} SET n = n"],
]


def statements(body):
    return "\n".join("    op.execute(%r)" % one for one in body)


def generate(directory, count, seed):
    chosen = random.Random(seed)
    parents, tables, children, plain = {}, {}, {}, set()
    for i in range(count):
        heads = [j for j in range(i) if j not in children]
        # three times a new base, now and then a merge of all heads, else on top of any
        if i in (0, count // 5, count // 2):
            down = []
        elif i == count - 3 or (len(heads) > 2 and chosen.random() < 0.15):
            down = heads
        else:
            down = [chosen.choice(heads if chosen.random() < 0.7 else range(i))]
        parents[i] = down
        for j in down:
            children.setdefault(j, []).append(i)
        known = sorted(set().union(*[tables[j] for j in down]) if down else set())
        if not known or chosen.random() < 0.2:
            body = [line.format(r=i) for line in chosen.choice(NEW_TABLE)]
            tables[i] = set(known) | {i}
            if "PARTITION" not in body[0]:
                plain.add(i)
            text = statements(body)
        else:
            table = chosen.choice(known)
            tables[i] = set(known)
            text = statements(line.format(r=i, t="t%d" % table) for line in chosen.choice(CHANGE))
            if table in plain and chosen.random() < 0.15:
                text = ("    with op.get_context().autocommit_block():\n"
                        "        op.execute('CREATE INDEX CONCURRENTLY i%d ON t%d (n)')" % (i, table))
        down_ids = tuple("r%03d" % j for j in down)
        with open("%s/versions/r%03d.py" % (directory, i), "w") as script:
            script.write(SCRIPT.format(message="step %d" % i, revision="r%03d" % i, body=text,
                                       down=down_ids if len(down_ids) > 1 else (down_ids or (None,))[0]))
        print("r%03d" % i, ",".join(down_ids))
    with open(directory + "/env.py", "w") as env:
        env.write(ENV)


def upgrade(directory, url, pairs):
    from alembic import command
    from alembic.config import Config
    for target, schema in pairs:
        config = Config()
        config.set_main_option("script_location", directory)
        config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
        config.attributes["schema"] = schema
        command.upgrade(config, target)


if sys.argv[1] == "generate":
    os.makedirs(sys.argv[2] + "/versions")
    generate(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
else:
    rest = sys.argv[4:]
    upgrade(sys.argv[2], sys.argv[3], list(zip(rest[::2], rest[1::2])) or [("heads", None)])
