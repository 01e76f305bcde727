# A database whose encoding is not UTF-8 answers as one that is.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;

my $set_up = <<'SQL';
CREATE EXTENSION mighead;
INSERT INTO mighead.project (name) VALUES ('größe');
INSERT INTO mighead.release (project, release, label, heads, loaded_by) VALUES ('größe', 1, 'été', '{}', 'test');
INSERT INTO mighead.revision (project, revision, load_order, down_revision, branch_labels, message, file_name, first_release)
VALUES ('größe', 'é1', 0, '{}', '{naïve}', 'créer', 'é1.py', 1),
    ('größe', 'é2', 1, '{é1}', '{}', 'élargir', 'é2.py', 1),
    ('größe', 'é3', 2, '{é1}', '{}', 'über', 'é3.py', 1);
CREATE SCHEMA "schön";
CREATE TABLE "schön".alembic_version (version_num text PRIMARY KEY);
INSERT INTO "schön".alembic_version VALUES ('é2');
SQL

my @queries = (
	q{SELECT * FROM mighead_remote_definitions('là', '"schön".alembic_version')},
	q{SELECT * FROM mighead_remote_drift('là', '"schön".alembic_version')},
	q{SELECT * FROM mighead_remote_drift('là', relation => 'ü')},
	q{BEGIN; SELECT FROM mighead_capture('é2'); SELECT * FROM mighead_remote_locate('là', '"schön".alembic_version'); ROLLBACK},
	q{SELECT state, current, detail, hint FROM mighead_remote_status('là')},
	q{SELECT code, object, detail, evidence, hint FROM mighead_remote_findings('là')},
	q{SELECT object, code, detail FROM mighead_remote_review('là', 'ALTER TABLE "schön".alembic_version ADD COLUMN "größe" integer NOT NULL; DROP TABLE "schön"."ü"')},
	q{SELECT server, state, current FROM mighead_fleet('l%')},
	q{SELECT server, version_table, rows FROM mighead_fleet_metrics()},
	q{SELECT mighead_fleet_servers('là')},
	q{SELECT mighead_fleet_servers('ü')},
	'SELECT * FROM mighead_heads()',
	'SELECT * FROM mighead_branches()',
	'SELECT * FROM mighead_history()',
	q{SELECT * FROM mighead_history('é1:é2')},
	q{SELECT * FROM mighead_show('naïve')},
	q{SELECT mighead_resolve('naïve@head')},
	q{SELECT mighead_resolve('naïve@é1')},
	q{SELECT * FROM mighead_upgrade_plan('é3')},
	q{SELECT * FROM mighead_upgrade_plan(current => '{é1}')},
	q{SELECT * FROM mighead_downgrade_plan('base')},
	q{SELECT * FROM mighead_stamp_plan('heads')},
	q{SELECT * FROM mighead_pending('"schön".alembic_version')},
	q{SELECT object, code, detail FROM mighead_review('ALTER TABLE "schön".alembic_version ADD COLUMN "größe" integer NOT NULL')},
	'SELECT * FROM mighead_graph()',
	q{SELECT * FROM mighead_graph('dot')},
	q{SELECT * FROM mighead_graph('mermaid', project => 'größe')},
	q{SELECT mighead_at_head('é2'), mighead_at_head('{é2,é3}')},
	q{SELECT regexp_replace(mighead_merge_script(message => 'ça', revision => 'ñ'), 'Create Date.*', '', 'n')},
	'SELECT mighead_require_head()',
	q{SELECT mighead_require_head('ü')},
	q{SELECT mighead_resolve('ü')},
	q{SELECT * FROM mighead_heads('nö')},
	q{UPDATE "schön".alembic_version SET version_num = 'ü'; SELECT * FROM mighead_pending()},
	'SELECT mighead_require_head()',
	'SELECT * FROM mighead_graph()');

$ENV{PGCLIENTENCODING} = 'UTF8';
foreach my $encoding ('UTF8', 'LATIN1')
{
	$node->safe_psql('postgres',
		"CREATE DATABASE in_\L$encoding\E ENCODING '$encoding' LOCALE 'C' TEMPLATE template0");
	$node->safe_psql("in_\L$encoding\E", $set_up);
	my ($host, $port) = ($node->host, $node->port);
	$node->safe_psql("in_\L$encoding\E", <<"SQL");
CREATE EXTENSION postgres_fdw;
CREATE SERVER "là" FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'in_\L$encoding\E');
CREATE USER MAPPING FOR CURRENT_USER SERVER "là" OPTIONS (password 'é');
SQL
}
foreach my $query (@queries)
{
	my ($status, $out, $err) = $node->psql('in_utf8', $query);
	my ($latin_status, $latin_out, $latin_err) = $node->psql('in_latin1', $query);

	# each is its own neighbour
	s/in_(?:utf8|latin1)/in_both/g foreach $out, $err, $latin_out, $latin_err;

	is_deeply([ $latin_status, $latin_out, $latin_err ], [ $status, $out, $err ], $query);
	like("$out$err", qr/[^\x00-\x7f]/, "$query: the test means something")
	  unless $query =~ /at_head/;
}

# What the client's encoding lacks makes nobody's call fail: rows, names and comments of a stranger.
# A WIN1252 database may even hold what UTF-8 lacks.
$node->safe_psql('postgres', q{CREATE ROLE stranger; CREATE DATABASE in_win1252 ENCODING 'WIN1252' LOCALE 'C' TEMPLATE template0});
$node->safe_psql('in_win1252', 'CREATE EXTENSION mighead');
foreach my $case ([ 'in_utf8', 'LATIN1', "\xe6\xbc\xa2", '\\xe6\\xbc\\xa2' ], [ 'in_win1252', 'UTF8', "\x81", '\\x81' ])
{
	my ($database, $client, $bytes, $shown) = @$case;
	my $name = PostgreSQL::Test::Utils::tempdir() . '/strange.sql';

	append_to_file($name, "SET client_encoding = '" . ($database eq 'in_utf8' ? 'UTF8' : 'WIN1252') . qq{';
		CREATE SCHEMA "$bytes" AUTHORIZATION stranger; SET SESSION AUTHORIZATION stranger; SET application_name = 's';
		CREATE TABLE "$bytes".alembic_version (version_num text); INSERT INTO "$bytes".alembic_version VALUES ('$bytes'), ('$bytes');
		CREATE TYPE "$bytes"."$bytes" AS ENUM ('$bytes'); CREATE TABLE "$bytes"."_alembic_tmp_$bytes" (a int);
		CREATE FUNCTION "$bytes".mighead_status() RETURNS text LANGUAGE sql AS 'SELECT NULL::text'});
	command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($database), '-f', $name ], "$database: planted");
	local $ENV{PGCLIENTENCODING} = $client;
	my $answers = '';
	foreach my $query (map({ "SELECT * FROM $_" } 'mighead_status()', 'mighead_findings(min_severity => 0)', 'mighead_current()', 'mighead_versions',
		'mighead_metrics()', 'mighead_report()', 'mighead_leftovers()', 'mighead_locks()', 'mighead_log()', 'mighead_drift(min_severity => 0)',
		'mighead_state', 'mighead_problems', 'mighead_definitions()'), 'CALL mighead_check(3)')
	{
		my ($status, $out, $err) = $node->psql($database, $query);

		unlike($err, qr/has no equivalent|invalid byte/, "$database for a client of $client: $query");
		$answers .= $out;
	}
	like($answers, qr/\Q$shown\E/, "$database for a client of $client: what it lacks is shown by its bytes");
}

done_testing();
