#!/bin/sh
# make test: installs what is missing, builds, starts a throwaway cluster, runs
# every suite, and ends with a line "N passed, N failed".
#
# PG_CONFIG        which server
# MIGHEAD_LONG=1   the long parameters (make test-long)
# FUZZ_SECONDS     for each fuzzer, at the longest
# FUZZ_RUNS        inputs for each fuzzer, unless MIGHEAD_LONG
# SUITES           only these, such as "unit regress"
# PGTAP_TESTS      only these files of pgTAP (PROVE_TESTS: of TAP)
# WERROR=1         a warning fails the build
# SANITIZE=1       the library that the server loads has sanitizers (make test-asan)
# COVERAGE=1       tells which lines of the module ran in the server
# KEEP=1           leaves the folder of the cluster (stopped) for a look
# shellcheck source=test/lib/common.sh
. "$(dirname "$0")/lib/common.sh"
# shellcheck source=test/lib/build.sh
. "$top/test/lib/build.sh"
# shellcheck source=test/lib/cluster.sh
. "$top/test/lib/cluster.sh"
# shellcheck source=test/lib/suites.sh
. "$top/test/lib/suites.sh"
# shellcheck source=test/lib/coverage.sh
. "$top/test/lib/coverage.sh"
# shellcheck source=test/lib/sanitize.sh
. "$top/test/lib/sanitize.sh"

suites=${SUITES:-unit oracle fuzz regress isolation pgtap tap}
if [ -n "${MIGHEAD_LONG:-}" ]; then
	export MIGHEAD_LONG
	: "${FUZZ_SECONDS:=600}"
fi
: "${FUZZ_SECONDS:=25}"
export FUZZ_SECONDS

clean_up()
{
	if [ -n "${KEEP:-}" ]; then
		cluster_stop
		say "Kept: $work"
	else
		cluster_remove
	fi
}

# What git would not hold is left out: objects, results, other clusters.
copy_tree()
{
	tests=$work/tree
	mkdir -p "$tests"
	(cd "$top" && tar -cf - --exclude=./.git --exclude=./build --exclude='*.o' --exclude='*.bc' --exclude='*.so' .) |
		tar -xf - -C "$tests"
	if is_root; then
		chown -R "$(server_user)" "$tests"
	fi
}

wants()
{
	case " $suites " in
		*" $1 "*) true ;;
		*) false ;;
	esac
}

# What the wanted suites need beside the library.
programs()
{
	if wants unit || wants oracle; then
		echo unit-programs
	fi
	if wants fuzz; then
		echo fuzz-programs
	fi
}

run_suites()
{
	wants unit && run_suite unit count_prove "$top"/test/unit/*_test.c
	wants oracle && run_suite oracle count_lines "$top"/test/unit/*_oracle.py
	wants fuzz && run_suite fuzz count_lines "$top"/test/fuzz/*.c
	wants regress && run_suite regress count_regress "$top"/test/sql/*.sql
	# shellcheck disable=SC2086
	wants pgtap && run_suite pgtap count_prove ${PGTAP_TESTS:-"$top"/test/pgtap/*.sql}
	# It waits for half a minute; the TAP tests have servers of their own.
	! wants isolation || begin_suite isolation "$top"/test/specs/*.spec
	wants tap && run_suite tap count_prove "$top"/test/t/*.pl
	wants isolation && run_suite isolation count_regress "$top"/test/specs/*.spec
}

"$top/test/lib/deps.sh" test || exit
forget_libpq_settings
# shellcheck disable=SC2046
build "$logs/build.log" all $(programs) ${WERROR:+WERROR="$WERROR"}
install_extension "$top"

trap clean_up EXIT
trap 'exit 130' HUP INT TERM
cluster_folder test
copy_tree
[ -z "${COVERAGE:-}" ] || coverage_build
[ -z "${SANITIZE:-}" ] || sanitize_build
cluster_start
[ -z "${SANITIZE:-}" ] || sanitize_check
say "$("$PG_CONFIG" --version), cluster in $work"
run_suites
[ -z "${SANITIZE:-}" ] || sanitize_reports
if [ "$total_failed" -ne 0 ] && [ -f "$work/server.log" ]; then
	cp "$work/server.log" "$logs/server.log"
	rm -rf "$logs/tap" && cp -r "$tests/tmp_check/log" "$logs/tap" 2>/dev/null
fi
[ -z "${COVERAGE:-}" ] || coverage_report
show_summary
[ "$total_failed" -eq 0 ]
