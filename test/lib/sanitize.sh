# shellcheck shell=sh disable=SC2154,SC2034
# The library with AddressSanitizer and UndefinedBehaviorSanitizer in an ordinary
# server. Source after build.sh and before cluster_start.
#
# The library is built in a folder of its own; dynamic_library_path makes the server
# load it instead of the installed one. The run time of ASan has to be in the process
# from its start, so the server is started with it. A report ends the backend, which
# fails the test and is in the server's log.

sanitized=$top/build/sanitized

sanitize_build()
{
	mkdir -p "$sanitized"
	(cd "$sanitized" && "$make" -f "$top/Makefile" -j"$(jobs)" PG_CONFIG="$PG_CONFIG" with_llvm=no \
		PG_CFLAGS='-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer' \
		SHLIB_LINK='-fsanitize=address,undefined' all) >"$logs/sanitize.log" 2>&1 || {
		tail -n 40 "$logs/sanitize.log" >&2
		die "the build with sanitizers failed"
	}
	sanitize_shim
	cluster_settings="dynamic_library_path = '$sanitized:\$libdir'
jit = off
max_stack_depth = 1MB"
	cluster_environment="LD_PRELOAD=$(gcc -print-file-name=libasan.so):$sanitized/shim.so
ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0:verify_asan_link_order=0:abort_on_error=1:handle_segv=0
UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1"
}

# A server with libasan hangs in bindtextdomain before it starts; messages need no translation.
sanitize_shim()
{
	echo 'char *bindtextdomain(const char *d, const char *n) { (void) d; return (char *) n; }' |
		gcc -shared -fPIC -x c -o "$sanitized/shim.so" - || die "the shim of bindtextdomain does not compile"
}

# What the sanitizers wrote into the server's log.
sanitize_reports()
{
	if grep -E 'ERROR: AddressSanitizer|runtime error:' "$work/server.log" >"$logs/sanitize-reports.log"; then
		say "-- the sanitizers report:"
		sort "$logs/sanitize-reports.log" | uniq -c | head -n 20
		total_failed=$((total_failed + 1))
	fi
}
