#!/usr/bin/python3
"""Compares the graph core with the Alembic that `import alembic` finds.

Seeded random graphs, valid and not, with random rows and identifiers, are put
both to Alembic and to the driver build/unit/graph_cli (see graph_cli.c for
its protocol).  Everything has to agree: resolution, heads, plans and their
order, rows after each step, history, stamps, and codes and first lines of
errors.  What may differ is named in TOLERATED, and counted.

    graph_oracle.py --seed 1 --graphs 2000 --driver build/unit/graph_cli [-v]

Alembic 1.8.1 and later will do.  Exits with 1 and a small reproduction where
something differs.
"""

import argparse
import collections
import random
import re
import subprocess
import sys
import types
import warnings

import alembic
from alembic.runtime.migration import HeadMaintainer
from alembic.script import revision as al
from alembic.script.base import ScriptDirectory
from alembic.util import CommandError

VERSION = tuple(int(part) for part in alembic.__version__.split(".")[:3])
END = "\x1f"
NONE = "\x1e"


# -- the real Alembic ----------------------------------------------------------

class Script(al.Revision):
    """What RevisionStep wants of a script, without a file behind it."""

    module = types.SimpleNamespace(upgrade=lambda: None, downgrade=lambda: None)
    doc = ""

    def __init__(self, ordinal, spec):
        self.ordinal = ordinal
        super().__init__(
            spec.revision,
            tuple(spec.down) or None,
            tuple(spec.deps) or None,
            tuple(spec.labels) or None,
        )
        if VERSION < (1, 12):
            # Older versions unpack one-element tuples while reading the file.
            self.down_revision = al.tuple_rev_as_scalar(tuple(spec.down))
            self.dependencies = al.tuple_rev_as_scalar(tuple(spec.deps))


class OrderedMap(al.RevisionMap):
    """RevisionMap with load order wherever it iterates over a hash set."""

    @staticmethod
    def _in_order(revisions):
        return sorted(revisions, key=lambda rev: rev.ordinal)

    def _map_branch_labels(self, revisions, map_):
        return super()._map_branch_labels(self._in_order(revisions), map_)

    cyclic = False

    def _add_branches(self, revisions, map_, *rest):
        if self.cyclic:
            return None  # In a cycle that it misses Alembic climbs for ever.
        return super()._add_branches(self._in_order(revisions), map_, *rest)

    def _add_depends_on(self, revisions, map_):
        return super()._add_depends_on(self._in_order(revisions), map_)

    def _normalize_depends_on(self, revisions, map_):
        super()._normalize_depends_on(self._in_order(revisions), map_)
        for rev in revisions:
            kept = set(rev._normalized_resolved_dependencies)
            rev._normalized_resolved_dependencies = tuple(
                dict.fromkeys(d for d in rev._resolved_dependencies if d in kept)
            )


class Rows(HeadMaintainer):
    """The version table: HeadMaintainer's own checks, and the physical rows."""

    def __init__(self, rows):
        self.context = None
        self.heads = set(rows)
        self.physical = list(rows)
        self.statements = []

    def _matched_one(self, version, verb):
        found = self.physical.count(version)
        if found != 1:
            raise CommandError(
                "Online migration expected to match one row when %s; %d found" % (verb, found)
            )

    def _insert_version(self, version):
        assert version not in self.heads
        self.heads.add(version)
        self.physical.append(version)
        self.statements.append(("", version))

    def _delete_version(self, version):
        self.heads.remove(version)
        self._matched_one(version, "deleting '%s'" % version)
        self.physical.remove(version)
        self.statements.append((version, ""))

    def _update_version(self, from_, to_):
        assert to_ not in self.heads
        self.heads.remove(from_)
        self.heads.add(to_)
        self._matched_one(from_, "updating '%s' to '%s'" % (from_, to_))
        self.physical[self.physical.index(from_)] = to_
        self.statements.append((from_, to_))


CODES = [
    (al.DependencyLoopDetected, "MH210"),
    (al.LoopDetected, "MH210"),
    (al.DependencyCycleDetected, "MH212"),
    (al.CycleDetected, "MH211"),
    (al.MultipleHeads, "MH202"),
    (al.ResolutionError, "MH201"),
    (al.RangeNotAncestorError, "MH204"),
]
TEXT_CODES = [
    ("Requested revision", "MH203"),
    ("Relative revision", "MH205"),
    ("Walked too far", "MH205"),
    ("Ambiguous", "MH205"),
    ("Character(s)", "MH215"),
    ("Branch name", "MH214"),
    ("Not a valid downgrade", "MH204"),
    ("History range", "MH204"),
    ("Range revision", "MH204"),
]


class Outcome(types.SimpleNamespace):
    """ok: value; error: code, text, detail; crash: text (class and argument)."""


def attempt(function):
    """Runs function; Alembic's errors and crashes become outcomes."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = function()
        except CommandError as error:
            return error_outcome(error)
        except (AssertionError, KeyError, AttributeError, ValueError, TypeError,
                IndexError) as error:
            return Outcome(kind="crash", code=None, text=crash_text(error))
    texts = [str(w.message) for w in caught if issubclass(w.category, UserWarning)]
    return Outcome(kind="ok", code=None, value=value, warnings=texts)


def crash_text(error):
    text = type(error).__name__
    if isinstance(error, KeyError):
        text += ": '%s'" % error.args[0]
    return text


def error_outcome(error):
    cause = error.__cause__
    code = next((code for cls, code in CODES if isinstance(cause, cls)), None)
    text = error.args[0]
    if code is None:
        code = next((code for start, code in TEXT_CODES if text.startswith(start)), "?")
    detail = ""
    if isinstance(cause, (al.MultipleHeads, al.ResolutionError)):
        detail = cause.args[0]
    return Outcome(kind="error", code=code, text=text, detail=detail)


class RealAlembic:
    """One graph in Alembic, asked as its commands ask."""

    def __init__(self, specs):
        self.script = ScriptDirectory.__new__(ScriptDirectory)
        self.map = OrderedMap(lambda: (Script(i, spec) for i, spec in enumerate(specs)))
        repeated = len({spec.revision for spec in specs}) < len(specs)
        self.map.cyclic = repeated or has_cycle(specs)
        self.script.revision_map = self.map

    def build(self):
        with self.script._catch_revision_errors():
            self.map._revision_map

    def nodes(self):
        seen = dict.fromkeys(rev for rev in self.map._revision_map.values() if rev is not None)
        return list(seen)

    def heads(self, rows, arg):
        return list(self.script.get_heads())

    def real_heads(self, rows, arg):
        return list(self.map._real_heads)

    def bases(self, rows, arg):
        return list(self.map.bases)

    def resolve(self, rows, arg):
        return [getattr(rev, "revision", rev) for rev in self.script.get_revisions(arg)]

    def resolve_one(self, rows, arg):
        rev = self.script.get_revision(arg)
        return [] if rev is None else [rev.revision]

    def current(self, rows, arg):
        found = {rev.revision for rev in self.script.get_all_current(tuple(rows))}
        return [rev.revision for rev in self.nodes() if rev.revision in found]

    def _run(self, steps, rows):
        """Steps and the rows after each, up to a crash, which is told as text."""
        table = Rows(rows)
        after = []
        crash = None
        for step in steps:
            try:
                table.update_to_step(step)
            except (AssertionError, KeyError) as error:
                crash = crash_text(error)
                break
            except CommandError as error:
                crash = error.args[0]
                break
            after.append(sorted(table.physical))
        return after, crash, table

    def upgrade(self, rows, arg):
        if ":" in arg:
            raise CommandError("Range revision not allowed")
        steps = self.script._upgrade_revs(arg, tuple(rows))
        return [step.revision.revision for step in steps], self._run(steps, rows)

    def downgrade(self, rows, arg):
        if ":" in arg:
            raise CommandError("Range revision not allowed")
        steps = self.script._downgrade_revs(arg, tuple(rows))
        return [step.revision.revision for step in steps], self._run(steps, rows)

    def history(self, rows, arg):
        """alembic.command.history; arg None is no range."""
        base = head = None
        if arg is not None:
            if ":" not in arg:
                raise CommandError("History range requires [start]:[end], [start]:, or :[end]")
            base, head = arg.strip().split(":")
        if head == "current":
            head = tuple(rows)
        elif base == "current":
            base = tuple(rows)
        walk = self.script.walk_revisions(base=base or "base", head=head or "heads")
        return [rev.revision for rev in walk]

    def stamp(self, rows, arg):
        purge, targets = arg
        if purge:
            rows = []
        try:
            steps = self.script._stamp_revs(tuple(targets), tuple(rows))
        except AssertionError:
            # Either a target that is none, or rows above and below one target.
            self.script.get_revisions(tuple(rows))
            dests = attempt(lambda: self.script.get_revisions(tuple(targets)))
            if dests.kind != "ok" or not all(isinstance(d, Script) for d in dests.value):
                raise
            return [d.revision for d in dests.value], "AssertionError", Rows(rows)
        dests = self.script.get_revisions(tuple(targets)) if targets else ()
        _, crash, table = self._run(steps, rows)
        return [d.revision for d in dests if d is not None], crash, table


# -- random graphs -------------------------------------------------------------

class Spec(types.SimpleNamespace):
    """revision, down, deps, labels of one script."""


LABELS = ["core", "plugin", "lbl-1", "release-2024", "x", "auth", "ab", "abcd", "abcde9", "head1",
          "-1", "a@b", "été", "deploy 1", "1234", "heads"]


def random_ids(rng, count):
    style = rng.choice(["hex", "shared", "short", "mixed", "word"])
    ids = []
    while len(ids) < count:
        if style == "mixed":
            pick = rng.choice(["hex", "shared", "short", "word", "odd"])
        else:
            pick = style
        if pick == "hex":
            new = "%012x" % rng.getrandbits(48)
        elif pick == "shared":
            new = rng.choice(["abcd", "ab", "1234", "1"]) + "%x" % rng.getrandbits(12)
        elif pick == "short":
            new = "".join(rng.choice("abc123") for _ in range(rng.randint(1, 3)))
        elif pick == "word":
            new = rng.choice(["rev", "add", "v1", "r"]) + "_%d" % rng.randint(0, 999)
        else:
            new = rng.choice(["v1.2", "ré", "a b", "x'y", "日本語", "été"]) + str(rng.randint(0, 99))
        if new not in ids:
            ids.append(new)
    return ids


def random_graph(rng):
    """A valid graph, mostly, in load order."""
    count = rng.choice([0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, rng.choice([5, 60, 100])])
    ids = random_ids(rng, count)
    base_rate = rng.choice([0.05, 0.15, 0.4])
    merge_rate = rng.choice([0, 0.1, 0.3])
    dep_rate = rng.choice([0, 0, 0.1, 0.35])
    recent = rng.choice([1, 2, 4, 100])
    labels = LABELS[:]
    rng.shuffle(labels)
    label_rate = rng.choice([0, 0.1, 0.3])
    specs = []
    for index, name in enumerate(ids):
        spec = Spec(revision=name, down=[], deps=[], labels=[])
        earlier = specs[-recent:] if rng.random() < 0.8 else specs
        if earlier and rng.random() >= base_rate:
            parents = 1 if rng.random() >= merge_rate else rng.randint(2, 3)
            chosen = [rng.choice(earlier).revision for _ in range(parents)]
            if rng.random() < 0.9:
                chosen = list(dict.fromkeys(chosen))
            spec.down = chosen
        while specs and rng.random() < dep_rate:
            target = rng.choice(specs)
            name_of = rng.choice([target.revision] + target.labels)
            if name_of not in spec.deps or rng.random() < 0.1:
                spec.deps.append(name_of)
        while labels and rng.random() < label_rate:
            label = labels.pop()
            if label not in ids:
                spec.labels.append(label)
        specs.append(spec)
    if rng.random() < 0.7:
        rng.shuffle(specs)
    return specs


def spoil_graph(rng, specs):
    """One of the faults that Alembic finds."""
    if not specs:
        return
    spec = rng.choice(specs)
    other = rng.choice(specs)
    fault = rng.choice(["loop", "dep loop", "cycle", "dep cycle", "dangling", "dangling dep",
                        "duplicate", "label", "own label", "character", "label parent", "two"])
    if fault == "loop":
        spec.down.append(spec.revision)
    elif fault == "dep loop":
        spec.deps.append(spec.revision)
    elif fault == "cycle":
        spec.down.append(other.revision)
    elif fault == "dep cycle":
        spec.deps.append(rng.choice([other.revision] + other.labels))
    elif fault == "dangling":
        spec.down.append("gone")
    elif fault == "dangling dep":
        spec.deps.append("gone")
    elif fault == "duplicate":
        specs.insert(rng.randint(0, len(specs)),
                     Spec(revision=spec.revision, down=list(other.down), deps=[], labels=[]))
    elif fault == "label":
        spec.labels.append(rng.choice([other.revision] + other.labels))
    elif fault == "own label":
        spec.labels += ["twice", "twice"]
    elif fault == "character":
        spec.revision += rng.choice(["@", "-", "+", ":", "@-", ":+@"])
    elif fault == "label parent":
        other.labels.append("parent")
        spec.down.append("parent")
    else:
        spoil_graph(rng, specs)
        spoil_graph(rng, specs)


# -- random questions ----------------------------------------------------------

class Identifiers:
    """Random identifiers that mean something, or nearly so, in one graph."""

    def __init__(self, rng, specs):
        self.rng = rng
        self.ids = [spec.revision for spec in specs] or ["none"]
        self.labels = [label for spec in specs for label in spec.labels]

    def name(self):
        rng = self.rng
        roll = rng.random()
        if roll < 0.45:
            return rng.choice(self.ids)
        if roll < 0.65:
            whole = rng.choice(self.ids + self.labels)
            return whole[:rng.randint(1, len(whole))]
        if roll < 0.85 and self.labels:
            return rng.choice(self.labels)
        if roll < 0.97:
            return rng.choice(["head", "heads", "base"])
        return rng.choice(["zzzz", "q", "", "current", "1", "nope"])

    def plain(self):
        rng = self.rng
        roll = rng.random()
        if roll < 0.6:
            return self.name()
        if roll < 0.93:
            label = rng.choice(self.labels) if self.labels and rng.random() < 0.8 else self.name()
            return label + "@" + self.name()
        return rng.choice(["@head", "@heads", "@base", "x@", "@-1", "a@b@head", " -1", "-1_0", "-0",
                           "head ", "HEAD", "-1", "-2"]) + rng.choice(["", "", "", "1"])

    def relative(self):
        rng = self.rng
        steps = rng.choice("+-") + rng.choice(["0", "1", "1", "1", "2", "2", "3", "02", "9"])
        text = steps + (rng.choice(["junk", "-1", "@head"]) if rng.random() < 0.03 else "")
        roll = rng.random()
        if roll < 0.35:
            return text
        if roll < 0.65:
            return self.name() + text
        label = rng.choice(self.labels) if self.labels and rng.random() < 0.8 else self.name()
        return label + "@" + (self.name() if rng.random() < 0.6 else "") + text

    def any(self):
        return self.relative() if self.rng.random() < 0.45 else self.plain()


def closure(parents, start):
    seen = set()
    todo = list(start)
    while todo:
        rev = todo.pop()
        if rev not in seen:
            seen.add(rev)
            todo.extend(parents[rev])
    return seen


def maximal(parents, members):
    """Members that are below no other."""
    below = set()
    for rev in members:
        below |= closure(parents, parents[rev])
    return set(members) - below


def random_rows(rng, specs, parents, identifiers):
    ids = [spec.revision for spec in specs]
    roll = rng.random()
    if not ids or roll < 0.08:
        rows = []
    elif roll < 0.72:
        rows = list(maximal(parents, rng.sample(ids, rng.randint(1, min(3, len(ids))))))
        rows.sort(key=ids.index)
        rng.shuffle(rows)
    elif roll < 0.8:
        rows = rng.sample(ids, rng.randint(1, min(3, len(ids))))
    elif roll < 0.86:
        rows = [rng.choice(ids) for _ in range(2)]
    else:
        rows = [rng.choice(ids), identifiers.name()]
        rng.shuffle(rows)
        rows = rows[:rng.randint(1, 2)]
    return rows


def random_range(identifiers, rng):
    roll = rng.random()
    if roll < 0.08:
        return rng.choice([None, "nocolon", "a:b:c", ":", " : ", "current:current"])
    ends = []
    for _ in range(2):
        roll = rng.random()
        ends.append("" if roll < 0.3 else "current" if roll < 0.38 else identifiers.any())
    return ":".join(ends)


def random_questions(rng, specs, parents):
    """[(rows, question, argument)]"""
    identifiers = Identifiers(rng, specs)
    questions = [([], name, None) for name in ("nodes", "heads", "real_heads", "bases")]
    questions += [([], "resolve", identifiers.plain()) for _ in range(6)]
    questions += [([], "resolve_one", identifiers.plain()) for _ in range(4)]
    for _ in range(4):
        rows = random_rows(rng, specs, parents, identifiers)
        questions += [(rows, "current", None), (rows, "judge", None), (rows, "maximal", None)]
        questions += [(rows, "upgrade", "heads")]
        questions += [(rows, "upgrade", identifiers.any()) for _ in range(3)]
        questions += [(rows, "downgrade", "base")]
        questions += [(rows, "downgrade", identifiers.any()) for _ in range(3)]
        questions += [(rows, "history", random_range(identifiers, rng)) for _ in range(3)]
        for _ in range(3):
            count = rng.choice([0, 1, 1, 1, 1, 2, 2, 3])
            targets = [identifiers.plain() for _ in range(count)]
            questions += [(rows, "stamp", (rng.random() < 0.1, targets))]
    return questions


# -- the driver ----------------------------------------------------------------

def encode_list(values):
    return "".join(value + END for value in values)


def decode_list(field):
    return field.split(END)[:-1]


def graph_lines(specs):
    yield "graph"
    for spec in specs:
        yield "\t".join(["script", spec.revision] +
                        [encode_list(v) for v in (spec.down, spec.deps, spec.labels)])
    yield "build"


def question_lines(question):
    rows, name, argument = question
    yield "rows\t" + encode_list(rows)
    if name == "stamp":
        yield "stamp\t%d\t0\t%s" % (argument[0], encode_list(argument[1]))
    elif argument is None:
        yield name
    else:
        yield name + "\t" + argument


def ask_driver(driver, lines):
    text = "".join(line + "\n" for line in lines)
    result = subprocess.run([driver], input=text.encode(), stdout=subprocess.PIPE, check=True)
    return [line.split("\t") for line in result.stdout.decode().split("\n")[:-1]]


# -- comparison ----------------------------------------------------------------

class Context(types.SimpleNamespace):
    """A question, both answers, and what the predicates of TOLERATED look at."""


def has_cycle(specs):
    """Also those that Alembic does not find."""
    ids = {spec.revision: spec for spec in specs}
    owner = {label: spec.revision for spec in specs for label in spec.labels}
    above = collections.defaultdict(set)
    degree = {}
    for spec in ids.values():
        edges = {owner.get(name, name) for name in spec.deps} | set(spec.down)
        edges &= set(ids)
        degree[spec.revision] = len(edges)
        for edge in edges:
            above[edge].add(spec.revision)
    ready = [rev for rev, count in degree.items() if count == 0]
    done = 0
    while ready:
        done += 1
        for rev in above[ready.pop()]:
            degree[rev] -= 1
            if degree[rev] == 0:
                ready.append(rev)
    return done < len(degree)


def is_crash(c):
    return c.theirs.kind == "crash" and c.ours[0] == "error"


def related_parents(c, rev):
    """Is a parent of rev an ancestor of another parent?"""
    return any(other in closure(c.parents, c.parents[one])
               for one in c.parents[rev] for other in c.parents[rev])


def rows_resolve_to_themselves(c):
    return all(row in c.parents for row in c.rows)


def rows_overlap(c):
    known = [row for row in c.rows if row in c.parents]
    return set(maximal(c.parents, known)) != set(known)


def rows_repeat(c):
    return len(set(c.rows)) < len(c.rows)


# name, when it applies (a Context), what it is
TOLERATED = [
    ("dangling",
     lambda c: c.name == "build" and is_crash(c) and c.ours[1] == "MH213" and
     c.theirs.text == "KeyError: '%s'" % c.ours[2].split(" ")[1],
     "KeyError for a reference to an absent revision becomes MH213"),
    ("label as parent",
     lambda c: c.name == "build" and c.ours[1] == "MH213" and
     c.ours[2].startswith("Revision parent referenced") and
     c.theirs.kind in ("crash", "error") and
     (c.theirs.text in ("KeyError: 'parent'", "KeyError: 'gone'") or "broken map" in c.theirs.text or
      c.theirs.code in ("MH211", "MH212")),
     "a label in down_revision crashes Alembic in various ways; MH213"),
    ("duplicate id",
     lambda c: c.name == "build" and c.ours[1:2] == ["MH214"] and "more than once" in c.ours[2] and
     len({spec.revision for spec in c.specs}) < len(c.specs),
     "Alembic warns of a duplicate id and goes on, to heads that are none; MH214"),
    ("hidden cycle",
     lambda c: c.name == "build" and c.theirs.kind == "ok" and c.ours[1:2] in (["MH211"], ["MH212"])
     and has_cycle(c.specs),
     "a cycle below a head and above a base escapes Alembic; MH211, MH212"),
    ("hidden cycle hides another",
     lambda c: c.name == "build" and c.theirs.kind == "error" and c.theirs.code == "MH212" and
     c.ours[1] == "MH211" and has_cycle(c.specs),
     "a hidden cycle over down_revision is reported before one over depends_on"),
    ("colon allowed",
     lambda c: c.name == "build" and VERSION < (1, 17, 1) and c.ours[1:2] == ["MH215"] and
     any(":" in spec.revision for spec in c.specs),
     "':' in ids is forbidden since 1.17.1"),
    ("B6 walk off upgrade",
     lambda c: c.name == "upgrade" and is_crash(c) and c.theirs.text == "AssertionError" and
     c.ours[1] == "MH205" and re.search("[-+][0-9]", c.argument),
     "AssertionError where word+N or word-N ends at or below base"),
    ("B6 empty identifier",
     lambda c: is_crash(c) and c.theirs.text == "AssertionError" and c.ours[1] == "MH201" and
     c.ours[2].endswith("identified by ''"),
     "AssertionError for an empty identifier"),
    ("B6 branch without one row",
     lambda c: c.name in ("downgrade", "history") and is_crash(c) and
     c.theirs.text == "AssertionError" and c.ours[1] == "MH205" and "@-" in c.argument,
     "AssertionError for label@-N with no or several current revisions"),
    ("row below base",
     lambda c: c.ours[:2] == ["error", "MH201"] and
     any(re.match(r"\s*-[0-9]", row) for row in c.rows) and
     (c.ours[3] == "It lies below a base." or "'base'" in c.ours[2]),
     "a row such as -9 that walks off the graph is refused at once"),
    ("resolve below base",
     lambda c: c.name == "resolve" and c.theirs.kind == "ok" and None in c.theirs.value and
     c.ours[1] == "MH205",
     "None among revisions becomes MH205"),
    ("resolve to base",
     lambda c: c.name == "resolve" and c.theirs.kind == "ok" and "base" in c.theirs.value and
     c.ours == ["ok", encode_list(r for r in c.theirs.value if r != "base")],
     "the word base among revisions is left out"),
    ("history shape",
     lambda c: c.name == "history" and is_crash(c) and c.theirs.text == "ValueError" and
     c.argument.count(":") > 1,
     "ValueError for two colons"),
    ("history over dependencies",
     lambda c: c.name == "history" and is_crash(c) and c.theirs.text == "AssertionError" and
     c.ours[1] == "MH204" and "reached over dependencies" in c.ours[3],
     "AssertionError where a range is reached over dependencies only"),
    ("history branch without label",
     lambda c: c.name == "history" and is_crash(c) and c.theirs.text == "AssertionError" and
     c.ours[1] == "MH204" and "cannot stand for a branch" in c.ours[2],
     "AssertionError for id@... as lower end where the id has not one label"),
    ("history below base",
     lambda c: c.name == "history" and is_crash(c) and
     (c.ours[1] in ("MH203", "MH204", "MH205") or c.ours[3] == "It lies below a base.") and
     c.theirs.text in ("AssertionError", "AttributeError") and
     re.search("[-+][0-9]", c.argument),
     "crashes where an end of the range walks off the graph"),
    ("history from below base to a label",
     lambda c: c.name == "history" and c.theirs.kind == "error" and c.ours[0] == "error" and
     (c.ours[3] == "It lies below a base." or "'base'" in c.ours[3]) and
     re.match("[^:]*-[0-9]+[^:]*:[^:]*@[+][0-9]", c.argument),
     "another error is the first where the lower end walks off and the upper one is label@+N"),
    ("history label overlap",
     lambda c: c.name == "history" and c.theirs.code == "MH203" and c.ours[1] == "MH203" and
     "@" in c.argument.split(":")[0],
     "with a label below Alembic takes the upper ends from a hash set, so that it names another"),
    ("stamp to base by walking",
     lambda c: c.name == "stamp" and is_crash(c) and c.ours[1] == "MH205" and
     c.theirs.text == "AssertionError" and any("-" in target for target in c.argument[1]),
     "AssertionError where -N ends at base"),
    ("stamp statements",
     lambda c: c.name == "statements" and len(c.argument[1]) > 1 and
     {old for old, _ in c.statements} == {old for old, _ in c.theirs.value[2].statements},
     "of several targets that mean one revision, another row is the one updated"),
    ("rows overlap",
     lambda c: c.name == "rows after" and rows_overlap(c),
     "from overlapping rows Alembic keeps them apart; ours are the maximal ones"),
    ("rows repeat",
     lambda c: c.name == "rows after" and rows_repeat(c),
     "Alembic refuses to change a row that is there twice"),
    ("rows are not ids",
     lambda c: c.name == "rows after" and not rows_resolve_to_themselves(c),
     "HeadMaintainer keeps the text of a row that is a prefix or a word"),
    ("B2 downgrade leaves overlap",
     lambda c: c.name == "rows after" and c.direction == "downgrade" and
     any(related_parents(c, rev) for rev in c.steps[:c.at + 1]) and
     (c.crash or maximal(c.parents, c.their_rows) == set(c.our_rows)),
     "a parent that is an ancestor of another parent comes back as a row"),
    ("B3 upgrade across related parents",
     lambda c: c.name == "rows after" and c.direction == "upgrade" and c.crash is not None and
     related_parents(c, c.steps[c.at]),
     "KeyError where a merge lists a revision and its ancestor"),
]


def tolerance(c):
    return next((name for name, applies, _ in TOLERATED if applies(c)), None)


def normalized(text):
    """Alembic lists overlapping revisions in the order of a hash set."""
    start, comma, rest = text.partition("other requested revisions ")
    return start + comma + ", ".join(sorted(rest.split(", "))) if comma else text


def same_error(c):
    if c.theirs.kind != "error" or c.ours[0] != "error":
        return False
    if c.ours[1] != c.theirs.code or normalized(c.ours[2]) != normalized(c.theirs.text):
        return False
    return not c.theirs.detail or c.theirs.detail == c.ours[3]


class Differences:
    def __init__(self, verbose):
        self.verbose = verbose
        self.asked = collections.Counter()
        self.tolerated = collections.Counter()
        self.errors = collections.Counter()

    def judge(self, c, same, what):
        """None, or what differs."""
        if same:
            return None
        name = tolerance(c)
        if name is not None:
            self.tolerated[name] += 1
            return None
        return what

    def compare(self, c):
        self.asked[c.name] += 1
        if c.ours[0] == "error":
            self.errors[c.ours[1]] += 1
        try:
            return self.compare_answers(c)
        except (CommandError, LookupError, TypeError, ValueError) as error:
            # Where only one of them accepts something what follows may not fit.
            return "answers that do not fit (%r)" % error

    def compare_answers(self, c):
        if c.name in ("judge", "maximal", "nodes"):
            return getattr(self, "compare_" + c.name)(c)
        if c.theirs.kind != "ok" or c.ours[0] != "ok":
            return self.judge(c, same_error(c), "outcome")
        return getattr(self, "compare_" + c.name, self.compare_list)(c)

    def compare_build(self, c):
        return None

    def compare_list(self, c):
        return self.judge(c, decode_list(c.ours[1]) == c.theirs.value, "revisions")

    def compare_nodes(self, c):
        expected = []
        for rev in c.real.nodes():
            flags = (rev.is_head, rev._is_real_head, rev.is_base, rev._is_real_base,
                     rev.is_branch_point, rev.is_merge_point)
            expected += [rev.revision, encode_list(rev._normalized_down_revisions),
                         encode_list(sorted(rev.branch_labels)),
                         "".join("%d" % flag for flag in flags)]
        return self.judge(c, c.ours[1:] == expected, "relations")

    def resolve_row(self, c, row):
        """Index of the one revision of a row, or -1."""
        if row in c.order and row in c.parents:
            return c.order[row]
        found = attempt(lambda: c.real.resolve([], row))
        if found.kind != "ok" or len(found.value) != 1 or found.value[0] not in c.order:
            return -1
        return c.order[found.value[0]]

    def compare_judge(self, c):
        ids = list(c.order)
        nodes = [self.resolve_row(c, row) for row in c.rows]
        for i, row in enumerate(c.rows):
            node, exact, implied, duplicate = (int(x) for x in c.ours[1 + i].split(","))
            same = [j for j in range(i) if (nodes[j], "" if nodes[j] >= 0 else c.rows[j]) ==
                    (nodes[i], "" if nodes[i] >= 0 else row)]
            above = [j for j in range(len(nodes)) if nodes[i] >= 0 and nodes[j] >= 0 and
                     nodes[j] != nodes[i] and
                     ids[nodes[i]] in closure(c.parents, [ids[nodes[j]]])]
            if (node, bool(exact)) != (nodes[i], row in c.parents):
                return "judged node"
            if duplicate != (same[0] if same else -1):
                return "judged duplicate"
            if (implied >= 0) != bool(above) or (above and implied not in above):
                return "judged implication"
        return None

    def compare_maximal(self, c):
        ids = list(c.order)
        nodes = [self.resolve_row(c, row) for row in c.rows]
        kept = maximal(c.parents, {ids[node] for node in nodes if node >= 0})
        expected = sorted(kept, key=c.order.get)
        expected += dict.fromkeys(row for row, node in zip(c.rows, nodes) if node < 0)
        return self.judge(c, decode_list(c.ours[1]) == expected, "maximal rows")

    def compare_plan(self, c):
        steps, (after, crash, _) = c.theirs.value
        if c.ours[2::2] != steps:
            return self.judge(c, False, "steps")
        if decode_list(c.ours[1]) != c.theirs.warnings:
            return self.judge(c, False, "warnings")
        rows = [decode_list(field) for field in c.ours[3::2]]
        resolved = c.real.resolve([], c.rows) if c.rows else []
        applied = closure(c.parents, resolved)
        for rev, got in zip(steps, rows):
            applied ^= {rev}
            if got != sorted(maximal(c.parents, applied), key=c.order.get):
                return "rows are not the maximal applied revisions"
        for at, got in enumerate(rows):
            if at < len(after) and sorted(got) == after[at]:
                continue
            inner = Context(**vars(c))
            inner.name, inner.direction, inner.at = "rows after", c.name, at
            inner.steps, inner.crash = steps, crash if at >= len(after) else None
            inner.our_rows, inner.their_rows = got, after[at] if at < len(after) else None
            return self.judge(inner, False, "rows after step %d" % (at + 1))
        return None

    compare_upgrade = compare_downgrade = compare_plan

    def compare_stamp(self, c):
        dests, crash, table = c.theirs.value
        purge = c.argument[0]
        differs, overlap, error = c.ours[1] == "1", c.ours[2] == "1", c.ours[3]
        theirs, after = decode_list(c.ours[4]), decode_list(c.ours[5])
        if error != (crash or ""):
            return self.judge(c, False, "Alembic's crash")
        if not crash and sorted(theirs) != sorted(table.physical):
            return self.judge(c, False, "Alembic's rows")
        sound = purge or (not rows_overlap(c) and not rows_repeat(c) and
                          rows_resolve_to_themselves(c))
        if len(dests) < 2 and sound and not crash:
            expected = table.physical
            statements = [(c.ours[i].strip(NONE), c.ours[i + 1].strip(NONE)) for i in range(6, len(c.ours), 3)]
            if not purge and statements != table.statements:
                inner = Context(**vars(c))
                inner.name, inner.statements = "statements", statements
                what = self.judge(inner, False, "statements")
                if what:
                    return what
        elif dests:
            expected = self.set_algebra(c, dests, purge)
        else:
            expected = after
        if sorted(after) != sorted(expected):
            return "rows after stamp"
        if differs != (len(dests) > 1 and (bool(crash) or sorted(theirs) != sorted(after))):
            return "differs"
        return self.replay_stamp(c, after) or self.check_overlap(c, after, overlap)

    def set_algebra(self, c, dests, purge):
        related = set()
        for dest in dests:
            related |= closure(c.parents, [dest]) | closure(c.children, [dest])
        kept = [] if purge else [row for row in c.rows
                                 if not related & set(c.real.resolve([], row))]
        return kept + list(dict.fromkeys(dests))

    def replay_stamp(self, c, after):
        rows = list(c.rows)
        for i in range(6, len(c.ours), 3):
            old, new, told = c.ours[i], c.ours[i + 1], decode_list(c.ours[i + 2])
            if old != NONE:
                rows.remove(old)
            if new != NONE:
                rows.append(new)
            if sorted(rows) != sorted(told):
                return "rows after a stamp step"
        return None if sorted(rows) == sorted(after) else "stamp steps"

    def check_overlap(self, c, after, overlap):
        nodes = [c.real.resolve([], row) for row in after]
        single = [found[0] for found in nodes if len(found) == 1]
        expected = len(set(single)) < len(single) or maximal(c.parents, single) != set(single)
        return None if expected == overlap else "overlap"


def make_contexts(specs, questions, answers):
    """Pairs the driver's answers with Alembic's."""
    real = RealAlembic(specs)
    built = attempt(real.build)
    yield Context(name="build", specs=specs, rows=[], argument=None, theirs=built, ours=answers[0],
                  real=real)
    if answers[0] != ["ok"] or built.kind != "ok":
        return
    nodes = real.nodes()
    parents = {rev.revision: list(rev._normalized_down_revisions) for rev in nodes}
    children = {rev.revision: list(rev._all_nextrev) for rev in nodes}
    order = {rev.revision: i for i, rev in enumerate(nodes)}
    for (rows, name, argument), ours in zip(questions, answers[1:]):
        theirs = None
        if hasattr(real, name) and name != "nodes":
            theirs = attempt(lambda: getattr(real, name)(rows, argument))
        yield Context(name=name, specs=specs, rows=rows, argument=argument, theirs=theirs,
                      ours=ours, real=real, parents=parents, children=children, order=order)


def all_lines(specs, questions):
    yield from graph_lines(specs)
    for question in questions:
        yield from question_lines(question)


# -- reports -------------------------------------------------------------------

def still_differs(driver, specs, question):
    questions = [question] if question else []
    try:
        answers = ask_driver(driver, all_lines(specs, questions))
        for context in make_contexts(specs, questions, answers):
            if Differences(False).compare(context):
                return context
    except (KeyError, IndexError, subprocess.CalledProcessError):
        pass
    return None


def without(specs, index):
    gone = specs[index].revision
    return [Spec(revision=s.revision, down=[d for d in s.down if d != gone],
                 deps=[d for d in s.deps if d != gone], labels=list(s.labels))
            for i, s in enumerate(specs) if i != index]


def shrunk(specs, question):
    for index in range(len(specs)):
        yield without(specs, index), question
    for index, spec in enumerate(specs):
        for part in ("deps", "labels"):
            if getattr(spec, part):
                smaller = [Spec(**vars(s)) for s in specs]
                setattr(smaller[index], part, [])
                yield smaller, question
    if question:
        rows, name, argument = question
        for index in range(len(rows)):
            yield specs, (rows[:index] + rows[index + 1:], name, argument)


def report(driver, specs, question, what):
    """Prints the smallest graph that still differs."""
    found = still_differs(driver, specs, question)
    shrinking = found is not None
    while shrinking:
        shrinking = False
        for smaller, other in shrunk(specs, question):
            context = still_differs(driver, smaller, other)
            if context:
                specs, question, found, shrinking = smaller, other, context, True
                break
    print("DIFFERENCE: %s" % what)
    for spec in specs:
        print("  Script(%r, down=%r, deps=%r, labels=%r)" %
              (spec.revision, spec.down, spec.deps, spec.labels))
    if question:
        print("  rows %r, %s %r" % question)
    if found is not None:
        print("  alembic:", describe(found.theirs))
        print("  driver: ", [field.replace(END, "|") for field in found.ours])


def describe(outcome):
    if outcome is None:
        return "(computed here)"
    if outcome.kind != "ok":
        return vars(outcome)
    value = outcome.value
    if isinstance(value, tuple) and isinstance(value[-1], Rows):
        value = value[:-1] + (value[-1].physical, value[-1].statements)
    elif isinstance(value, tuple):
        value = value[0], value[1][:2]
    return value, outcome.warnings


# -- main ----------------------------------------------------------------------

def random_case(rng):
    specs = random_graph(rng)
    if rng.random() < 0.2:
        spoil_graph(rng, specs)
        return specs, []
    real = RealAlembic(specs)
    if attempt(real.build).kind != "ok" or has_cycle(specs):
        return specs, []
    parents = {rev.revision: list(rev._normalized_down_revisions) for rev in real.nodes()}
    return specs, random_questions(rng, specs, parents)


def run_chunk(driver, cases, differences, limit):
    lines = [line for specs, questions in cases for line in all_lines(specs, questions)]
    answers = ask_driver(driver, lines)
    found = 0
    for specs, questions in cases:
        mine, answers = answers[:1 + len(questions)], answers[1 + len(questions):]
        for index, context in enumerate(make_contexts(specs, questions, mine)):
            what = differences.compare(context)
            if what:
                found += 1
                if found <= limit:
                    report(driver, specs, questions[index - 1] if index else None, what)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--graphs", type=int, default=2000)
    parser.add_argument("--driver", required=True)
    parser.add_argument("--reports", type=int, default=5, help="differences to print")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    differences = Differences(options.verbose)
    found = 0
    for start in range(0, options.graphs, 100):
        cases = [random_case(random.Random("%d/%d" % (options.seed, number)))
                 for number in range(start, min(start + 100, options.graphs))]
        found += run_chunk(options.driver, cases, differences, options.reports - found)
        if options.verbose:
            print("%d graphs, %d differences" % (start + len(cases), found), flush=True)
    print("Alembic %s, seed %d, %d graphs, %d questions: %d differences" %
          (alembic.__version__, options.seed, options.graphs, sum(differences.asked.values()),
           found))
    print("  asked:", ", ".join("%s %d" % item for item in sorted(differences.asked.items())))
    print("  refused:", ", ".join("%s %d" % item for item in sorted(differences.errors.items())))
    for name, _, meaning in TOLERATED:
        print("  tolerated %6d  %s: %s" % (differences.tolerated[name], name, meaning))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
