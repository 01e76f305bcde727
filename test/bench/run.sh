#!/bin/sh
# make bench: how fast mighead is beside Alembic, pg_dump, and queries that one would write by hand, on a
# throwaway cluster. CPU time of the backends, and wall time beside it; medians of turns.
#
# BENCH_PARTS="status drift remote history watch"   what is measured
# BENCH_RUNS=n                  turns, five at least (default 5)
# BENCH_REVISIONS="n ..."       revisions of a history (default 1000 10000; up to 100000)
# BENCH_TABLES="n ..."          tables of a schema that is compared (default 1000; up to 10000)
# BENCH_TENANTS="n ..."         tenants of which the status is asked (default 1000; up to 10000)
# BENCH_DRIFT_TENANTS="n ..."   tenants of twenty tables that are compared (default 50; up to 400)
# BENCH_SERVERS="n ..."         servers of a fleet (default 200; by 25)
# BENCH_STEPS=n                 revisions of the upgrade that is watched (default 300)
# shellcheck source=test/lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
# shellcheck source=test/lib/build.sh
. "$top/test/lib/build.sh"
# shellcheck source=test/lib/cluster.sh
. "$top/test/lib/cluster.sh"

"$top/test/lib/deps.sh" test || exit
forget_libpq_settings
build "$top/build/log/build.log" all
build "$top/build/log/client.log" client
install_extension "$top"

trap cluster_remove EXIT
trap 'exit 130' HUP INT TERM
cluster_folder bench
# Nobody else works meanwhile, and one transaction may lock ten thousand tables.
cluster_settings='autovacuum = off
max_locks_per_transaction = 1024'
cluster_start
mkdir "$work/scripts"
# The server reads them, whoever wrote them.
chmod 755 "$work/scripts"
say "$("$PG_CONFIG" --version), $("$(alembic_python)" -c \
	'import sys, alembic; print("Alembic", alembic.__version__ + ", Python", sys.version.split()[0])')"
for part in ${BENCH_PARTS:-status drift remote history watch}; do
	"$(alembic_python)" "$top/test/bench/$part.py" "$work/scripts"
done
