#!/usr/bin/python3
"""Compares the script parser with Python itself.

    script_parser_oracle.py CLI [--seed N] [--count N] [--verbose]

Two oracles, neither of which knows how the parser works:

* Python's own parser (ast) says which of the four variables are bound by a plain
  top-level assignment of a literal, and which by anything else.  The parser must
  accept exactly the former, with ast's values.
* Running the source, in a module without builtins, gives what Alembic would
  see.  Whatever the parser accepts must be what is found there.

Sources are random header statements in random layouts, templates of all
Alembic releases, mutations of both, and every file of Python's own library with
a header in front or behind.  Sources that Python does not compile prove nothing
and are only counted.
"""

import argparse
import ast
import builtins
import collections
import glob
import json
import os
import random
import re
import signal
import subprocess
import sys
import sysconfig
import tempfile
import types
import warnings

NAMES = ("revision", "down_revision", "branch_labels", "depends_on")
FORBIDDEN = "@-+:"
DYNAMIC = {"exec", "globals", "locals"}


class NotLiteral(Exception):
    pass


# ---------- oracle 1: the syntax tree ----------


def constant(node):
    """The string or None that a node is, f-strings without fields included."""
    if isinstance(node, ast.Constant) and (node.value is None or type(node.value) is str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(constant(part) for part in node.values)
    raise NotLiteral


def literal(node):
    if isinstance(node, (ast.Tuple, ast.List)):
        value = [constant(element) for element in node.elts]
        if None in value and len(value) > 1:
            raise NotLiteral
        strings = value
    else:
        value = constant(node)
        strings = [value]
    for text in strings:
        if text is not None and ("\0" in text or re.search("[\ud800-\udfff]", text)):
            raise NotLiteral
    return value, isinstance(node, ast.List)


class Bindings(ast.NodeVisitor):
    """What a statement binds, reads and calls in the module's scope."""

    def __init__(self):
        self.bound = set()
        self.read = set()
        self.called = set()
        self.pinned = set()
        self.star = False
        self.comprehension = 0
        self.header = 0

    def visit_Name(self, node):
        if not isinstance(node.ctx, ast.Load):
            # A loop variable of a comprehension is another one of that name; the
            # parser takes it for a use all the same, which concerns only lists.
            (self.read if self.comprehension else self.bound).add(node.id)
        elif not self.header:
            self.read.add(node.id)

    def visit_NamedExpr(self, node):
        self.bound.add(node.target.id)
        self.visit(node.value)

    def visit_AnnAssign(self, node):
        if node.value:
            self.visit(node.target)
            self.visit(node.value)
        self.visit(node.annotation)

    def visit_Call(self, node):
        if isinstance(node.func, ast.Name):
            self.called.add(node.func.id)
        self.generic_visit(node)

    def visit_comprehension(self, node):
        self.comprehension += 1
        self.visit(node.target)
        self.comprehension -= 1
        self.visit(node.iter)
        for condition in node.ifs:
            self.visit(condition)

    def visit_alias(self, node):
        if node.name == "*":
            self.star = True
        else:
            self.bound.add(node.asname or node.name.split(".")[0])

    def visit_ExceptHandler(self, node):
        self.bound.add(node.name)
        self.generic_visit(node)

    def visit_MatchAs(self, node):
        self.bound.add(node.name)
        self.generic_visit(node)

    visit_MatchStar = visit_MatchAs

    def visit_MatchMapping(self, node):
        self.bound.add(node.rest)
        self.generic_visit(node)

    def visit_TypeAlias(self, node):
        self.bound.add(node.name.id)

    def scope(self, body):
        for child in body:
            for node in ast.walk(child):
                if isinstance(node, ast.Global):
                    self.pinned.update(node.names)

    def visit_FunctionDef(self, node):
        self.bound.add(node.name)
        for decorator in node.decorator_list:
            self.visit(decorator)
        self.header += 1
        self.visit(node.args)
        if node.returns:
            self.visit(node.returns)
        self.header -= 1
        self.scope(node.body)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node):
        self.bound.add(node.name)
        for decorator in node.decorator_list:
            self.visit(decorator)
        self.header += 1
        for child in node.bases + node.keywords:
            self.visit(child)
        self.header -= 1
        self.scope(node.body)

    def visit_Lambda(self, node):
        self.visit(node.args)
        inner = Bindings()
        inner.visit(node.body)
        self.read |= inner.read

    def visit_arguments(self, node):
        for default in node.defaults + [d for d in node.kw_defaults if d]:
            self.visit(default)
        if self.header:
            for argument in node.args + node.kwonlyargs + node.posonlyargs:
                if argument.annotation:
                    self.visit(argument.annotation)


def plain_targets(node):
    if isinstance(node, ast.Assign):
        return [t.id for t in node.targets if isinstance(t, ast.Name)], len(node.targets)
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return ([node.target.id] if node.value else []), 1
    return [], 0


def by_tree(tree):
    """{name: (value, is_list)} of what is known; None for what is unknown."""
    known = {}
    pinned = set()
    for node in tree.body:
        bindings = Bindings()
        bindings.visit(node)
        for name in NAMES:
            if name in bindings.read and (known.get(name) or (None, False))[1]:
                known[name] = None
        pinned |= bindings.pinned
        plain, targets = plain_targets(node)
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            loose = Bindings()
            for target in node.targets if isinstance(node, ast.Assign) else []:
                if not isinstance(target, ast.Name):
                    loose.visit(target)
            for child in [node.value, getattr(node, "annotation", None)]:
                if child:
                    loose.visit(child)
            for name in set(plain) & set(NAMES):
                try:
                    known[name] = literal(node.value)
                    if known[name][1] and targets > 1:
                        known[name] = None
                except NotLiteral:
                    known[name] = None
            bound = loose.bound
        else:
            bound = bindings.bound
        if bindings.star or bindings.called & DYNAMIC:
            bound = bound | set(NAMES)
        for name in bound & set(NAMES):
            known[name] = None
    for name in pinned & set(NAMES):
        known[name] = None
    return known


def normalise(value):
    if value is None or isinstance(value, str):
        return [] if value is None else [value]
    return [] if value == [None] else list(value)


def expected(tree, file_name):
    """What the parser must answer: the values, or the SQLSTATE."""
    known = by_tree(tree)
    for name in NAMES:
        if known.get(name, 0) is None:
            return "MH220"
    if "revision" not in known:
        legacy = re.match(r"([a-f0-9]+)\.py$", os.path.basename(file_name))
        if not legacy:
            return "MH220"
        revision = legacy.group(1)
    else:
        revision = known["revision"][0]
        if not isinstance(revision, str):
            return "MH220"
    if "down_revision" not in known:
        return "MH220"
    answer = {name: normalise(known[name][0]) if name in known else [] for name in NAMES[1:]}
    if not revision or any("" in values for values in answer.values()):
        return "MH220"
    answer["revision"] = revision
    loop = revision in answer["down_revision"] or revision in answer["depends_on"]
    if set(revision) & set(FORBIDDEN) and not loop:
        return "MH215"
    return answer


# ---------- oracle 2: running it ----------


class Anything:
    """Stands for every name that a script imports or looks up."""

    def __init__(self, *args, **kwargs):
        pass

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything()

    def __call__(self, *args, **kwargs):
        return Anything()

    def __getitem__(self, key):
        return Anything()

    def __setitem__(self, key, value):
        pass

    def __delitem__(self, key):
        pass

    def __add__(self, other):
        return self

    __pow__ = __iadd__ = __mod__ = __lt__ = __add__

    def __iter__(self):
        return iter((Anything(), Anything()))

    def __enter__(self):
        return self

    def __exit__(self, *args):
        return False


def run(code):
    """The module's namespace, or None if it does not run."""
    module = types.ModuleType("script")
    module.__dict__["__builtins__"] = {
        "__build_class__": builtins.__build_class__,
        "__import__": lambda *args: Anything(),
        "__name__": "script",
        "Exception": Exception,
        "str": str,
    }
    for name in ("z", "f", "q", "sa", "op", "Union", "Sequence") + OTHERS:
        module.__dict__[name] = Anything()

    def stop(*_):
        raise TimeoutError

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        exec(code, module.__dict__)
    except BaseException:
        return None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return module.__dict__


def strip_doc(doc):
    return doc.strip() if doc else ""


def check_run(namespace, answer, file_name):
    """Differences between what Alembic would read and what the parser said."""
    wrong = []
    if "revision" in namespace and namespace["revision"] != answer["revision"]:
        wrong.append("revision is %r" % (namespace["revision"],))
    for name in NAMES[1:]:
        value = namespace.get(name)
        if isinstance(value, (tuple, list)):
            value = list(value)
        if normalise(value) != answer[name]:
            wrong.append("%s is %r" % (name, value))
    return wrong


# ---------- sources ----------

OTHERS = ("x", "y", "my_revision", "_depends_on", "revisions", "Revision")
SCALARS = ("a", "ab12", "x.y", "é", "日本", "a b", "a@b", "it's", 'say "x"', "", "None", "#x", "{a}")


class Source:
    """Random pieces of Python."""

    def __init__(self, rng):
        self.rng = rng
        self.calm = False

    def pick(self, *choices):
        choice = self.rng.choice(choices)
        return choice() if callable(choice) else choice

    def name(self):
        if self.calm and self.rng.random() < 0.95:
            return self.pick(*OTHERS)
        return self.pick(*NAMES, *NAMES, *OTHERS)

    def string(self):
        text = self.rng.choice(SCALARS)
        quote = self.pick("'", '"', "'''", '"""')
        prefix = self.pick("", "", "", "r", "u", "R", "f", "rf", "Fr")
        if "r" in prefix.lower():
            body = text.replace("\\", "").replace(quote[0], "")
        else:
            body = self.escaped(text, quote)
        if "f" in prefix.lower():
            body = body.replace("{", "{{").replace("}", "}}")
        if len(quote) == 3 and self.rng.random() < 0.3:
            body += self.pick("\n", "\\\n", "\r\n", " \t", "\\'" if "r" not in prefix else "")
        return prefix + quote + body + quote

    def escaped(self, text, quote):
        out = []
        for char in text:
            way = self.rng.random()
            if char == quote[0] or char == "\\":
                out.append("\\" + char)
            elif way < 0.05 and ord(char) < 256:
                out.append("\\x%02x" % ord(char))
            elif way < 0.1:
                out.append("\\u%04x" % ord(char))
            elif way < 0.12:
                out.append("\\U%08X" % ord(char))
            elif way < 0.15 and ord(char) < 512:
                out.append("\\%03o" % ord(char))
            elif way < 0.17:
                out.append("\\\n" + char)
            else:
                out.append(char)
        if self.rng.random() < 0.05:
            out.append(self.pick("\\q", "\\n", "\\t", "\\0", "\\ud800", "\\7", "\\\\", "\\'"))
        return "".join(out)

    def scalar(self):
        text = self.pick(self.string, self.string, self.string, "None")
        if text != "None" and self.rng.random() < 0.2:
            text = "(" + text + self.gap() + self.string() + ")"
        while self.rng.random() < 0.15:
            text = "(" + self.gap() + text + self.gap() + ")"
        return text

    def gap(self):
        return self.pick("", "", " ", "\n", " # ')\n", "\t", "\\\n", "\r\n")

    def sequence(self):
        items = [self.scalar() for _ in range(self.rng.randrange(4))]
        text = ("," + self.gap()).join(items)
        if items and (len(items) == 1 or self.rng.random() < 0.4):
            text += ","
        opener, closer = self.pick("()", "()", "[]")
        text = opener + self.gap() + text + self.gap() + closer
        return "(" + text + ")" if self.rng.random() < 0.1 else text

    def bare_tuple(self):
        return self.string().replace("\n", " ").replace("\r", " ") + self.pick(",", ", 'b'", ", None")

    def good(self):
        return self.pick(self.scalar, self.scalar, self.sequence, self.bare_tuple)

    def bad(self):
        return self.pick(
            "f('a')", "x", "x.y", "x['a']", "'a' + 'b'", "'%s' % x", "'a'.strip()", "f'{x}'",
            "f'{x!r:>{y}}' 'b'", "'a' if x else 'b'", "1", "0x1f", "1.5e3", "b'a'", "rb'a'", "True",
            "...", "{'a'}", "{'a': 'b'}", "['a' for _ in x]", "('a', *x)", "*x, 'a'", "(('a',),)",
            "['a', ['b']]", "('a', None)", "(None, None)", "lambda: 'a'", "not 'a'", "-1",
            "(x := 'a')", "('a')('b')", "'a' 'b'[0]", "('a', 1)", "[None]", "((),)", "()[0]",
            "'a', ('b',)", "('a',)['b']", "f'a{{' 'b'", "f''", "(yield)", "'a' < 'b'",
            lambda: self.name() + " " + self.pick("+", "or", "==") + " 'a'")

    def value(self):
        return self.good() if self.rng.random() < (0.97 if self.calm else 0.75) else self.bad()

    def annotation(self):
        return self.pick("str", "str | None", "Union[str, Sequence[str], None]", "'str = None'",
                         "Union[\n    str,\n    None, # = 'x'\n]", "lambda q='z': q", "(lambda: 1)",
                         lambda: "x[(%s := 'w')]" % self.name(), "{'a': 1}['a']",
                         lambda: self.name())

    def assignment(self):
        name = self.name()
        way = self.rng.random()
        if way < 0.05:
            name = "(" + name + ")"
        if way > 0.97:
            name = name.replace("r", "\uff52").replace("v", "\U0001d42f")
        if self.rng.random() < 0.3:
            name += self.pick(": ", ":", " : ") + self.annotation()
            if self.rng.random() < 0.15:
                return name
        elif self.rng.random() < 0.2:
            name += " = " + self.pick(self.name, "x.revision", "x[0]", "x[revision]",
                                      "revision.x", "down_revision[0]", "(revision)", "[x, y]")
        return name + self.pick(" = ", "=", " \\\n = ", "= \\\r\n") + self.value()

    def binder(self):
        n, m = self.name(), self.name()
        if not self.calm and self.rng.random() < 0.1:
            return self.pick("from x import *", "exec('x')", "globals()['%s'] = 'z'" % n, "locals()",
                             "x = [f(globals())]", "x.exec()", "lambda: exec('x')")
        return self.rng.choice((
            "%s += 'x'", "%s **= x", "del %s", "del (%s, x)", "del x, %s", "del x.%s",
            "del x[%s]", "import %s", "import x.%s", "import %s.x", "import x as %s", "import x, %s",
            "import %s as x", "from x import %s", "from x import %s as z", "from x import z as %s",
            "from x import (a,\n  %s,)", "from %s import x", "from . import %s",
            "%s, x = 'a', 'b'", "x, (%s, *y) = z", "[%s, x] = 'ab'", "*%s, x = 'abc'",
            "x.%s = 'a'", "%s.x = 'a'", "x[%s] = 'a'", "f(%s).x = 'a'", "%s == 'x'", "f(%s='x')",
            "print(%s)", "(%s := 'a')", "f(%s := 'a')", "f((%s := 'a'))", "x = [%s := 'b']",
            "[(%s := q) for q in 'ab']", "lambda: (%s := 'a')", "lambda q=(%s := 'a'): q",
            "[lambda: 0, (%s := 'a')]", "{lambda: 0: (%s := 'a')}", "x[lambda: 0:(%s := 'a')]",
            "lambda q: lambda r=(%s := 1): r", "lambda q=lambda: 1, r=(%s := 1): r",
            "[lambda: q for q in 'ab' if (%s := q)]", "x: lambda: 1 = (%s := 2)",
            "lambda q: lambda r=lambda: 1, s=(%s := 2): 3", "[%s for %s in 'ab']", "x = {%s: 1 for %s in 'a'}",
            "f(q for %s in x)", "f'{(%s := 1)}'", "f'{x:{(%s := 3)}}'", "f'{x!r:%s:=5}'",
            "f'{f(%s=1):>%s}'", "lambda %s: %s", "lambda %s='a', *b: b", "x = lambda %s='a': %s",
            "global %s", "assert %s, x", "x.exec(%s)",
            "x = %s", "@f(%s)\ndef g(): pass", "@(%s := f)\ndef g(): pass",
            "x: %s = 1", "x: f(%s := 1) = 2", "%s: f((%s := 'u')) = 'v'", "x = y = %s = 'cc'",
            "type = 1; type.%s = 1", "match = %s; match[0], case = %s, 1", "'''%s = 'a' '''",
            "# %s = 'a'", "x = '%s = 1'", "x = 'a\\\n%s = 2'", "x = 1if %s else 2",
        )).replace("%s", n, 1).replace("%s", m)

    def simple(self):
        statement = self.pick(self.assignment, self.assignment, self.assignment, self.binder,
                              "pass", "x = {'a': [1, (2, 3)], 'b': f'{x}'}", self.string)
        if self.rng.random() < 0.1:
            statement += self.pick("; ", ";") + self.assignment()
        return statement + self.pick("", "", "", ";", "  # revision = 'z'")

    def header(self):
        n = self.name()
        return self.rng.choice((
            "if x:", "if x == {1: 2}[1]:", "if (lambda: x):", "if (%s := x):", "while %s:", "for %s in x:",
            "for x, (%s, *y) in z:", "for x.%s in y:", "for x[%s] in y:", "for %s.z in y:", "for x in %s, y:",
            "with x as (y, z), f(%s):",
            "with x:", "with x as %s:", "with x as (%s, y), z as (a):", "with (x as y, y as %s):",
            "with x as %s.y:", "with x as y.%s:", "with f(%s='x') as y:", "def f():", "class C:",
            "def %s(x):", "class %s(x):", "def f(%s='a', *, x: str = 'b') -> 'c':",
            "def f(q=(%s := 1)):", "class C(metaclass=f(%s)):", "async def f(x=lambda: 1):",
            "async def %s():", "if x[1:2]:", "if f'{x:>3}':",
        )).replace("%s", n)

    def indent(self, text, by):
        # Only lines outside of strings and brackets may move; the generator
        # marks them.
        return text.replace("\x01", "\x01" + by)

    def block(self, depth):
        if depth == 0 and self.calm and self.rng.random() < 0.5:
            return self.function()
        by = self.pick("    ", "  ", "\t", " ")
        way = self.rng.random()
        if way < 0.3:
            return self.header() + " " + self.simple()
        if way < 0.4:
            name = self.name()
            return ("try:\x01%spass\x01except %s:\x01%s%s" % (
                by, self.pick("Exception as " + name, "Exception", "f(%s)" % name), by,
                self.simple()))
        if way < 0.5:
            name = self.name()
            pattern = self.rng.choice((
                "%s", "[%s, 1]", "{'a': %s}", "{**%s}", "C(%s)", "C(%s=1)", "C(a=%s)", "%s.x", "x.%s",
                "%s()", "1 as %s", "(%s)", "1 | 2", "*%s, 1", "_ if %s == 1", "'a' if x[1:2]")
            ).replace("%s", name)
            return "match %s:\x01%scase %s: %s" % (self.pick("x", "x, y", "(x)", "-x"), by, pattern,
                                                 self.simple())
        body = [self.statement(depth + 1) for _ in range(self.rng.randrange(1, 4))]
        text = self.header() + "".join("\x01" + line for line in body)
        return self.indent(text, by)

    def function(self):
        """Assigns what it likes, to names of its own."""
        self.calm = False
        body = [self.simple() for _ in range(self.rng.randrange(1, 4))]
        self.calm = True
        body = [line for line in body if "global" not in line and "import *" not in line]
        return "def f():\x01 pass" + "".join("\x01 " + line for line in body)

    def statement(self, depth=0):
        if depth < 3 and self.rng.random() < (0.2 if depth == 0 else 0.4):
            return self.block(depth)
        if depth > 0 and self.rng.random() < 0.15:
            return "global " + self.pick(self.name, lambda: "x, " + self.name())
        return self.simple()

    def file(self):
        parts = []
        self.calm = self.rng.random() < 0.5
        if self.rng.random() < 0.3:
            parts.append(self.pick("# comment", "#!/usr/bin/python", "# coding: utf-8", "", "\f",
                                   "# coding coding=UTF_8", "\f\t # -*-coding:  utf8-*- #", "x # coding: y",
                                   "# coding:", "#coding=utf-8.;"))
        if self.rng.random() < 0.6:
            parts.append(self.docstring())
        for _ in range(self.rng.randrange(1, 7)):
            parts.append(self.statement())
            if self.rng.random() < 0.1:
                parts.append(self.pick("", "    ", "\t# indented", "\f", "  # x = '"))
        if self.calm or self.rng.random() < 0.5:
            for name in NAMES[: self.rng.randrange(2, 5)]:
                # The identifier is a scalar far more often than not.
                value = self.string() if name == "revision" and self.calm else self.good()
                at = self.rng.randrange(len(parts) // 2, len(parts) + 1)
                parts.insert(at, "%s = %s" % (name, value))
        text = "\x01".join(parts) + "\x01" * self.rng.randrange(2)
        text = text.replace("\x01", self.pick("\n", "\n", "\n", "\r\n", "\r"))
        return (self.pick("", "", "", "\ufeff") + text).encode()

    def docstring(self):
        return self.pick(
            '"""add table\n\nRevision ID: a\nCreate Date: 2020-01-02 03:04:05.678\n\n"""',
            "'''  one\r\n\r\ntwo\\n\\\n three '''", "'a' \"b\" r'\\n'", "('a'\n'b')", "f'no'", "'a' f'b'",
            "b'no'", "'a', 'b'", "'a' + 'b'", "'a' % x", "'a'.x", "('a')['b']", "u'\xa0x\u2003'",
            "'\\x41\\q\\101'", "''", "'a'; x = 1", "\\\n'a'", "'''a\n Create Date:  now \nb'''")


TEMPLATES = (
    '''"""${m}

Revision ID: ${r}
Revises: ${d}
Create Date: 2011-11-08 11:40:27.089406

"""

# downgrade revision identifier, used by Alembic.
revision = ${r}
down_revision = ${d}

from alembic import op
import sqlalchemy as sa


def upgrade():
    ### commands auto generated by Alembic - please adjust! ###
    op.create_table('x', sa.Column('revision', sa.String(50), nullable=False))
    revision = 'not this'
    ### end Alembic commands ###


def downgrade():
    op.execute("""
revision = 'nor this'
""")
''',
    '''"""${m}

Revision ID: ${r}
Create Date: ${m}

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa
${i}

# revision identifiers, used by Alembic.
revision: str = ${r}
down_revision: Union[str, Sequence[str], None] = ${d}
branch_labels: Union[str, Sequence[str], None] = ${b}
depends_on: Union[str, Sequence[str], None] = ${d}


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column("t", sa.Column("c", sa.Enum(*[f"{x['a']}" for x in y], name=f'{1:>{2}}')))
    if op.get_context().as_sql:
        down_revision = "x"


@op.f
async def downgrade(revision="q", *, depends_on: str = "z") -> None:
    x = {"revision": lambda branch_labels: 1}
''',
    '''# Licensed under the Apache License, Version 2.0 (the "License")
from alembic import op
"""Not a docstring."""
revision = ${r}
down_revision = ${d}
# milestone identifier, used by neutron-db-manage
neutron_milestone = [x.a, x.b]
branch_labels = ${b}


class Table(object):
    revision = 1
    class Meta: depends_on = ${d}


depends_on = (
    # the other branch
    ${d}
)
''',
)


def from_template(source):
    values = {
        "m": lambda: source.rng.choice(("add table", "ünï", "a\n\n   b ", "don\\'t")),
        "i": lambda: source.pick("", "import x", "from x import *", "revision = 'early'"),
        "r": lambda: source.pick(source.string, "'ab12'", "'1234567890'"),
        "d": source.value,
        "b": source.good,
    }
    template = source.rng.choice(TEMPLATES)
    return re.sub(r"\$\{(\w)\}", lambda match: values[match.group(1)](), template).encode()


TOKEN = re.compile(rb"\s+|\w+|.", re.S)


def mutate(source, data):
    """A few tokens or bytes deleted, doubled, exchanged or replaced."""
    rng = source.rng
    tokens = TOKEN.findall(data)
    for _ in range(rng.randrange(1, 4)):
        if not tokens:
            break
        i, j = rng.randrange(len(tokens)), rng.randrange(len(tokens))
        way = rng.randrange(6)
        if way == 0:
            del tokens[i]
        elif way == 1:
            tokens.insert(i, tokens[j])
        elif way == 2:
            tokens[i], tokens[j] = tokens[j], tokens[i]
        elif way == 3:
            tokens[i] = rng.choice((b"(", b")", b"[", b"]", b",", b"=", b":", b":=", b"'", b'"""', b"\\",
                                    b"\n", b" ", b"f'", b"lambda", b"if", b"def", b"global", b"for"))
        elif way == 4:
            tokens[i] = rng.choice(NAMES).encode()
        else:
            tokens[i:j] = []
    return b"".join(tokens)


def library(rng, count):
    """Python's own library: real code of every kind, with a header added."""
    files = sorted(glob.glob(os.path.join(sysconfig.get_path("stdlib"), "**", "*.py"), recursive=True))
    rng.shuffle(files)
    for name in files[:count]:
        with open(name, "rb") as file:
            data = file.read()
        yield b"revision = 'lib'\ndown_revision = 'a', 'b'\n" + data
        yield data + b"\nrevision = 'lib'\ndown_revision = None\ndepends_on = ['x']\n"


# ---------- comparison ----------


def cookie(data):
    """The encoding comment, by the expressions in PEP 263."""
    for line in re.split(b"\r\n|\r|\n", re.sub(b"^\xef\xbb\xbf", b"", data))[:2]:
        match = re.match(rb"[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)", line, re.S)
        if match:
            return match.group(1).decode().lower()
        if not re.match(rb"[ \t\f]*(#|$)", line):
            return None
    return None


def decodable(data):
    """Python does not look at the encoding of comments; the parser does."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


class Comparison:
    def __init__(self, verbose):
        self.counts = collections.Counter()
        self.verbose = verbose

    def report(self, kind, data, answer, what):
        self.counts["DIFFERENT"] += 1
        if self.counts["DIFFERENT"] <= 10 or self.verbose:
            print("# %s: %s\n#   parser: %s\n#   source: %r" % (kind, what, answer, data))

    def compare(self, kind, data, file_name, answer, may_run):
        self.counts["sources"] += 1
        if answer["encoding"] != cookie(data):
            self.report(kind, data, answer, "encoding should be %r" % cookie(data))
        try:
            tree = compile(data, file_name, "exec", ast.PyCF_ONLY_AST)
            code = compile(data, file_name, "exec")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            self.counts["not Python"] += 1
            return
        want = expected(tree, file_name) if decodable(data) else "MH220"
        self.counts["refused" if isinstance(want, str) else "accepted"] += 1
        if b"\\N{" in data:
            self.counts["with a named character"] += 1
            return
        self.compare_tree(kind, data, answer, want, tree)
        if answer["ok"] and may_run:
            self.compare_run(kind, data, answer, code, file_name)

    def compare_tree(self, kind, data, answer, want, tree):
        if isinstance(want, str):
            if answer["ok"] or answer["sqlstate"] != want:
                self.report(kind, data, answer, "should be refused with " + want)
            return
        if not answer["ok"]:
            self.report(kind, data, answer, "should give %r" % want)
            return
        for name, value in want.items():
            if answer[name] != value:
                self.report(kind, data, answer, "%s should be %r" % (name, value))
        doc = strip_doc(ast.get_docstring(tree, clean=False))
        if answer["message"] != doc and not re.search("[\0\ud800-\udfff]", doc):
            self.report(kind, data, answer, "message should be %r" % doc)

    def compare_run(self, kind, data, answer, code, file_name):
        namespace = run(code)
        if namespace is None:
            self.counts["accepted, but does not run"] += 1
            return
        self.counts["accepted and run"] += 1
        for what in check_run(namespace, answer, file_name):
            self.report(kind, data, answer, "when run, " + what)


def sources(rng, count):
    source = Source(rng)
    for _ in range(count):
        data = source.file() if rng.random() < 0.8 else from_template(source)
        yield "random", data, True
        if rng.random() < 0.5:
            yield "mutated", mutate(source, data), True
    for data in library(rng, max(count // 20, 20)):
        yield "library", data, False
    corpus = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fuzz",
                          "corpus", "script_parser_fuzz")
    for name in sorted(glob.glob(os.path.join(corpus, "*"))):
        with open(name, "rb") as file:
            data = file.read()
        yield "corpus", data, False
        for _ in range(3):
            yield "mutated corpus", mutate(source, data), False


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cli")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    rng = random.Random(options.seed)
    comparison = Comparison(options.verbose)
    with tempfile.TemporaryDirectory() as folder:
        cases = []
        for number, case in enumerate(sources(rng, options.count)):
            # Every fourth name is one from which a legacy id can be told.
            name = os.path.join(folder, ("%x.py" if number % 4 == 0 else "m_%x.py") % number)
            with open(name, "wb") as file:
                file.write(case[1])
            cases.append((name, case))
        output = subprocess.run([options.cli], input="".join(c[0] + "\n" for c in cases).encode(),
                                stdout=subprocess.PIPE, check=True,
                                env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0")).stdout
        answers = [json.loads(line) for line in output.decode().split("\n")[:-1]]
        assert len(answers) == len(cases), "the parser did not answer for every file"
        for (name, (kind, data, may_run)), answer in zip(cases, answers):
            comparison.compare(kind, data, name, answer, may_run)
    print("1..1")
    different = comparison.counts["DIFFERENT"]
    print("# seed %d: %s" % (options.seed, ", ".join(
        "%d %s" % (n, what) for what, n in sorted(comparison.counts.items()))))
    print("%s 1 - the script parser agrees with Python" % ("not ok" if different else "ok"))
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
