#!/usr/bin/env python3
"""Reads drawings back.

mh_draw_text draws random graphs; this program follows the strokes of each
drawing character by character, and what it arrives at must be the very edges
of the graph.  It knows nothing of how the drawing was made, only what a stroke
means (see the head of draw_text.c).  With dot at hand (Graphviz) it has the
dot rendering parsed as well, hostile ids and messages included; with the
directory of a node package "mermaid" in MERMAID_DIR, the Mermaid rendering.

    draw_oracle.py [DRAW_CLI] [--graphs N] [--seed S] [--show N]
"""

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time

STROKES = set("|/\\_*-.~ ")
MAX_LANES = 60
LINE_WIDTH = 78


class Unreadable(Exception):
    pass


# ---- talking to the program under test ----


def encode(text):
    return "x" + text.encode("utf-8", "surrogateescape").hex()


def encode_list(texts):
    return ",".join(encode(text) for text in texts)


class Cli:
    def __init__(self, path):
        # The cores leave memory to its owner, which here is the process.
        environment = {"ASAN_OPTIONS": "detect_leaks=0", **os.environ}
        self.process = subprocess.Popen(
            [path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )

    def ask(self, *commands):
        self.process.stdin.write("".join(c + "\n" for c in commands).encode())
        self.process.stdin.flush()
        lines = []
        while True:
            line = self.process.stdout.readline()
            if not line:
                raise SystemExit("draw_cli ended: %s" % self.process.wait())
            if line == b"\x04\n":
                return lines
            lines.append(line.decode("utf-8", "surrogateescape").rstrip("\n"))

    def draw(self, history, form="text"):
        commands = []
        for revision in history.load_order:
            commands.append(
                "revision %s %s %s %s %s %s"
                % (
                    encode(revision),
                    encode_list(history.down[revision]),
                    encode_list(history.deps[revision]),
                    encode_list(history.labels[revision]),
                    encode(history.message[revision]),
                    history.state(revision),
                )
            )
        if history.unknown:
            commands.append("unknown " + encode_list(history.unknown))
        commands.append("draw " + encode_list(history.drawn))
        return self.ask(*commands, form)


# ---- graphs ----


class History:
    """A graph, what of it is to be drawn, and what the version table says."""

    def __init__(self):
        self.load_order = []
        self.down = {}
        self.deps = {}
        self.labels = {}
        self.message = {}
        self.current = None
        self.unknown = []
        self.drawn = []

    def add(self, revision, down=(), deps=(), message=""):
        self.load_order.append(revision)
        self.down[revision] = list(down)
        self.deps[revision] = list(deps)
        self.labels[revision] = []
        self.message[revision] = message

    def stamp(self, current):
        self.current = set(current)
        self.applied = set()
        todo = list(current)
        while todo:
            revision = todo.pop()
            if revision not in self.applied:
                self.applied.add(revision)
                todo += self.down[revision] + self.deps[revision]

    def state(self, revision):
        if self.current is None:
            return "-"
        if revision in self.current:
            return "c"
        return "a" if revision in self.applied else "p"

    def children(self):
        down, every = {}, {}
        for child in self.load_order:
            for parent in self.down[child]:
                down.setdefault(parent, set()).add(child)
            for parent in self.down[child] + self.deps[child]:
                every.setdefault(parent, set()).add(child)
        return down, every

    def newest_first(self, rng):
        """A random order in which no revision comes before one above it."""
        _, above = self.children()
        waiting = {r: len(above.get(r, ())) for r in self.load_order}
        ready = [r for r in self.load_order if not waiting[r]]
        order = []
        deep = rng.random() < 0.5
        while ready:
            i = len(ready) - 1 if deep and rng.random() < 0.8 else rng.randrange(len(ready))
            revision = ready.pop(i)
            order.append(revision)
            for parent in sorted(set(self.down[revision] + self.deps[revision])):
                waiting[parent] -= 1
                if not waiting[parent]:
                    ready.append(parent)
        return order


MESSAGES = [
    "",
    "add column",
    "| * r1 looks like a drawing",
    "two\nlines",
    "first paragraph\n\nsecond",
    "tab\tand\x1b[31mescape",
    "größe und 幅の広い文字 " * 6,
    "x" * 200,
    "e\u0301" * 60,
    "turn \u202e around",
]


def random_history(rng):
    history = History()
    n = rng.choice([1, 2, 5, 10, 20, 40])
    roots = rng.choice([0.02, 0.1, 0.3])
    merges = rng.choice([0.05, 0.2, 0.6])
    span = rng.choice([2, 5, n])
    octopus = rng.choice([2, 3, 8])
    names = ["r%d" % i for i in range(n)]
    for i, name in enumerate(names):
        near = names[max(0, i - span) : i]
        count = 1
        if not near or rng.random() < roots:
            count = 0
        elif rng.random() < merges:
            count = min(len(near), rng.randint(2, octopus))
        down = rng.sample(near, count)
        if down and rng.random() < 0.03:
            down.append(down[0])
        others = [x for x in names[:i] if x not in down]
        deps = [rng.choice(others)] if others and rng.random() < 0.08 else []
        history.add(name, down, deps, rng.choice(MESSAGES))
        if rng.random() < 0.05:
            history.labels[name] = ["lab%d" % i, "ünder%d" % i]
    rng.shuffle(history.load_order)
    if rng.random() < 0.7:
        history.stamp(rng.sample(names, rng.randint(0, min(3, n))))
    if rng.random() < 0.2:
        history.unknown = ["dead%d" % i for i in range(rng.randint(1, 2))]
    order = history.newest_first(rng)
    if rng.random() < 0.3:
        keep = rng.random()
        order = [r for r in order if rng.random() < keep] or order[:1]
    if rng.random() < 0.03:
        rng.shuffle(order)
    history.drawn = order
    return history


# ---- reading a drawing ----


def split_line(line):
    """Strokes, and the text of a revision or None."""
    found = re.match(r"([|/\\_*.~ -]*\*[|.\- ]*?) (r\d+)((?: .*)?)$", line, re.S)
    if found and found.group(1).count("*") == 1:
        return found.group(1), (found.group(2), found.group(3))
    if set(line) - STROKES or "*" in line:
        raise Unreadable("no row of a drawing: %r" % line)
    return line, None


class Row:
    """The strokes that start at the upper and end at the lower edge of a row."""

    def __init__(self, strokes):
        self.strokes = strokes
        self.star = strokes.find("*")
        self.arm = []
        if self.star >= 0:
            arm = re.match(r"(-(?:--)*)\.", strokes[self.star + 1 :])
            if arm:
                self.arm = list(range(self.star + 2, self.star + len(arm.group(0)) + 1, 2))
        in_arm = range(self.star + 1, self.arm[-1] + 1) if self.arm else ()
        for x, stroke in enumerate(strokes):
            if stroke in "-." and x not in in_arm:
                raise Unreadable("a dash leads nowhere")
            if stroke in "|*~" and x % 2 or stroke in "/\\_" and not x % 2:
                raise Unreadable("%r between the lanes" % stroke)

    def at(self, x):
        return self.strokes[x] if 0 <= x < len(self.strokes) else " "

    def outgoing(self, x):
        """Directions of strokes that leave downwards from point x above."""
        out = []
        if self.at(x) in "|*~":
            out.append("down")
        if self.at(x - 1) == "/":
            out.append("left")
        if self.at(x + 1) == "\\":
            out.append("right")
        return out


def choose(direction, out):
    """Straight on, if there is such a stroke; else the only one there is."""
    if direction in out:
        return [direction]
    if len(out) == 1:
        return out
    raise Unreadable("a line going %s may go on %s" % (direction, out or "nowhere"))


def follow(flows, row):
    """What reaches the strokes of row, from the points above it.

    flows: point -> list of (direction, revisions whose lines these are)
    """
    reached = {}
    for x in range(0, len(row.strokes) + 2, 2):
        out = row.outgoing(x)
        used = set()
        for direction, children in flows.pop(x, []):
            goes = out if direction == "star" else choose(direction, out)
            for way in goes:
                used.add(way)
                reached.setdefault((x, way), set()).update(children)
        begins = {"down"} if row.star == x else set()  # a head
        if used | begins != set(out) | begins:
            raise Unreadable("a line at column %d comes from nowhere" % x)
    if any(direction != "star" for flow in flows.values() for direction, _ in flow):
        raise Unreadable("a line ends in nothing")
    return reached


def run_along(row, flows, x, children):
    """A line that arrives at point x below the row, and may run on to the left."""
    direction = "left"
    while row.at(x - 1) == "_":
        x -= 2
    flows.setdefault(x, []).append((direction, children))
    return x


def leave(reached, row, revision, result):
    """The points below row."""
    flows = {}
    runs = set()
    for (x, way), children in reached.items():
        if way == "left":
            end = run_along(row, flows, x - 2, children)
            runs.update(range(end + 1, x - 2, 2))
        elif way == "right":
            flows.setdefault(x + 2, []).append(("right", children))
        elif row.at(x) == "|":
            flows.setdefault(x, []).append(("down", children))
        elif row.at(x) == "~":
            result.hidden |= children
        else:
            result.edges |= {(child, revision) for child in children}
    if runs != {x for x in range(len(row.strokes)) if row.at(x) == "_"}:
        raise Unreadable("a line along the edge comes from nowhere")
    if row.star >= 0:
        for x in [row.star] + row.arm:
            if x in flows:
                raise Unreadable("a line runs into the side of a revision")
            flows[x] = [("star", {revision})]
    return flows


class Reading:
    def __init__(self, lines):
        self.order = []
        self.text = {}
        self.edges = set()
        self.hidden = set()
        self.lanes = 0
        flows = {}
        for line in lines:
            strokes, revision = split_line(line)
            row = Row(strokes)
            self.lanes = max(self.lanes, (len(strokes) + 1) // 2)
            reached = follow(flows, row)
            if revision:
                self.order.append(revision[0])
                self.text[revision[0]] = revision[1]
            flows = leave(reached, row, revision and revision[0], self)
        follow(flows, Row(""))


# ---- what the drawing must say ----


def expected_edges(history):
    position = {r: i for i, r in enumerate(history.drawn)}
    edges, hidden = set(), set()
    for child in history.drawn:
        for parent in history.down[child]:
            if position.get(parent, -1) > position[child]:
                edges.add((child, parent))
            else:
                hidden.add(child)
    return edges, hidden


def expected_marks(history, revision, text):
    """Labels spread over a branch, which is the graph's business: only its own
    are asked of a revision."""
    down, every = history.children()
    found = re.match(r" \(((?:lab|ünder)\d+(?:, (?:lab|ünder)\d+)*)\)", text)
    marks = found.group(0) if found else ""
    shown = found.group(1).split(", ") if found else []
    assert set(history.labels[revision]) <= set(shown), (history.labels[revision], text)
    if revision not in every:
        marks += " (head)"
    elif revision not in down:
        marks += " (effective head)"
    marks += {"-": "", "c": " (current)", "a": " (applied)", "p": " (pending)"}[
        history.state(revision)
    ]
    if len(down.get(revision, ())) > 1:
        marks += " (branchpoint)"
    if len(history.down[revision]) > 1:
        marks += " (mergepoint)"
    return marks


def width(text):
    import unicodedata

    columns = 0
    for c in text:
        if unicodedata.category(c) not in ("Mn", "Me", "Cf"):
            columns += 2 if unicodedata.east_asian_width(c) in "WF" else 1
    return columns


def short_message(message):
    message = message.split("\n\n")[0]
    message = re.sub("\r\n|[\t\n\v\f\r]", " ", message)
    unsafe = "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
    return re.sub(unsafe, "?", message).rstrip(" ")


def check_text(history, reading, line):
    strokes, (revision, text) = split_line(line)
    marks = expected_marks(history, revision, text)
    unreached = re.search(r" \(revises [^()]*\)", text) if "revises" in text else None
    after = unreached.group(0) if unreached else ""
    if history.deps[revision]:
        after += " (depends on %s)" % ", ".join(history.deps[revision])
    assert text.startswith(marks), (text, marks)
    assert text.endswith(after), (text, after)
    shown = text[len(marks) : len(text) - len(after)]
    whole = short_message(history.message[revision])
    room = LINE_WIDTH - len(strokes) - 1 - len(revision) - width(marks) - width(after)
    if not whole:
        assert shown == "", shown
    elif width(whole) + 1 <= room:
        assert shown == " " + whole, (shown, whole)
    elif shown:
        assert shown.endswith("..."), shown
        assert whole.startswith(shown[1:-3]), (shown, whole)
        assert width(line) <= LINE_WIDTH, line
        # No more was cut than had to be: one wide character may not have fitted.
        assert width(line) >= LINE_WIDTH - 1, line
    else:
        assert room < 5, (room, whole)
    if unreached:
        child = revision
        for parent in unreached.group(0)[10:-1].split(", "):
            reading.edges.add((child, parent))


def check(history, lines):
    for row in history.unknown:
        assert lines[0] == "? %s (unknown row)" % row, lines[0]
        lines = lines[1:]
    reading = Reading(lines)
    edges, hidden = expected_edges(history)
    assert reading.order == history.drawn, "another order"
    for line in lines:
        assert not line.endswith(" "), line
        if split_line(line)[1]:
            check_text(history, reading, line)
    assert reading.edges == edges, (
        "drawn only: %s, not drawn: %s" % (reading.edges - edges, edges - reading.edges)
    )
    unreached = {r for r, text in reading.text.items() if "(revises " in text}
    assert reading.hidden == hidden | unreached, (reading.hidden, hidden)
    return reading


def most_open_lines(history):
    """The least number of lanes that any drawing in this order has."""
    edges, _ = expected_edges(history)
    parents = {}
    for child, parent in edges:
        parents.setdefault(child, set()).add(parent)
    waited_for, most = set(), 1
    for revision in history.drawn:
        most = max(most, len(waited_for | {revision}))
        waited_for.discard(revision)
        waited_for |= parents.get(revision, set())
        most = max(most, len(waited_for))
    return most


# ---- the tests ----


def test_random(cli, rng, count, show):
    edges = rows = 0
    for number in range(count):
        history = random_history(rng)
        lines = cli.draw(history)
        try:
            reading = check(history, lines)
            # Lines towards the same parent need a lane each while they meet.
            fan = max([len(set(d)) for d in history.down.values()] + [1])
            assert reading.lanes <= most_open_lines(history) + fan + 1, "too wide"
        except (AssertionError, Unreadable) as error:
            print("\n".join(lines))
            sys.exit("graph %d: %r" % (number, error))
        if number < show:
            print("\n".join(lines), end="\n\n")
        edges += len(reading.edges)
        rows += len(lines)
    print("%d graphs read back: %d edges in %d rows" % (count, edges, rows))


def test_checker(cli, rng):
    """A checker that cannot fail checks nothing: no stroke can be missed."""
    damaged = 0
    for _ in range(300):
        history = random_history(rng)
        history.unknown = []
        lines = cli.draw(history)
        places = [
            (i, x)
            for i, line in enumerate(lines)
            for x, c in enumerate(split_line(line)[0])
            if c in "|/\\_-.~"
        ]
        for i, x in rng.sample(places, min(5, len(places))):
            line = lines[i][:x] + " " + lines[i][x + 1 :]
            try:
                check(history, lines[:i] + [line] + lines[i + 1 :])
            except (AssertionError, Unreadable):
                damaged += 1
                continue
            print("\n".join(lines))
            sys.exit("the checker did not miss the stroke in row %d, column %d" % (i, x))
    print("%d missing strokes noticed" % damaged)


def wide_histories():
    octopus = History()
    octopus.add("r0")
    for i in range(1, 200):
        octopus.add("r%d" % i, ["r0"])
    octopus.add("r200", ["r%d" % i for i in range(1, 200)])
    octopus.drawn = octopus.load_order[::-1]
    yield octopus

    # 200 chains, drawn in turn, so that all of them are open at once.
    chains = History()
    for i in range(1000):
        chains.add("r%d" % i, ["r%d" % (i - 200)] if i >= 200 else [])
    chains.drawn = chains.load_order[::-1]
    yield chains


def test_wide(cli):
    for history in wide_histories():
        reading = check(history, cli.draw(history))
        assert reading.lanes <= 2 * MAX_LANES + 3, reading.lanes
    print("graphs too wide to draw read back")


def big_history(n):
    rng = random.Random(n)
    history = History()
    for i in range(n):
        near = ["r%d" % j for j in range(max(0, i - 12), i)]
        count = min(len(near), rng.choice([1] * 8 + [2, 2, 3]))
        history.add("r%d" % i, rng.sample(near, count))
    history.stamp(["r%d" % (n // 2)])
    history.drawn = history.load_order[::-1]
    return history


def test_big(cli):
    took = {}
    for n in (5000, 20000):
        history = big_history(n)
        start = time.monotonic()
        lines = cli.draw(history)
        took[n] = time.monotonic() - start
        reading = Reading(lines)
        assert reading.edges == expected_edges(history)[0]
    print("5,000 revisions %.2f s, 20,000 %.2f s" % (took[5000], took[20000]))
    assert took[20000] < 16 * took[5000] + 1, "drawing is no longer about linear"


HOSTILE = [
    '"',
    "\\",
    '\\"',
    'x"]; y [label="',
    "\\n\\N\\G",
    "&lt;b&gt; <b>bold</b> &",
    "`**x**`",
    '"]; click n0 "javascript:alert(1)"',
    "end",
    "1. list",
    "- list",
    "style x:#quot;",
    "classDef a:#b;",
    "%% comment",
    "%%{init: {}}%%",
    "#35;#quot;",
    "x\ny",
    "a;b",
    "größe 幅 🙂",
    "</script>",
    "$$x$$",
]


def hostile_history():
    history = History()
    last = []
    for i, text in enumerate(HOSTILE):
        # These four are the only characters that Alembic refuses in an id.
        name = "%s %d" % (re.sub("[-+:@]", "", text).strip(), i)
        history.add(name, last, message=text)
        last = [name]
    history.add("merge", [history.load_order[3], last[0]], [history.load_order[7]])
    history.stamp([history.load_order[5]])
    history.unknown = HOSTILE
    history.drawn = history.load_order[:2:-1]
    return history


def test_dot(cli):
    if not shutil.which("dot"):
        print("dot is not installed: its rendering is not checked")
        return
    history = hostile_history()
    source = "\n".join(cli.draw(history, "dot"))
    answer = subprocess.run(
        ["dot", "-Tjson"], input=source, capture_output=True, check=True, encoding="utf-8"
    )
    assert answer.stderr == "", answer.stderr
    graph = json.loads(answer.stdout)
    names = {o["_gvid"]: o["name"] for o in graph["objects"]}
    index = {"n%d" % i: r for i, r in enumerate(history.load_order)}
    drawn = [n for n in names.values() if n.startswith("n")]
    assert sorted(index[n] for n in drawn) == sorted(history.drawn)
    for kind, relation in (("solid", history.down), ("dashed", history.deps)):
        edges = {
            (index[names[e["tail"]]], index[names[e["head"]]])
            for e in graph["edges"]
            if names[e["head"]] in index and e.get("style", "solid") == kind
        }
        expected = {(c, p) for c in history.drawn for p in relation[c] if p in history.drawn}
        assert edges == expected, (edges, expected)

    # What is shown is what was meant, character by character.
    svg = subprocess.run(
        ["dot", "-Tsvg"], input=source, capture_output=True, check=True, encoding="utf-8"
    ).stdout
    import html

    shown = {html.unescape(t).replace("\xa0", " ") for t in re.findall(r"<text[^>]*>(.*?)</text>", svg)}
    for revision in history.drawn[1:]:
        message = short_message(history.message[revision])
        assert message in shown, (message, shown)
        title = revision.replace("\n", "?")
        assert any(t.startswith(title) for t in shown), (title, shown)
    print("dot shows hostile ids and messages as they are")


MERMAID_CHECK = """
import fs from 'fs';
import { JSDOM } from 'jsdom';
globalThis.window = new JSDOM('').window;
globalThis.document = window.document;
const { default: mermaid } = await import('mermaid');
const source = fs.readFileSync(0, 'utf8');
await mermaid.parse(source);
const { db } = await mermaid.mermaidAPI.getDiagramFromText(source);
const vertices = db.getVertices();
const list = vertices instanceof Map ? [...vertices.values()] : Object.values(vertices);
console.log(JSON.stringify({
  nodes: list.map(v => [v.id, v.text]),
  edges: db.getEdges().map(e => [e.start, e.end, e.stroke]),
}));
"""


def decode_mermaid(text):
    text = re.sub("ﬂ°°(\\d+)¶ß", lambda m: chr(int(m.group(1))), text)
    return re.sub("<br */?>", "\n", text)


def test_mermaid(cli):
    directory = os.environ.get("MERMAID_DIR")
    if not directory:
        print("MERMAID_DIR is not set: the Mermaid rendering is not parsed")
        return
    history = hostile_history()
    source = "\n".join(cli.draw(history, "mermaid"))
    answer = subprocess.run(
        ["node", "--input-type=module", "-e", MERMAID_CHECK],
        input=source,
        capture_output=True,
        encoding="utf-8",
        cwd=directory,
    )
    assert answer.returncode == 0, answer.stderr
    graph = json.loads(answer.stdout)
    text = {node: decode_mermaid(label) for node, label in graph["nodes"]}
    index = {"n%d" % i: r for i, r in enumerate(history.load_order)}
    assert {index[n] for n in text if n in index} == set(history.drawn)
    for node, revision in index.items():
        if revision in history.drawn:
            title, _, message = text[node].partition("\n")
            said = short_message(history.message[revision])
            assert title.startswith(revision.replace("\n", "?")), title
            assert message == said, (message, said)
    edges = {(index[a], index[b]) for a, b, s in graph["edges"] if b in index and s == "normal"}
    assert edges == {(c, p) for c in history.drawn for p in history.down[c] if p in history.drawn}
    print("Mermaid reads hostile ids and messages as they are")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("draw_cli", nargs="?", default="build/unit/draw_cli")
    parser.add_argument("--graphs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=0)
    args = parser.parse_args()
    cli = Cli(args.draw_cli)
    rng = random.Random(args.seed)
    test_random(cli, rng, args.graphs, args.show)
    test_checker(cli, rng)
    test_wide(cli)
    test_big(cli)
    test_dot(cli)
    test_mermaid(cli)


if __name__ == "__main__":
    main()
