# The server with a database "one" that has every kind of object, from test/fixtures.
package EveryObject;

use strict;
use warnings;

use Exporter qw(import);
use PostgreSQL::Test::Cluster;

our @EXPORT_OK = qw(@fixtures make_roles make_server);

our @fixtures = map { "test/fixtures/$_.sql" } qw(everything_relations everything_objects recall);

# Roles and a tablespace that the fixtures name. From here on tests connect as postgres, since the order of privileges
# depends on the owner's name.
sub make_roles
{
	my ($node) = @_;

	$node->safe_psql('postgres', $_) for split /\n/, <<'SQL';
CREATE ROLE mighead_app
CREATE ROLE mighead_reader LOGIN
CREATE ROLE mighead_super SUPERUSER
CREATE ROLE "mighead Quoted"
SET allow_in_place_tablespaces = on; CREATE TABLESPACE mighead_space LOCATION ''
DO $$BEGIN IF to_regrole('postgres') IS NULL THEN CREATE ROLE postgres SUPERUSER LOGIN; END IF; END$$
SQL
	return;
}

# Returns the node, the default version of citext, and the server's major version.
sub make_server
{
	my $node = PostgreSQL::Test::Cluster->new('main');

	$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
	$node->start;
	make_roles($node);
	$node->safe_psql('postgres', 'CREATE DATABASE one');
	$ENV{PGUSER} = 'postgres';
	$node->safe_psql('one', 'CREATE EXTENSION mighead');
	$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('one'), '-f', $_ ], $_) for @fixtures;
	return ($node,
		$node->safe_psql('postgres', q{SELECT default_version FROM pg_available_extensions WHERE name = 'citext'}),
		int($node->safe_psql('postgres', q{SELECT current_setting('server_version_num')}) / 10000));
}

1;
