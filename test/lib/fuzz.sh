#!/bin/sh
# fuzz.sh FUZZER...
#
# Runs each libFuzzer program with a fixed seed, starting from the corpus in the tree,
# if it has one: test/fuzz/NAME.c has corpus/NAME.tar.gz and NAME.dict beside it. New inputs
# stay in build/. A crash leaves its input there too and fails.
#
# A short run tries FUZZ_RUNS inputs, the same on every machine, for at most FUZZ_SECONDS.
# A long run is limited by time only.
# shellcheck source=test/lib/common.sh
. "$(dirname "$0")/common.sh"

seconds=${FUZZ_SECONDS:-25}
runs=${FUZZ_RUNS:-100000}
# What a fuzzer learns from comparisons depends on addresses, and what it reloads on
# time; even without either it is the same each time only at fixed addresses.
same_each_time="-use_cmp=0 -reload=0"
fixed_addresses="setarch -R"
$fixed_addresses true 2>/dev/null || fixed_addresses=
if [ -n "${MIGHEAD_LONG:-}" ]; then
	runs=-1
	same_each_time=
	fixed_addresses=
fi

fuzz()
{
	fuzzer=$1
	name=$(basename "$fuzzer")
	found=$top/build/fuzz/found/$name
	corpus=$top/build/fuzz/corpus/$name
	packed=$top/test/fuzz/corpus/$name.tar.gz
	# A seeded run means the same thing each time only if it starts from the same
	# corpus; a long one is better off with what earlier ones learned.
	[ -n "${MIGHEAD_LONG:-}" ] || rm -rf "$found"
	mkdir -p "$found"
	rm -rf "$corpus"
	if [ -f "$packed" ]; then
		mkdir -p "$corpus"
		tar -xzf "$packed" -C "$corpus" || die "cannot unpack $packed"
	else
		corpus=
	fi
	dictionary=$top/test/fuzz/$name.dict
	[ -f "$dictionary" ] && dictionary=-dict=$dictionary || dictionary=
	say "$name: $runs runs, $seconds s, seed ${FUZZ_SEED:-1}"
	# shellcheck disable=SC2086
	if ASAN_OPTIONS=detect_leaks=0 $fixed_addresses "$top/$fuzzer" -runs="$runs" -max_total_time="$seconds" -seed="${FUZZ_SEED:-1}" \
		-detect_leaks=0 -rss_limit_mb=2048 -timeout=25 -print_final_stats=1 -verbosity=0 \
		-artifact_prefix="$found/crash-" $same_each_time $dictionary "$found" $corpus; then
		say "ok - $name"
	else
		say "not ok - $name, the input is in $found"
		return 1
	fi
}

at_once fuzz "$@"
