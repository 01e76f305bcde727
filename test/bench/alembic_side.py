"""alembic_side.py VERSIONS [ROW...]

What Alembic needs to load these scripts and, where rows of the version table are
given, to plan the upgrade from there: one JSON object, CPU and wall time in seconds. Runs in
a process of its own, because Alembic remembers what it has loaded.
"""

import json
import os
import sys
from time import perf_counter, process_time

from alembic.script import ScriptDirectory


def main(versions, rows):
    wall, cpu = perf_counter(), process_time()
    scripts = ScriptDirectory(os.path.dirname(versions), version_locations=[versions])
    heads = scripts.get_heads()
    answer = {"load": [process_time() - cpu, perf_counter() - wall], "heads": sorted(heads)}
    if rows:
        wall, cpu = perf_counter(), process_time()
        scripts.get_heads()
        steps = scripts._upgrade_revs("heads", tuple(rows))
        answer["plan"] = [process_time() - cpu, perf_counter() - wall]
        answer["pending"] = sorted(step.revision.revision for step in steps)
    json.dump(answer, sys.stdout)


main(sys.argv[1], sys.argv[2:])
