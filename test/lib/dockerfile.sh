#!/bin/sh
# dockerfile.sh PG_MAJOR
#
# Runs the commands of the Dockerfile's RUN instructions in this tree, and copies
# the result as its last stage does. It installs packages, so use it only
# in a temporary copy of the tree.
set -eu
PG_MAJOR=${1:?usage: dockerfile.sh PG_MAJOR}
export PG_MAJOR
cd "$(dirname "$0")/../.."

commands=$(sed -e ':a' -e '/\\$/{N;s/\\\n//;ta' -e '}' Dockerfile | sed -n 's/^RUN //p')
[ -n "$commands" ] || {
	echo "the Dockerfile runs nothing" >&2
	exit 1
}
printf '%s\n' "$commands" | while IFS= read -r command; do
	echo "+ $command"
	sh -ec "$command" </dev/null || exit
done
cp -a /mighead/. /
rm -rf /mighead
