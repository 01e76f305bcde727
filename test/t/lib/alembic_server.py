"""Runs Alembic's commands, each in a process of its own that has Alembic imported already.

Importing takes longer than most commands.  Each line of standard input is a JSON object: argv, cwd,
env, and the files stdout and stderr; the answer to it is a line with the exit status.  Ends with its input.
"""
import json
import os
import runpy
import sys

import alembic.autogenerate  # noqa: F401
import alembic.command  # noqa: F401
import alembic.config
import psycopg2  # noqa: F401
import sqlalchemy.dialects.postgresql.psycopg2  # noqa: F401


def local(value):
    """As the caller has it: a character of JSON is a byte there."""
    return os.fsdecode(value.encode("latin-1"))


def redirect(name, descriptor):
    opened = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(opened, descriptor)
    os.close(opened)


def run(request):
    """In the child: what the interpreter and Alembic's own script would do."""
    redirect(request["stdout"], 1)
    redirect(request["stderr"], 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update({local(name): local(value) for name, value in request["env"].items()})
    os.chdir(local(request["cwd"]))
    for folder in os.environ.get("PYTHONPATH", "").split(":"):
        custom = os.path.join(folder, "sitecustomize.py")
        if folder and os.path.exists(custom):
            runpy.run_path(custom)
    sys.argv = ["alembic"] + [local(argument) for argument in request["argv"]]
    alembic.config.main()


def status_of(request):
    """The exit status of the child, as a shell gives it."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    status = 1
    try:
        run(request)
        status = 0
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        else:
            status = end.code or 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


sys.dont_write_bytecode = True
sys.path.pop(0)
for line in iter(sys.stdin.readline, ""):
    sys.__stdout__.write(f"{status_of(json.loads(line))}\n")
    sys.__stdout__.flush()
