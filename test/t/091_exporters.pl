# The snippets of doc/monitoring.md, run by the programs that they are for.
use strict;
use warnings;

use Cwd qw(abs_path);
use FindBin;
use HTTP::Tiny;
use IPC::Run qw(start run);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $document = slurp_file(abs_path("$FindBin::RealBin/../..") . '/doc/monitoring.md');
my $folder = PostgreSQL::Test::Utils::tempdir;
my $node = PostgreSQL::Test::Cluster->new('main');

$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE app');
$node->safe_psql('app', <<'SQL');
CREATE EXTENSION mighead;
SELECT mighead_add_revision('a1');
SELECT mighead_add_revision('a2', '{a1}');
CREATE TABLE alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY);
INSERT INTO alembic_version VALUES ('a1');
CREATE SCHEMA broken;
CREATE TABLE broken.alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY);
INSERT INTO broken.alembic_version VALUES ('lost');
CREATE ROLE monitoring LOGIN;
GRANT USAGE ON SCHEMA broken TO monitoring;
GRANT SELECT ON alembic_version, broken.alembic_version, mighead.check_result TO monitoring;
SQL

sub snippet
{
	my ($name) = @_;
	my ($body) = $document =~ /^```\w+ $name\n(.*?)^```/ms;

	die "doc/monitoring.md has no snippet $name" unless defined $body;
	return $body;
}

sub have
{
	my ($program) = @_;

	return grep { -x "$_/$program" } split /:/, $ENV{PATH};
}

# Metrics of an exporter, once it answers with what we ask for; stopped afterwards.
sub scrape
{
	my ($port, $wanted, @command) = @_;
	my $log = '';
	my $process = start \@command, '<', \undef, '>&', \$log;
	my $content = '';

	foreach (1 .. 100)
	{
		$content = HTTP::Tiny->new(timeout => 5)->get("http://127.0.0.1:$port/metrics")->{content} // '';
		last if $content =~ $wanted;
		select undef, undef, undef, 0.2;
	}
	$process->kill_kill;
	diag($log) unless $content =~ $wanted;
	return $content;
}

my $host = $node->host;
my $server_port = $node->port;

sub check_postgres
{
	local %ENV = (%ENV, PGHOST => $host, PGPORT => $server_port, PGUSER => 'monitoring', PGDATABASE => 'app');
	my $out = '';

	run [ 'sh', '-c', snippet('check_postgres') ], '<', \undef, '>&', \$out;
	return ($? >> 8, $out);
}

SKIP:
{
	skip 'sql_exporter is not installed', 1 unless have('prometheus-sql-exporter');
	my $config = snippet('sql_exporter');
	my $port = PostgreSQL::Test::Cluster::get_free_port();

	$config =~ s{host=/var/run/postgresql}{host=$host&port=$server_port};
	append_to_file("$folder/sql.yml", $config);
	local $ENV{CONFIG} = "$folder/sql.yml";
	my $metrics = scrape($port, qr/^sql_mighead\{/m, 'prometheus-sql-exporter', '-config.file', "$folder/sql.yml",
		'-web.listen-address', "127.0.0.1:$port");
	like($metrics, qr/^sql_mighead\{.*col="severity".*version_table="broken\.alembic_version"\} 2$/m, 'sql_exporter: severity');
	like($metrics, qr/^sql_mighead\{.*col="pending".*version_table="public\.alembic_version"\} 1$/m, 'sql_exporter: pending');
	like($metrics, qr/^sql_mighead\{.*col="check_age_seconds".*\} \+Inf$/m, 'sql_exporter: no check ever ran');
}

SKIP:
{
	skip 'postgres_exporter is not installed', 1 unless have('prometheus-postgres-exporter');
	my $port = PostgreSQL::Test::Cluster::get_free_port();

	append_to_file("$folder/postgres.yml", snippet('postgres_exporter'));
	local $ENV{DATA_SOURCE_NAME} = "host=$host port=$server_port user=monitoring dbname=app sslmode=disable";
	my $metrics = scrape($port, qr/^mighead_/m, 'prometheus-postgres-exporter', "--extend.query-path=$folder/postgres.yml",
		"--web.listen-address=127.0.0.1:$port", '--disable-default-metrics', '--disable-settings-metrics');
	like($metrics, qr/^mighead_severity\{.*version_table="broken\.alembic_version"\} 2$/m, 'postgres_exporter: severity');
	like($metrics, qr/^mighead_pending\{.*version_table="public\.alembic_version"\} 1$/m, 'postgres_exporter: pending');
}

SKIP:
{
	skip 'check_postgres is not installed', 1 unless have('check_postgres');
	my ($status, $out) = check_postgres();

	is($status, 2, 'check_postgres: critical');
	like($out, qr/CRITICAL/, 'check_postgres says so');
	$node->safe_psql('app', 'DROP SCHEMA broken CASCADE');
	($status) = check_postgres();
	is($status, 1, 'check_postgres: warning');
	$node->safe_psql('app', q{UPDATE alembic_version SET version_num = 'a2'});
	($status) = check_postgres();
	is($status, 0, 'check_postgres: ok');
}

$node->stop;
done_testing();
