# shellcheck shell=sh disable=SC2154
# The server's programs as TAP tests find them, in a folder where some may be others. Source after common.sh.
#
# programs_make FOLDER              links to the programs; PG_CONFIG is from then on the one there
# programs_initdb FOLDER TEMPLATES  initdb there copies a cluster that the same arguments have made before, which takes
#                                   a fifth of the time; TEMPLATES is a folder that the server user may write to

programs_make()
{
	# by its path: the name alone would find the one that is made here
	programs_pg_config=$(command -v "$PG_CONFIG") || die "there is no $PG_CONFIG"
	programs_of_server=$("$PG_CONFIG" --bindir)
	rm -rf "$1"
	mkdir -p "$1"
	ln -s "$programs_of_server"/* "$1"
	rm -f "$1/pg_config"
	cat >"$1/pg_config" <<END
#!/bin/sh
[ "\$*" != --bindir ] || exec echo '$1'
exec '$programs_pg_config' "\$@"
END
	chmod 755 "$1" "$1/pg_config"
	PG_CONFIG=$1/pg_config
}

# The first cluster of a test only: a copy has the identifier of its template, and two of a test must not have the same.
programs_initdb()
{
	rm -f "$1/initdb"
	{
		echo '#!/bin/sh'
		echo "real='$programs_of_server/initdb' templates='$2'"
		cat <<'END'
data=
expected=
for argument in "$@"; do
	[ -z "$expected" ] || data=$argument
	expected=
	case $argument in
		-D | --pgdata) expected=true ;;
	esac
done
if [ -z "$data" ] || [ -e "$data" ] || ! mkdir "$templates/test.$PPID" 2>/dev/null; then
	exec "$real" "$@"
fi
made_by=$({
	printf '%s\n' "$@" | grep -vxF -e "$data"
	env | grep -E '^(LC_|LANG|TZ=|PG)' | grep -vE '^PG(HOST|PORT|APPNAME|DATABASE|_REGRESS)=' | sort
} | cksum | tr ' ' .)
if [ -d "$templates/$made_by" ]; then
	exec cp -R -p "$templates/$made_by" "$data"
fi
"$real" "$@" || exit
# Another test may have been first.
cp -R -p "$data" "$templates/new.$$" && mv -T "$templates/new.$$" "$templates/$made_by" 2>/dev/null || rm -rf "$templates/new.$$"
END
	} >"$1/initdb"
	chmod 755 "$1/initdb"
}
