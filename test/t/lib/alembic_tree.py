"""alembic_tree.py ENVIRONMENT

What Alembic makes of the migration environment of a big application, without the
application: modules that are not installed are stood in for, and a statement of a
script may fail as long as it does not assign what Alembic reads. Prints one JSON
object: the scripts with their values, the heads, the history, and what
"upgrade heads" and "downgrade base" would run, each in Alembic's order.
"""

import ast
import importlib.machinery
import json
import os
import sys
import types

listdir = os.listdir
# Before 1.13 Alembic reads a directory as the file system returns it.
os.listdir = lambda path=".": sorted(listdir(path))

from alembic.script import ScriptDirectory

NAMES = {"revision", "down_revision", "depends_on", "branch_labels"}


class StandIn(types.ModuleType):
    __path__ = []

    def __getattr__(self, name):
        """A branch is called as its constant says: EXPAND_BRANCH, CONTRACT_BRANCH."""
        if name.startswith("__"):
            raise AttributeError(name)
        return name[: -len("_BRANCH")].lower() if name.endswith("_BRANCH") else StandIn(name)


class StandInFinder:
    """The last of the finders, so that what is installed comes first."""

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, cls, is_package=True)

    @staticmethod
    def create_module(spec):
        return StandIn(spec.name)

    @staticmethod
    def exec_module(module):
        pass


def matters(statement):
    if not isinstance(statement, ast.Assign):
        return False
    return any(isinstance(node, ast.Name) and node.id in NAMES for node in statement.targets)


def tolerant_code(loader, data, path, **_):
    """Compiled so that other statements than the assignments that matter may fail."""
    tree = ast.parse(data, path)
    first = 1 if ast.get_docstring(tree, clean=False) is not None else 0
    for i, statement in enumerate(tree.body[first:], first):
        if not matters(statement) and not isinstance(statement, ast.ImportFrom):
            tree.body[i] = ast.Try(
                body=[statement],
                handlers=[ast.ExceptHandler(type=ast.Name("Exception", ast.Load()), body=[ast.Pass()])],
                orelse=[],
                finalbody=[],
            )
    return compile(ast.fix_missing_locations(tree), path, "exec")


def locations(versions):
    """Top-down, as recursive_version_locations reads them since 1.10."""
    for path, directories, _ in os.walk(versions):
        directories[:] = sorted(name for name in directories if name != "__pycache__")
        yield path


def strings(value):
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)


def describe(script, versions):
    module = script.module
    return {
        "revision": module.revision,
        "down_revision": strings(module.down_revision),
        "depends_on": strings(getattr(module, "depends_on", None)),
        "branch_labels": strings(getattr(module, "branch_labels", None)),
        "message": script.doc or "",
        "file_name": os.path.relpath(script.path, versions),
    }


def main(environment):
    versions = os.path.join(os.path.realpath(environment), "versions")
    scripts = ScriptDirectory(environment, version_locations=list(locations(versions)))
    sys.dont_write_bytecode = True
    sys.meta_path.append(StandInFinder)
    importlib.machinery.SourceFileLoader.source_to_code = tolerant_code
    history = list(scripts.walk_revisions())
    for script in history:
        # OpenStack never goes back, but the plan can be asked for.
        vars(script.module).setdefault("downgrade", None)
    answer = {
        "scripts": [describe(script, versions) for script in history],
        "heads": scripts.get_heads(),
        "history": [script.revision for script in history],
        "upgrade": [step.revision.revision for step in scripts._upgrade_revs("heads", ())],
        "downgrade": [step.revision.revision for step in scripts._downgrade_revs("base", scripts.get_heads())],
    }
    json.dump(answer, sys.stdout)


main(sys.argv[1])
