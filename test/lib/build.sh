# shellcheck shell=sh disable=SC2154,SC2034
# Building and installing, shared by the demo and the tests. Source after
# common.sh.

make=${MAKE:-make}

# The recursive make must not talk to the job server of the one that started us.
MAKEFLAGS=$(printf '%s' "${MAKEFLAGS:-}" | sed 's/ *-j[0-9]*//g; s/ *--jobserver-[a-z]*=[^ ]*//g')
export MAKEFLAGS

# build LOG TARGET...
build()
{
	build_log=$1
	shift
	mkdir -p "$(dirname "$build_log")"
	if ! "$make" -C "$top" --no-print-directory -j"$(jobs)" PG_CONFIG="$PG_CONFIG" "$@" >"$build_log" 2>&1; then
		grep -m 20 -A 3 -E '(error:|warning:|undefined reference|cannot find|No rule to make)' "$build_log" >&2 || tail -n 40 "$build_log" >&2
		die "the build failed; all its output is in $build_log"
	fi
	grep -E '(warning|error):' "$build_log" || true
}

# install_extension TREE
# The extension goes where the server looks for it, which root alone may write
# to; objects are built before, so that none of them becomes root's.
install_extension()
{
	tree=$1
	directory=$("$PG_CONFIG" --sharedir)/extension
	if [ -w "$directory" ]; then
		run=
	elif can_be_root; then
		run=as_root
	else
		die "installing into $directory needs root or a sudo that asks no password"
	fi
	if ! $run "$make" -C "$tree" --no-print-directory PG_CONFIG="$PG_CONFIG" ${WERROR:+WERROR="$WERROR"} \
		${coverage_flags:+PG_CFLAGS="$coverage_flags"} install \
		>"$top/build/log/install.log" 2>&1; then
		tail -n 30 "$top/build/log/install.log" >&2
		die "make install failed"
	fi
}
