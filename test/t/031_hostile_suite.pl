# Whatever a role without privileges sets up (test/t/lib/Hostile.pm), nothing of it runs when a
# superuser calls any function, pastes any hint, runs any fix, or loads with the client; no call
# takes long or much memory because of it, and none raises that would not.
#
# Canaries write to the server's log who ran them: that survives rollbacks, read-only transactions
# and errors.
use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use Encode qw(encode);
use FindBin;
use lib "$FindBin::RealBin/lib";
use Hostile qw(version_tables version_rows application planted heavy payloads);
use IPC::Run qw(run);
use JSON::PP;
use List::Util qw(min);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

# With sanitizers in the library (make test-asan) there is less to say of time, and nothing of memory.
my $slowest = $ENV{MIGHEAD_SANITIZED} ? 20000 : 1000;                 # milliseconds that a call may take more than without
my $largest = $ENV{MIGHEAD_SANITIZED} ? 10 * 1024 * 1024 : 50 * 1024; # KB that a backend may take more than without
my $timeout = 20;                                                     # milliseconds after which each call is cancelled
my $json = JSON::PP->new->canonical->allow_nonref;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
shared_buffers = 16MB
fsync = off
autovacuum = off
jit = off
log_min_error_statement = log
log_statement = none
max_locks_per_transaction = 256
CONF
$node->start;

# What is pasted may start a program: in this directory, and that leaves a file.
my $top = PostgreSQL::Test::Utils::tempdir;
chdir $top or die "cannot enter $top: $!";
mkdir 'versions';
foreach my $file ([ 'a1', 'None' ], [ 'a2', q{'a1'} ], [ 'a3', q{'a2'} ])
{
	append_to_file("versions/$file->[0].py", "\"\"\"$file->[0]\"\"\"\nrevision = '$file->[0]'\ndown_revision = $file->[1]\n");
}

# ---------- tools ----------

sub quoted { return '"' . ($_[0] =~ s/"/""/gr) . '"'; }
sub literal_of { return q{'} . ($_[0] =~ s/'/''/gr) . q{'}; }

# Runs a script in one session; returns what it printed on each side. Errors do not end it.
sub session
{
	my ($database, $user, $script) = @_;
	my ($out, $err) = ('', '');

	run [ 'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-d', $node->connstr($database), '-U', $user ], '<', \$script, '>', \$out, '2>', \$err;
	return ($out, $err);
}

sub as_mallory
{
	my ($database, $script) = @_;
	my (undef, $err) = session($database, 'mallory', $script);
	my @errors = grep { /(?:ERROR|FATAL|PANIC):  (?!23505)/ } split /\n/, $err;

	ok(!@errors, "$database: set up") or diag(join "\n", @errors[ 0 .. ($#errors > 9 ? 9 : $#errors) ]);
	return;
}

# Values as a list, with any byte in them. Asks with the path that nothing planted is on.
sub values_of
{
	my ($database, $query) = @_;
	my $out = '';

	run [ 'psql', '-XAtq0', '-d', $node->connstr($database), '-U', 'postgres', '-c', 'SET search_path = pg_catalog', '-c', $query ], '>', \$out, '2>', \my $err;
	die "$query: $err" if $err =~ /ERROR|FATAL/;
	return grep { $_ ne '' } split /\0/, $out;
}

# Who but mallory ran a canary since this was asked last: set-up, role and statement.
my $read = 0;

sub sprung
{
	my %by;
	my $log = slurp_file($node->logfile, $read);

	$read += length $log;
	while ($log =~ /LOG:  canary of (\S+): (\S+) (\S+)\n(.*?)(?=\n\S[^\n]*(?:LOG|ERROR|FATAL|WARNING):|\z)/sg)
	{
		my ($name, $user, $session, $more) = ($1, $2, $3, $4);
		next if $user eq 'mallory' && $session eq 'mallory';
		my ($statement) = $more =~ /STATEMENT:\s*(.*)/s;
		$by{"$name ran as $user for $session: " . substr($statement // '?', 0, 300)}++;
	}
	return sort keys %by;
}

sub quiet_ok
{
	my ($name) = @_;
	my @sprung = sprung();

	ok(!@sprung && !-e 'hostile_was_here', "$name: no code of a stranger ran") or diag(map { "  $_\n" } @sprung[ 0 .. ($#sprung > 19 ? 19 : $#sprung) ]);
	unlink 'hostile_was_here';
	return;
}

# The functions that a set-up can call; t(x) is x, so that rows can be there.
sub canaries
{
	my ($schema, $tag) = @_;
	my $home = quoted($schema);
	my $raise = sub { "LANGUAGE plpgsql $_[0] AS \$\$BEGIN RAISE LOG 'canary of $tag: % %', current_user, session_user; RETURN $_[1]; END\$\$;" };

	return "CREATE SCHEMA $home; GRANT USAGE ON SCHEMA $home TO PUBLIC; SET search_path = $home;"
	  . "CREATE FUNCTION t() RETURNS text " . $raise->('IMMUTABLE', q{'a2'})
	  . "CREATE FUNCTION t(text) RETURNS text " . $raise->('IMMUTABLE', '$1')
	  . "CREATE FUNCTION b() RETURNS boolean " . $raise->('IMMUTABLE', 'true')
	  . "CREATE FUNCTION b(text) RETURNS boolean " . $raise->('IMMUTABLE', 'true')
	  . "CREATE FUNCTION i() RETURNS int " . $raise->('IMMUTABLE', '1')
	  . "CREATE FUNCTION i(int) RETURNS int " . $raise->('IMMUTABLE', '$1')
	  . "CREATE FUNCTION tr() RETURNS trigger " . $raise->('VOLATILE', 'CASE WHEN TG_OP = $a$DELETE$a$ THEN OLD ELSE NEW END') . "\n";
}

# ---------- the two ways to install ----------

# One where everybody may create in the extension's schema, one where the extension stands behind
# a schema of the stranger's.
my %ways = (
	beside => { schema => 'public', here => 'public', path => '"$user", public' },
	behind => { schema => 'mh', here => 'evil', path => 'evil, mh' });

$node->safe_psql('postgres', <<'SQL');
CREATE ROLE mallory LOGIN;
CREATE ROLE loader LOGIN;
CREATE FOREIGN DATA WRAPPER nowhere;
SQL

foreach my $way (sort keys %ways)
{
	my $schema = $ways{$way}{schema};

	$node->safe_psql('postgres', "CREATE DATABASE $way TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'");
	$node->safe_psql($way, "CREATE SCHEMA IF NOT EXISTS $schema; CREATE EXTENSION mighead SCHEMA $schema; SET search_path = $schema;" . <<'SQL');
GRANT CREATE ON SCHEMA public TO PUBLIC;
CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER nowhere FOREIGN DATA WRAPPER nowhere;
GRANT USAGE ON FOREIGN DATA WRAPPER nowhere TO mallory;
GRANT USAGE ON FOREIGN SERVER nowhere TO mallory;
SELECT mighead_add_revision('a1', message => 'one');
SELECT mighead_add_revision('a2', ARRAY['a1'], message => 'two');
SELECT mighead_add_revision('a3', ARRAY['a2'], branch_labels => ARRAY['x'], message => 'three');
CREATE SCHEMA app;
GRANT USAGE, CREATE ON SCHEMA app TO mallory;
CREATE TABLE app.account (id bigint PRIMARY KEY, name text NOT NULL DEFAULT 'x', parent bigint REFERENCES app.account, CHECK (id > 0));
CREATE INDEX ON app.account (name) WHERE name <> '';
CREATE VIEW app.names AS SELECT name FROM app.account;
CREATE FUNCTION app.one(a int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TYPE app.kind AS ENUM ('a', 'b');
CREATE SEQUENCE app.numbers;
CREATE TABLE app.item (id int GENERATED ALWAYS AS IDENTITY, kind app.kind DEFAULT 'a', twice int GENERATED ALWAYS AS (1 + 1) STORED, note varchar(20));
ALTER TABLE app.item ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON app.item USING (kind = 'a');
INSERT INTO app.account SELECT g FROM generate_series(1, 100) g;
GRANT SELECT, REFERENCES, TRIGGER ON app.account TO mallory;
CREATE TABLE app.alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO app.alembic_version VALUES ('a2');
SELECT mighead_watch('app.alembic_version');
UPDATE app.alembic_version SET version_num = 'a1';
UPDATE app.alembic_version SET version_num = 'a2';
SELECT mighead_capture(version_table => 'app.alembic_version');
SQL
	$node->safe_psql('postgres', "GRANT CREATE ON DATABASE $way TO mallory");
	as_mallory($way, canaries('trap', 'payload') . ($way eq 'behind' ? 'CREATE SCHEMA evil; GRANT USAGE ON SCHEMA evil TO PUBLIC;' : ''));
}
my $document = $node->safe_psql('beside', q{SELECT mighead_export()});
my $archive = unpack('H*', do { my $tar = ''; run([ 'tar', '-cf', '-', 'versions' ], '>', \$tar); $tar });

sub make_database
{
	my ($name, $way) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $name TEMPLATE $way STRATEGY file_copy; GRANT CREATE ON DATABASE $name TO mallory");
	return;
}

# ---------- every function, called in every sensible way ----------

# What an argument is given where it must be, and what it is given besides.
my %given = (
	target => [ q{'head'} ],
	expect => [ q{'{a2}'} ],
	reason => [ q{'a reason'} ],
	identifier => [ q{'head'}, q{'x@head'} ],
	range => [ q{'a1:head'}, q{':current'} ],
	format => [ q{'text'}, q{'dot'}, q{'mermaid'} ],
	revisions => [ q{'{a1,a3}'} ],
	revision => [ q{'a2'} ],
	project => [ q{'default'} ],
	name => [ q{'another'} ],
	label => [ q{'production'} ],
	directory => [ "'$top/versions'" ],
	archive => [ "'\\x$archive'" ],
	document => [ literal_of($document) ],
	source => [ q{E'revision = \'b1\'\ndown_revision = None\n'} ],
	object => [ q{'app.account'} ],
	keep => [ q{'0 s'} ],
	since => [ q{'1 day'} ],
	journal_id => [ '1' ],
	current => [ q{'{a1}'} ],
	around => ['1'],
	heads => [ q{'{a3}'} ],
	min_severity => ['0'],
	capture => ['true'],
	replace => ['true'],
	purge => ['true'],
	statements => ['true'],
	skip_guards => [ q{'{schema,registered,overlap,targets}'} ],
	max_results => ['100'],
	relation => [],
	child => [], parent => [], child_columns => [], parent_columns => [], column_name => [], new_type => [], version_table => [],
	version_table_name => [], version_table_schema => [], release => [ q{'r1'} ], recursive => [], down_revision => [], depends_on => [], branch_labels => [],
	message => [], attribute => [], until => [], confirm => [], expectations => [], protected => [], schemas => [], max_samples => [], allow_empty => [], whole_table => [],
	server => [ q{'nowhere'} ], servers => [ q{'%'} ], timeout => [ q{'1 s'} ], manages => [], sql => [ q{'ALTER TABLE app.account ADD COLUMN x integer; DROP TABLE app.account'} ], check_data => ['false'], role_name => []);

# Calls as text; what only reads by itself, the rest in a transaction that is rolled back. Constraint
# triggers that wait for its end are fired. "named" are a stranger's tables that a caller may name.
sub calls
{
	my ($database, $schema, %named) = @_;
	my @calls;
	my @tables = map { literal_of($_) } @{ $named{version_tables} // [] };

	foreach my $function (map { $json->decode($_) } values_of('beside', <<'SQL'))
SELECT json_build_object('name', proname, 'reads', provolatile <> 'v', 'procedure', prokind = 'p',
	'trigger', prorettype IN ('trigger'::regtype, 'event_trigger'::regtype), 'defaults', pronargdefaults,
	'arguments', coalesce((SELECT json_agg(json_build_array(a.name, format_type(t.type, NULL)) ORDER BY t.n)
		FROM unnest(proargtypes::oid[]) WITH ORDINALITY t (type, n) JOIN unnest(proargnames) WITH ORDINALITY a (name, n) USING (n)), '[]'))
FROM pg_depend JOIN pg_extension e ON e.oid = refobjid JOIN pg_proc p ON p.oid = objid
WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass AND classid = 'pg_proc'::regclass AND extname = 'mighead' ORDER BY proname
SQL
	{
		next if $function->{trigger};
		my @arguments = @{ $function->{arguments} };
		my @required = @arguments[ 0 .. $#arguments - $function->{defaults} ];
		my $call = sub {
			my (%values) = @_;
			my $list = join ', ', map { my ($argument, $type) = @$_; exists $values{$argument} ? "$argument => $values{$argument}" . ($type eq 'unknown' ? '' : '::' . catalog_type($type)) : () } @arguments;
			my $text = ($function->{procedure} ? 'CALL' : 'SELECT * FROM') . " $schema.$function->{name}($list);";
			push @calls, $function->{reads} || $function->{procedure} ? $text : "BEGIN; $text SET CONSTRAINTS ALL IMMEDIATE; ROLLBACK;";
		};
		my %base = map { ($_->[0] => $given{ $_->[0] }[0] // 'NULL') } @required;
		$base{target} = q{'base'} if $function->{name} =~ /downgrade/;

		foreach (@arguments)
		{
			fail("$function->{name}: a value for $_->[0] is in the table") unless $given{ $_->[0] };
		}
		if ($function->{name} =~ /_(castable|orphans)$/)
		{
			foreach my $relation ([ q{'app.account'}, 'id', 'parent' ], @{ $named{relations} // [] })
			{
				my ($table, $first, $second) = @$relation;
				if ($function->{name} =~ /castable/)
				{
					$call->(relation => $table, column_name => $_, new_type => q{'bigint'}) foreach map { literal_of($_) } $first, $second;
					next;
				}
				$call->(child => $table, child_columns => "ARRAY[" . literal_of($second) . "]", parent => q{'app.account'}, parent_columns => q{'{id}'});
				$call->(child => q{'app.account'}, child_columns => q{'{parent}'}, parent => $table, parent_columns => 'ARRAY[' . literal_of($first) . ']');
				$call->(child => $table, child_columns => 'ARRAY[' . literal_of($first) . ']', parent => $table, parent_columns => 'ARRAY[' . literal_of($first) . ']');
			}
			next;
		}
		if (grep { $_->[0] eq 'version_table' } @required)
		{
			$call->(%base, version_table => $_) foreach q{'app.alembic_version'}, @tables;
		}
		else
		{
			$call->(%base);
			$call->(%base, project => q{'default'}) if grep { $_->[0] eq 'project' } @arguments;
		}
		foreach my $argument (grep { @{ $given{ $_->[0] } // [] } } @arguments)
		{
			next if $base{ $argument->[0] };
			$call->(%base, $argument->[0] => $_) foreach @{ $given{ $argument->[0] } };
		}
		if (grep { $_->[0] eq 'version_table' && $_->[1] eq 'regclass' } @arguments[ @required .. $#arguments ])
		{
			my %skip = (grep { $_->[0] eq 'skip_guards' } @arguments) ? (skip_guards => $given{skip_guards}[0], expect => q{'{a1}'}) : ();
			my %plus = (grep { $_->[0] eq 'min_severity' } @arguments) ? (min_severity => 0) : ();
			foreach my $table (q{'app.alembic_version'}, @tables)
			{
				$call->(%base, %skip, %plus, version_table => $table);
			}
		}
	}
	push @calls, "SELECT * FROM $schema.mighead_versions;";
	return @calls;
}

# A name of a type that nothing planted can take the place of.
sub catalog_type
{
	my ($type) = @_;
	my %internal = (integer => 'int4', boolean => 'bool', bigint => 'int8', 'timestamp with time zone' => 'timestamptz', 'integer[]' => 'int4[]');

	return 'pg_catalog.' . ($internal{$type} // $type);
}

# Runs the calls in one session; returns for each how long it took and what it raised, and how
# large the backend became.
sub measure
{
	my ($database, $path, @calls) = @_;
	my $script = "\\timing on\n\\o /dev/null\n\\set ON_ERROR_ROLLBACK off\nSET search_path = $path;\n";
	my (@took, @raised);
	my $hwm;

	$script .= "\\echo call $_\n\\warn call $_\n$calls[$_]\n" foreach 0 .. $#calls;
	$script .= "\\echo end\n\\warn end\nROLLBACK;\n\\o\nSELECT pg_catalog.pg_read_file('/proc/self/status');\n";
	my ($out, $err) = session($database, 'postgres', $script);
	while ($out =~ /^call (\d+)\n(.*?)(?=^call|^end)/msg)
	{
		my ($n, $body) = ($1, $2);
		$took[$n] = 0;
		$took[$n] += $1 while $body =~ /^Time: ([\d.]+) ms/mg;
	}
	while ($err =~ /^call (\d+)\n(.*?)(?=^call|^end)/msg)
	{
		my ($n, $body) = ($1, $2);
		($raised[$n]) = $body =~ /^(?:psql[^\n]*?)?((?:ERROR|FATAL|PANIC):  .*)/ms;
		$raised[$n] =~ s/^(LOCATION|STATEMENT):.*//ms if $raised[$n];
	}
	($hwm) = $out =~ /VmHWM:\s*(\d+) kB/;
	BAIL_OUT("the server is gone: " . substr($err, -500)) unless defined $hwm;
	return { took => \@took, raised => \@raised, size => $hwm };
}

# Without any set-up: what is compared with.
my %clean;
foreach my $way (sort keys %ways)
{
	make_database("clean_$way", $way);
	my @calls = calls("clean_$way", $ways{$way}{schema});
	my $measured = measure("clean_$way", $ways{$way}{path}, @calls);

	$clean{$way}{size} = $measured->{size};
	$clean{$way}{took}{ $calls[$_] } = $measured->{took}[$_] foreach 0 .. $#calls;
	$clean{$way}{raised}{ $calls[$_] } = $measured->{raised}[$_] foreach 0 .. $#calls;
	note "$way: " . @calls . " calls, $measured->{size} KB, " . sprintf('%.0f ms', eval { my $s = 0; $s += $_ foreach @{ $measured->{took} }; $s });
	my @raised = grep { $measured->{raised}[$_] && $calls[$_] =~ /^SELECT/ && $calls[$_] !~ /require_head/ } 0 .. $#calls;
	ok(!@raised, "$way: readers raise nothing without set-ups") or diag(map { "$calls[$_] $measured->{raised}[$_]\n" } @raised);
}

sub check_calls
{
	my ($database, $way, %named) = @_;

	my @calls = calls($database, $ways{$way}{schema}, %named);

	check_cost($database, $way, @calls);
	check_cancelled($database, $way, @calls);
	quiet_ok("$database, every function");
	return;
}

# Each ends within a second of being cancelled.
sub check_cancelled
{
	my ($database, $way, @calls) = @_;
	my $settings = "$ways{$way}{path}; SET statement_timeout = '${timeout}ms'";
	my $measured = measure($database, $settings, @calls);
	my $cancelled = grep { ($_ // '') =~ /57014/ } @{ $measured->{raised} };
	my @late;

	foreach my $n (grep { ($measured->{took}[$_] // 1e9) > $slowest + $timeout } 0 .. $#calls)
	{
		# The machine may have been busy: some times more.
		my $took = min(map { measure($database, $settings, $calls[$n])->{took}[0] } 1 .. 4);
		push @late, sprintf("%s %.0f ms\n", shown($calls[$n]), $took) if $took > $slowest + $timeout;
	}
	note "$database: $cancelled calls were cancelled";
	ok(!@late, "$database: each of " . @calls . ' calls is cancelled at once') or diag(@late);
	return;
}

sub shown { return length $_[0] > 150 ? substr($_[0], 0, 90) . '...' . substr($_[0], -60) : $_[0]; }

# None is slow, large or broken, and none raises that does not without the set-ups.
sub check_cost
{
	my ($database, $way, @calls) = @_;
	my $measured = measure($database, $ways{$way}{path}, @calls);
	my (@slow, @raised, @broken);

	foreach my $n (0 .. $#calls)
	{
		my $call = $calls[$n];
		my $error = $measured->{raised}[$n] // '';
		my $took = ($measured->{took}[$n] // 1e9) - ($clean{$way}{took}{$call} // 0);
		my $shown = shown($call);

		if ($took > $slowest)
		{
			# The machine may have been busy: some times more.
			foreach (1 .. 4)
			{
				my $again = measure($database, $ways{$way}{path}, $call);
				$took = min($took, $again->{took}[0] - ($clean{$way}{took}{$call} // 0));
			}
			push @slow, sprintf("%s %.0f ms\n", $shown, $took) if $took > $slowest;
		}
		push @broken, "$shown $error" if $error =~ /^(?:FATAL|PANIC)|^ERROR:  (?:XX|57P|53|54001|08)/;
		push @raised, "$shown $error"
		  if $error && exists $clean{$way}{raised}{$call} && !$clean{$way}{raised}{$call} && $call =~ /^SELECT/
		  # What is called alike makes calls without casts ambiguous; that is a finding.
		  && !($database eq 'planted_beside' && $error =~ /42725/);
	}
	ok(!@slow, "$database: no call of " . @calls . ' takes long') or diag(@slow);
	ok(!@broken, "$database: no error of the inside") or diag(@broken[ 0 .. ($#broken > 9 ? 9 : $#broken) ]);
	ok(!@raised, "$database: nothing raises that would not") or diag(@raised[ 0 .. ($#raised > 9 ? 9 : $#raised) ]);
	cmp_ok($measured->{size} - $clean{$way}{size}, '<', $largest, "$database: memory");
	return;
}

# ---------- what is printed to be run ----------

sub check_printed
{
	my ($database, $way, @tables) = @_;
	my $schema = $ways{$way}{schema};
	my $printed = join ' UNION ALL ', "SELECT hint AS x FROM $schema.mighead_status(NULL::regclass)",
	  "SELECT unnest(ARRAY[hint, fix]) FROM $schema.mighead_findings(NULL::regclass, 0)",
	  "SELECT fix FROM $schema.mighead_drift(NULL::regclass, min_severity => 0)", "SELECT fix FROM $schema.mighead_leftovers()",
	  (map { my $table = literal_of($_) . '::regclass'; ("SELECT unnest(ARRAY[hint, fix]) FROM $schema.mighead_findings($table, 0)",
		"SELECT hint FROM $schema.mighead_status($table)", "SELECT fix FROM $schema.mighead_drift($table, min_severity => 0)") } 'app.alembic_version', @tables);
	my @printed = values_of($database, "SELECT DISTINCT x FROM ($printed) p WHERE x IS NOT NULL");
	# "As role X" is for that role.
	my @sql = map { /^[A-Z]{4,}\s/ ? $_ : /(?:: |^)((?:SELECT|CALL|ALTER|DROP|CREATE|VALIDATE|REINDEX|REFRESH|COMMENT|GRANT|INSERT|DELETE|UPDATE)\s.*)/s ? $1 : () } grep { !/^(?:alembic|As role) / } @printed;

	note "$database: " . @printed . ' printed, ' . @sql . ' are SQL';
	quiet_ok("$database, asked what is printed");
	# Each by itself, as a person pastes it: a semicolon is added where there is none.
	foreach my $path ($ways{$way}{path}, "$ways{$way}{here}, pg_catalog, $schema")
	{
		my $prefix = $path eq $ways{$way}{path} ? '' : 'BEGIN; ';
		my $suffix = $path eq $ways{$way}{path} ? '' : ' ROLLBACK;';
		# Only calls of functions are to stand a path with pg_catalog last: deparsed DDL cannot.
		my @run = $prefix ? grep { /^SELECT|^CALL/ && !/pg_locks/ } @sql : @sql;
		my ($out, $err) = session($database, 'postgres', "SET search_path = $path; SET statement_timeout = '5s';\n"
			. join('', map { "$prefix$_\n;$suffix\n" } @run));
		# What another fix makes or drops may not be there; nothing else that is named may be missing.
		my @failed = grep { /ERROR:  (?:42601|42883|XX)/ || (/ERROR:  42P01: [^"]*"([^"\n]*)/ && !is_made_or_dropped($1, @sql)) } split /\n/, $err;
		ok(!@failed, "$database: all that is printed can be parsed, path $path") or diag(join "\n", @failed[ 0 .. ($#failed > 9 ? 9 : $#failed) ]);
		quiet_ok("$database, all that is printed, path $path");
	}
	return;
}

sub is_made_or_dropped
{
	my ($name, @sql) = @_;
	return scalar grep { /^(?:CREATE|DROP|ALTER)\b/ && index(s/"//gr, $name) >= 0 } @sql;
}

sub check_loader
{
	my ($database, $way) = @_;

	local $ENV{PGOPTIONS} = "-c search_path=" . ($ways{$way}{path} =~ s/ //gr);
	run [ $node->config_data('--bindir') . '/mighead-load', 'versions', '--', '-U', 'postgres', '-d', $node->connstr($database) ], '>', \my $out, '2>', \my $err;
	is($? >> 8, 0, "$database: mighead-load loads") or diag($err);
	quiet_ok("$database, mighead-load");
	return;
}

# ---------- the groups ----------

my %groups = (
	tables => [ version_tables() ],
	rows => [ version_rows() ],
	application => [ application() ],
	planted => [ planted() ]);
my $set_ups = 0;
$set_ups += @$_ foreach values %groups;
cmp_ok($set_ups, '>=', 60, 'there are set-ups');
note "$set_ups set-ups";

sub plant
{
	my ($database, $way, @set_ups) = @_;

	as_mallory($database, join "\n", map {
		my ($name, $sql) = @$_;
		$sql =~ s/\bTRAP\b/$name.t()/g;
		$sql =~ s/\bhere\./$ways{$way}{here}./g;
		$sql =~ s/\bFILE\b/hostile_was_here/g;
		canaries($name, $name) . "$sql;";
	} @set_ups);
	return;
}

# A stranger's tables that can be named. A view is not among them: who names one asks for what it does.
sub version_tables_of
{
	my ($database, $way) = @_;
	return values_of($database, "SELECT version_table FROM $ways{$way}{schema}.mighead_status(NULL::regclass) s JOIN pg_class c ON c.oid = version_table"
		. " WHERE relkind IN ('r', 'p') AND state <> 'unreadable' AND version_table <> 'app.alembic_version'::regclass ORDER BY 1");
}

sub relations_of
{
	my ($database) = @_;
	return map { my @c = @{ $json->decode($_) }; [ literal_of($c[0]), $c[1], $c[2] // $c[1] ] } values_of($database,
		q{SELECT json_build_array(c.oid::regclass::text, min(attname) FILTER (WHERE attnum = 1), min(attname) FILTER (WHERE attnum = 2))
			FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped
			WHERE relowner = 'mallory'::regrole AND relkind IN ('r', 'p', 'm', 'v', 'f') GROUP BY c.oid HAVING min(attnum) = 1 LIMIT 60});
}

# Tables of the superuser himself that use functions of mallory's.
my $adopted = <<'SQL';
CREATE TABLE app.adopted (a int DEFAULT column_default.i(1), b text DEFAULT column_default.t() CONSTRAINT c CHECK ("check".b(b)), d app.dom,
	g int GENERATED ALWAYS AS (generated_column.i(1)) STORED);
INSERT INTO app.adopted DEFAULT VALUES;
CREATE INDEX adopted_b ON app.adopted (index_expression.t(b));
CREATE INDEX adopted_a ON app.adopted (a) WHERE index_predicate.b(b);
CREATE STATISTICS app.adopted_s ON (statistics_lost.t(b)), a FROM app.adopted;
CREATE MATERIALIZED VIEW app.adopted_m AS SELECT lost_materialized.t() AS a;
CREATE TABLE app.adopted_parent (a int PRIMARY KEY) PARTITION BY RANGE (a);
CREATE TABLE app.adopted_part PARTITION OF app.adopted_parent (CONSTRAINT c CHECK (reference.i(a) > 0)) DEFAULT;
INSERT INTO app.adopted_parent VALUES (1)
SQL
my $adopted_later = <<'SQL';
SET client_min_messages = error;
ALTER TABLE app.adopted DROP COLUMN a CASCADE, ALTER b DROP DEFAULT, DROP CONSTRAINT c, DROP COLUMN d, DROP COLUMN g;
DROP INDEX app.adopted_b;
DROP MATERIALIZED VIEW app.adopted_m;
ALTER TABLE app.adopted_part DROP CONSTRAINT c;
SQL

foreach my $way (sort keys %ways)
{
	foreach my $group (qw(tables rows application planted))
	{
		next if $group eq 'rows' && $way eq 'behind';
		my $database = "${group}_$way";
		my $began = time;

		make_database($database, $way);
		plant($database, $way, @{ $groups{$group} });
		quiet_ok("$database, set up");
		# The superuser expects what is there, and it changes.
		if ($group eq 'application')
		{
			my (undef, $err) = session($database, 'postgres', "$adopted; SELECT stored FROM $ways{$way}{schema}.mighead_capture(version_table => 'app.alembic_version', replace => true)");
			is($err, '', "$database: captured");
			sprung(); # a superuser has made tables with a stranger's functions: he has run them then
			as_mallory($database, join "\n", map { 'SET search_path = ' . quoted($_->[0]) . '; ' . ($_->[2] =~ s/\bFILE\b/hostile_was_here/gr) . ';' } grep { $_->[2] } @{ $groups{$group} });
			(undef, $err) = session($database, 'postgres', $adopted_later);
			is($err, '', "$database: changed");
			quiet_ok("$database, captured");
		}
		if ($group eq 'planted' && $way eq 'beside')
		{
			is(join(',', values_of($database, q{SELECT DISTINCT severity FROM public.mighead_findings(NULL::regclass, 0) WHERE code = 'planted_function'})),
				'2', "$database: what is planted is told");
		}
		my @tables = version_tables_of($database, $way);
		@tables = @tables[ 0 .. ($#tables > 3 ? 3 : $#tables) ] if $group eq 'rows' || $way eq 'behind';
		check_calls($database, $way, version_tables => \@tables, relations => [ relations_of($database) ]);
		check_printed($database, $way, @tables);
		check_loader($database, $way);
		note sprintf('%s: %.1f s', $database, time - $began);
	}
}

# ---------- what would take time and memory ----------

# Each in a database of its own, so that what it costs is its own; and ended at once.
foreach my $set_up (heavy())
{
	my $database = "heavy_$set_up->[0]";

	make_database($database, 'beside');
	plant($database, 'beside', $set_up);
	my @tables = version_tables_of($database, 'beside');
	my @calls = grep { /^SELECT/ && !/castable|orphans|parse_script/ } calls($database, 'public', version_tables => [ @tables[ 0 .. ($#tables > 0 ? 0 : $#tables) ] ]);
	check_cost($database, 'beside', @calls);

	check_cancelled($database, 'beside', @calls);
	quiet_ok($database);
	$node->safe_psql('postgres', "DROP DATABASE $database");
}

# ---------- documents and archives of the loading role ----------

make_database('documents', 'beside');
$node->safe_psql('documents', q{GRANT EXECUTE ON FUNCTION mighead_import(jsonb, text), mighead_load_archive(bytea, text, text, boolean) TO loader; SELECT mighead_remove_project('default')});

# A document with another value or name in one definition, and a checksum that fits.
sub checksum_of
{
	my ($definition) = @_;
	my $attributes = $definition->{attributes};

	return sha256_hex(join '', map { encode('UTF-8', $_) . "\0" } $definition->{type}, $definition->{object}, map { ($_, $attributes->{$_}) } sort keys %$attributes);
}

sub forged
{
	my ($n, $attribute, $change) = @_;
	my $forged = $json->decode($document);
	my $definition = $forged->{expectations}{definitions}[$n];
	my $old = $definition->{checksum};

	is(checksum_of($definition), $old, 'the checksum is understood') if $n == 0 && !$attribute;
	if ($attribute)
	{
		$definition->{attributes}{$attribute} = $change->($definition->{attributes}{$attribute});
	}
	else
	{
		my $name = $definition->{object};
		$definition->{object} = $change->($name);
		$_->{object} = $definition->{object} foreach grep { $_->{type} eq $definition->{type} && $_->{object} eq $name } map { @{ $_->{changes} } } @{ $forged->{expectations}{sets} };
	}
	my $new = checksum_of($definition);
	return $json->encode($forged) =~ s/\b$old\b/$new/gr;
}

my @changes = (
	sub { "$_[0]; SELECT trap.t()" }, sub { 'trap.t()' }, sub { "$_[0], ADD COLUMN zz text DEFAULT trap.t()" },
	sub { "$_[0])); SELECT trap.t(); --" }, sub { "'; SELECT trap.t(); --" }, sub { "$_[0] \\! touch hostile_was_here\n" },
	sub { "\$x\$$_[0]\$x\$; SELECT trap.t()" }, sub { "\"$_[0]\"; SELECT trap.t()" }, sub { "(SELECT trap.t())" });
my @forged;
my $definitions = $json->decode($document)->{expectations}{definitions};
foreach my $n (0 .. $#$definitions)
{
	my @attributes = sort keys %{ $definitions->[$n]{attributes} };
	foreach my $i (0 .. $#attributes + 1)
	{
		push @forged, map { forged($n, $attributes[$i], $changes[ ($n + 2 * $i + 4 * $_) % @changes ]) } 0, 1;
	}
}
my $try = '';
foreach my $n (0 .. $#forged)
{
	my $text = literal_of($forged[$n]);
	my $fixes = "SELECT fix FROM public.mighead_drift('app.alembic_version'::regclass, min_severity => 0) WHERE fix IS NOT NULL \\gexec\n";
	$try .= "BEGIN;\nSET LOCAL ROLE loader;\n\\echo import\nSELECT 'taken' FROM public.mighead_import($text);\nRESET ROLE;\n$fixes"
	  . "DROP TABLE app.item, app.account CASCADE; DROP FUNCTION app.one; DROP SEQUENCE app.numbers;\n${fixes}ROLLBACK;\n";
}
my ($taken, $refused) = session('documents', 'postgres', "\\set ON_ERROR_ROLLBACK on\nSET client_min_messages = error;\n$try");
note @forged . ' documents, ' . (() = $taken =~ /^taken$/mg) . ' taken, ' . (() = $refused =~ /MH222/g) . ' refused';
ok(!(grep { /ERROR:  (?:XX|57P)/ } split /\n/, $refused), 'documents: no error of the inside');
quiet_ok('documents');

# One member of a tar archive.
sub member
{
	my ($name, $content, %with) = @_;
	my $size = $with{size} // sprintf('%011o', length $content);
	my $header = pack('a100 a8 a8 a8 a12 a12 A8 a1 a100 a6 a2 a32 a32 a8 a8 a155 x12', $name, '0000644', '0000000', '0000000', $size, '00000000000', '',
		$with{type} // '0', $with{link} // '', 'ustar', '00', '', '', '', '', $with{prefix} // '');
	substr($header, 148, 8) = sprintf("%06o\0 ", $with{sum} // unpack('%32C*', $header));
	return $header . $content . "\0" x (-length($content) % 512);
}

my $script = "revision = 'b1'\ndown_revision = None\n";
my %archives = (
	parent => member('000001/../../b1.py', $script), absolute => member('/etc/b1.py', $script),
	symlink => member('000001/b1.py', '', type => '2', link => '/etc/passwd'), hardlink => member('000001/b1.py', '', type => '1', link => '/etc/passwd'),
	device => member('000001/b1.py', '', type => '3'), pipe => member('000001/b1.py', '', type => '6'),
	huge => member('000001/b1.py', $script, size => '77777777777'), huger => member('000001/b1.py', $script, size => "\x80" . "\xff" x 11),
	negative => member('000001/b1.py', $script, size => "\xff" x 12), no_size => member('000001/b1.py', $script, size => 'zz'),
	damaged => member('000001/b1.py', $script, sum => 1), cut => substr(member('000001/b1.py', $script), 0, 300), cut_content => substr(member('000001/b1.py', 'x' x 2000), 0, 700),
	long_name => member('././@LongLink', 'n' x 100000 . "\0", type => 'L') . member('x', $script), endless_name => member('././@LongLink', '', type => 'L', size => '77777777777'),
	pax => member('pax', "30 path=../../../etc/b1.py\n25 size=999999999999999\n", type => 'x') . member('x', $script), damaged_pax => member('pax', "99999999999 path=x\n", type => 'x') . member('x', $script),
	sparse => member('000001/b1.py', $script, type => 'S'), global_pax => member('pax', "20 size=1000000000000\n", type => 'g') . member('x', $script),
	control => member("000001/b\n\e[31m1.py", $script), quotes => member("000001/'; SELECT trap.t(); --.py", $script), not_text => member('000001/b1.py', "\xff\xfe\0" x 100),
	many => join('', map { member("000001/$_.py", '') } 1 .. 20000), one_line => member('000001/b1.py', "revision = '" . 'x' x 5000000 . "'\ndown_revision = None\n"),
	nested => member('000001/b1.py', "revision = 'b1'\ndown_revision = " . '(' x 5000000), strings => member('000001/b1.py', "revision = " . "'b' " x 1250000 . "\ndown_revision = None\n"),
	large => member('000001/b1.py', "$script\ndef upgrade():\n" . "    op.execute('x')\n" x 250000), comment => member('000001/b1.py', $script . '#' x 5000000),
	docstring => member('000001/b1.py', q{"""} . "m\n" x 2500000 . qq{"""\n$script}), literal => member('000001/b1.py', "${script}x = '''" . "x\n" x 2500000 . "'''\n"),
	message => member('000001/b1.py', "\"\"\"'; SELECT trap.t(); -- \$(touch hostile_was_here)\"\"\"\n$script"), name => member('000001/b1.py', "revision = \"b'; SELECT trap.t(); --\"\ndown_revision = None\n"));

# From a table: what a literal of megabytes costs is the server's own.
session('documents', 'postgres', join '', "CREATE TABLE public.archive (name text, content bytea); GRANT SELECT ON public.archive TO loader;\n",
	map { "INSERT INTO public.archive VALUES ('$_', '\\x" . unpack('H*', $archives{$_} . "\0" x 1024) . "');\n" } sort keys %archives);
my @loads = map { "BEGIN; SET LOCAL ROLE loader; SELECT * FROM public.mighead_load_archive((SELECT content FROM public.archive WHERE name = '$_')); ROLLBACK;" } sort keys %archives;
is(join(',', values_of('documents', 'SELECT count(*) FROM public.archive')), scalar @loads, 'the archives are there');
check_cost('documents', 'beside', @loads);
check_cancelled('documents', 'beside', @loads);
quiet_ok('archives');

done_testing();
