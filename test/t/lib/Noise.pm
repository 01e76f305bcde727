# Transformations of a captured database that change nothing for a person, and so must not be
# reported as drift. The answer must be the same after each, and for a database elsewhere the same as
# where it is.
package Noise;

use strict;
use warnings;

use Exporter qw(import);
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT_OK = qw(check_noise is_quiet make_hub);

# Statements that create every object again from the text that the server deparses.
my %again = (
	'indexes' => q{SELECT format('DROP INDEX %s; %s', i.indexrelid::regclass, pg_get_indexdef(i.indexrelid))
		FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE HOME AND NOT relispartition AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)
		AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = i.indrelid AND deptype = 'e')},
	'constraints' => q{SELECT format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %2$I %3$s', conrelid::regclass, conname, pg_get_constraintdef(x.oid))
		FROM pg_constraint x JOIN pg_namespace n ON n.oid = connamespace
		WHERE HOME AND contype IN ('c', 'f') AND conrelid <> 0 AND coninhcount = 0 AND conparentid = 0
		AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = conrelid AND deptype = 'e')},
	'defaults' => q{SELECT format('ALTER TABLE %s ALTER %I SET DEFAULT %s', adrelid::regclass, attname, pg_get_expr(adbin, adrelid))
		FROM pg_attrdef d JOIN pg_attribute a ON attrelid = adrelid AND attnum = adnum
		JOIN pg_class c ON c.oid = adrelid JOIN pg_namespace n ON n.oid = relnamespace
		WHERE HOME AND attgenerated = '' AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = adrelid AND deptype = 'e')},
	'views' => q{SELECT format('CREATE OR REPLACE VIEW %s AS %s', c.oid::regclass, pg_get_viewdef(c.oid))
		FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE HOME AND relkind = 'v' AND reloptions IS NULL
		AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = c.oid AND deptype = 'e')},
	'triggers' => q{SELECT format('DROP TRIGGER %I ON %s; %s', tgname, tgrelid::regclass, pg_get_triggerdef(t.oid))
		FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid JOIN pg_namespace n ON n.oid = relnamespace
		WHERE HOME AND NOT tgisinternal AND tgparentid = 0 AND relname <> 'alembic_version'},
	'functions' => q{SELECT pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
		WHERE HOME AND prokind IN ('f', 'p') AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')},
	'names, there and back' => q{SELECT format('ALTER TABLE %1$s RENAME TO there_and_back; ALTER TABLE %2$I.there_and_back RENAME TO %3$I', c.oid::regclass, nspname, relname)
		FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE HOME AND relkind IN ('r', 'p')
		AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = c.oid AND deptype = 'e')},
	'privileges, given and taken' => q{SELECT format('GRANT SELECT, UPDATE ON %1$s TO PUBLIC; REVOKE SELECT, UPDATE ON %1$s FROM PUBLIC', c.oid::regclass)
		FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE HOME AND relkind IN ('r', 'v', 'm', 'p') AND relacl IS NULL},
	'options' => q{SELECT format('ALTER TABLE %1$s SET (fillfactor = 50); ALTER TABLE %1$s RESET (fillfactor); COMMENT ON TABLE %1$s IS ''x''; COMMENT ON TABLE %1$s IS NULL', c.oid::regclass)
		FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE HOME AND relkind = 'r' AND reloptions IS NULL
		AND obj_description(c.oid, 'pg_class') IS NULL},
);

# A database "hub_" that expects of the captured schema "home" what was captured there, and has a server
# for each database that the transformations make.
sub make_hub
{
	my ($node, $database, $home) = @_;
	my ($host, $port) = ($node->host, $node->port);

	$node->safe_psql('postgres', "CREATE DATABASE hub_$database");
	$node->safe_psql("hub_$database", join ' ', 'CREATE EXTENSION mighead; CREATE EXTENSION postgres_fdw;', map { <<"SQL" } $database, "${database}_2", "${database}_3");
CREATE SERVER $_ FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname '$_');
CREATE USER MAPPING FOR CURRENT_USER SERVER $_;
SQL
	return $node->safe_psql("hub_$database", "SELECT objects FROM mighead_remote_capture('$database', version_table => '$home.alembic_version')");
}

my $columns = 'object_type, object, kind, attribute, expected, actual';

# The drift of a database, as a hub sees it with the same settings on both sides.
sub drift_from
{
	my ($node, $hub, $database, $home, $settings) = @_;
	my @settings = $settings =~ /^SET (.*);$/ ? $1 : ();

	$node->safe_psql('postgres', "ALTER ROLE CURRENT_USER IN DATABASE $database SET $_") foreach @settings;
	my $told = $node->safe_psql($hub, "$settings SELECT $columns FROM public.mighead_remote_drift('$database', '$home.alembic_version', min_severity => 0)");
	$node->safe_psql('postgres', "ALTER ROLE CURRENT_USER IN DATABASE $database RESET " . s/ .*//r) foreach @settings;
	return $told;
}

sub is_quiet
{
	my ($node, $database, $home, $after, $settings, $hub) = @_;
	my $told = $node->safe_psql($database, ($settings // '')
		. "SELECT $columns FROM public.mighead_drift('$home.alembic_version', min_severity => 0)");

	is($told, '', "$database: $after");
	is(drift_from($node, $hub, $database, $home, $settings // ''), '', "$database from elsewhere: $after") if defined $hub;
	return;
}

sub dump_and_restore
{
	my ($node, $from, $to) = @_;
	my $file = PostgreSQL::Test::Utils::tempdir . "/$to.dump";

	$node->command_ok([ 'pg_dump', '-Fc', '-f', $file, $node->connstr($from) ], "dump of $from");
	$node->safe_psql('postgres', "CREATE DATABASE $to");
	$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr($to), $file ], "restore into $to");
	return;
}

# Checks the captured schema "home" of the database after each transformation, and as a hub (undef: none) sees it.
sub check_noise
{
	my ($node, $database, $home, $hub) = @_;

	is_quiet($node, $database, $home, 'nothing', undef, $hub);
	foreach my $what (sort keys %again)
	{
		my $select = $again{$what} =~ s/HOME/n.nspname = '$home'/r;

		# a statement after the other, as psql does it with \gexec
		my ($status, $out, $err) = $node->psql($database, "SET check_function_bodies = off; $select \\gexec\n");
		is($err =~ /ERROR/ ? $err : '', '', "$database: $what are made again");
		is_quiet($node, $database, $home, "after $what", undef, $hub);
	}
	$node->safe_psql($database, $_) for 'VACUUM FULL', 'ANALYZE', "REINDEX DATABASE $database";
	is_quiet($node, $database, $home, 'VACUUM FULL, ANALYZE, REINDEX', undef, $hub);
	# 19 has no other literals
	my $conforming = $node->safe_psql('postgres', 'SHOW server_version_num') < 190000 ? 'off' : 'on';
	is_quiet($node, $database, $home, "with $_", "SET $_;", $hub)
	  for q{search_path = ''}, 'quote_all_identifiers = on', q{DateStyle = 'SQL, DMY'}, "standard_conforming_strings = $conforming";
	dump_and_restore($node, $database, "${database}_2");
	is_quiet($node, "${database}_2", $home, 'dumped and restored', undef, $hub);
	dump_and_restore($node, "${database}_2", "${database}_3");
	is_quiet($node, "${database}_3", $home, 'dumped and restored, once more', undef, $hub);
	if ($home ne 'public')
	{
		$node->safe_psql("${database}_3", "ALTER SCHEMA $home RENAME TO tenant_7");
		is_quiet($node, "${database}_3", $home = 'tenant_7', 'in a schema of another name', undef, $hub);
	}
	is( $node->safe_psql("${database}_3",
			"CREATE TABLE $home.planted (); SELECT kind, object FROM public.mighead_drift('$home.alembic_version')"),
		"extra|$home.planted",
		"$database: and a change is told");
	is(drift_from($node, $hub, "${database}_3", $home, ''), "table|$home.planted|extra|||", "$database: and elsewhere") if defined $hub;
	return;
}

1;
