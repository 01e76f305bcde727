# mighead review: where the script comes from, what is shown of its effects, the exit status, and the forms for
# machines. What mighead_review() finds is tested elsewhere; here a function of its shape stands in for it, whose rows
# are what the "script" says as JSON.
use strict;
use warnings;

use Cwd qw(abs_path);
use FindBin;
use IPC::Run qw(run timeout);
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
my $program = $node->config_data('--bindir') . '/mighead';
my $top = abs_path(PostgreSQL::Test::Utils::tempdir);

$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->start;
delete $ENV{$_} foreach grep { /^PG(?!_)/ } keys %ENV;
delete $ENV{COLUMNS};
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
$ENV{PGDATABASE} = 'postgres';

my $signature = 'sql text, version_table regclass, target text, check_data boolean, role_name name';
$node->safe_psql('postgres', <<"SQL");
CREATE EXTENSION mighead;
DO \$\$ BEGIN
	IF to_regprocedure('mighead_review(text, regclass, text, boolean, name)') IS NOT NULL THEN
		ALTER EXTENSION mighead DROP FUNCTION mighead_review(text, regclass, text, boolean, name);
		DROP FUNCTION mighead_review(text, regclass, text, boolean, name);
	END IF;
END \$\$;
CREATE TYPE public.effect AS (statement int, line int, revision text, command text, object text, lock_mode text, blocks text,
	rewrites boolean, scans boolean, table_rows bigint, table_bytes bigint, severity int, code text, sqlstate text, detail text, hint text);
CREATE FUNCTION public.mighead_review(sql text DEFAULT NULL, version_table regclass DEFAULT NULL, target text DEFAULT 'heads',
	check_data boolean DEFAULT true, role_name name DEFAULT NULL) RETURNS SETOF public.effect LANGUAGE sql STABLE AS \$\$
	SELECT (jsonb_populate_record(NULL::public.effect, e || CASE WHEN e ? 'echo' THEN jsonb_build_object('detail',
		concat_ws(' ', CASE WHEN sql IS NULL THEN 'recorded' END, version_table::text, target, check_data, role_name, current_setting('search_path')))
		ELSE '{}' END)).* FROM jsonb_array_elements(coalesce(sql::jsonb, '[{"echo": 1, "statement": 1, "severity": 0, "code": "ok"}]')) AS e \$\$;
ALTER EXTENSION mighead ADD FUNCTION public.mighead_review(text, regclass, text, boolean, name);
CREATE SCHEMA app;
SELECT mighead_ensure_version(); SELECT mighead_ensure_version('app.alembic_version');
SELECT mighead_project('shop', version_table_schema => 'app');
SELECT mighead_add_revision('a1', '{}', project => 'shop');
UPDATE mighead.revision SET file_name = 'versions/a1.py';
CREATE TABLE app.events (day int) PARTITION BY RANGE (day);
CREATE TABLE app.events_1 PARTITION OF app.events FOR VALUES FROM (0) TO (1);
CREATE TABLE app.events_2 PARTITION OF app.events FOR VALUES FROM (1) TO (2);
CREATE TABLE app."Odd ""one" PARTITION OF app.events FOR VALUES FROM (2) TO (3);
CREATE ROLE reviewer LOGIN; ALTER ROLE reviewer SET search_path = app, public;
SQL

# Exit status, output and errors; input: the text of standard input.
sub review
{
	my ($input, @arguments) = @_;
	my ($out, $err) = ('', '');
	# a file: a program that has ended reads no pipe, and writing to it would end this test
	unlink "$top/input";
	PostgreSQL::Test::Utils::append_to_file("$top/input", ref $input ? encode_json($input) : $input);
	run [ $program, 'review', @arguments ], '<', "$top/input", '>', \$out, '2>', \$err, timeout(60);
	return ($? & 127 ? "signal $?" : $? >> 8, $out, $err);
}

sub effect
{
	my (%members) = @_;
	return { statement => 1, line => 1, command => 'SELECT 1', severity => 0, code => 'ok', %members };
}

my @script = (
	effect(revision => 'a1', statement => 1, line => 3, command => 'ALTER TABLE app.orders ALTER COLUMN note SET NOT NULL',
		object => 'app.orders', lock_mode => 'AccessExclusiveLock', blocks => 'reads and writes', scans => JSON::PP::true,
		table_rows => 2_345_678, table_bytes => 3_000_000_000, severity => 2, code => 'will_fail', sqlstate => '23502',
		detail => 'column "note" of relation "orders" contains null values: 17 rows, first with id 4711',
		hint => 'UPDATE app.orders SET note = \'\' WHERE note IS NULL;'),
	effect(revision => 'a1', statement => 2, line => 4, object => 'app.small'),
	effect(revision => 'a1', statement => 3, line => 5, object => 'app.orders', severity => 1, code => 'no_lock_timeout', detail => 'None is set.'),
	effect(revision => 'b2', statement => 4, line => 9, object => 'app.other', severity => 0, code => 'rewrite', detail => 'accepted: tiny'),
	(map { effect(revision => 'c3', statement => 5, line => 12, command => 'CREATE INDEX', object => $_, lock_mode => 'ShareLock', blocks => 'writes',
		scans => JSON::PP::true, table_rows => 4000, table_bytes => 40 * 1024 * 1024, severity => 1, code => 'blocks_writes', detail => 'While it is built.') }
		'app.events_1', 'app.events_2', 'app."Odd ""one"'));

# ---------- the table ----------

my ($status, $out, $err) = review(\@script);
is("$status$err", '2', 'the worst severity is the exit status');
my @hints = grep { /hint: / } split /\n/, $out;
ok(!(grep { length > 80 } grep { !/hint: / } split /\n/, $out), 'it fits 80 columns') or diag $out;
is_deeply(\@hints, ["    hint: UPDATE app.orders SET note = '' WHERE note IS NULL;"], 'a hint is one line');
is_deeply([ $out =~ /^(revision \w+)$/mg ], [ 'revision b2', 'revision c3', 'revision a1' ], 'the worst revision is last');
like($out, qr/^  warning +no_lock_timeout .*^  critical +will_fail +app\.orders +AccessExclusive +2\.3M$/ms, 'so is its worst effect');
like($out, qr/^    line 3: ALTER TABLE app\.orders .*\n    blocks reads and writes, reads every row \(2\.8 GB\)\n    23502: column "note"/m, 'with its details');
unlike($out, qr/app\.small/, 'what is ok is not shown');
like($out, qr/^  ok +rewrite +app\.other\s*\n.*\n    accepted: tiny$/m, 'what was accepted is');
like($out, qr/^  warning +blocks_writes +app\.events_1 and 2 more\s.*Share +12k$/m, 'partitions are one line');
like($out, qr/\(120 MB\)/, 'with the sum of their sizes');
like($out, qr/^5 statements: 1 critical, 2 warnings\n\z/m, 'the sum is at the end');
($status, $out) = review(\@script, '-s', '0');
like($out, qr/^  ok +ok +app\.small\s*$/m, 'with -s 0 what is ok is shown');
($status, $out) = review([ @script[ 2 .. 3 ] ], '-s', '2');
is($status, 0, 'what is less severe than asked for does not count');
unlike($out, qr/no_lock_timeout/, 'and is not shown');
is((review([ $script[2] ]))[0], 1, 'a warning is 1');
is((review([ $script[1] ]))[1], "1 statement: 0 critical, 0 warnings\n", 'nothing to tell');
{
	local $ENV{COLUMNS} = 66;
	($status, $out) = review(\@script);
	ok(!(grep { length > 66 } grep { !/hint: / } split /\n/, $out), 'a narrow terminal') or diag $out;
}
($status, $out) = review([ effect(severity => 1, code => 'not_known', command => "x\e[2J" . 'ä' x 200, object => "app.\e]0;", hint => "\e[1m") ]);
unlike($out, qr/\e/, 'nothing steers the terminal');
utf8::decode(my $text = $out);
ok(utf8::is_utf8($text), 'no character is cut');

# ---------- where the script comes from ----------

my $file = "$top/my, script.sql";
append_to_file($file, encode_json(\@script));
is_deeply([ review('', $file) ], [ review(\@script) ], 'a file');
is_deeply([ review(\@script, '-') ], [ review(\@script) ], 'standard input by name');
my $echo = [ effect(echo => 1) ];
is(decode_json((review($echo, '--json', '-s', '0'))[1])->[0]{detail}, 'heads t "$user", public', 'arguments without options');
is(decode_json((review($echo, '--json', '-s', '0', '-p', 'shop', '--no-data', '--role', 'reviewer'))[1])->[0]{detail},
	'app.alembic_version heads f reviewer "$user", public', 'and with them');
is(decode_json((review($echo, '--json', '-s', '0', '-U', 'reviewer', '-t', 'alembic_version'))[1])->[0]{detail},
	'alembic_version heads t app, public', "the role's own search_path holds");
like((review('', '--recorded', '-s', '0', '--json'))[1], qr/"recorded heads t/, 'recorded statements');

foreach my $case ([ [''], 'standard input is empty' ], [ ["\n \n"], 'standard input is empty' ], [ ["\xff\xfeA\0"], 'is not text in UTF-8' ],
	[ [ '', "$top/absent" ], 'could not read file' ], [ [ '', $top ], 'is not a file' ], [ [ '[]', '-s', '3' ], 'not a severity: 3' ],
	[ [ '[]', '-f', 'dot' ], 'not a format of reviews: dot' ], [ [ '[]', 'a', 'b' ], 'unexpected argument: b' ],
	[ [ '[]', '--recorded', 'a' ], 'unexpected argument: a' ], [ [ '[]', '-p', 'absent' ], 'project "absent" has no version table here' ],
	[ ['no JSON'], 'invalid input syntax for type json' ])
{
	($status, $out, $err) = review(@{ $case->[0] });
	is("$status$out", '3', "trouble: $case->[1]");
	like($err, qr/\Q$case->[1]\E/, 'which is told');
}
$node->safe_psql('postgres', q{SELECT mighead_project('all')});
$node->safe_psql('template1', 'CREATE EXTENSION mighead; ' . "DO \$\$ BEGIN IF to_regprocedure('mighead_review(text, regclass, text, boolean, name)') IS NOT NULL THEN
	ALTER EXTENSION mighead DROP FUNCTION mighead_review(text, regclass, text, boolean, name); END IF; END \$\$");
($status, $out, $err) = review('[]', '-d', 'template1');
like("$status$err", qr/\A3.*no mighead_review\(\)\nhint: In psql: ALTER EXTENSION mighead UPDATE/s, 'an older extension');

# ---------- forms for machines ----------

($status, $out) = review(\@script, '--json');
is($status, 2, 'JSON has the same status');
my @shown = grep { $_->{severity} > 0 || $_->{code} ne 'ok' } @script;
my @columns = qw(statement line revision command object lock_mode blocks rewrites scans table_rows table_bytes severity code sqlstate detail hint);
is_deeply(decode_json($out), [ map { my $effect = $_; +{ map { $_ => $effect->{$_} } @columns } } @shown ], 'and the rows as they are');

($status, $out) = review('', '-f', 'github', $file);
my @commands = grep { /^::/ } split /\n/, $out;
is($commands[0], "::error file=$top/my%2C script.sql,line=3,title=mighead will_fail::will_fail on app.orders (23502): column \"note\" of relation "
	  . '"orders" contains null values: 17 rows, first with id 4711%0Ahint: UPDATE app.orders SET note = \'\' WHERE note IS NULL;', 'a command of GitHub');
is_deeply([ map { /^::(\w+)/ } @commands ], [qw(error warning notice warning)], 'each effect has one');
($status, $out) = review([ effect(severity => 1, code => 'not_known', detail => "100 %\n::error::no") ], '-f', 'github');
like($out, qr/^::warning title=mighead not_known::not_known: 100 %25%0A::error::no$/m, 'of which no text makes another');
($status, $out) = review(\@script, '-f', 'github', '-p', 'shop');
like($out, qr{^::error file=versions/a1\.py,line=1,}m, 'without a file it names the script of the revision');

($status, $out) = review('', '-f', 'gitlab', $file);
my $issues = decode_json($out);
is($status, 2, 'a report for GitLab');
is_deeply([ map { $_->{severity} } @$issues ], [qw(critical major info major)], 'with severities of GitLab');
is_deeply($issues->[0]{location}, { path => $file, lines => { begin => 3 } }, 'and places');
my %seen = map { $_->{fingerprint} => 1 } @$issues;
is(scalar keys %seen, scalar @$issues, 'each has a fingerprint');
is_deeply(decode_json((review(\@script, '-f', 'gitlab'))[1])->[0]{fingerprint}, $issues->[0]{fingerprint}, 'that stays the same');
is((review('[]', '-f', 'gitlab'))[1], "[\n]\n", 'an empty report');

$node->stop;
done_testing();
