"""alembic_side.py VERSIONS [ROW...]

What Alembic needs to load these scripts and, where rows of the version table are
given, to plan the upgrade from there: one JSON object, times in seconds. Runs in
a process of its own, because Alembic remembers what it has loaded.
"""

import json
import os
import sys
from time import perf_counter

from alembic.script import ScriptDirectory


def main(versions, rows):
    start = perf_counter()
    scripts = ScriptDirectory(os.path.dirname(versions), version_locations=[versions])
    heads = scripts.get_heads()
    answer = {"load": perf_counter() - start, "heads": sorted(heads)}
    if rows:
        start = perf_counter()
        scripts.get_heads()
        steps = scripts._upgrade_revs("heads", tuple(rows))
        answer["plan"] = perf_counter() - start
        answer["pending"] = sorted(step.revision.revision for step in steps)
    json.dump(answer, sys.stdout)


main(sys.argv[1], sys.argv[2:])
