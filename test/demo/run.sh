#!/bin/sh
# make demo: a story on a throwaway cluster. The version row says head and a column is missing; mighead names it,
# the revision that made it and who dropped it, and repairs it. Then a stamp by mistake, an upgrade that waits,
# two heads, and a migration that would fail. Ends with nothing running.
#
# PostgreSQL's programs are copied beside the cluster and mighead is installed among them: the system's server
# stays as it is.
#
# KEEP=1 leaves the cluster running; "make demo-stop" (run.sh stop) ends it.
# shellcheck source=test/lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
# shellcheck source=test/lib/build.sh
. "$top/test/lib/build.sh"
# shellcheck source=test/lib/cluster.sh
. "$top/test/lib/cluster.sh"

here=$top/test/demo
kept=
blocker=
upgrade=

end_sessions()
{
	for pid in $blocker $upgrade; do
		kill "$pid" 2>/dev/null
	done
	blocker=
	upgrade=
}

clean_up()
{
	end_sessions
	if [ -z "$kept" ]; then
		cluster_remove
	fi
}

# ---------- what the reader sees ----------

chapter()
{
	printf '\n=== %s\n' "$*"
}

# Breaks long lines between words; psql's own wrapping would cut them.
fold_lines()
{
	awk '
		/^-\[ RECORD/ { print substr($0, 1, 80); next }
		length($0) <= 80 { print; next }
		{
			label = match($0, /^[a-z_]+ *\| /) || match($0, /^ */) ? substr($0, 1, RLENGTH) : ""
			indent = label ~ /\|/ ? sprintf("%*s| ", RLENGTH - 2, "") : label "    "
			n = split(substr($0, RLENGTH + 1), word, " ")
			line = label word[1]
			for (i = 2; i <= n; i++)
				if (length(line " " word[i]) > 80) {
					print line
					line = indent word[i]
				} else
					line = line " " word[i]
			print line
		}' "$1"
}

# run COMMAND [STATUS]: a command of the shell, and what it prints.
run()
{
	printf '\n$ %s\n' "$1"
	(cd "$project" && eval "$1") >"$work/result" 2>&1 </dev/null
	status=$?
	fold_lines "$work/result"
	[ "$status" = "${2:-0}" ] || die "the demo failed at: $1"
}

# sql STATEMENT EXPANDED [ERROR]: a statement in psql, and its result; with a third argument that is an error.
sql()
{
	printf '\n%s=> %s\n' "$PGDATABASE" "$1"
	printf '%s\n' "$1" | psql -X -q -P expanded="${2:-off}" -P columns=80 -P footer=off >"$work/result" 2>&1
	fold_lines "$work/result"
	if grep -q '^ERROR: ' "$work/result"; then
		[ -n "${3:-}" ] || die "the demo failed at: $1"
	elif [ -n "${3:-}" ]; then
		die "the demo failed: no error at: $1"
	fi
}

# What the story needs and nobody has to see.
quietly()
{
	(cd "$project" && "$@") >"$work/quiet" 2>&1 </dev/null || {
		cat "$work/quiet" >&2
		die "the demo failed at: $*"
	}
}

have_alembic()
{
	command -v alembic >/dev/null && "$(alembic_python)" -c 'import psycopg2' 2>/dev/null
}

# ---------- the shop ----------

# A cluster with programs of its own, a database that Alembic migrates, and its project without the branch
# "billing", which comes later.
open_shop()
{
	copy_server "$work/programs"
	cluster_start
	project=$work/shop
	mkdir -p "$project/migrations/versions"
	printf '[alembic]\nscript_location = migrations\n' >"$project/alembic.ini"
	cp "$here/env.py" "$project/migrations/"
	cp "$here"/versions/*.py "$project/migrations/versions/"
	mkdir "$work/billing"
	mv "$project"/migrations/versions/5e80b3f6c2d4_* "$project"/migrations/versions/d2f6a4b8091e_* "$work/billing/"
	export PYTHONDONTWRITEBYTECODE=1 COLUMNS=80
	export PGDATABASE=shop
	createdb shop
}

# psql as somebody else.
as_person()
{
	PGUSER=$1 PGAPPNAME=$2 psql -X -q -c "$3"
}

prepare()
{
	chapter 'Once: what each revision makes is recorded in CI and loaded in production'
	run 'mighead expect -o expectations.json -- alembic upgrade heads'
	sql 'CREATE EXTENSION mighead;'
	psql -X -q -o /dev/null -c 'SELECT mighead_ensure_version()'
	sql "SELECT mighead_watch('alembic_version'), mighead_watch_ddl();"
	run 'mighead load --expect expectations.json'
	run 'alembic upgrade heads'
	psql -X -q -c "CREATE ROLE robin LOGIN SUPERUSER; INSERT INTO customers VALUES (1, 'Ada'); INSERT INTO orders VALUES (1, 1)"
	quietly as_person robin psql 'ALTER TABLE orders DROP COLUMN status'
}

the_row_lies()
{
	chapter 'The row says head, and a column is missing'
	run 'alembic current'
	sql 'SELECT status FROM orders;' off an-error
	run mighead 2
	chapter 'Which revision made the column, and who dropped it'
	sql "SELECT object, kind, since_revision, split_part(message, E'\n', 1) AS message,
    changed_by, fix FROM mighead_drift(), mighead_show(since_revision);" on

	chapter 'The advice that one finds is "alembic stamp head". mighead refuses it'
	sql "SELECT * FROM mighead_stamp('head', expect => '17b0c8e5f4a2',
    reason => 'read it on the web');" off an-error

	chapter 'The fix instead'
	sql 'SELECT fix FROM mighead_drift() \gexec'
	run mighead
}

a_stamp_by_mistake()
{
	chapter 'A stamp by mistake is taken back'
	run 'alembic stamp 8b2e4d6f1a90'
	sql 'SELECT id, action, old_rows, new_rows, session_user_name, ran_ddl
    FROM mighead_log() LIMIT 1;' on
	sql "SELECT * FROM mighead_undo($(psql -XAtqc 'SELECT max(id) FROM mighead_log()'), expect => '8b2e4d6f1a90',
    reason => 'stamped by mistake');" off
}

# A statement of psql in a transaction that nobody ends.
forget_a_transaction()
{
	mkfifo "$work/forgotten"
	PGAPPNAME=back-office psql -X -q -o /dev/null <"$work/forgotten" 2>/dev/null &
	blocker=$!
	exec 3>"$work/forgotten"
	echo "BEGIN; UPDATE orders SET status = 'packed';" >&3
}

# wait_for CONDITION: of pg_locks.
wait_for()
{
	tries=0
	until [ "$(psql -XAtqc "SELECT count(*) > 0 FROM pg_locks WHERE $1")" = t ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 100 ] || die "the demo failed: no session has $1"
		sleep 0.2
	done
}

a_blocked_upgrade()
{
	chapter 'The branch "billing" is deployed, and its upgrade hangs'
	cp "$work"/billing/*.py "$project/migrations/versions/"
	run 'mighead load'
	printf '\nThe back office has updated an order and not committed.\n'
	forget_a_transaction
	wait_for "relation = 'orders'::regclass AND mode = 'RowExclusiveLock'"
	printf '\n$ alembic upgrade heads &\n'
	(cd "$project" && exec alembic upgrade heads) >"$work/upgrade.log" 2>&1 </dev/null &
	upgrade=$!
	wait_for 'NOT granted'
	run mighead 2
	sql 'SELECT pid, role, application_name, state, blocked_by, query
    FROM mighead_locks();' on
	end_the_transaction
}

end_the_transaction()
{
	printf '\nThe back office commits, and the upgrade goes on.\n'
	echo 'COMMIT;' >&3
	exec 3>&-
	wait "$blocker" "$upgrade" || {
		cat "$work/upgrade.log" >&2
		die 'the upgrade failed'
	}
	blocker=
	upgrade=
}

two_heads()
{
	chapter 'Two heads, merged. CI and production once more'
	run 'mighead check' 2
	run "mighead merge -m 'merge billing' -o migrations/versions"
	run 'mighead check'
	quietly mighead expect -o expectations.json -- alembic upgrade heads
	run 'mighead load --expect expectations.json'
	run 'alembic upgrade head'
	run mighead
	sql 'SELECT * FROM mighead_graph();' off
}

# next_revision STATEMENT...: what the revision after the merge runs; recorded in CI and loaded.
next_revision()
{
	head=$(cd "$project" && mighead heads | cut -d ' ' -f 1)
	file=$project/migrations/versions/f3a8d0c1b592_everybody_has_an_address.py
	parent=$head
	[ ! -e "$file" ] || parent=$(sed -n "s/^down_revision = '\(.*\)'/\1/p" "$file")
	{
		printf '"""everybody has an address"""\nfrom alembic import op\n\n'
		printf "revision = 'f3a8d0c1b592'\ndown_revision = '%s'\n\n\ndef upgrade():\n" "$parent"
		printf '    op.execute("%s")\n' "$@"
	} >"$file"
	quietly mighead expect -o expectations.json -- alembic upgrade heads
	quietly mighead load --expect expectations.json
}

foreseen()
{
	not_null='ALTER TABLE customers ALTER email SET NOT NULL'
	chapter 'The next migration is judged before it runs: recorded in CI, tried on these rows'
	next_revision "$not_null"
	run 'mighead review --recorded -s 2' 2
	printf '\nIt fails just so:\n'
	run 'alembic upgrade head 2>&1 | grep -o -m 1 "^.*NotNullViolation.*"'
	chapter 'The safer form fills the column first'
	next_revision "UPDATE customers SET email = '' WHERE email IS NULL" "$not_null"
	run 'mighead review --recorded -s 2'
	run 'alembic upgrade head'
	run mighead
}

farewell()
{
	if [ -n "${KEEP:-}" ]; then
		kept=1
		chapter 'The cluster is left running. To look around:'
		echo "    psql 'host=$socket port=5432 user=postgres dbname=shop'"
		echo 'To stop it and remove it:'
		echo '    make demo-stop'
	else
		chapter 'That was all; the cluster is being removed. To keep it:'
		echo '    make demo KEEP=1'
	fi
}

if [ "${1:-}" = stop ]; then
	cluster_forget demo
	exit
fi

"$top/test/lib/deps.sh" demo || exit
forget_libpq_settings
have_alembic || die 'the demo needs Alembic and psycopg2 (pip install alembic psycopg2-binary)'
say 'Building mighead'
build "$top/build/log/build.log" all

trap clean_up EXIT
trap 'exit 130' HUP INT TERM
started=$(date +%s)
cluster_folder demo
open_shop
say "A throwaway cluster of $("$PG_CONFIG" --version) runs in $work"
prepare
the_row_lies
a_stamp_by_mistake
a_blocked_upgrade
two_heads
foreseen
farewell
say "$(($(date +%s) - started)) s"
