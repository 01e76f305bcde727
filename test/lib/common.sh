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
