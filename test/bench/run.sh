#!/bin/sh
# make bench: how fast mighead is beside Alembic, beside plain and recursive queries,
# and beside pg_dump, on a throwaway cluster.
#
# BENCH_REVISIONS=n  how many (default 10000)
# BENCH_RUNS=n       runs of each side (default 3)
# BENCH_TABLES=n     tables of the schema that is compared (default 1000)
# BENCH_STEPS=n      revisions of the upgrade that is watched (default 300)
# shellcheck source=test/lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
# shellcheck source=test/lib/build.sh
. "$top/test/lib/build.sh"
# shellcheck source=test/lib/cluster.sh
. "$top/test/lib/cluster.sh"

"$top/test/lib/deps.sh" test || exit
forget_libpq_settings
build "$top/build/log/build.log" all
install_extension "$top"

trap cluster_remove EXIT
trap 'exit 130' HUP INT TERM
cluster_folder bench
cluster_start
mkdir "$work/scripts"
# The server reads them, whoever wrote them.
chmod 755 "$work/scripts"
say "$("$PG_CONFIG" --version), $("$(alembic_python)" -c \
	'import sys, alembic; print("Alembic", alembic.__version__ + ", Python", sys.version.split()[0])')"
"$(alembic_python)" "$top/test/bench/bench.py" "$work/scripts"
"$(alembic_python)" "$top/test/bench/drift.py" "$work/scripts"
