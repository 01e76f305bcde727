# Into the next major release: dump and restore, and pg_upgrade by copying and by linking. What
# was captured on the old one is compared on the new one, and locate stays exact, views included,
# of which the two print the text differently.
#
# OTHER_PG_CONFIG is the pg_config of a newer PostgreSQL in which mighead is installed.
use strict;
use warnings;

use File::Basename qw(dirname);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $other = $ENV{OTHER_PG_CONFIG};
plan skip_all => 'OTHER_PG_CONFIG names no second PostgreSQL' unless $other;
my $new_bin = `$other --bindir`;
chomp $new_bin;
plan skip_all => "mighead is not installed beside $other" unless -e (`$other --pkglibdir` =~ s/\n//r) . '/mighead.so';

my $old = PostgreSQL::Test::Cluster->new('old');
my $old_bin = $old->config_data('--bindir');
chomp $old_bin;
my ($old_major, $new_major) = map { `$_/postgres --version` =~ /(\d+)/ } $old_bin, $new_bin;
plan skip_all => "$other is of release $new_major, and this server of $old_major" unless $new_major > $old_major;
note "from $old_major to $new_major";

$old->init;
$old->start;
my $dumps = PostgreSQL::Test::Utils::tempdir;

# Whose text depends on the release: since 16 a view names no table for its columns where there is but one.
$old->safe_psql('postgres', 'CREATE ROLE boss LOGIN; CREATE DATABASE app OWNER boss');
$old->safe_psql('app', <<'SQL');
CREATE EXTENSION mighead;
GRANT CREATE ON SCHEMA public TO boss;
SELECT mighead_add_revision('a1', message => 'one'), mighead_add_revision('a2', '{a1}', message => 'two'), mighead_add_revision('a3', '{a2}', branch_labels => '{main}');
SET ROLE boss;
CREATE TABLE alembic_version (version_num varchar(32) NOT NULL CONSTRAINT alembic_version_pkc PRIMARY KEY);
RESET ROLE;
SELECT mighead_watch('alembic_version', capture => true), mighead_environment('production'), mighead_watch_ddl(statements => true);
GRANT EXECUTE ON FUNCTION mighead_capture(text, regclass, text[], boolean) TO boss;
SQL
foreach my $step (
	[ q{INSERT INTO alembic_version VALUES ('a1')}, <<'SQL' ],
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE orders (id int PRIMARY KEY, note text DEFAULT 'a' CHECK (note <> ''), mood mood, at timestamptz DEFAULT now(), total numeric GENERATED ALWAYS AS (id * 2) STORED,
    EXCLUDE USING btree (id WITH =));
CREATE VIEW paid AS SELECT id, note FROM orders WHERE total > 0;
CREATE VIEW joined AS SELECT o.id, p.note FROM orders o JOIN paid p USING (id) WHERE o.mood = 'good' ORDER BY o.id;
SQL
	[ q{UPDATE alembic_version SET version_num = 'a2'}, <<'SQL' ],
ALTER TABLE orders ADD paid boolean NOT NULL DEFAULT false;
CREATE MATERIALIZED VIEW summed AS SELECT mood, sum(total) AS total FROM orders GROUP BY mood;
CREATE FUNCTION one() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM orders WHERE paid; END;
CREATE RULE quiet AS ON DELETE TO orders WHERE OLD.paid DO INSTEAD NOTHING;
CREATE TABLE parts (id int, kind text) PARTITION BY LIST (kind);
CREATE TABLE parts_a PARTITION OF parts FOR VALUES IN ('a');
CREATE INDEX ON orders (lower(note)) WHERE NOT paid;
SQL
	[ q{UPDATE alembic_version SET version_num = 'a3'}, 'ALTER TABLE orders ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON orders USING (note = current_user); CREATE TABLE customers (id int PRIMARY KEY)' ])
{
	$old->safe_psql('app', "SET ROLE boss; BEGIN; $step->[1]; $step->[0]; COMMIT");
}
is($old->safe_psql('app', 'SELECT revision, is_exact, is_current FROM mighead_locate() WHERE rank = 1'), 'a3|t|t', 'located before');
is($old->safe_psql('app', 'SELECT state, drift FROM mighead_status()'), 'ok|0', 'and right');

# what a check stores says "equal" without a look: it has to be of no use in another cluster
$old->safe_psql('app', 'CALL mighead_check()');
cmp_ok($old->safe_psql('app', 'SELECT count(*) FROM mighead.fingerprint'), '>', 0, 'a check stored fingerprints');

my @questions = (
	'SELECT version_table, project, state, severity, current, heads, applied, pending, drift, compared FROM mighead_status()',
	'SELECT revision, message, changed_at, changed_by FROM mighead_versions',
	'SELECT rank, rows, revision, missing, extra, is_exact, is_current FROM mighead_locate() WHERE rank = 1',
	q{SELECT severity, code, object FROM mighead_findings(min_severity => 1)},
	q{SELECT * FROM mighead_drift(min_severity => 1)},
	q{SELECT revision, applied, applied_at FROM mighead_history()},
	q{SELECT * FROM mighead_log()},
	(map { "SELECT * FROM mighead.$_ ORDER BY 1, 2" } qw(project release revision definition expected_set expected ignored journal watch)));

sub answers
{
	my ($node) = @_;

	return map { "$_\n" . $node->safe_psql('app', $_) } @questions;
}
my @before = answers($old);

# Texts of views are of the old release then: nobody can say yes or no to them until they are captured anew, and a status says so.
my $texts_differ = $old_major < 16 && $new_major >= 16;
$before[0] =~ s/\|t$/|f/ or die 'nothing was compared' if $texts_differ;

sub check_new
{
	my ($name, $node) = @_;
	my @after = answers($node);

	is($node->safe_psql('app', 'SELECT current_setting($$server_version_num$$)::int / 10000'), $new_major, "$name: the new release");
	is($after[$_], $before[$_], "$name: as before: $questions[$_]") foreach 0 .. $#questions;
	is($node->safe_psql('app', q{SELECT mighead_verify('a3')}), $texts_differ ? '' : 't', "$name: verify");
	is($node->safe_psql('app', q{SELECT severity, code FROM mighead_findings(min_severity => 0) WHERE code ~ 'compar'}), $texts_differ ? '0|not_compared' : '', "$name: and all was compared that can be");
	is($node->safe_psql('app', q{BEGIN; SELECT count(*) FROM mighead_capture('a3', replace => true); SELECT mighead_verify('a3'); ROLLBACK}), "1\nt", "$name: verify after a capture");
	# what a stored fingerprint could hide
	foreach my $change ([ q{COMMENT ON TABLE orders IS 'changed'}, 'COMMENT ON TABLE orders IS NULL' ], [ 'ALTER TABLE orders ALTER note SET STATISTICS 7', 'ALTER TABLE orders ALTER note SET STATISTICS -1' ],
		[ q{ALTER TABLE orders ALTER note SET DEFAULT 'b'}, q{ALTER TABLE orders ALTER note SET DEFAULT 'a'} ], [ 'GRANT SELECT ON orders TO PUBLIC', 'REVOKE SELECT ON orders FROM PUBLIC' ])
	{
		my $count = 'SELECT count(*) FROM mighead_drift(min_severity => 0)';
		my $known = $node->safe_psql('app', $count);
		$node->safe_psql('app', $change->[0]);
		cmp_ok($node->safe_psql('app', $count), '>', $known, "$name: told: $change->[0]");
		$node->safe_psql('app', $change->[1]);
	}
	# what is missing is seen all the same
	$node->safe_psql('app', 'DROP TABLE customers');
	is($node->safe_psql('app', 'SELECT state, drift FROM mighead_status()'), 'drift|1', "$name: what is missing is drift");
	is($node->safe_psql('app', 'SELECT bool_or(is_exact) FROM mighead_locate()'), 'f', "$name: and nothing is exact");
	$node->safe_psql('app', q{SET ROLE boss; CREATE TABLE customers (id int PRIMARY KEY); BEGIN; DROP TABLE customers; ALTER TABLE orders DISABLE ROW LEVEL SECURITY; DROP POLICY mine ON orders;
		UPDATE alembic_version SET version_num = 'a2'; COMMIT});
	is($node->safe_psql('app', q{SELECT action, old_rows, new_rows FROM mighead_log() LIMIT 1}), 'downgrade|{a3}|{a2}', "$name: the watch goes on");
	is($node->safe_psql('app', 'SELECT state FROM mighead_status()'), 'pending', "$name: and the schema is that of a2");
	return;
}

# ---------- dump and restore ----------

my $restored = PostgreSQL::Test::Cluster->new('restored', install_path => dirname($new_bin));
$restored->init;
$restored->start;
my @from = ('-h', $old->host, '-p', $old->port);
my @to = ('-h', $restored->host, '-p', $restored->port);
$restored->safe_psql('postgres', 'CREATE ROLE boss LOGIN; CREATE DATABASE app OWNER boss');
command_ok([ "$new_bin/pg_dump", @from, '-Fd', '-j2', '-f', "$dumps/app", 'app' ], 'dumped with the new pg_dump');
command_ok([ "$new_bin/pg_restore", @to, '-j2', '-d', 'app', "$dumps/app" ], 'restored');
check_new('dump and restore', $restored);
$restored->stop;

# ---------- pg_upgrade ----------

$old->stop;
chdir $dumps;
foreach my $mode ('--copy', '--link')
{
	my $new = PostgreSQL::Test::Cluster->new("upgraded$mode" =~ s/-//gr, install_path => dirname($new_bin));
	$new->init;
	command_ok(
		[ "$new_bin/pg_upgrade", '--no-sync', '-d', $old->data_dir, '-D', $new->data_dir, '-b', $old_bin, '-B', $new_bin, '-s', $new->host, '-p', $old->port, '-P', $new->port,
		  $mode eq '--link' ? '--link' : () ],
		"pg_upgrade $mode");
	$new->start;
	check_new("pg_upgrade $mode", $new);
	$new->stop;
}
done_testing();
