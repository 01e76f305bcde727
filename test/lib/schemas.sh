# shellcheck shell=sh disable=SC2154,SC2034
# Fetches PostgreSQL schemas from Debian packages. Source after openstack.sh.
#
# schemas_fetch   writes each as build/schemas/NAME.sql, where it stays;
#                 schemas_absent is why some or all are not there

# name, package, files in it
schemas_known='roundcube roundcube-core */data/roundcube/install/pgsql
zabbix zabbix-server-pgsql */zabbix-server-pgsql/schema.sql.gz
bacula bacula-director-pgsql */data/bacula-director-pgsql/install/pgsql
ejabberd ejabberd */share/ejabberd/sql/pg.new.sql
icinga icinga2-ido-pgsql */schema/pgsql.sql
powerdns pdns-backend-pgsql */pdns-backend-pgsql/schema/schema.pgsql.sql
kea kea-admin */pgsql/dhcpdb_create.pgsql
ttrss tt-rss */schema/ttrss_schema_pgsql.sql
kamailio kamailio-postgres-modules */postgres/*-create.sql'
schemas=$top/build/schemas
schemas_absent=

# Extracts the statements of one package; those for tables that others need come first.
schemas_extract()
{
	folder=$(mktemp -d "$schemas/unpacked.XXXXXX")
	dpkg-deb --fsys-tarfile "$1" | tar -xf - -C "$folder" --no-same-owner --wildcards "$2" &&
		find "$folder" -type f -name '*.gz' -exec gunzip {} + &&
		{
			find "$folder" -type f -name 'standard-create.sql' -exec cat {} +
			find "$folder" -type f ! -name 'standard-create.sql' -exec cat {} +
		} >"$schemas/$3.sql.partial" && mv "$schemas/$3.sql.partial" "$schemas/$3.sql"
	rm -rf "$folder"
}

schemas_fetch()
{
	if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
		schemas_absent='schemas are taken from the packages of a Debian archive, and this is no Debian'
		return
	fi
	mkdir -p "$schemas" "$openstack"
	archives=$(mktemp -d "$schemas/archives.XXXXXX")
	while read -r schema package files; do
		if [ ! -s "$schemas/$schema.sql" ] && apt-cache show "$package" >/dev/null 2>&1; then
			if openstack_download "$archives" "$package"; then
				schemas_extract "$(find "$archives" -name "${package}_*.deb")" "$files" "$schema"
			else
				schemas_absent="packages with schemas cannot be fetched: $(tail -n 1 "$openstack/download.log")"
			fi
		fi
	done <<-END
		$schemas_known
	END
	rm -rf "$archives"
	if [ -z "$schemas_absent" ] && ! ls "$schemas"/*.sql >/dev/null 2>&1; then
		schemas_absent='apt knows none of the packages with schemas'
	fi
}
