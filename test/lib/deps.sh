#!/bin/sh
# deps.sh [--explain] build|demo|test|lint|versions
#
# Installs with apt the packages that the purpose needs and the machine lacks. If
# it may not install, it prints what is needed. If nothing is missing it downloads
# nothing. PG_CONFIG chooses the major release, as it does for the build.
# shellcheck source=test/lib/common.sh
. "$(dirname "$0")/common.sh"

explain=false
if [ "${1:-}" = --explain ]; then
	explain=true
	shift
fi
purpose=${1:?usage: deps.sh [--explain] build|demo|test|lint|versions}

have_apt()
{
	command -v apt-get >/dev/null && command -v dpkg-query >/dev/null
}

installed_version()
{
	dpkg-query -W -f '${db:Status-Status} ${Version}\n' "$1" 2>/dev/null | sed -n 's/^installed //p'
}

# The major that PG_CONFIG means: its own word if it can build extensions, else
# the one in its path, else the one that the distribution calls "postgresql".
wanted_major()
{
	pgxs=$("$PG_CONFIG" --pgxs 2>/dev/null)
	if [ -n "$pgxs" ] && [ -f "$pgxs" ]; then
		"$PG_CONFIG" --version | sed -n 's/^PostgreSQL \([0-9]*\).*/\1/p'
		return
	fi
	case $PG_CONFIG in
		/usr/lib/postgresql/*/bin/pg_config)
			major=${PG_CONFIG#/usr/lib/postgresql/}
			echo "${major%%/*}"
			return
			;;
		*/*)
			die "there is no PostgreSQL at PG_CONFIG=$PG_CONFIG"
			;;
	esac
	metapackage_major
}

metapackage_major()
{
	LC_ALL=C apt-cache depends --important postgresql 2>/dev/null |
		sed -n 's/^ *Depends: postgresql-\([0-9]*\)$/\1/p' | head -n 1
}

# A server that somebody built or installed himself is not ours to replace.
is_packaged()
{
	case $("$PG_CONFIG" --bindir 2>/dev/null || echo "$PG_CONFIG") in
		/usr/lib/postgresql/* | pg_config) true ;;
		*) ! "$PG_CONFIG" --bindir >/dev/null 2>&1 ;;
	esac
}

server_packages()
{
	if is_packaged; then
		echo "postgresql-$major postgresql-server-dev-$major"
	fi
	echo "gcc libc6-dev make"
}

packages()
{
	case $purpose in
		build) server_packages ;;
		demo) echo "$(server_packages) alembic python3-psycopg2 tar" ;;
		test)
			server_packages
			if is_packaged; then
				echo "postgresql-$major-pgtap postgresql-$major-cron"
			fi
			echo "libtap-parser-sourcehandler-pgtap-perl libipc-run-perl perl clang libclang-rt-dev"
			echo "check-postgres alembic python3-alembic python3-flask-migrate python3-psycopg2 python3 tar tmux zsh"
			;;
		lint) echo "$(server_packages) clang-format clang-tidy cppcheck shellcheck git" ;;
		versions) echo "debootstrap" ;;
		*) die "unknown purpose \"$purpose\"" ;;
	esac
}

# The module must be compiled with the headers of the very minor release that
# will load it, so both packages move together.
minors_differ()
{
	is_packaged || return 1
	server=$(installed_version "postgresql-$major")
	headers=$(installed_version "postgresql-server-dev-$major")
	[ -n "$server" ] && [ -n "$headers" ] && [ "$server" != "$headers" ]
}

missing_packages()
{
	for package in $(packages); do
		[ -n "$(installed_version "$package")" ] || echo "$package"
	done
	case $purpose in
		build | demo | test)
			if minors_differ; then
				echo "postgresql-$major postgresql-server-dev-$major"
			fi
			;;
	esac
}

apt_install()
{
	as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 install --no-install-recommends "$@" </dev/null
}

# Installing the server package would create and start a cluster that nobody
# asked for; the throwaway ones are all we need.
no_main_cluster=/etc/postgresql-common/createcluster.d/zz-mighead-deps.conf
without_main_cluster()
{
	if [ -z "$(installed_version "postgresql-$major")" ]; then
		trap 'as_root rm -f "$no_main_cluster"' EXIT
		as_root mkdir -p "$(dirname "$no_main_cluster")"
		echo 'create_main_cluster = false' | as_root tee "$no_main_cluster" >/dev/null
	fi
	"$@"
}

# Where there is no apt all that can be done is to look for the programs.
check_programs()
{
	absent=
	pgxs=$("$PG_CONFIG" --pgxs 2>/dev/null)
	[ -n "$pgxs" ] && [ -f "$pgxs" ] || absent="PostgreSQL server headers and PGXS (PG_CONFIG=$PG_CONFIG)"
	bindir=$("$PG_CONFIG" --bindir 2>/dev/null)
	[ -x "$bindir/initdb" ] || absent="$absent, the PostgreSQL server (initdb)"
	case $purpose in
		build) programs="gcc make" ;;
		demo) programs="gcc make tar alembic" ;;
		test) programs="gcc make tar prove pg_prove clang python3 alembic" ;;
		lint) programs="clang-format cppcheck shellcheck" ;;
		versions) programs="debootstrap" ;;
	esac
	for program in $programs; do
		command -v "$program" >/dev/null || absent="$absent, $program"
	done
	[ -z "$absent" ] && return
	die "this is no Debian, so nothing is installed for you. Absent: ${absent#, }.
On Debian these come with: $(major=15; packages | tr '\n' ' ')(of your major release)"
}

if ! have_apt; then
	check_programs
	exit
fi

major=
if [ "$purpose" != versions ]; then
	major=$(wanted_major)
	if [ -z "$major" ] && ! $explain && can_be_root; then
		say "Updating the package lists"
		as_root apt-get -q update </dev/null || die "apt-get update failed"
		major=$(wanted_major)
	fi
	[ -n "$major" ] || $explain || die "no PostgreSQL package is known to apt; run apt-get update as root"
fi

missing=$(missing_packages | sort -u | tr '\n' ' ')
[ -n "$missing" ] || exit 0

if $explain; then
	say "Install with: apt-get install ${missing% }"
	exit 0
fi
if ! can_be_root; then
	die "packages are missing, and installing them needs root or a sudo that asks no password. As root:
    apt-get install ${missing% }"
fi

# With what they need in turn; none of it where the lists are too old to tell.
all_packages()
{
	# shellcheck disable=SC2086
	LC_ALL=C apt-get -q -s install --no-install-recommends $missing 2>/dev/null | sed -n 's/^Inst \([^ ]*\) .*/\1/p' |
		sort | tr '\n' ' '
}

say "Installing ${missing% }"
brought=$(all_packages)
if [ -n "$brought" ]; then
	say "apt brings: ${brought% }"
fi
# shellcheck disable=SC2086
if ! without_main_cluster apt_install $missing; then
	say "Once more with fresh package lists"
	as_root apt-get -q update </dev/null || die "apt-get update failed"
	# shellcheck disable=SC2086
	without_main_cluster apt_install $missing || die "could not install: $missing"
fi
if [ "$purpose" != versions ] && minors_differ; then
	die "postgresql-$major and postgresql-server-dev-$major are of different minor releases; upgrade both"
fi
