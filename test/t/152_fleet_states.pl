# Both ways give the same answer: in every state, what is said of a database
# without mighead over a foreign server is what mighead says there.
#
# What is not read over a foreign server is taken away first: journal, watches, label.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";
use AlembicProject qw(find_program);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use States;
use Test::More;

my ($alembic_program, $missing) = find_program('alembic', 'alembic', 'psycopg2');
plan skip_all => $missing unless $alembic_program;

my $cluster = PostgreSQL::Test::Cluster->new('main');
$cluster->init;
$cluster->append_conf('postgresql.conf', "deadlock_timeout = 100ms\n");
$cluster->start;
prepare_states($cluster, $alembic_program);
$cluster->safe_psql('postgres', 'CREATE DATABASE hub');
$cluster->safe_psql('hub', 'CREATE EXTENSION mighead; CREATE EXTENSION postgres_fdw');

# The hub has the scripts of every project, and a database is of few of them: so only a reader there says that a project
# has no version table.
my %left_out = ('two services share one version table' => qr/^(?:\|billing\|missing_table|1\|missing_table\|\|billing_version)\|.*\n?/m);

my @project_tables = qw(project release revision definition expected_set expected ignored);

# The scripts as the hub of a fleet has them: those of the case, with their history.
sub bring_scripts
{
	foreach my $table (@project_tables)
	{
		my $rows = sql("SELECT coalesce(json_agg(t), '[]') FROM mighead.$table t");
		$cluster->safe_psql('hub', "DELETE FROM mighead.$table; INSERT INTO mighead.$table SELECT * FROM json_populate_recordset(NULL::mighead.$table, \$rows\$$rows\$rows\$)");
	}
	return;
}

my $finding = 'severity, code, version_table::text, object, detail';
my $columns = 'version_table::text, project, state, severity, current, heads, unknown, applied, pending, findings, drift, compared, detail';

foreach my $name (sort keys %happenings)
{
	happen($name);
	sql(q{DELETE FROM mighead.journal; DELETE FROM mighead.watch;
		UPDATE mighead.project SET environment = NULL, environment_database = NULL});
	bring_scripts();
	my $there = sql("SET search_path = ''; SELECT $columns FROM public.mighead_status() ORDER BY 1; SELECT $finding FROM public.mighead_findings(NULL, 0) ORDER BY 1, 2, 3, 4");
	# What is called like a function of mighead does no harm where mighead is not.
	sql(q{SET lock_timeout = '2s'; SET client_min_messages = error; DROP EXTENSION mighead CASCADE}) if $name !~ /locked|leaked|running|waits|planted/;
	my ($host, $port) = ($cluster->host, $cluster->port);
	$cluster->safe_psql('hub', qq{CREATE SERVER "$database" FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname '$database');
		CREATE USER MAPPING FOR CURRENT_USER SERVER "$database"});
	my $here = $cluster->safe_psql('hub', "SELECT $columns FROM mighead_remote_status('$database') ORDER BY 1; SELECT $finding FROM mighead_remote_findings('$database', NULL, 0) ORDER BY 1, 2, 3, 4");
	# ages go on
	s/, for \d+ s//g foreach $here, $there;
	if (my $left_out = $left_out{$name})
	{
		is($there =~ s/$left_out//g, 2, "$name: what only a reader there says");
		$there =~ s/\n\z//;
	}
	is($here, $there, $name);
	# A fleet asks as much where the schema is compared.
	my $in_fleet = $cluster->safe_psql('hub', "SELECT $columns FROM mighead_fleet('$database') WHERE compared ORDER BY 1");
	s/, for \d+ s//g foreach $in_fleet;
	is_deeply([ grep { index("\n$here\n", "\n$_\n") < 0 } split /\n/, $in_fleet ], [], "$name: in a fleet") if $in_fleet ne '';
	leave();
	$cluster->safe_psql('postgres', "DROP DATABASE $database");
}

done_testing();
