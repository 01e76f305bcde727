# shellcheck shell=sh disable=SC2154,SC2034
# Fetches the migration scripts of Debian's OpenStack packages: long histories
# from real projects. Source after common.sh.
#
# openstack_fetch   unpacks them into build/openstack, where they stay;
#                   openstack_absent is why some or all are not there
#
# If a Debian suite lacks a package, the others are tested.

openstack_packages='python3-cinder python3-glance python3-ironic python3-keystone python3-magnum python3-manila
	python3-neutron python3-octavia'
openstack=$top/build/openstack
openstack_absent=

openstack_download()
{
	(cd "$1" && shift && timeout 120 apt-get -q -o APT::Sandbox::User=root -o Acquire::Retries=1 \
		-o Acquire::http::Timeout=15 download "$@") >"$openstack/download.log" 2>&1 </dev/null
}

# Unpacks only the files that Alembic reads.
openstack_unpack()
{
	for archive in "$1"/*.deb; do
		package=$(basename "$archive")
		package=${package%%_*}
		rm -rf "${openstack:?}/$package" "$openstack/$package.partial"
		mkdir "$openstack/$package.partial"
		if ! dpkg-deb --fsys-tarfile "$archive" |
			tar -xf - -C "$openstack/$package.partial" --no-same-owner --wildcards '*/versions/*' '*/env.py'; then
			die "cannot unpack $archive"
		fi
		mv "$openstack/$package.partial" "$openstack/$package"
	done
}

openstack_wanted()
{
	for package in $openstack_packages; do
		if [ ! -d "$openstack/$package" ] && apt-cache show "$package" >/dev/null 2>&1; then
			echo "$package"
		fi
	done
}

# Lists that are too old name packages that the archive has replaced.
openstack_fetch()
{
	if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
		openstack_absent='the packages of OpenStack are taken from a Debian archive, and this is no Debian'
		return
	fi
	mkdir -p "$openstack"
	wanted=$(openstack_wanted)
	if [ -n "$wanted" ]; then
		archives=$(mktemp -d "$openstack/archives.XXXXXX")
		# shellcheck disable=SC2086
		openstack_download "$archives" $wanted ||
			{ can_be_root && as_root apt-get -q update >/dev/null 2>&1 </dev/null && openstack_download "$archives" $wanted; } ||
			openstack_absent="the archive with the packages of OpenStack cannot be reached: $(tail -n 1 "$openstack/download.log")"
		! ls "$archives"/*.deb >/dev/null 2>&1 || openstack_unpack "$archives"
		rm -rf "$archives"
	fi
	if [ -z "$openstack_absent" ] && ! ls -d "$openstack"/python3-* >/dev/null 2>&1; then
		openstack_absent='apt knows none of the packages of OpenStack'
	fi
}
