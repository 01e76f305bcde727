#!/bin/sh
# pg_config.sh PG_CONFIG
#
# For a PG_CONFIG with a space in its path. Makes build/pg_config and prints its
# path. That program gives the same answers, with paths through a link without spaces.
set -eu
real=$1
[ -x "$real" ] || real=$(command -v "$real") || exit
prefix=$(dirname "$(dirname "$(readlink -f "$real")")")
# Up to the first folder whose name has a space; what is above needs no link.
while case $(dirname "$prefix") in *' '*) true ;; *) false ;; esac do
	prefix=$(dirname "$prefix")
done
mkdir -p build
link=$PWD/build/pg
ln -sfn "$prefix" "$link"
cat >build/pg_config <<END
#!/bin/sh
'$real' "\$@" | sed 's#$prefix#$link#g'
END
chmod 755 build/pg_config
echo "$PWD/build/pg_config"
