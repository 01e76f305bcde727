# mighead expect: a history that real Alembic runs on a scratch database becomes a document, and nothing is left behind,
# whatever fails or whoever interrupts. The oracle is the way by hand, as test/t/110_expectations.pl goes it.
use strict;
use warnings;

use Cwd qw(abs_path);
use FindBin;
use lib "$FindBin::RealBin/lib";
use AlembicProject qw(find_program interpreter_of url_of);
use IPC::Run qw(run start timeout);
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my ($alembic, $missing) = find_program('alembic', 'alembic', 'psycopg2');
plan skip_all => $missing unless $alembic;

my $revisions = 10;
my $seed = $ENV{MIGHEAD_SEED} // 20260115;
my $top = abs_path(PostgreSQL::Test::Utils::tempdir);
my $directory = "$top/history";
my $node = PostgreSQL::Test::Cluster->new('main');
my $program = $node->config_data('--bindir') . '/mighead';

$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', 'max_locks_per_transaction = 256');
$node->start;
delete $ENV{$_} foreach grep { /^PG(?!_)/ } keys %ENV;
delete $ENV{DATABASE_URL};
# whoever runs this in the background may have them ignored
$SIG{$_} = 'DEFAULT' foreach qw(HUP INT QUIT TERM);
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
$ENV{PYTHONDONTWRITEBYTECODE} = 1;
$ENV{TMPDIR} = $top;

my $history = "$FindBin::RealBin/lib/alembic_history.py";
my @python = (interpreter_of($alembic), $history);
run [ @python, 'generate', $directory, $revisions, $seed ], '>', \my $ignored or die 'no history';

# As env.py of a project takes it.
my @upgrade = ('sh', '-c', 'exec "$0" "$1" upgrade "$2" "$DATABASE_URL"', @python, $directory);

sub mighead
{
	my (@arguments) = @_;
	my ($out, $err) = ('', '');
	run [ $program, @arguments ], '<', \undef, '>', \$out, '2>', \$err, timeout(300);
	return ($? & 127 ? 'signal ' . ($? & 127) : $? >> 8, $out, $err);
}

my $file = "$top/expectations.json";

# What there is in the cluster and in the folder.
sub leftovers
{
	my $databases = $node->safe_psql('postgres',
		q{SELECT coalesce(string_agg(datname, ' ' ORDER BY datname), '') FROM pg_database WHERE datname ~ 'mighead|^given'});
	my $sessions = $node->safe_psql('postgres',
		q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()});
	my @files = grep { !/\/(?:history|kept[^\/]*)$/ } glob("$top/*");
	return "databases [$databases], sessions $sessions, files [@files]";
}

my $nothing = 'databases [], sessions 0, files []';

# A session that was ended is gone in a moment.
sub nothing_is_left
{
	my ($name) = @_;
	my $end = time + 20;
	sleep 0.1 while leftovers() ne $nothing && time < $end;
	is(leftovers(), $nothing, "$name: nothing is left");
	return;
}

# ---------- success ----------

my ($status, $out, $err) = mighead('expect', '-o', $file, $directory, '--', @upgrade);
is("$status$out", "0$file: expectations of $revisions revisions\n", 'each revision is captured') or diag $err;
my $document = decode_json(slurp_file($file));
rename $file, "$top/kept.json";
nothing_is_left('success');

$node->safe_psql('postgres', 'CREATE DATABASE byhand');
$node->safe_psql('byhand', 'CREATE EXTENSION mighead');
$node->safe_psql('byhand', "SELECT mighead_load_scripts('$directory/versions')");
$node->safe_psql('byhand', q{SELECT mighead_ensure_version(); SELECT mighead_watch('alembic_version', capture => true)});
run [ @python, 'upgrade', $directory, url_of($node, 'byhand') ] or die 'no upgrade';
is_deeply($document->{expectations}, decode_json($node->safe_psql('byhand', 'SELECT mighead_export()'))->{expectations},
	'the document has what the way by hand has');

# ---------- and what it is for ----------

$node->safe_psql('postgres', 'CREATE DATABASE production');
run [ @python, 'upgrade', $directory, url_of($node, 'production') ] or die 'no upgrade';
$node->safe_psql('production', 'CREATE EXTENSION mighead');
($status, $out, $err) = mighead('load', '-d', 'production', '--expect', "$top/kept.json", '-r', 'v1');
like("$status$out$err", qr/\A0$revisions scripts in \Q$top\E\/kept\.json: $revisions added, 0 changed, 0 retired\n(?:head: .*\n)+\z/, 'it is loaded');
is($node->safe_psql('production', 'SELECT drift, compared FROM mighead_status()'), '0|t', 'and the schema was compared');
is($node->safe_psql('production', 'SELECT max(label) FROM mighead.release'), 'v1', 'the release has its label');
$node->safe_psql('production', q{DO $$BEGIN EXECUTE (SELECT 'DROP TABLE ' || string_agg(oid::regclass::text, ', ') || ' CASCADE'
	FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'); END$$});
is($node->safe_psql('production', 'SELECT state FROM mighead_status()'), 'drift', 'and is compared from now on');
($status, $out) = mighead('load', '-d', 'production', '--expect', "$top/kept.json", '-p', 'other', '--json');
is(decode_json($out)->{scripts}, $revisions, 'under another project, as JSON');
is($node->safe_psql('production', q{SELECT count(*) FROM mighead.expected_set WHERE project = 'other'}), $revisions + 1, 'with its expectations');
append_to_file("$top/kept.bad", '{"mighead": ');
foreach my $case ([ [ '--expect', "$top/kept.json", $directory ], 'takes no directory' ],
	[ [ '--expect', "$top/absent" ], 'could not read file' ], [ [ '--expect', "$top/kept.bad" ], 'is not JSON' ],
	[ [ '--expect', "$top" ], 'is not a file' ])
{
	($status, $out, $err) = mighead('load', '-d', 'production', @{ $case->[0] });
	is($status, 3, 'refused');
	like($err, qr/\Q$case->[1]\E/, $case->[1]);
}
append_to_file("$top/kept.other", '{}');
($status, $out, $err) = mighead('load', '-d', 'production', '--expect', "$top/kept.other");
like("$status$err", qr/\A3mighead: .*hint: Documents come from mighead_export/s, 'other JSON is refused by the server');

# ---------- other ways to ask ----------

($status, $out, $err) = mighead('expect', '-o', '-', $directory, '--', 'sh', '-c', 'echo of the command; exec "$@"', 'x', @upgrade);
is($status, 0, 'to standard output');
is_deeply(decode_json($out)->{expectations}, $document->{expectations}, 'with nothing of the command');
like($err, qr/of the command/, 'whose output is in standard error');
nothing_is_left('standard output');
($status, $out, $err) = mighead('expect', '--json', '--scratch', 'given-Name', '-P', 'shop', '-o', $file, $directory, '--', @upgrade);
is_deeply(decode_json($out || '{}'), { file => $file, project => 'shop', applied => $revisions, pending => 0, not_captured => [] }, 'as JSON') or diag $err;
is(decode_json(slurp_file($file))->{project}{name}, 'shop', 'the project is named');
unlink $file;
nothing_is_left('a given name');

# The version table of another name and schema; the rest of the history is not run.
my $steps = <<'SH';
psql -Xq -c "INSERT INTO app.\"Version\" VALUES ('a1')" -c 'CREATE TABLE app.t (x int)' \
	-c "UPDATE app.\"Version\" SET version_num = 'b2'"
SH
mkdir "$top/kept";
my %parents = (a1 => 'None', b2 => "'a1'", c3 => "'b2'");
append_to_file("$top/kept/$_.py", "revision = '$_'\ndown_revision = $parents{$_}\n") foreach keys %parents;
my $bin = $node->config_data('--bindir');
local $ENV{PATH} = "$bin:$ENV{PATH}";
($status, $out, $err) = mighead('expect', '-t', 'app."Version"', '-o', $file, "$top/kept", '--', 'sh', '-ec', $steps);
is("$status$out$err", "0$file: expectations of 2 revisions\nnot run: 1 revisions\n", 'another version table');
is(decode_json(slurp_file($file))->{project}{version_table_name}, 'Version', 'whose name is in the document');
unlink $file;

# A file keeps its permissions, and a link stays one.
my @short = ("$top/kept", '--', 'psql', '-Xqc', q{INSERT INTO alembic_version VALUES ('a1')});
append_to_file($file, '');
chmod 0600, $file;
is((mighead('expect', '-o', $file, @short))[0], 0, 'a file that is there');
is((stat $file)[2] & 0777, 0600, 'keeps its permissions');
unlink $file;
symlink 'kept.behind', "$top/kept.link";
is((mighead('expect', '-o', "$top/kept.link", @short))[0], 0, 'a link to a file that is not there');
ok(-l "$top/kept.link" && -f "$top/kept.behind", 'stays a link');
unlink "$top/kept.link", "$top/kept.behind";
append_to_file("$top/kept/a1.py", "\n");
{
	(my $text = slurp_file("$top/kept/a1.py")) =~ s/^/"""steers \x9b31m"""\n/;
	$text =~ s/\x9b/\xc2\x9b/;
	unlink "$top/kept/a1.py";
	append_to_file("$top/kept/a1.py", $text);
	($status, $out) = mighead('expect', '-o', '-', @short);
	like($out, qr/steers \\u009b31m/, 'what could steer a terminal is escaped');
}
nothing_is_left('files');

# ---------- what may go wrong ----------

sub refused
{
	my ($name, $message, @arguments) = @_;
	($status, $out, $err) = mighead('expect', @arguments);
	is("$status$out", '3', "$name: trouble");
	like($err, $message, "$name: which is told");
	nothing_is_left($name);
	return;
}

my @ask = ('-o', $file, $directory, '--');
refused('no file', qr/the option -o is missing/, $directory, '--', 'true');
refused('no command', qr/the command is missing/, '-o', $file, $directory);
refused('a folder that is not there', qr/could not write "\Q$top\E\/no\/file": No such file/, '-o', "$top/no/file", $directory, '--', 'true');
refused('a folder', qr/could not write "\Q$top\E": Is a directory/, '-o', $top, $directory, '--', 'true');
refused('no scripts', qr/not a directory/, '-o', $file, "$top/absent", '--', 'true');
refused('a failing command', qr/^mighead: "sh" failed with exit status 7$/m, @ask, 'sh', '-c', 'exit 7');
refused('a command that ends by a signal', qr/^mighead: "sh" was ended by signal 9$/m, @ask, 'sh', '-c', 'kill -9 $$');
refused('an absent command', qr/could not run "no-such-command"/, @ask, 'no-such-command');
refused('an upgrade that fails half way', qr/^mighead: "sh" failed with exit status 1$/m, @ask, 'sh', '-c', '"$@"; exit 1', 'x', @upgrade);
refused('a command that does nothing', qr/left no row in the version table "alembic_version".*PGDATABASE and DATABASE_URL/s, @ask, 'true');
$node->safe_psql('postgres', 'CREATE DATABASE elsewhere');
refused('a command that connects elsewhere', qr/It seems to have used another database/, @ask, @python, 'upgrade', $directory, url_of($node, 'elsewhere'));
refused('another version table', qr/It wrote other\.alembic_version\. Name the version table with -t\./, '-o', $file, "$top/kept", '--', 'psql', '-Xqc',
	q{CREATE SCHEMA other; CREATE TABLE other.alembic_version (version_num varchar(32) PRIMARY KEY); INSERT INTO other.alembic_version VALUES ('a1')});
refused('scripts of others', qr/ran revisions that are not in \Q$top\E\/kept: /, '-o', $file, "$top/kept", '--', @upgrade);
refused('a stamp', qr/3 of 3 revisions were not captured/, '-o', $file, "$top/kept", '--', 'psql', '-Xqc', q{INSERT INTO alembic_version VALUES ('c3')});
refused('a name that is taken', qr/database "elsewhere" already exists/, '--scratch', 'elsewhere', @ask, 'true');
is($node->safe_psql('elsewhere', 'SELECT count(*) > 0 FROM alembic_version'), 't', 'which stays as it was');
refused('no such template', qr/template database "absent" does not exist/, '--template', 'absent', @ask, 'true');
($status, $out, $err) = mighead('expect', '-o', $file, "$top/kept", '--', 'psql', '-Xqc', q{INSERT INTO alembic_version VALUES ('a1')}, '-c',
	q{UPDATE alembic_version SET version_num = 'c3'});
is($status, 1, 'a jump: a warning');
like($err, qr/2 of 3 revisions were not captured: c3, b2\nhint: Each has to be an upgrade step of its own/, 'that tells which');
unlink $file;

# ---------- roles ----------

$node->safe_psql('postgres', 'CREATE ROLE plain LOGIN; CREATE ROLE maker LOGIN CREATEDB');
refused('a role that may not', qr/^mighead: permission denied to create database$/m, '-U', 'plain', @ask, 'true');
refused('a role that may not install', qr/^mighead: permission denied to create extension "mighead"$/m, '-U', 'maker', @ask, 'true');
$node->safe_psql('postgres', 'CREATE DATABASE prepared IS_TEMPLATE true');
$node->safe_psql('prepared', <<'SQL');
CREATE EXTENSION mighead; GRANT CREATE ON SCHEMA public TO maker;
DO $$BEGIN EXECUTE (SELECT string_agg(format('GRANT EXECUTE ON FUNCTION %s TO maker', p.oid::regprocedure), ';') FROM pg_proc p
    JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e' AND p.prokind = 'f' WHERE d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'mighead')); END$$
SQL
($status, $out, $err) = mighead('expect', '-U', 'maker', '--template', 'prepared', @ask, @upgrade);
is("$status$out", "0$file: expectations of $revisions revisions\n", 'one that may, where the template has mighead') or diag $err;
unlink $file;
nothing_is_left('a template');

# ---------- connections ----------

append_to_file("$top/kept.service", "[there]\nhost=" . $node->host . "\nport=" . $node->port . "\ndbname=elsewhere\n");
{
	local $ENV{PGSERVICEFILE} = "$top/kept.service";
	local $ENV{PGSERVICE} = 'there';
	local $ENV{DATABASE_URL} = 'postgresql+psycopg2://production/';
	delete local $ENV{PGHOST};
	delete local $ENV{PGPORT};
	($status, $out, $err) = mighead('expect', @ask, 'sh', '-c', 'echo "$DATABASE_URL"; exec "$@"', 'x', @upgrade);
	is("$status$out", "0$file: expectations of $revisions revisions\n", 'a service that names another database');
	like($err, qr{^postgresql\+psycopg2://\w+@/mighead_scratch_\w+\?host=}m, 'the driver of the URL stays');
	unlink $file;
}
($status, $out, $err) = mighead('expect', '-d', 'host=' . $node->host . ',/none port=' . $node->port . ',1 dbname=elsewhere', @ask, @upgrade);
is("$status$out", "0$file: expectations of $revisions revisions\n", 'a connection string with two hosts');
unlink $file;
nothing_is_left('connections');

# ---------- signals ----------

# whom: mighead alone, or the process group as the terminal does
sub interrupted
{
	my ($name, $signal, $whom, @command) = @_;
	my $ready = "$top/ready";
	my $pid = fork;
	if ($pid == 0)
	{
		setpgrp;
		open STDOUT, '>', "$top/kept.log";
		open STDERR, '>&', \*STDOUT;
		exec $program, 'expect', '-o', $file, $directory, '--', 'sh', '-c', @command, $ready;
	}
	my $end = time + 60;
	sleep 0.05 while !-e $ready && time < $end;
	ok(-e $ready, "$name: the command runs");
	unlink $ready;
	kill $signal, $whom eq 'group' ? -$pid : $pid;
	waitpid $pid, 0;
	is($? & 127, { INT => 2, TERM => 15, HUP => 1, QUIT => 3 }->{$signal}, "$name: it ends as by the signal");
	ok(time < $end, "$name: soon");
	nothing_is_left($name);
	return;
}

interrupted("SIG$_ alone", $_, 'mighead', 'touch $0; exec sleep 300') foreach qw(INT TERM HUP QUIT);
interrupted('SIGINT for the group', 'INT', 'group', 'touch $0; exec sleep 300');
interrupted('a command in a statement', 'INT', 'group', 'touch $0; exec psql -Xc "SELECT pg_sleep(300)"');
interrupted('a command that ends well all the same', 'TERM', 'mighead', 'trap "exit 0" TERM; touch $0; while :; do sleep 0.1; done');

# A command that does not listen is ended by the second signal.
{
	my $pid = fork;
	exec $program, 'expect', '-o', $file, $directory, '--', 'sh', '-c', 'trap "" INT; touch $0; while :; do sleep 0.1; done', "$top/ready" if $pid == 0;
	my $end = time + 60;
	sleep 0.05 while !-e "$top/ready" && time < $end;
	unlink "$top/ready";
	kill 'INT', $pid;
	sleep 0.5;
	is(kill(0, $pid), 1, 'a deaf command is waited for');
	kill 'INT', $pid;
	waitpid $pid, 0;
	is($? & 127, 2, 'until the second signal');
	nothing_is_left('a deaf command');
}

# Before the command: CREATE DATABASE waits for a session in its template.
{
	my $holder = $node->background_psql('template1');
	$holder->query_safe('SELECT 1');
	my $pid = fork;
	exec $program, 'expect', '-o', $file, $directory, '--', 'touch', "$top/ran" if $pid == 0;
	$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE query ~ '^CREATE DATABASE' AND application_name = 'mighead'});
	kill 'TERM', $pid;
	waitpid $pid, 0;
	is($? & 127, 15, 'interrupted while the database is made');
	$holder->quit;
	nothing_is_left('no database yet');
}

# Nobody reads what it prints.
{
	my $pid = fork;
	if ($pid == 0)
	{
		pipe my $reader, my $writer;
		close $reader;
		open STDOUT, '>&', $writer;
		open STDERR, '>&', $writer;
		exec $program, 'expect', '-o', $file, "$top/kept", '--', 'sh', '-c', 'exit 3';
	}
	waitpid $pid, 0;
	nothing_is_left('no reader');
}

$node->stop;
done_testing();
