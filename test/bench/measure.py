"""What the measurements share: sessions, CPU time, turns, and the table of results.

CPU time of a backend is what Linux counts for its process in /proc. That of a program is its own,
and that of the backends that it has used, which the postmaster knows once they have ended.
"""

import os
import resource
import statistics
import subprocess
import time
from time import perf_counter

import psycopg2

HERE = os.path.dirname(os.path.abspath(__file__))
RUNS = max(5, int(os.environ.get("BENCH_RUNS", "5")))


def sizes(name, default):
    """Sizes are arguments: BENCH_TABLES="1000 10000"."""
    return [int(size) for size in os.environ.get(name, default).split()]


class Session:
    """A connection that knows what its backend costs."""

    def __init__(self, database=""):
        self.connection = psycopg2.connect(dbname=database) if database else psycopg2.connect("")
        self.connection.autocommit = True
        self.cursor = self.connection.cursor()
        self.pid = self.connection.info.backend_pid

    def run(self, *statements):
        """The rows of each statement that has some."""
        answers = []
        for statement in statements:
            self.cursor.execute(statement)
            answers.append(self.cursor.fetchall() if self.cursor.description else [])
        return answers

    def cpu(self):
        with open(f"/proc/{self.pid}/schedstat", encoding="ascii") as file:
            return int(file.read().split()[0]) / 1e9

    def memory(self, field):
        """MB of VmHWM or RssAnon."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) / 1024 for line in file if line.startswith(field))

    def close(self):
        self.connection.close()


class Cost:
    """CPU and wall time in seconds, and what came out."""

    def __init__(self, cpu, wall, answer=None):
        self.cpu = cpu
        self.wall = wall
        self.answer = answer


def in_session(session, *statements):
    cpu, wall = session.cpu(), perf_counter()
    answer = session.run(*statements)
    return Cost(session.cpu() - cpu, perf_counter() - wall, answer)


def first_in_session(database, *statements):
    """As an exporter does that connects anew each minute."""
    session = Session(database)
    cost = in_session(session, *statements)
    session.close()
    return cost


def postmaster():
    session = Session()
    folder = session.run("SHOW data_directory")[0][0][0]
    session.close()
    with open(os.path.join(folder, "postmaster.pid"), encoding="ascii") as file:
        return int(file.readline())


def cpu_of_ended_backends(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def backends_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return len(file.read().split())


def wait_for_end(pid, backends):
    """A backend ends after its client, on a busy machine much later."""
    time.sleep(0.1)
    until = perf_counter() + 10
    while backends_of(pid) > backends and perf_counter() < until:
        time.sleep(0.01)


def program(command, environment=None, text=None):
    """A program from its start to its end, with the backends that it uses."""
    pid = postmaster()
    time.sleep(0.1)
    running = backends_of(pid)
    backends, wall = cpu_of_ended_backends(pid), perf_counter()
    own = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, env=environment, input=text, universal_newlines=True
    )
    wall = perf_counter() - wall
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    wait_for_end(pid, running)
    cpu = after.ru_utime + after.ru_stime - own.ru_utime - own.ru_stime
    return Cost(cpu + cpu_of_ended_backends(pid) - backends, wall, run.stdout)


def in_turns(works, runs=RUNS):
    """Median costs of works, each of which is called once in each of the turns."""
    costs = {name: [] for name in works}
    for _ in range(runs):
        for name, work in works.items():
            costs[name].append(work())
    return {
        name: Cost(
            statistics.median(cost.cpu for cost in of_name),
            statistics.median(cost.wall for cost in of_name),
            of_name[-1].answer,
        )
        for name, of_name in costs.items()
    }


def fresh_database(name):
    session = Session()
    session.run(f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")
    session.close()
    return Session(name)


def title(text):
    print(f"\n{text}\n{'':<46}{'CPU ms':>9}{'wall ms':>9}  {'compared with':<34}{'CPU ms':>9}{'wall ms':>9}{'ratio':>8}", flush=True)


def verdict(value, target):
    if target is None:
        return ""
    return f"  <= {target:<6g} {'reached' if value <= target else 'MISSED'}"


def show(what, cost, against, other, target=None):
    """A row: the ratio is that of CPU time."""
    ratio = cost.cpu / max(other.cpu, 1e-6)
    line = f"{what:<46}{cost.cpu * 1e3:>9.1f}{cost.wall * 1e3:>9.1f}  {against:<34}"
    line += f"{other.cpu * 1e3:>9.1f}{other.wall * 1e3:>9.1f}{ratio:>8.3f}{verdict(ratio, target)}"
    print(line, flush=True)


def show_value(what, value, unit, target=None):
    print(f"{what:<46}{value:>9.1f} {unit}{verdict(value, target)}", flush=True)


def agree(what, *answers):
    if any(answer != answers[0] for answer in answers):
        raise SystemExit(f"bench: {what}: the answers differ")
