"""alembic.ini as "mighead heads" and Alembic read it: config_alembic.py MIGHEAD FOLDER CASES SEED

Writes files alembic.ini, some by hand and more at random, and compares the heads that
ScriptDirectory.from_config finds with those of "mighead heads --json", or that both refuse.
"""
import json
import os
import random
import subprocess
import sys

import alembic
from alembic.config import Config
from alembic.script import ScriptDirectory

FIXED = [
    "[alembic]\nscript_location = one\n",
    "[alembic]\nscript_location = %(here)s/one\n",
    "[alembic]\nscript_location = one\nversion_locations = one/versions two three\n",
    "[alembic]\nscript_location = one\nversion_locations = one/versions, two\n",
    "[alembic]\nscript_location: one\nversion_locations = one/versions:two\nversion_path_separator = os\n",
    "[alembic]\nscript_location = one\nversion_locations = one/versions;two\nversion_path_separator = ;\n",
    "[alembic]\nscript_location = one\nversion_locations = %(here)s/one/versions:%(here)s/two\nversion_path_separator = :\n",
    "[alembic]\nscript_location = one\nversion_locations = one\nversion_path_separator = nonsense\n",
    "[DEFAULT]\nplace = two\n[alembic]\nscript_location = one\nversion_locations = %(place)s\n",
    "# comment\n; comment\n[loggers]\nkeys = root\n[alembic]\n# script_location = two\nscript_location = one\n",
    "[alembic]\nSCRIPT_LOCATION=one\n",
    "[alembic]\nscript_location = o%%ne\n",
    "[alembic]\nscript_location = o%ne\n",
    "[alembic]\nscript_location = %(absent)s\n",
    "[alembic]\nscript_location = one\nscript_location = two\n",
    "[alembic]\nscript_location = one\n[alembic]\n",
    "script_location = one\n",
    "[alembic]\nscript_location\n",
    "[other]\nscript_location = one\n",
    "[alembic]\nversion_locations = two\n",
    "[alembic]\r\nscript_location = one\r\n",
    "[alembic]\nscript_location = absent\n",
    "[alembic]\nscript_location =  one  \n\n\n[post_write_hooks]\n",
    "[alembic]\nscript_location = one\nversion_locations = %(script_location)s/versions\n",
    "[alembic]\na = %(b)s\nb = %(a)s\nscript_location = one\nversion_locations = %(a)s\n",
]

PIECES = ["[alembic]", "[DEFAULT]", "[x]", "[alembic", "script_location", "version_locations", " = ", "=", ":", " : ", "one",
          "two", "three", "one/versions", "%(here)s/", "%(place)s", "place", "version_path_separator", "space", "os", ";", "\n", "\n",
          "\n", "\n    ", "\n\t", " ", ", ", "#", "%%", "%", "%(", ")s", "[", "]", "\r\n", "\f"]


def random_text(random_):
    text = "[alembic]\nscript_location = one\n" if random_.random() < 0.8 else ""
    return text + "".join(random_.choice(PIECES) for _ in range(random_.randint(0, 14)))


def heads_of_alembic(path):
    try:
        directory = ScriptDirectory.from_config(Config(path))
        locations = directory._version_locations
        # Alembic reads nothing where a location is absent, and goes on
        if not all(os.path.isdir(location) for location in locations):
            return None
        return sorted(directory.get_heads())
    except Exception:
        return None


def main():
    program, folder, cases, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    os.chdir(folder)
    for location, revision in (("one/versions", "aaaa"), ("two", "bbbb"), ("three", "cccc")):
        os.makedirs(location)
        with open("%s/x.py" % location, "w") as file:
            file.write("revision = %r\ndown_revision = None\n" % revision)
    random_ = random.Random(seed)
    texts = FIXED + [random_text(random_) for _ in range(cases)]
    read = differing = 0
    for number, text in enumerate(texts):
        with open("alembic.ini", "w", newline="") as file:
            file.write(text)
        expected = heads_of_alembic("alembic.ini")
        done = subprocess.run([program, "heads", "--json", "alembic.ini"], capture_output=True)
        found = sorted(head["revision"] for head in json.loads(done.stdout)) if done.returncode == 0 else None
        read += expected is not None
        if found != expected or done.returncode not in (0, 3):
            differing += 1
            print("%d: %r: Alembic %r, mighead %r %d %r" % (number, text, expected, found, done.returncode, done.stderr))
    print("%d files, %d could be read, %d differ (Alembic %s)" % (len(texts), read, differing, alembic.__version__))
    sys.exit(differing > 0 or read < 10)


main()
