# shellcheck shell=sh disable=SC2154,SC2034
# Runs the library with AddressSanitizer and UndefinedBehaviorSanitizer in an
# ordinary server. Source after build.sh and before cluster_start.
#
# The library is built in a folder of its own; dynamic_library_path makes the server
# load it instead of the installed one. The run time of ASan has to be in the process
# from its start, so the server is started with it. A report ends the backend, which
# fails the test and is in the server's log.
#
# TAP tests start servers of their own: they get a folder of programs in which pg_ctl has
# that environment, and a configuration for each server that they make. The bounds of time
# and memory in the tests are for a library without sanitizers; MIGHEAD_SANITIZED tells them.

sanitized=$top/build/sanitized

sanitize_build()
{
	# make would take objects that an ordinary build left for those that are not there yet; and the
	# client's headers, which its compiler does not find: no server loads the client
	rm -rf "$sanitized"
	mkdir -p "$sanitized"
	(cd "$sanitized" && "$make" -f "$top/Makefile" -j"$(jobs)" PG_CONFIG="$PG_CONFIG" with_llvm=no MIGHEAD_CLIENT=no \
		PG_CFLAGS='-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer' \
		SHLIB_LINK='-fsanitize=address,undefined' all) >"$logs/sanitize.log" 2>&1 || {
		tail -n 40 "$logs/sanitize.log" >&2
		die "the build with sanitizers failed"
	}
	sanitize_shim
	cluster_settings="dynamic_library_path = '$sanitized:\$libdir'
jit = off"
	cluster_environment="LD_PRELOAD=$(gcc -print-file-name=libasan.so):$sanitized/shim.so
ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=0:detect_stack_use_after_return=0:verify_asan_link_order=0:abort_on_error=1:handle_segv=0
UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1"
	sanitize_programs
	MIGHEAD_SANITIZED=1
	export MIGHEAD_SANITIZED
}

# The server's programs; but servers that pg_ctl starts have sanitizers.
sanitize_programs()
{
	plain=$PG_CONFIG
	programs_make "$sanitized/bin"
	PG_CONFIG=$plain
	rm -f "$sanitized/bin/pg_ctl"
	{
		echo '#!/bin/sh'
		# shellcheck disable=SC2086
		printf "export '%s'\n" $cluster_environment
		echo "exec '$programs_of_server/pg_ctl' \"\$@\""
	} >"$sanitized/bin/pg_ctl"
	chmod 755 "$sanitized/bin/pg_ctl"
	echo "$cluster_settings" >"$sanitized/tap.conf"
}

# A library that the server may not read is passed over for the installed one without a word.
sanitize_check()
{
	loaded=$(psql -X -A -t -q -c "LOAD 'mighead'" -c "SELECT pg_read_file('/proc/self/maps') LIKE '%$sanitized/mighead.so%'")
	[ "$loaded" = t ] || die "the server does not load the library in $sanitized: may the user $(server_user) read it?"
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
	if grep -hE 'ERROR: AddressSanitizer|runtime error:' "$work/server.log" "$tests"/tmp_check/log/*.log >"$logs/sanitize-reports.log" 2>/dev/null; then
		say "-- the sanitizers report:"
		sort "$logs/sanitize-reports.log" | uniq -c | head -n 20
		total_failed=$((total_failed + 1))
	fi
}
