# shellcheck shell=sh disable=SC2154,SC2034
# Reports which lines of the module the server ran (COVERAGE=1, "make coverage").
# Source after common.sh, build.sh, cluster.sh. Backends write the counters next
# to the objects when they end. So the module is built in a copy of the tree that
# the server user owns.

coverage_build()
{
	coverage_flags='--coverage -O0'
	as_server "$make" -C "$tests" --no-print-directory -j"$(jobs)" PG_CONFIG="$PG_CONFIG" PG_CFLAGS="$coverage_flags" \
		SHLIB_LINK=--coverage with_llvm=no all >"$logs/coverage-build.log" 2>&1 || {
		tail -n 40 "$logs/coverage-build.log" >&2
		die "the build for coverage failed"
	}
	install_extension "$tests"
}

# One line per source file, worst first; and the module without counters back
# in its place.
coverage_report()
{
	coverage_flags=
	cluster_stop_gently
	as_server sh -c 'cd "$1" && for object in $(find src -name "*.gcno"); do
		gcov -n -o "$object" "${object%.gcno}.c" 2>/dev/null
	done' sh "$tests" |
		awk -F "'" '
			/^File/ { file = $2 }
			/^Lines executed:/ && file ~ /^src\/.*\.c$/ {
				split($0, part, /[:% ]+/)
				printf "%6.1f %% of %5d  %s\n", part[3], part[5], file
				file = ""
			}' | sort -n | tee "$logs/coverage.txt"
	install_extension "$top"
}
