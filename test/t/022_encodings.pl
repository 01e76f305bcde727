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
}
foreach my $query (@queries)
{
	my ($status, $out, $err) = $node->psql('in_utf8', $query);
	my ($latin_status, $latin_out, $latin_err) = $node->psql('in_latin1', $query);

	is_deeply([ $latin_status, $latin_out, $latin_err ], [ $status, $out, $err ], $query);
	like("$out$err", qr/[^\x00-\x7f]/, "$query: the test means something")
	  unless $query =~ /at_head/;
}

done_testing();
