# Whatever way a database is copied, everything answers as before: each kind of dump, by the owner
# and by a superuser, pg_upgrade, and logical replication.  (A streaming standby: 023.)
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $source = PostgreSQL::Test::Cluster->new('source');
$source->init(allows_streaming => 'logical');
$source->start;
my $target = PostgreSQL::Test::Cluster->new('target');
$target->init;
$target->start;
my $bin = $source->config_data('--bindir');
chomp $bin;
my $dumps = PostgreSQL::Test::Utils::tempdir;

foreach my $node ($source, $target)
{
	$node->safe_psql('postgres', 'CREATE ROLE boss LOGIN; CREATE ROLE monitor LOGIN');
}
$source->safe_psql('postgres', 'CREATE DATABASE app OWNER boss');
$source->safe_psql('app', 'CREATE EXTENSION mighead; GRANT CREATE ON SCHEMA public TO boss; GRANT SELECT ON mighead.journal TO monitor; GRANT EXECUTE ON FUNCTION mighead_capture(text, regclass, text[], boolean) TO boss');
$source->safe_psql('app', <<'SQL');
SELECT mighead_add_revision('a1', message => 'one');
SELECT mighead_add_revision('a2', ARRAY['a1'], message => 'two');
SELECT mighead_add_revision('a3', ARRAY['a2'], branch_labels => ARRAY['main'], message => 'three');
SELECT mighead_add_revision('b1', message => 'another base');
SELECT mighead_project('billing', 'billing_version');
SELECT mighead_add_revision('x1', project => 'billing');
SET ROLE boss;
CREATE TABLE alembic_version (version_num varchar(32) NOT NULL CONSTRAINT alembic_version_pkc PRIMARY KEY);
CREATE TABLE billing_version (version_num varchar(32) NOT NULL PRIMARY KEY);
RESET ROLE;
SELECT mighead_watch('alembic_version', capture => true);
SELECT mighead_environment('production');
SELECT mighead_watch_ddl(statements => true);
SQL
foreach my $step (
	[ q{INSERT INTO alembic_version VALUES ('a1')}, 'CREATE TABLE orders (id int PRIMARY KEY, note text)' ],
	[ q{UPDATE alembic_version SET version_num = 'a2'}, 'ALTER TABLE orders ADD paid boolean; CREATE VIEW paid_orders AS SELECT id FROM orders WHERE paid' ],
	[ q{UPDATE alembic_version SET version_num = 'a3'}, 'CREATE TABLE customers (id int PRIMARY KEY, name text)' ])
{
	$source->safe_psql('app', "SET ROLE boss; BEGIN; $step->[1]; $step->[0]; COMMIT");
}
$source->safe_psql('app', <<'SQL');
INSERT INTO billing_version VALUES ('x1');
SET ROLE boss;
ALTER TABLE orders ALTER note SET DEFAULT 'none', ADD extra int;
CREATE INDEX by_hand ON customers (name);
CREATE INDEX accepted ON customers (lower(name));
RESET ROLE;
SELECT mighead_ignore('%accepted', 'known', project => 'default');
SELECT mighead_ignore('public.orders.extra', 'known', 'type', now() + interval '1 year', 'default');
SQL
$source->psql('app', 'CALL mighead_check()');

# Everything that a reader says, but for what must differ: the clock and the state of the check.
my @questions = (
	'SELECT version_table, project, state, severity, current, heads, unknown, applied, pending, drift, findings, changed_at, changed_by, detail, hint FROM mighead_status()',
	'SELECT * FROM mighead_versions ORDER BY 1, 3',
	'SELECT severity, code, version_table, object, detail, fix FROM mighead_findings(min_severity => 0)',
	q{SELECT * FROM mighead_drift('alembic_version', min_severity => 0)},
	q{SELECT * FROM mighead_locate('alembic_version')},
	q{SELECT mighead_verify('a3', 'alembic_version')},
	q{SELECT * FROM mighead_history(version_table => 'alembic_version')},
	q{SELECT * FROM mighead_log()},
	q{SELECT * FROM mighead_ddl() WHERE at < (SELECT max(at) FROM mighead.check_result)},
	q{SELECT mighead_export('default'), mighead_export('billing')},
	(map { "SELECT * FROM mighead.$_ ORDER BY 1, 2" }
		  qw(project release revision definition expected_set expected ignored journal watch statement check_finding)),
	q{SELECT * FROM mighead.check_result ORDER BY id},
	q{SELECT * FROM mighead.ddl_log WHERE at < (SELECT max(at) FROM mighead.check_result) ORDER BY id},
	q{SELECT last_value FROM mighead.journal_id_seq},
	q{SELECT last_value FROM mighead.check_result_id_seq},
	q{SELECT has_table_privilege('monitor', 'mighead.journal', 'SELECT'), has_table_privilege('boss', 'mighead.ddl_log', 'SELECT'),
		has_table_privilege('monitor', 'mighead.ddl_log', 'SELECT'), has_function_privilege('monitor', 'mighead_watch(regclass, boolean)', 'EXECUTE')},
	q{SELECT evtname, evtevent, evtfoid::regproc, evtenabled FROM pg_event_trigger ORDER BY 1});

sub answers
{
	my ($node) = @_;

	return [ map { "$_\n" . $node->safe_psql('app', $_) } @questions ];
}

my $before = answers($source);
like("@$before", qr/stamp|upgrade/, 'there is something to lose');
unlike($before->[2], qr/stamped_blindly|watch_lost/, 'and nothing wrong but drift');
like($before->[3], qr/by_hand/, 'which there is');

sub check_copy
{
	my ($name, $expected) = @_;
	my $after = answers($target);

	foreach my $i (0 .. $#$after)
	{
		is($after->[$i], ($expected // $before)->[$i], "$name: as before") if $after->[$i] ne ($expected // $before)->[$i];
	}
	pass("$name: compared");
	return;
}

# A migration is journalled there, with a number of its own.
sub check_alive
{
	my ($name) = @_;

	$target->safe_psql('app', q{UPDATE alembic_version SET version_num = 'a2'});
	is($target->safe_psql('app', q{SELECT action, old_rows, new_rows FROM mighead_log() LIMIT 1}), 'downgrade|{a3}|{a2}', "$name: the watch goes on");
	is($target->safe_psql('app', 'SELECT count(*) FROM (SELECT id FROM mighead.journal GROUP BY id HAVING count(*) > 1) d'), '0', "$name: with new numbers");
	is($target->safe_psql('app', q{SELECT count(*) FROM mighead_findings() WHERE code IN ('watch_lost', 'stamped_blindly')}), '0', "$name: and is not lost");
	return;
}

sub fresh
{
	$target->safe_psql('postgres', 'DROP DATABASE IF EXISTS app WITH (FORCE)');
	$target->safe_psql('postgres', 'CREATE DATABASE app OWNER boss');
	return;
}

sub dump_as
{
	my ($user, $file, @options) = @_;

	command_ok([ "$bin/pg_dump", '-h', $source->host, '-p', $source->port, '-U', $user, '-f', "$dumps/$file", @options, 'app' ], "pg_dump @options by $user");
	return "$dumps/$file";
}

my $superuser = $source->safe_psql('postgres', 'SELECT current_user');
my @to = ('-h', $target->host, '-p', $target->port);

sub restore
{
	my ($file, @options) = @_;

	command_ok([ "$bin/pg_restore", @to, '-U', $superuser, '-d', 'app', '--exit-on-error', @options, $file ], "pg_restore @options");
	return;
}

sub replay
{
	my ($file) = @_;

	command_ok([ "$bin/psql", '-Xq', '-v', 'ON_ERROR_STOP=1', @to, '-U', $superuser, '-d', 'app', '-f', $file ], "psql -f $file");
	return;
}

# 1. Whole dumps, by the owner, who is no superuser, and by a superuser.
fresh;
replay(dump_as('boss', 'plain.sql'));
check_copy('plain, by the owner');
check_alive('plain, by the owner');

fresh;
replay(dump_as($superuser, 'inserts.sql', '--inserts'));
check_copy('--inserts');

fresh;
my $custom = dump_as('boss', 'custom', '-Fc');
restore($custom);
check_copy('custom');
restore($custom, '--clean', '--if-exists');
check_copy('--clean into what is there');

my $directory = dump_as('boss', 'directory', '-Fd', '-j2');
foreach my $round (1 .. 2)
{
	fresh;
	command_ok([ "$bin/pg_restore", @to, '-U', $superuser, '-d', 'app', '-j2', $directory ], "pg_restore -j2, round $round");
	check_copy("in parallel, round $round");
}
check_alive('in parallel');

fresh;
restore($custom, "--section=$_") foreach qw(pre-data data post-data);
check_copy('in sections');

# 2. The schema first, then the data.
my ($schema, $data) = (dump_as('boss', 'schema.sql', '-s'), dump_as('boss', 'data.sql', '-a', '--disable-triggers'));
fresh;
replay($schema);
replay($data);
check_copy('-s, then -a --disable-triggers');
check_alive('-s, then -a --disable-triggers');
$target->safe_psql('app', 'CREATE TABLE made_there ()');
is($target->safe_psql('app', 'SELECT count(DISTINCT origin) FROM mighead.ddl_log'), '2', 'what is done there has an origin of its own');

# 3. Selected schemas.  Such a dump creates public, which is there.
fresh;
my $selected = dump_as('boss', 'selected.sql', '-n', 'public', '-n', 'mighead', '-e', 'mighead');
run_log([ "$bin/psql", '-Xq', @to, '-U', $superuser, '-d', 'app', '-f', $selected ]);
my @without_event_triggers = @$before;
$without_event_triggers[-1] = "$questions[-1]\n";
check_copy('selected schemas', \@without_event_triggers);

my $public = dump_as('boss', 'public.sql', '-n', 'public');
fresh;
my ($status, $out, $err) = ('', '', '');
run_log([ "$bin/psql", '-Xq', @to, '-U', $superuser, '-d', 'app', '-f', $public ]);
is($target->safe_psql('app', 'SELECT version_num FROM alembic_version'), 'a3', 'only public, where mighead is not: the rows come');
is($target->safe_psql('app', 'SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal'), '0', 'without the watch');

# 4. Restored by the owner, where a superuser has prepared it.
fresh;
$target->safe_psql('app', <<'SQL');
CREATE EXTENSION mighead;
GRANT INSERT ON ALL TABLES IN SCHEMA mighead TO boss;
GRANT UPDATE ON ALL SEQUENCES IN SCHEMA mighead TO boss;
GRANT EXECUTE ON FUNCTION mighead_watch_trigger() TO boss;
SQL
command_checks_all(
	[ "$bin/pg_restore", @to, '-U', 'boss', '-d', 'app', '--no-comments', $custom ],
	1, [], [qr/permission denied to create event trigger/], 'restored by the owner');
$target->safe_psql('app', 'REVOKE INSERT ON ALL TABLES IN SCHEMA mighead FROM boss; REVOKE UPDATE ON ALL SEQUENCES IN SCHEMA mighead FROM boss');
check_copy('by the owner', [ @$before[0 .. $#$before - 2], map { $target->safe_psql('app', $_) =~ /.*/s; "$_\n$&" } @questions[ -2, -1 ] ]);

# 5. The whole cluster.
$target->safe_psql('postgres', 'DROP DATABASE app WITH (FORCE)');
command_ok([ "$bin/pg_dumpall", '-h', $source->host, '-p', $source->port, '-f', "$dumps/all.sql" ], 'pg_dumpall');
run_log([ "$bin/psql", '-Xq', @to, '-d', 'postgres', '-f', "$dumps/all.sql" ]);
check_copy('pg_dumpall', $before);

# 6. Logical replication of all tables: what comes is the publisher's, the numbers do not meet, and
# what is applied is nobody's stamp.
fresh;
replay($schema);
$target->safe_psql('app', 'CREATE TABLE local_table (id int)');
$target->psql('app', 'CALL mighead_check()');
$source->safe_psql('app', 'CREATE PUBLICATION everything FOR ALL TABLES');
my $connection = $source->connstr . ' dbname=app';
$target->safe_psql('app', "CREATE SUBSCRIPTION subscription CONNECTION '$connection' PUBLICATION everything");
$target->wait_for_subscription_sync($source, 'subscription', 'app') if $target->can('wait_for_subscription_sync');
ok($target->poll_query_until('app', q{SELECT count(*) = 0 FROM pg_subscription_rel WHERE srsubstate NOT IN ('r', 's')}), 'the first copy ends');
is($target->safe_psql('app', 'SELECT count(*), bool_and(origin <> (SELECT origin FROM mighead.ddl_log ORDER BY at DESC LIMIT 1)) FROM mighead.journal'), '3|t',
	'and is no stamp');
$source->safe_psql('app', q{SELECT mighead_unignore('%accepted', project => 'default')});
$source->safe_psql('app', q{BEGIN; DROP TABLE IF EXISTS nothing; UPDATE alembic_version SET version_num = 'a2'; COMMIT; UPDATE alembic_version SET version_num = 'a1'});
$source->psql('app', 'CALL mighead_check()');
$source->wait_for_catchup('subscription');
is($target->safe_psql('app', 'SELECT version_num FROM alembic_version'), 'a1', 'changes are applied');
is($target->safe_psql('app', q{SELECT count(*) FROM mighead.ignored WHERE object = '%accepted'}), '0', 'deletes as well');
is($target->safe_psql('app', 'SELECT id, action, new_rows FROM mighead_log()'), $source->safe_psql('app', 'SELECT id, action, new_rows FROM mighead_log()'),
	'the journal is that of the publisher');
is($target->safe_psql('app', q{SELECT count(*) FROM mighead_findings() WHERE code IN ('stamped_blindly', 'changed_by_hand', 'watch_lost')}), '0', 'nothing is called blind');
my $checks = $target->safe_psql('app', 'SELECT count(*) FROM mighead.check_result');
$target->psql('app', 'CALL mighead_check()');
$target->psql('app', 'CALL mighead_check()');
is($target->safe_psql('app', 'SELECT count(*) FROM mighead.check_result'), $checks + 2, 'the subscriber checks itself');
is($target->safe_psql('app', 'SELECT changed FROM mighead.check_result WHERE at = (SELECT max(at) FROM mighead.check_result)'), 'f', 'and compares with its own last check');
is($target->safe_psql('app', q{SELECT count(*) FROM mighead.check_finding GROUP BY version_table, code, object, origin HAVING count(*) > 1}), '', 'each finding once');
$target->safe_psql('app', 'DROP SUBSCRIPTION subscription');

# A subscriber with its own journal: what was stamped there long ago is not told of what was applied since.
fresh;
replay($schema);
$target->safe_psql('app', <<'SQL');
SELECT mighead_add_revision('a1'), mighead_add_revision('a2', '{a1}'), mighead_add_revision('a3', '{a2}');
SELECT mighead_watch('alembic_version');
INSERT INTO alembic_version VALUES ('a3');
SQL
is($target->safe_psql('app', q{SELECT code FROM mighead_findings('alembic_version') WHERE code = 'stamped_blindly'}), 'stamped_blindly', 'a stamp');
$target->safe_psql('app', 'TRUNCATE alembic_version');
$source->safe_psql('app', q{CREATE PUBLICATION rows FOR TABLE alembic_version});
$target->safe_psql('app', "CREATE SUBSCRIPTION subscription CONNECTION '$connection' PUBLICATION rows");
ok($target->poll_query_until('app', q{SELECT count(*) = 0 FROM pg_subscription_rel WHERE srsubstate NOT IN ('r', 's')}), 'the first copy ends');
is($target->safe_psql('app', 'SELECT count(*) FROM mighead_log()'), '2', 'it is not journalled');
is($target->safe_psql('app', q{SELECT count(*) FROM mighead_findings('alembic_version') WHERE code = 'stamped_blindly'}), '0', 'and the stamp is not of these rows any more');
$source->safe_psql('app', 'TRUNCATE alembic_version');
$source->wait_for_catchup('subscription');
is($target->safe_psql('app', 'SELECT count(*) FROM mighead_log()'), '2', 'nor is a TRUNCATE that is applied');
$target->safe_psql('app', 'DROP SUBSCRIPTION subscription');
# step by step, because all at once would be a blind stamp
$source->safe_psql('app', 'DROP PUBLICATION everything, rows');
$source->safe_psql('app', $_) foreach (
	q{INSERT INTO alembic_version VALUES ('a1')},
	q{UPDATE alembic_version SET version_num = 'a2'},
	q{UPDATE alembic_version SET version_num = 'a3'});

# 7. pg_upgrade, by copying and by linking, to the same major: the suite has one server.
$before = answers($source);
$source->stop;
foreach my $mode ('--copy', '--link')
{
	my $old = $source->data_dir;
	my $new;

	$new = PostgreSQL::Test::Cluster->new("upgraded$mode" =~ s/-//gr);
	$new->init;
	chdir $dumps;
	command_ok(
		[ "$bin/pg_upgrade", '--no-sync', '-d', $old, '-D', $new->data_dir, '-b', $bin, '-B', $bin, '-s', $new->host, '-p', $source->port, '-P', $new->port,
		  $mode eq '--link' ? '--link' : () ],
		"pg_upgrade $mode");
	$new->start;
	$target->stop if $target;
	$target = $new;
	check_copy("pg_upgrade $mode");
	check_alive("pg_upgrade $mode");
}
$target->stop;
done_testing();
