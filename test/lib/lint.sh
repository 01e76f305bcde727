#!/bin/sh
# make lint: the checks that need no server. Prints a line for each and fails
# if one does; "make strict" (warnings as errors) has already run.
#
# CHANGED=1       only files that differ from the branch "main" or are not committed
# CHANGED=COMMIT  the same for another commit
# shellcheck source=test/lib/common.sh
. "$(dirname "$0")/common.sh"

cd "$top" || exit
failed=0

since=${CHANGED:-}
[ "$since" != 1 ] || since=main

# Everything that is, or is about to be, part of the tree.
files()
{
	if [ -n "$since" ]; then
		{
			git diff --name-only --diff-filter=d "$(git merge-base "$since" HEAD)" -- "$@"
			git ls-files --others --exclude-standard -- "$@"
		} | sort -u
	elif [ -e .git ]; then
		git ls-files --cached --others --exclude-standard -- "$@"
	else
		for pattern in "$@"; do
			find . -path ./build -prune -o -path "./${pattern#./}" -type f -print
		done
	fi | while read -r file; do
		if [ -f "$file" ] && [ ! -L "$file" ]; then
			echo "$file"
		fi
	done
}

check_format()
{
	files '*.c' '*.h' | xargs -r clang-format --dry-run -Werror
}

# Looks at the sources on standard input. One in each run: in a second file clang-tidy 14 takes each
# va_list for uninitialized.
# $1: the target of make that prints the flags
tidy()
{
	flags=$("${MAKE:-make}" -s --no-print-directory PG_CONFIG="$PG_CONFIG" "$1" | tr -d "'")
	xargs -r -P "$(nproc)" -n 1 sh -c 'flags=$1; shift; clang-tidy --quiet "$@" -- -std=gnu99 $flags' sh "$flags"
}

check_tidy()
{
	tidied=0
	files 'src/*.c' | grep -v '^src/client/' | tidy print-cppflags || tidied=1
	files 'src/client/*.c' | tidy print-client-cppflags || tidied=1
	return "$tidied"
}

# Excluded: words about indirect calls and subshells that mean what they do here.
check_shell()
{
	{
		files '*.sh' '.ci/*' 'src/bin/*'
		files 'test/bench*' | while read -r file; do
			head -n 1 "$file" | grep -q '^#!/bin/sh' && echo "$file"
		done
	} | xargs -r shellcheck --external-sources --exclude=SC2016,SC2031,SC2317
}

# A path, a host or a mirror of the machine that somebody worked on.
check_machine()
{
	{
		echo "$top/"
		[ "$HOME" = / ] || echo "$HOME/"
		hostname | grep -- '[-.0-9]'
		apt-get indextargets --format '$(SITE)' 2>/dev/null | sed 's#^[a-z]*://##; s#/.*##'
	} | sort -u | grep . >build/machine-names
	if files '*' | xargs -r grep -nIF -f build/machine-names; then
		return 1
	fi
}

# The version is stated once, in the control file; what cannot derive it must agree.
check_version()
{
	version=$(sed -n "s/^default_version *= *'\(.*\)'/\1/p" mighead.control)
	[ -f "sql/mighead--$version.sql" ] || {
		echo "sql/mighead--$version.sql is absent"
		return 1
	}
	python3 - "$version" <<-'END'
		import json, sys
		meta = json.load(open("META.json"))
		sys.exit(meta["version"] != sys.argv[1] or meta["provides"]["mighead"]["version"] != sys.argv[1])
	END
}

# With the objects of "make strict".
check_house()
{
	prove test/t/005_house.pl
}

check()
{
	if "check_$1" >"build/log/lint-$1.log" 2>&1; then
		say "ok - $2"
	else
		say "not ok - $2"
		grep -vE '^[0-9]+ warnings? (generated|treated)' "build/log/lint-$1.log" | tail -n 60
		failed=1
	fi
}

"$top/test/lib/deps.sh" lint || exit
mkdir -p build/log
check format "formatted as .clang-format says"
check tidy "nothing for clang-tidy to say"
check shell "nothing for shellcheck to say"
check house "folders, faces and circles as src/README.md says"
check machine "no path or host of this machine in the tree"
check version "one version everywhere"
exit $failed
