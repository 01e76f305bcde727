#!/bin/sh
# fuzz.sh FUZZER...
#
# Runs each libFuzzer program for FUZZ_SECONDS with a fixed seed, starting from
# the corpus in the tree: test/fuzz/NAME_fuzz.c has NAME_corpus and NAME.dict beside
# it. What it finds on the way stays in build/. A crash leaves its input beside
# that and fails.
# shellcheck source=test/lib/common.sh
. "$(dirname "$0")/common.sh"

seconds=${FUZZ_SECONDS:-10}
failed=0

for fuzzer in "$@"; do
	name=$(basename "$fuzzer" _fuzz)
	found=$top/build/fuzz/found/$name
	corpus=$top/test/fuzz/${name}_corpus
	# A seeded run means the same thing each time only if it starts from the same
	# corpus; a long one is better off with what earlier ones learned.
	[ -n "${MIGHEAD_LONG:-}" ] || rm -rf "$found"
	mkdir -p "$found"
	[ -d "$corpus" ] || corpus=
	dictionary=$top/test/fuzz/$name.dict
	[ -f "$dictionary" ] && dictionary=-dict=$dictionary || dictionary=
	say "$name: $seconds s, seed ${FUZZ_SEED:-1}"
	# shellcheck disable=SC2086
	if ASAN_OPTIONS=detect_leaks=0 "$top/$fuzzer" -max_total_time="$seconds" -seed="${FUZZ_SEED:-1}" \
		-detect_leaks=0 -rss_limit_mb=2048 -timeout=25 -print_final_stats=1 -verbosity=0 \
		-artifact_prefix="$found/crash-" $dictionary "$found" $corpus; then
		say "ok - $name"
	else
		say "not ok - $name, the input is in $found"
		failed=1
	fi
done
exit $failed
