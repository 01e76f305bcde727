# Harm: an operator who runs every fix.  In the database of 061_recall.pl, with rows in every table
# that can have some, each change is made, all fixes of drift and of findings are run in their
# order, and nothing may be lost or weaker; no fix raises, and a second look offers nothing new.  By
# default every third change; with MIGHEAD_LONG all of them.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";
use Harm qw(harm_functions);
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ "--encoding=UTF8", "--locale=C.UTF-8" ]);
$node->start;
$node->safe_psql('postgres', $_) for split /\n/, <<'SQL';
CREATE ROLE mighead_app
CREATE ROLE mighead_reader
CREATE ROLE mighead_part
CREATE ROLE mighead_super SUPERUSER
CREATE ROLE "mighead Quoted"
SET allow_in_place_tablespaces = on; CREATE TABLESPACE mighead_space LOCATION ''
DO $$BEGIN IF to_regrole('postgres') IS NULL THEN CREATE ROLE postgres SUPERUSER LOGIN; END IF; END$$
CREATE DATABASE one
SQL
$ENV{PGUSER} = 'postgres';
my $citext = $node->safe_psql('postgres', q{SELECT default_version FROM pg_available_extensions WHERE name = 'citext'});
my $version = int($node->safe_psql('postgres', q{SELECT current_setting('server_version_num')}) / 10000);

$node->safe_psql('one', 'CREATE EXTENSION mighead');
$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('one'), '-f', $_ ], $_)
  for map { "test/fixtures/$_.sql" } qw(everything_relations everything_objects recall);
$node->safe_psql('one', <<'SQL');
ALTER DATABASE one OWNER TO mighead_app;
-- a row of defaults wherever one is allowed
DO $$
DECLARE
    of_table regclass;
BEGIN
    FOR of_table IN SELECT c.oid FROM pg_class c JOIN pg_namespace s ON s.oid = relnamespace
        WHERE relkind IN ('r', 'p') AND nspname IN ('My Home', 'app', 'Other one') AND relname <> 'alembic_version' LOOP
        BEGIN
            EXECUTE format('INSERT INTO %s DEFAULT VALUES', of_table);
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
    END LOOP;
END$$;
SELECT mighead_capture(NULL, '"My Home".alembic_version', '{My Home,mighead_beside,mighead_hollow,app,Other one}');
-- who owns a part only
GRANT USAGE ON SCHEMA "My Home", app, "Other one", mighead TO mighead_part;
GRANT SELECT ON ALL TABLES IN SCHEMA mighead TO mighead_part;
GRANT SELECT ON "My Home".alembic_version TO mighead_part;
SQL

sub read_changes
{
	my @changes;
	my $label;

	foreach my $line (split /\n/, slurp_file('test/fixtures/recall_changes.sql'))
	{
		$line =~ s/%citext%/$citext/;
		if ($line =~ /^-- (.*)/) { $label = $1 }
		elsif ($line !~ /^--> /) { push @changes, { label => $label, ddl => $line } }
	}
	return grep { $_->{label} !~ /^(\d\d) / || $1 <= $version } @changes;
}

my @changes = read_changes();
if (!$ENV{MIGHEAD_LONG})
{
	@changes = @changes[ grep { $_ % 3 == 1 } 0 .. $#changes ];
}

# What is not mended yet, by label.
my %todo = (
	'check no inherit' => 'the constraint is made anew, not inherited where it was: told as lost',
	'index not ready' => 'a finding drops a damaged index, and the fix of drift rebuilds the same',
);

# What is said of one that changes nothing is told once, and left out of the others.
my %always;

sub lines
{
	my ($answer) = @_;

	return grep { !$always{$_} } map { @{ $answer->{$_} } } qw(errors lost again);
}

sub check
{
	my ($who, $change, $answer) = @_;

	return note("$who: $change->{label}: not with these rows") if !$answer->{fixes} && @{ $answer->{errors} };
	local $TODO = $todo{ $change->{label} };
	is(join("\n", lines($answer)), '', "$who: $change->{label} ($answer->{fixes} fixes)");
	return;
}

sub run_as
{
	my ($who, $role) = @_;
	my ($none, @answers) = map { decode_json($_) } grep { /^\{/ } split /\n/, $node->safe_psql('one', harm_start() . join '',
		map { "SELECT pg_temp.harm('alembic_version', \$change\$$_\$change\$, $role);\n" } 'SELECT', map { $_->{ddl} } @changes);

	%always = ();
	is(join("\n", lines($none)), '', "$who: no change ($none->{fixes} fixes)");
	%always = map { $_ => 1 } lines($none);
	is(scalar @answers, scalar @changes, "$who: as many answers as changes");
	check($who, $_, shift @answers) for @changes;
	return;
}

sub harm_start
{
	return q{SET client_min_messages = error; SET search_path = "My Home", app, public;} . harm_functions();
}

run_as('superuser', 'NULL');
run_as('owner of a part', q{'mighead_part'});

# And it can fail: fixes that drop rows, weaken and raise are told.
my ($told) = grep { /^\{/ } split /\n/, $node->safe_psql('one', harm_start() . <<'SQL');
CREATE TABLE "My Home".harm_check (x int PRIMARY KEY); -- deletes are published
ALTER TABLE "My Home".harm_check ENABLE ROW LEVEL SECURITY;
INSERT INTO "My Home".harm_check VALUES (1);
CREATE OR REPLACE FUNCTION pg_temp.harm_fixes(of regclass) RETURNS text[] LANGUAGE sql AS
$$SELECT ARRAY['DELETE FROM "My Home".harm_check', 'ALTER TABLE "My Home".harm_check DISABLE ROW LEVEL SECURITY', 'SELECT 1/0']$$;
SELECT pg_temp.harm('alembic_version', 'SELECT', NULL);
SQL
$told = decode_json($told);
is(scalar @{ $told->{errors} }, 1, 'a fix that raises is told');
is(scalar @{ $told->{lost} }, 2, 'rows that are gone and what is weaker are told') or diag(@{ $told->{lost} });
is(scalar @{ $told->{again} }, 3, 'what is offered again is told');

done_testing();
