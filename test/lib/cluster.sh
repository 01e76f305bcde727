# shellcheck shell=sh disable=SC2154,SC2034
# Temporary clusters, and the folder of each run. Source after
# common.sh.
#
# cluster_folder NAME   sets $work, an empty folder that the server user owns,
#                       and $socket, a folder short enough for a socket's path
# copy_server FOLDER    has the next cluster run by programs of its own
# cluster_start         makes and starts a cluster in $work/data, and points
#                       libpq at it
# cluster_stop          stops it, if it runs
# cluster_remove        stops it and removes both folders
# cluster_forget NAME   the same for a cluster of an earlier run

# PostgreSQL allows 107 bytes for a socket's path; "/.s.PGSQL.5432" are 14.
longest_socket_folder=92

work=
socket=
note=
pgbin=

# A server user that may not pass through the folders above a clone (as in
# /root) gets a folder for temporary files instead. Where a folder lies is noted
# in build/, for those who come to remove what a killed run left.
cluster_folder()
{
	cluster_forget "$1"
	note=$top/build/$1.folders
	work=$top/build/$1
	mkdir -p "$top/build"
	make_server_folder "$work"
	if ! as_server test -w "$work"; then
		rm -rf "$work"
		work=$(mktemp -d "${TMPDIR:-/tmp}/mighead-$1.XXXXXX")
		make_server_folder "$work"
		as_server test -w "$work" || die "the user $(server_user) cannot write in $work"
		say "The user $(server_user) cannot reach $top, so the cluster lies in $work"
	fi
	socket=$work/socket
	if [ "${#socket}" -gt "$longest_socket_folder" ]; then
		socket=$(mktemp -d "${TMPDIR:-/tmp}/mighead-$1.XXXXXX")
	fi
	make_server_folder "$socket"
	printf '%s\n' "$work" "$socket" >"$note"
}

# cluster_forget NAME: stops and removes what an earlier run of that name left.
cluster_forget()
{
	note=$top/build/$1.folders
	if [ -f "$note" ]; then
		work=$(sed -n 1p "$note")
		socket=$(sed -n 2p "$note")
		cluster_remove
	fi
}

make_server_folder()
{
	mkdir -p "$1"
	chmod 700 "$1"
	if is_root; then
		chown "$(server_user)" "$1"
	fi
}

# copy_server FOLDER: PostgreSQL's programs and mighead below FOLDER, which clusters use from then on. The programs
# find their libraries relative to where they are.
copy_server()
{
	for kind in bindir pkglibdir sharedir; do
		from=$("$PG_CONFIG" --"$kind")
		mkdir -p "$1$from"
		(cd "$from" && tar -cf - --exclude=bitcode --exclude=pgxs --exclude=man .) | tar -xf - -C "$1$from"
	done
	find "$1" -name 'mighead*' -exec rm -rf {} +
	if ! "$make" -C "$top" --no-print-directory PG_CONFIG="$PG_CONFIG" DESTDIR="$1" install >"$top/build/log/install.log" 2>&1; then
		tail -n 30 "$top/build/log/install.log" >&2
		die "make install failed"
	fi
	chmod -R go+rX "$1"
	pgbin=$1$("$PG_CONFIG" --bindir)
}

cluster_start()
{
	: "${pgbin:=$("$PG_CONFIG" --bindir)}"
	as_server "$pgbin/initdb" --pgdata="$work/data" --username=postgres --auth=trust --encoding=UTF8 \
		--no-locale --no-sync >"$work/initdb.log" 2>&1 || {
		cat "$work/initdb.log" >&2
		die "initdb failed"
	}
	# Durability buys nothing in a cluster that is thrown away.
	as_server tee -a "$work/data/postgresql.conf" >/dev/null <<END
listen_addresses = ''
unix_socket_directories = '$socket'
port = 5432
fsync = off
synchronous_commit = off
full_page_writes = off
max_prepared_transactions = 10
max_connections = 60
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %q%u@%d '
${cluster_settings:-}
END
	# one variable a line
	# shellcheck disable=SC2086
	as_server env ${cluster_environment:-} "$pgbin/pg_ctl" --pgdata="$work/data" --log="$work/server.log" --timeout=120 --wait start \
		>"$work/start.log" 2>&1 </dev/null || {
		cat "$work/start.log" "$work/server.log" >&2
		die "the throwaway cluster did not start"
	}
	PGHOST=$socket
	PGPORT=5432
	PGUSER=postgres
	PGDATABASE=postgres
	export PGHOST PGPORT PGUSER PGDATABASE
	PATH=$pgbin:$PATH
}

cluster_stop()
{
	if [ -f "$work/data/postmaster.pid" ]; then
		as_server "$("$PG_CONFIG" --bindir)/pg_ctl" --pgdata="$work/data" --mode=immediate --wait stop >/dev/null 2>&1
	fi
}

# As an administrator would, so that backends end in an orderly way.
cluster_stop_gently()
{
	as_server "$("$PG_CONFIG" --bindir)/pg_ctl" --pgdata="$work/data" --mode=fast --wait stop >/dev/null 2>&1
}

cluster_remove()
{
	[ -n "$work" ] || return 0
	cluster_stop
	rm -rf "$work" "$note"
	if [ -n "$socket" ]; then
		rm -rf "$socket"
	fi
	work=
	socket=
}
