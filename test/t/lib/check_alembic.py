"""The verdict of "mighead check" and of Alembic's ScriptDirectory on random trees with faults.

check_alembic.py MIGHEAD CASES SEED [FOLDER]

Makes a folder of scripts for each case, mostly with a fault, and asks both. Alembic's verdict is
good if it loads the map without an error or a warning, can order it, and has one head. Prints what
differs, and how many cases were good and bad.
"""
import os
import random
import shutil
import subprocess
import sys
import tempfile
import warnings

from alembic.script import ScriptDirectory
from alembic.script.revision import _revision_illegal_chars


def literal(random_, values):
    if not values:
        return random_.choice(["None", "None", "()"])
    if len(values) == 1 and random_.random() < 0.7:
        return repr(values[0])
    return repr(tuple(values)) if random_.random() < 0.7 else repr(list(values))


def graph(random_):
    """Sound revisions with one head, as lists [id, down, deps, labels]."""
    n = random_.randint(1, 12)
    ids = ["%012x" % random_.getrandbits(48) for _ in range(n)]
    nodes, heads = [], []
    for i, revision in enumerate(ids):
        if not heads or random_.random() < 0.1:
            down = []
        elif len(heads) > 1 and random_.random() < 0.5:
            down = random_.sample(heads, random_.randint(2, len(heads)))
        elif random_.random() < 0.2:
            down = [random_.choice([node[0] for node in nodes])]
        else:
            down = [random_.choice(heads)]
        deps = []
        if nodes and random_.random() < 0.1:
            deps = [random_.choice(nodes)[0]]
        labels = ["label%d" % i] if random_.random() < 0.1 else []
        heads = [head for head in heads if head not in down] + [revision]
        nodes.append([revision, down, [dep for dep in deps if dep not in down], labels])
    if len(heads) > 1:
        nodes.append(["%012x" % random_.getrandbits(48), heads, [], []])
    return nodes


def spoil(random_, nodes):
    node = random_.choice(nodes)
    other = random_.choice(nodes)
    fault = random_.choice(["head", "missing", "duplicate", "cycle", "self", "label", "dep", "character", "none",
                            "depcycle", "label_is_id"])
    if fault == "head":
        nodes.append(["f00d%08x" % random_.getrandbits(32), [node[0]] if random_.random() < 0.7 else [], [], []])
    elif fault == "missing":
        node[1] = node[1] + ["absent"]
    elif fault == "duplicate":
        nodes.append([node[0], list(node[1]), [], []])
    elif fault == "cycle":
        nodes[0][1] = [nodes[-1][0]]
    elif fault == "self":
        node[1] = [node[0]]
    elif fault == "label":
        node[3] = ["same"]
        other[3] = ["same"]
    elif fault == "dep":
        node[2] = ["absent"]
    elif fault == "depcycle":
        nodes[0][2] = [nodes[-1][0]]
    elif fault == "character":
        nodes[-1][0] += random_.choice(sorted(_revision_illegal_chars))  # newer releases have ":" too
    elif fault == "label_is_id":
        node[3] = [other[0]]
    return fault


def write(random_, folder, nodes):
    for i, (revision, down, deps, labels) in enumerate(nodes):
        path = os.path.join(folder, "%03d_%s.py" % (random_.randint(0, 999), i))
        with open(path, "w") as file:
            file.write('"""message %d"""\n' % i)
            file.write("revision = %r\n" % revision)
            file.write("down_revision = %s\n" % literal(random_, down))
            if labels or random_.random() < 0.5:
                file.write("branch_labels = %s\n" % literal(random_, labels))
            if deps or random_.random() < 0.5:
                file.write("depends_on = %s\n" % literal(random_, deps))


def alembic_verdict(folder):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            directory = ScriptDirectory(folder, version_locations=[folder])
            heads = directory.get_heads()
            list(directory.walk_revisions())
        except Exception as error:
            return "%s: %s" % (type(error).__name__, error)
    return "" if len(heads) == 1 else "heads: %s" % sorted(heads)


def main():
    program, cases, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    random_ = random.Random(seed)
    top = tempfile.mkdtemp(dir=sys.argv[4] if len(sys.argv) > 4 else None)
    count = {True: 0, False: 0}
    differing = 0
    for case in range(cases):
        folder = os.path.join(top, "case")
        os.mkdir(folder)
        nodes = graph(random_)
        fault = spoil(random_, nodes) if random_.random() < 0.7 else "none"
        write(random_, folder, nodes)
        alembic = alembic_verdict(folder)
        done = subprocess.run([program, "check", folder], capture_output=True, text=True)
        good = alembic == ""
        count[good] += 1
        if done.returncode not in (0, 2) or (done.returncode == 0) != good:
            differing += 1
            print("case %d, %s: Alembic %r, mighead %d %r" % (case, fault, alembic, done.returncode,
                                                             done.stdout + done.stderr))
        shutil.rmtree(folder)
    os.rmdir(top)
    print("%d trees, %d good, %d bad, %d verdicts differ" % (cases, count[True], count[False], differing))
    sys.exit(differing > 0 or count[True] < cases // 8 or count[False] < cases // 8)


main()
