#!/bin/sh
# make test-versions: the same suites on other major releases of PostgreSQL.
#
# Unpacks other Debian suites with debootstrap into build/versions, where they
# are kept, copies the tree into them, builds it without a warning and runs
# "make test" there. The mirror is the one that this machine's apt uses. A
# mirror that cannot be reached is reported as skipped; anything else that goes
# wrong is a failure.
#
# VERSIONS="trixie forky"   which suites of Debian
# SUITES="unit regress"     only these of ours; as a rule all but the oracle and fuzz
#                           suites, whose code is the same with each server
# PROVE_TESTS="test/t/x.pl" only these files of the tap suite
# shellcheck source=test/lib/common.sh
. "$(dirname "$0")/lib/common.sh"

versions=${VERSIONS:-trixie forky}
logs=$top/build/log
total_passed=0
total_failed=0
summary=

if ! is_root; then
	if can_be_root; then
		exec sudo -n env VERSIONS="$versions" PROVE_TESTS="${PROVE_TESTS:-}" FUZZ_SECONDS="${FUZZ_SECONDS:-}" MIGHEAD_LONG="${MIGHEAD_LONG:-}" \
			http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" "$0"
	fi
	say "test-versions: skipped, debootstrap and chroot need root or a sudo that asks no password"
	exit 0
fi

if ! unshare --mount true 2>/dev/null; then
	say "test-versions: skipped, this machine lets nobody mount anything"
	exit 0
fi

# As apt was told, whatever the format of its sources; without a security
# archive, which debootstrap has no use for.
mirror()
{
	apt-get indextargets --format '$(ORIGIN) $(SITE)' 'Created-By: Packages' 2>/dev/null |
		sed -n 's/^Debian //p' | grep -v -- '-security$' | head -n 1
}

is_reachable()
{
	probe=$(mktemp -d)
	chmod 755 "$probe"
	/usr/lib/apt/apt-helper -o Acquire::Retries=2 -o Acquire::http::Timeout=20 \
		download-file "$mirror/dists/$version/InRelease" "$probe/InRelease" >/dev/null 2>&1
	reached=$?
	rm -rf "$probe"
	return $reached
}

# bookworm's debootstrap has not heard of later suites; they unpack as sid does.
unpack()
{
	scripts=/usr/share/debootstrap/scripts
	script=$scripts/$version
	[ -e "$script" ] || script=$scripts/sid
	rm -rf "$folder" "$folder.partial"
	debootstrap --variant=minbase --include=ca-certificates,make "$version" "$folder.partial" "$mirror" "$script" &&
		printf '#!/bin/sh\nexit 101\n' >"$folder.partial/usr/sbin/policy-rc.d" &&
		chmod 755 "$folder.partial/usr/sbin/policy-rc.d" &&
		apt-config dump Acquire | sed -n '/[Pp]roxy/p; /Check-Valid-Until/p' >"$folder.partial/etc/apt/apt.conf.d/90acquire" &&
		mv "$folder.partial" "$folder"
}

# In name spaces of its own, so that mounts and stray processes end with it.
inside()
{
	cp -L /etc/resolv.conf /etc/hosts "$folder/etc/" 2>/dev/null
	mkdir -p "$folder/dev/shm" "$folder/src"
	timeout --foreground 2400 unshare --mount --pid --fork --kill-child --mount-proc="$folder/proc" sh -c '
		mount -t tmpfs -o mode=1777 tmpfs "$0/dev/shm" || exit
		mkdir -p "$0/dev/pts" && mount -t devpts -o newinstance,ptmxmode=0666 devpts "$0/dev/pts" 2>/dev/null
		folder=$0
		exec chroot "$folder" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
			HOME=/root LC_ALL=C.UTF-8 "$@"' "$folder" \
		http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" FUZZ_SECONDS="${FUZZ_SECONDS:-}" \
		MIGHEAD_LONG="${MIGHEAD_LONG:-}" SUITES="${SUITES:-unit regress isolation pgtap tap}" \
		${PROVE_TESTS:+"PROVE_TESTS=$PROVE_TESTS"} CI="${CI:-}" "$@" </dev/null
}

copy_tree()
{
	rm -rf "$folder/src/mighead"
	mkdir -p "$folder/src/mighead"
	(cd "$top" && tar -cf - --exclude=./.git --exclude=./build --exclude='*.o' --exclude='*.bc' --exclude='*.so' \
		--exclude='*.d' .) | tar -xf - -C "$folder/src/mighead"
	chown -R 0:0 "$folder/src/mighead"
}

report()
{
	summary="$summary$(printf '%-10s %s' "$version" "$1")
"
	say "$version: $1"
}

# Whatever prevents the suites from running is our failure, unless it is the
# network's.
give_up()
{
	if is_reachable; then
		tail -n 60 "$log"
		total_failed=$((total_failed + 1))
		report "failed: $1; all output is in $log"
	else
		report "skipped: the package mirror cannot be reached"
	fi
}

test_version()
{
	folder=$top/build/versions/$version
	log=$logs/versions-$version.log
	: >"$log"
	say "== $version"
	started=$(date +%s)
	if [ ! -d "$folder" ]; then
		if ! is_reachable; then
			report "skipped: the package mirror cannot be reached"
			return
		fi
		if ! unpack >"$log" 2>&1; then
			rm -rf "$folder" "$folder.partial"
			give_up "debootstrap failed"
			return
		fi
	fi
	copy_tree
	if ! inside make -C /src/mighead deps >>"$log" 2>&1; then
		give_up "the dependencies could not be installed"
		return
	fi
	inside make -C /src/mighead --no-print-directory test WERROR=1 >>"$log" 2>&1
	status=$?
	read_result
	if [ "$version" = "${versions%% *}" ]; then
		test_packaging
	fi
}

# Once: the Dockerfile's commands and the Debian package, where neither can harm.
test_packaging()
{
	log=$logs/packaging-$version.log
	started=$(date +%s)
	# shellcheck disable=SC2016
	inside sh -c 'cd /src/mighead && make clean &&
		if test/lib/dockerfile.sh "$(ls /usr/lib/postgresql | tail -n 1)"
		then echo "ok - the commands of the Dockerfile run"
		else echo "not ok - the commands of the Dockerfile run"
		fi
		test/lib/package.sh' >"$log" 2>&1
	passed=$(grep -c '^ok - ' "$log")
	failed=$(grep -c '^not ok - ' "$log")
	if [ "$failed" -ne 0 ] || [ "$passed" -lt 9 ]; then
		if ! is_reachable; then
			summary="$summary$(printf '%-10s %s' packaging 'skipped: the package mirror cannot be reached')
"
			return
		fi
		tail -n 100 "$log"
		[ "$failed" -ne 0 ] || failed=1
	fi
	total_passed=$((total_passed + passed))
	total_failed=$((total_failed + failed))
	summary="$summary$(printf '%-10s %s' packaging "$passed passed, $failed failed, $(($(date +%s) - started)) s")
"
}

# From the last lines of "make test".
read_result()
{
	server=$(sed -n 's/^\(PostgreSQL [0-9][^ ]*\).*, cluster in .*/\1/p' "$log" | tail -n 1)
	passed=$(sed -n 's/^\([0-9]*\) passed, [0-9]* failed$/\1/p' "$log" | tail -n 1)
	failed=$(sed -n 's/^[0-9]* passed, \([0-9]*\) failed$/\1/p' "$log" | tail -n 1)
	if [ $status -ne 0 ] && [ "${failed:-0}" -eq 0 ]; then
		failed=1
	fi
	if [ "${failed:-0}" -ne 0 ]; then
		tail -n 200 "$log"
	fi
	total_passed=$((total_passed + ${passed:-0}))
	total_failed=$((total_failed + ${failed:-0}))
	report "${server:-no server} ${passed:-0} passed, ${failed:-0} failed, $(($(date +%s) - started)) s"
}

"$top/test/lib/deps.sh" versions || exit
mirror=$(mirror)
if [ -z "$mirror" ]; then
	say "test-versions: skipped, apt knows no Debian mirror"
	exit 0
fi
mkdir -p "$logs" "$top/build/versions"
trap 'rm -rf "$top"/build/versions/*.partial' EXIT
trap 'exit 130' HUP INT TERM
for version in $versions; do
	test_version
done
printf '\n%s\n%s passed, %s failed\n' "$summary" "$total_passed" "$total_failed"
[ "$total_failed" -eq 0 ]
