# shellcheck shell=sh disable=SC2154,SC2034
# Sourced by every script here: the current user, the user who runs servers, folders.

: "${PG_CONFIG:=pg_config}"
top=$(cd "$(dirname "$0")" && while [ ! -f mighead.control ] && [ "$PWD" != / ]; do cd ..; done && pwd)

say()
{
	printf '%s\n' "$*"
}

die()
{
	printf '%s: %s\n' "$(basename "$0")" "$*" >&2
	exit 1
}

is_root()
{
	[ "$(id -u)" = 0 ]
}

# Succeeds if as_root works without a password.
can_be_root()
{
	is_root || sudo -n true 2>/dev/null
}

as_root()
{
	if is_root; then
		"$@"
	else
		sudo -n "$@"
	fi
}

# initdb and postgres refuse to run as root, so root steps down to the user
# that the server package made; anybody else runs servers as himself.
server_user()
{
	if is_root; then
		echo "${MIGHEAD_SERVER_USER:-postgres}"
	else
		id -un
	fi
}

# In $work where there is one: the server's programs fail in a current
# directory that they may not read.
as_server()
(
	if is_root; then
		HOME=${work:-/}
		cd "$HOME" || exit
		if command -v runuser >/dev/null; then
			exec runuser -u "$(server_user)" -- "$@"
		fi
		exec setpriv --reuid "$(server_user)" --regid "$(server_user)" --init-groups "$@"
	fi
	"$@"
)

# The interpreter that can import Alembic: the one that its command starts, which
# need not be the first python3 of the path.
alembic_python()
{
	python=$(sed -n '1s/^#! *\([^ ]*\)$/\1/p' "$(command -v alembic || echo /dev/null)")
	echo "${python:-python3}"
}

# The tests must not reach for a server of the user's own.
forget_libpq_settings()
{
	unset PGHOST PGHOSTADDR PGPORT PGDATABASE PGUSER PGPASSWORD PGPASSFILE PGSERVICE PGSERVICEFILE \
		PGOPTIONS PGAPPNAME PGSSLMODE PGCLIENTENCODING PGDATA PGTZ PGDATESTYLE PGTARGETSESSIONATTRS PGCLUSTER
}

jobs()
{
	nproc 2>/dev/null || echo 2
}

# at_once FUNCTION ITEM...: calls the function for each item, as many at a time as there are processors. Shows what
# each printed, in the order of the items, and fails if one failed.
at_once()
{
	at_once_folder=$(mktemp -d)
	at_once_pids=
	at_once_status=0
	for at_once_worker in $(seq "$(jobs)"); do
		at_once_work "$@" &
		at_once_pids="$at_once_pids $!"
	done
	for at_once_worker in $at_once_pids; do
		wait "$at_once_worker" || at_once_status=1
	done
	shift
	for at_once_item in $(seq $#); do
		cat "$at_once_folder/$at_once_item/output" || at_once_status=1
	done
	rm -rf "$at_once_folder"
	return $at_once_status
}

# One of the workers: whoever makes an item's folder first takes the item.
at_once_work()
{
	at_once_function=$1
	shift
	at_once_item=0
	for item in "$@"; do
		at_once_item=$((at_once_item + 1))
		if mkdir "$at_once_folder/$at_once_item" 2>/dev/null; then
			"$at_once_function" "$item" >"$at_once_folder/$at_once_item/output" 2>&1 || at_once_status=1
		fi
	done
	return $at_once_status
}
