# shellcheck shell=sh disable=SC2154,SC2034
# The suites and their bookkeeping. Source after common.sh, build.sh, cluster.sh.
#
# Each suite is a function suite_NAME that writes to $log and returns the status
# of its tool; count_NAME (or count_tap) reads the numbers from $log.

# shellcheck source=test/lib/programs.sh
. "$top/test/lib/programs.sh"
# shellcheck source=test/lib/openstack.sh
. "$top/test/lib/openstack.sh"
# shellcheck source=test/lib/schemas.sh
. "$top/test/lib/schemas.sh"

logs=$top/build/log
total_passed=0
total_failed=0
summary=
suite_begun=

# run_suite NAME COUNTER FILE...
# The files are the tests found; without any there is nothing to run.
run_suite()
{
	name=$1
	counter=$2
	shift 2
	log=$logs/$name.log
	if [ ! -e "${1:-}" ]; then
		note_suite "$name" '-' '-' '-' 'no tests yet'
		return
	fi
	say "== $name"
	if [ "$name" = "$suite_begun" ]; then
		wait "$suite_begun_pid"
	else
		suite_timed "$name" "$@"
	fi
	# whoever gave up has left nothing
	status=1
	seconds=-
	[ ! -f "$logs/$name.status" ] || read -r status seconds <"$logs/$name.status"
	passed=0
	failed=0
	"$counter" "$@"
	# A tool that gives up before it reports a single failure has still failed.
	if [ $status -ne 0 ] && [ "$failed" -eq 0 ]; then
		failed=1
	fi
	if [ $((passed + failed)) -eq 0 ]; then
		say "$name ran no test at all"
		failed=1
	fi
	# Nobody reads the log of a suite that has passed.
	sed -n 's/^\[[0-9:]*\] //; s/^\([^ ]*\) \.* skipped: /skipped \1: /p' "$log"
	if [ "$failed" -ne 0 ]; then
		show_failure
	fi
	total_passed=$((total_passed + passed))
	total_failed=$((total_failed + failed))
	note_suite "$name" "$passed" "$failed" "$seconds"
}

# Runs a suite, and leaves its status and how many seconds it took.
suite_timed()
{
	timed=$1
	shift
	rm -f "$logs/$timed.status"
	started=$(date +%s)
	"suite_$timed" "$@" >"$logs/$timed.log" 2>&1 </dev/null
	status=$?
	echo "$status $(($(date +%s) - started))" >"$logs/$timed.status"
}

# begin_suite NAME FILE...: has run_suite find that suite under way.
begin_suite()
{
	[ -e "${2:-}" ] || return 0
	suite_timed "$@" &
	suite_begun=$1
	suite_begun_pid=$!
}

note_suite()
{
	summary="$summary$(printf '%-12s %8s %8s %8s  %s' "$1" "$2" "$3" "$4" "${5:-}")
"
}

show_failure()
{
	say "-- $name failed; the end of $log:"
	tail -n 60 "$log"
	for differences in "$tests/regression.diffs" "$tests/output_iso/regression.diffs"; do
		if [ -s "$differences" ]; then
			say "-- $differences:"
			head -n 300 "$differences"
			cp "$differences" "$logs/$name.diffs"
			rm -f "$differences"
		fi
	done
}

# The files that take longest, from what prove's timer says.
show_slowest()
{
	sed -n 's/^\[[0-9:]*\] \([^ ]*\) \.*.* \([0-9][0-9]*\) ms.*/\2 \1/p' "$logs"/pgtap.log "$logs"/tap.log 2>/dev/null |
		sort -rn | head -n 5 | awk 'NR == 1 { printf "\nslowest files\n" } { printf "%7.1f s  %s\n", $1 / 1000, $2 }'
}

# What failed, once more, for the end is what is read of a long log.
show_failed()
{
	sed -n '/^# *Failed test /,/^#   at /p' "$logs"/unit.log "$logs"/pgtap.log "$logs"/tap.log 2>/dev/null |
		cut -c 1-300 | head -n 20 | awk 'NR == 1 { printf "\nfailed\n" } { print }'
}

show_summary()
{
	printf '\n%-12s %8s %8s %8s\n' suite passed failed seconds
	printf '%s' "$summary"
	show_slowest
	[ "$total_failed" -eq 0 ] || show_failed
	printf '\n%s passed, %s failed\n' "$total_passed" "$total_failed"
}

# prove's own account: "Files=2, Tests=34" and one "Failed 2/17" per bad file.
count_prove()
{
	run=$(sed -n 's/^Files=[0-9]*, Tests=\([0-9]*\).*/\1/p' "$log" | awk '{ n += $1 } END { print n + 0 }')
	failed=$(sed -n 's/^ *Failed \([0-9]*\)\/[0-9]* subtests.*/\1/p' "$log" | awk '{ n += $1 } END { print n + 0 }')
	passed=$((${run:-0} - failed))
	[ "$passed" -ge 0 ] || passed=0
}

# pg_regress: "test foo ... ok" up to 15, "ok 1 - foo" since 16.
count_regress()
{
	passed=$(grep -cE '^(ok +[0-9]+ |(test )?[^ ]+ +\.\.\. ok)' "$log")
	failed=$(grep -cE '^(not ok +[0-9]+ |(test )?[^ ]+ +\.\.\. FAILED)' "$log")
}

# "ok - name" and "not ok - name", as our own scripts print.
count_lines()
{
	passed=$(grep -c '^ok - ' "$log")
	failed=$(grep -c '^not ok - ' "$log")
}

# What the sources under test/ are built to, relative to the top.
programs_of()
{
	for source in "$@"; do
		program=${source#"$top/test/"}
		echo "build/${program%.c}"
	done
}

suite_unit()
{
	# shellcheck disable=SC2046
	(cd "$top" && ASAN_OPTIONS=detect_leaks=0 prove --jobs="$(jobs)" --exec '' $(programs_of "$@") && prove test/t/005_house.pl)
}

# oracle_arguments NAME: its line of test/lib/oracles.
oracle_arguments()
{
	line=$(grep "^$1 " "$top/test/lib/oracles") || line="$1 build/unit/${1%_oracle.py}_cli |"
	line=$(printf '%s' "$line" | sed "s#^[^ ]*  *##")
	if [ -n "${MIGHEAD_LONG:-}" ]; then
		printf '%s' "$line" | sed 's/^\(.*_cli\).*|/\1/'
	else
		printf '%s' "${line%%|*}"
	fi
}

# Each compares a driver in build/unit with an independent implementation.
suite_oracle()
{
	at_once one_oracle "$@"
}

one_oracle()
{
	name_of_oracle=$(basename "$1")
	arguments=$(oracle_arguments "$name_of_oracle")
	say "# $name_of_oracle $arguments"
	# shellcheck disable=SC2086
	if (cd "$top" && ASAN_OPTIONS=detect_leaks=0 PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1 \
		"$(alembic_python)" "$1" $arguments); then
		say "ok - $name_of_oracle"
	else
		say "not ok - $name_of_oracle"
		return 1
	fi
}

suite_fuzz()
{
	# shellcheck disable=SC2046
	"$top/test/lib/fuzz.sh" $(programs_of "$@")
}

# The PGXS suites run the way packagers run them, one kind at a time, in a copy
# of the tree that the server user may read and write.
installcheck()
{
	as_server "$make" -C "$tests" --no-print-directory PG_CONFIG="$PG_CONFIG" installcheck "$@"
}

suite_regress()
{
	installcheck ISOLATION= TAP_TESTS=
}

suite_isolation()
{
	installcheck REGRESS= TAP_TESTS=
}

# What takes longest begins first, lest it be alone at the end.
tap_longest='101_way_out 133_terminal 152_fleet_states 154_remote_hostile 153_remote_review 132_offline 031_hostile_suite 141_review_hostile
	021_flask_migrate 069_seals 050_documentation 065_harm 074_steps 120_backup 034_large_expressions 150_fleet 155_fleet_large
	067_fingerprints 061_recall 064_real_history 130_client 140_review_oracle 036_old_snapshot 062_history 100_states 063_noise
	073_leaked_lock 131_expect'

tap_order()
{
	for file in $tap_longest; do
		[ -f "$top/test/t/$file.pl" ] || die "there is no test/t/$file.pl, which should begin first"
		echo "test/t/$file.pl"
	done
	for file in "$top"/test/t/*.pl; do
		file=$(basename "$file" .pl)
		printf '%s\n' "$tap_longest" | grep -qw "$file" || echo "test/t/$file.pl"
	done
}

# The server user need not be able to reach what was fetched.
suite_tap()
{
	tap_files=${PROVE_TESTS:-$(tap_order)} || die "$tap_files"
	openstack_fetch
	schemas_fetch
	cp -r "$openstack" "$schemas" "$work" && chmod -R a+rX "$work/openstack" "$work/schemas"
	if is_root; then
		chown -R "$(server_user)" "$work/openstack" "$work/schemas"
	fi
	export MIGHEAD_OPENSTACK="$work/openstack" MIGHEAD_OPENSTACK_ABSENT="$openstack_absent"
	export MIGHEAD_SCHEMAS="$work/schemas" MIGHEAD_SCHEMAS_ABSENT="$schemas_absent"
	if [ -n "${SANITIZE:-}" ]; then
		PG_CONFIG=$sanitized/bin/pg_config TEMP_CONFIG=$sanitized/tap.conf
		export TEMP_CONFIG
	else
		programs_make "$work/programs"
	fi
	programs_initdb "$(dirname "$PG_CONFIG")" "$work/templates"
	as_server mkdir -p "$work/templates"
	# Most of the time they wait, for a lock, a time limit or a program that starts.
	# shellcheck disable=SC2086,SC2116
	installcheck REGRESS= ISOLATION= PROVE_FLAGS="--jobs=$((2 * $(jobs))) --timer" PROVE_TESTS="$(echo $tap_files)"
}

# Every file runs in a database that has both extensions, and rolls back. One
# database for each processor: what the files lock would make each other wait.
suite_pgtap()
{
	createdb mighead_pgtap &&
		psql -X -q -v ON_ERROR_STOP=1 -d mighead_pgtap -c 'CREATE EXTENSION pgtap' -c 'CREATE EXTENSION mighead' || return
	pgtap_jobs=$(jobs)
	[ "$pgtap_jobs" -le $# ] || pgtap_jobs=$#
	pgtap_status=0
	job=1
	while [ "$job" -le "$pgtap_jobs" ]; do
		createdb --template mighead_pgtap "mighead_pgtap_$job" || return
		job=$((job + 1))
	done
	job=1
	while [ "$job" -le "$pgtap_jobs" ]; do
		pgtap_share "$job" "$pgtap_jobs" "$@" >"$work/pgtap.$job" 2>&1 &
		job=$((job + 1))
	done
	wait
	job=1
	while [ "$job" -le "$pgtap_jobs" ]; do
		cat "$work/pgtap.$job"
		grep -q '^Result: PASS$' "$work/pgtap.$job" || pgtap_status=1
		job=$((job + 1))
	done
	return $pgtap_status
}

# pgtap_share JOB JOBS FILE...: every JOBS-th file, from the JOB-th on.
pgtap_share()
{
	share_job=$1
	share_jobs=$2
	shift 2
	turn=0
	for file in "$@"; do
		shift
		turn=$((turn % share_jobs + 1))
		[ "$turn" -ne "$share_job" ] || set -- "$@" "$file"
	done
	[ $# -gt 0 ] || return 0
	PGOPTIONS='-c statement_timeout=5min' pg_prove --timer --dbname "mighead_pgtap_$share_job" "$@"
}
