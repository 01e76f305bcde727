#!/usr/bin/env python3
"""Compares the merge script and repr() with Python and Alembic themselves.

    merge_script_oracle.py [DRAW_CLI] [--count N] [--seed S]

Alembic is optional: without it only Python is asked.
"""

import argparse
import ast
import contextlib
import importlib.util
import io
import os
import random
import re
import sys
import tempfile
import unicodedata

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from draw_oracle import Cli, encode, encode_list  # noqa: E402

NASTY = [
    '"""',
    '"',
    "'",
    "\\",
    "\\\\",
    "\n",
    "\r",
    "\r\n",
    "\t",
    "\f",
    "\x01",
    "\x1a",
    "\x7f",
    "\x85",
    "\u2028",
    "\u202e",
    "\ufeff",
    "\xad",
    "\\N{BULLET}",
    "\\x41",
    "\\u0041",
    "\\101",
    "${1+1}",
    "{x}",
    "%s",
    "<%def>",
    "## x",
    "# coding: latin-1",
    '"""\nimport os\nos.abort()\n"""',
    "größe",
    "幅",
    "🙂",
    "👩\u200d👧",
    "abc",
    " ",
]

ORDINARY = [
    "merge heads",
    "it's two",
    'a "quoted" word',
    "größe und 幅",
    "several\nlines\n\nand a paragraph",
    "tab\there",
    "",
    "emoji 👩\u200d👧 and no-break\u00a0space",
    None,
]


def python_source(lines):
    return "".join(line + "\n" for line in lines)


def merge(cli, parents, revision, message, date):
    command = "merge %s %s %s %s" % (
        encode_list(parents),
        encode(revision),
        "-" if message is None else encode(message),
        encode(date),
    )
    return python_source(cli.ask(command))


def test_repr_of_characters(cli):
    """Every assigned character that UTF-8 can have, 256 to the string."""
    checked = 0
    for start in range(0, 0x110000, 256):
        characters = [
            chr(c)
            for c in range(max(start, 1), start + 256)
            if unicodedata.category(chr(c)) not in ("Cn", "Cs")
        ]
        text = "".join(characters)
        got = "\n".join(cli.ask("repr " + encode(text)))
        assert got == repr(text), (got, repr(text))
        checked += len(characters)
    for text in ("", "'", '"', "'\"", "\\'", "it's", 'say "x"'):
        assert cli.ask("repr " + encode(text)) == [repr(text)], text
    print("repr() equals Python's for %d characters" % checked)


def test_repr_of_others(cli):
    """Unassigned code points and broken UTF-8: what is read back is what counts."""
    for c in (0x378, 0x5FF, 0x2FFFF, 0xE1000, 0x10FFFF, 0xFFFF):
        got = cli.ask("repr " + encode(chr(c)))[0]
        assert ast.literal_eval(got) == chr(c), got
    for raw in (b"\xff", b"a\xc3", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xe2\x82", b"\xc0\xaf"):
        got = cli.ask("repr x" + raw.hex())[0]
        assert ast.literal_eval(got) == raw.decode("latin-1"), got
    print("broken UTF-8 makes a valid literal")


def random_text(rng):
    return "".join(rng.choice(NASTY) for _ in range(rng.randint(1, 8)))


def test_hostile(cli, rng, count):
    for _ in range(count):
        message, revision = random_text(rng), random_text(rng)
        parents = [random_text(rng) for _ in range(rng.randint(2, 4))]
        source = merge(cli, parents, revision, message, "2026-01-31 12:00:00.000000")
        tree = ast.parse(source.encode("utf-8"))
        assert [type(node) for node in tree.body] == [
            ast.Expr,
            ast.ImportFrom,
            ast.ImportFrom,
            ast.Import,
            *[ast.AnnAssign] * 4,
            *[ast.FunctionDef] * 2,
        ], source
        values = {
            node.target.id: ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.AnnAssign)
        }
        assert values == {
            "revision": revision,
            "down_revision": tuple(parents),
            "branch_labels": None,
            "depends_on": None,
        }, (values, source)
        docstring = "%s\n\nRevision ID: %s\nRevises: %s\nCreate Date: %s\n\n" % (
            message,
            revision,
            ", ".join(parents),
            "2026-01-31 12:00:00.000000",
        )
        assert ast.literal_eval(tree.body[0].value) == docstring, (docstring, source)
        for char in re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u2028]", source):
            raise AssertionError("%r is in the source as it is" % char)
    print("%d hostile merge scripts say what they were told" % count)


def alembic_merge(message, revision, heads):
    """The file that Alembic writes, and the values that it put in."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    with tempfile.TemporaryDirectory() as directory:
        import alembic

        generic = os.path.join(os.path.dirname(alembic.__file__), "templates", "generic")
        os.mkdir(os.path.join(directory, "versions"))
        with open(os.path.join(generic, "script.py.mako"), encoding="utf-8") as template:
            with open(os.path.join(directory, "script.py.mako"), "w", encoding="utf-8") as copy:
                copy.write(template.read())
        config = Config()
        config.set_main_option("script_location", directory)
        scripts = ScriptDirectory.from_config(config)
        with contextlib.redirect_stdout(io.StringIO()):
            for head in heads:
                scripts.generate_revision(head, "start", head="base", splice=True)
            script = scripts.generate_revision(
                revision, message, refresh=True, head=tuple(heads)
            )
        with open(script.path, encoding="utf-8") as file:
            return file.read(), list(script.down_revision)


def as_template_of(source, theirs):
    """What earlier templates wrote, given what those since 1.16.2 write."""
    if "Sequence[str]" not in theirs:  # before 1.11.2
        source = source.replace("from typing import Sequence, Union\n\n", "")
        source = re.sub(": (str|Union\\[.*?None\\]) =", " =", source)
    if "down_revision: Union[str, None]" in theirs:
        source = source.replace(
            "down_revision: Union[str, Sequence[str], None]", "down_revision: Union[str, None]"
        )
    if "Upgrade schema." not in theirs:
        source = re.sub('    """(Up|Down)grade schema."""\n', "", source)
    return source


def test_alembic(cli):
    try:
        import alembic
    except ImportError:
        print("Alembic is not installed: its merge scripts are not compared")
        return
    for message in ORDINARY:
        for heads in (["a1", "b2"], ["ae1027a6acf", "1975ea83b712", "27c6a30d7c24"]):
            theirs, parents = alembic_merge(message, "53fffde5ad5", heads)
            date = re.search("Create Date: (.*)\n", theirs).group(1)
            ours = merge(cli, parents, "53fffde5ad5", message, date)
            ours = as_template_of(ours, theirs)
            assert ours == theirs, "%s\n---\n%s" % (ours, theirs)
    print("merge scripts are those of Alembic %s" % alembic.__version__)


def prefer_python_with_alembic():
    """Debian's Alembic belongs to Debian's Python, which need not be the first."""
    debian = "/usr/bin/python3"
    if importlib.util.find_spec("alembic") is None and os.path.exists(debian):
        if os.path.realpath(sys.executable) == os.path.realpath(debian):
            return
        os.execv(debian, [debian] + sys.argv)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("draw_cli", nargs="?", default="build/unit/draw_cli")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    prefer_python_with_alembic()
    cli = Cli(args.draw_cli)
    test_repr_of_characters(cli)
    test_repr_of_others(cli)
    test_hostile(cli, random.Random(args.seed), args.count)
    test_alembic(cli)


if __name__ == "__main__":
    main()
