#!/bin/sh
# make demo: a throwaway cluster with an Alembic history that has every
# classical trouble, and what mighead says about it. Ends with nothing running.
#
# KEEP=1 leaves the cluster running; "make demo-stop" (run.sh stop) ends it.
# shellcheck source=test/lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
# shellcheck source=test/lib/build.sh
. "$top/test/lib/build.sh"
# shellcheck source=test/lib/cluster.sh
. "$top/test/lib/cluster.sh"

here=$top/test/demo
database=shop

clean_up()
{
	if [ -z "$kept" ]; then
		cluster_remove
	fi
}

heading()
{
	printf '\n=== %s\n\n' "$*"
}

# Each statement is shown as one would type it, then its result, in 80 columns.
show()
{
	printf '%s=> %s;\n' "$database" "$1"
	psql -X -q -v ON_ERROR_STOP=1 -P expanded="${2:-auto}" -P columns=80 -P footer=off -P null='(null)' \
		-d "$database" -c "$1" </dev/null >"$work/result" 2>&1 || {
		cat "$work/result" >&2
		die "the demo failed at: $1"
	}
	fold_records <"$work/result"
}

# psql's own wrapping cuts words, and commands that are there to be pasted.
fold_records()
{
	awk '
		/^-\[ RECORD/ { print substr($0, 1, 80); next }
		length($0) <= 80 || !match($0, /^[a-z_]+ *\| /) { print; next }
		{
			indent = sprintf("%*s| ", RLENGTH - 2, "")
			line = substr($0, 1, RLENGTH)
			n = split(substr($0, RLENGTH + 1), word, " ")
			for (i = 1; i <= n; i++) {
				if (i > 1 && length(line) + length(word[i]) > 80) {
					print line
					line = indent
				}
				line = line word[i] " "
			}
			print line
		}'
}

have_alembic()
{
	command -v alembic >/dev/null && "$(alembic_python)" -c 'import psycopg2' 2>/dev/null
}

# By Alembic itself where it is at hand, else what it once wrote.
make_history()
{
	createdb "$database"
	if have_alembic; then
		say "Alembic makes a project and migrates the database \"$database\" with it"
		(PGDATABASE=$database && export PGDATABASE && "$here/make_history.sh" "$work/shop") >"$work/alembic.log" 2>&1 || {
			cat "$work/alembic.log" >&2
			die "Alembic failed"
		}
		versions=$work/shop/migrations/versions
	else
		say "There is no Alembic here, so the database \"$database\" gets what Alembic wrote elsewhere"
		psql -X -q -v ON_ERROR_STOP=1 -o /dev/null -d "$database" -f "$here/history.sql"
		mkdir -p "$work/shop/versions"
		cp "$here"/versions/*.py "$work/shop/versions/"
		versions=$work/shop/versions
	fi
	psql -X -q -v ON_ERROR_STOP=1 -d "$database" -f "$here/legacy.sql"
}

tour()
{
	heading 'A first look, before mighead knows any script'
	show 'CREATE EXTENSION mighead'
	show 'SELECT version_table, state, severity, current, detail, hint
	FROM mighead_status()' on

	heading 'The scripts go in: mighead needs libpq, no Python'
	say "\$ mighead load -d $database $versions"
	mighead load -d "$database" "$versions" || die "mighead load failed"

	heading 'What is wrong, and what to do next'
	show 'SELECT version_table, state, severity, current, heads, pending,
	detail, hint FROM mighead_status()' on

	heading 'The history, newest first'
	show "SELECT * FROM mighead_graph(version_table => 'alembic_version')" off

	heading 'Every problem by itself'
	show 'SELECT severity, code, version_table, object, detail, hint, fix
	FROM mighead_findings()' on

	heading 'What "alembic upgrade heads" would run'
	show "SELECT step, revision, message, rows_after
	FROM mighead_upgrade_plan('heads', 'alembic_version')"

	heading 'The two heads, merged: the file for versions/'
	merge=$versions/merge_heads.py
	say "\$ psql -XAtqc \"SELECT mighead_merge_script(message => 'merge billing')\" \\"
	say "    >versions/merge_heads.py"
	psql -XAtq -d "$database" -c "SELECT mighead_merge_script(message => 'merge billing')" >"$merge" || die "no merge script"
	cat "$merge"
	if [ -f "$work/shop/alembic.ini" ]; then
		say
		say "\$ alembic heads"
		(cd "$work/shop" && PYTHONDONTWRITEBYTECODE=1 alembic heads) || die "Alembic does not take the merge script"
	fi
}

command_to_open()
{
	say "    psql 'host=$socket port=5432 user=postgres dbname=$database'"
}

farewell()
{
	if [ -n "${KEEP:-}" ]; then
		kept=1
		heading 'The cluster is left running. To look around:'
		command_to_open
		say "To stop it and remove it:"
		say "    make demo-stop"
	else
		heading 'That was all; the cluster is being removed. To keep it:'
		say "    make demo KEEP=1"
		say "and then look around with"
		command_to_open
	fi
}

if [ "${1:-}" = stop ]; then
	cluster_forget demo
	exit
fi

started=$(date +%s)
kept=
"$top/test/lib/deps.sh" demo || exit
forget_libpq_settings
say "Building and installing mighead"
build "$top/build/log/build.log" all
install_extension "$top"

trap clean_up EXIT
trap 'exit 130' HUP INT TERM
cluster_folder demo
cluster_start
say "A throwaway cluster of $("$PG_CONFIG" --version) runs in $work"
make_history
tour
farewell
say "($(($(date +%s) - started)) s)"
