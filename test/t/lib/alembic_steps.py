"""alembic_steps.py < REQUEST

Brings a database through a history with the real Alembic, one command for each step, and
asks it questions after each.  REQUEST is JSON:

  url       of the database
  scripts   the folder with env.py
  versions  folders with migration files, where they are elsewhere
  upgrade   targets, in this order
  ask       {name: SQL}: the rows of each, as lists, after each step
  try       {name: {"change": SQL, "then": SQL}}: what "change" returns is executed (no row: nothing),
            "then" asked, and both rolled back
  at_most   so many of them after each step, in turn; all if absent
  stubs     modules that scripts import and nobody has; every name in them is a text

Prints a line of JSON for each target: {"target":, "ask": {name: rows}, "try": {name: {"change":, "rows":}}}.
"""

import importlib.abc
import importlib.machinery
import json
import os
import sys
import types

import psycopg2
import sqlalchemy.orm  # scripts take it for granted
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import make_url


class String(sqlalchemy.String):
    """oslo.db's, which takes what MySQL's has more."""

    def __init__(self, length=None, **settings):
        super().__init__(length)


class Json(sqlalchemy.types.TypeDecorator):
    impl = sqlalchemy.Text
    cache_ok = True

    def __init__(self, **settings):
        super().__init__()


# What stands in for types of columns that services define for themselves.
TYPES = {
    "String": String,
    "JSONEncodedDict": Json,
    "JSONEncodedList": Json,
    "JsonEncodedDict": Json,
    "JsonEncodedList": Json,
}


class Stub(types.ModuleType):
    """A module of a service that is not installed: its constants are their own names."""

    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return TYPES.get(name, Called(name))


class Called(str):
    """A constant, or a function that returns nothing, by its use."""

    def __call__(self, *arguments, **settings):
        return Called(self)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return TYPES.get(name, Called(name))


class Stubs(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def __init__(self, names):
        self.names = names

    def find_spec(self, fullname, path, target=None):
        if any(fullname == name or fullname.startswith(name + ".") for name in self.names):
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec):
        return Stub(spec.name)

    def exec_module(self, module):
        pass


def connect(url):
    parsed = make_url(url)
    return psycopg2.connect(dbname=parsed.database, **dict(parsed.query))


def rows_of(cursor, statement):
    cursor.execute(statement)
    return [list(row) for row in cursor.fetchall()]


def attempt(connection, trial):
    """What the question says about a change that is then taken back."""
    cursor = connection.cursor()
    cursor.execute(trial["change"])
    row = cursor.fetchone()
    change = None if row is None else row[0]
    answer = None
    if change is not None:
        cursor.execute(change)
        answer = rows_of(cursor, trial["then"])
    connection.rollback()
    return {"change": change, "rows": answer}


def chosen(trials, step, at_most):
    names = sorted(trials)
    if at_most is None:
        return names
    return [names[(step * at_most + i) % len(names)] for i in range(min(at_most, len(names)))]


def questions(url, request, step):
    connection = connect(url)
    answer = {"ask": {}, "try": {}}
    for name, statement in request.get("ask", {}).items():
        answer["ask"][name] = rows_of(connection.cursor(), statement)
        connection.rollback()
    trials = request.get("try", {})
    for name in chosen(trials, step, request.get("at_most")):
        answer["try"][name] = attempt(connection, trials[name])
    connection.close()
    return answer


def main():
    request = json.load(sys.stdin)
    os.environ["DATABASE_URL"] = request["url"]
    sys.meta_path.insert(0, Stubs(request.get("stubs", [])))
    config = Config()
    config.set_main_option("script_location", request["scripts"])
    if request.get("versions"):
        config.set_main_option("version_locations", " ".join(request["versions"]))
    for step, target in enumerate(request["upgrade"]):
        command.upgrade(config, target)
        print(json.dumps(dict(questions(request["url"], request, step), target=target)), flush=True)


main()
