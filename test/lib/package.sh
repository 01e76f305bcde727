#!/bin/sh
# package.sh: builds the Debian package, installs it, uses it, removes it.
#
# It installs packages, so use it only in a temporary copy. Prints "ok - ..." or
# "not ok - ..." lines and fails if one is not ok.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

check()
{
	name=$1
	shift
	if "$@" >"$work/log" 2>&1; then
		echo "ok - $name"
	else
		echo "not ok - $name"
		tail -n 40 "$work/log"
		failed=1
	fi
}

install_tools()
{
	DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends \
		build-essential debhelper dpkg-dev postgresql-server-dev-all
}

copy_tree()
{
	mkdir "$work/mighead" &&
		(cd "$top" && tar -cf - --exclude=./.git --exclude=./build --exclude='*.o' --exclude='*.bc' --exclude='*.so' \
			--exclude='*.d' .) | tar -xf - -C "$work/mighead"
}

build_package()
{
	cd "$work/mighead" && pg_buildext updatecontrol &&
		DEB_BUILD_OPTIONS=nocheck dpkg-buildpackage --no-check-builddeps --build=binary --no-sign --build-profiles=nocheck
}

# What an administrator would notice missing.
package_is_complete()
{
	for package in "$work"/postgresql-*-mighead_*.deb; do
		files=$(dpkg-deb --fsys-tarfile "$package" | tar -tf -) || return
		for file in lib/mighead.so extension/mighead.control extension/mighead--0.1.0--0.2.0.sql \
			extension/mighead-reference.md; do
			printf '%s\n' "$files" | grep -q "/$file\$" || {
				echo "$package has no $file"
				return 1
			}
		done
	done
}

client_is_complete()
{
	files=$(dpkg-deb --fsys-tarfile "$work"/mighead_*.deb | tar -tf -) || return
	for file in bin/mighead bin/mighead-load share/man/man1/mighead.1.gz share/bash-completion/completions/mighead \
		share/zsh/vendor-completions/_mighead; do
		printf '%s\n' "$files" | grep -q "^./usr/$file\$" || {
			echo "the package mighead has no $file"
			return 1
		}
	done
}

client_needs_only_libpq()
{
	needs=$(dpkg-deb -f "$work"/mighead_*.deb Depends | sed 's/ *([^)]*)//g; s/ //g' | tr ',' '\n' | sort | tr '\n' ' ')
	[ "$needs" = "libc6 libpq5 " ] || {
		echo "it needs $needs"
		return 1
	}
}

# Before the extension is there: the program needs no server.
use_client()
{
	mighead --version && mighead check --heads 2 "$top/test/demo/versions"
}

use_package()
{
	version=$(basename "$(find /usr/lib/postgresql -mindepth 1 -maxdepth 1 | sort | tail -n 1)")
	pg_virtualenv -v "$version" psql -X -v ON_ERROR_STOP=1 -c 'CREATE EXTENSION mighead' \
		-c "SELECT 1 / (state = 'empty_database')::int FROM mighead_status()" \
		-c 'DROP EXTENSION mighead'
}

# As where only libpq is installed: the server's headers are hidden, and pg_config is that of libpq-dev.
build_client_without_server()
{
	# shellcheck disable=SC2016
	ls -d /usr/include/postgresql/[0-9]*/server >/dev/null && unshare --mount --propagation unchanged sh -c '
		for headers in /usr/include/postgresql/[0-9]*; do
			mount -t tmpfs tmpfs "$headers" || exit
		done
		if ls /usr/include/postgresql/[0-9]*/server >/dev/null 2>&1; then exit 1; fi
		cd "$0" && make clean && make client WERROR=1 && build/client/mighead check --heads 2 test/demo/versions' "$work/mighead"
}

nothing_is_left()
{
	left=$(find /usr -name 'mighead*' -not -path '/usr/src/*' | head)
	[ -z "$left" ] || {
		echo "$left"
		return 1
	}
}

check "the tools to build packages are installed" install_tools
copy_tree
check "dpkg-buildpackage builds the package" build_package
check "the package has the library, the scripts, the program and the documents" package_is_complete
(cd "$top" && make uninstall) >/dev/null 2>&1
check "nothing is left of what make installed after make uninstall" nothing_is_left
check "the client's package has the program, the manual and the completions" client_is_complete
check "the client's package needs nothing but libpq" client_needs_only_libpq
check "the client's package installs" sh -c "dpkg --install $work/mighead_*.deb"
check "the client works" use_client
check "the package installs" sh -c "dpkg --install $work/postgresql-*-mighead_*.deb"
check "the installed extension works in a new cluster" use_package
check "the client builds and works where only libpq is installed" build_client_without_server
check "the package is removed" sh -c "dpkg --purge \$(dpkg-query -W -f '\${Package}\n' 'postgresql-*-mighead*' mighead)"
check "nothing is left of the package" nothing_is_left
exit $failed
