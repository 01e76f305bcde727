# The program mighead: its help, exit statuses, JSON, what it reads of directories and alembic.ini, what it
# makes of a hostile server and of hostile names; with Alembic as the oracle where it is installed.
use strict;
use warnings;

use Cwd qw(abs_path);
use File::Path qw(make_path);
use FindBin;
use lib "$FindBin::RealBin/lib";
use AlembicProject qw(find_program);
use IPC::Run qw(run start pump finish timeout);
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
my $program = $node->config_data('--bindir') . '/mighead';
my $top = abs_path(PostgreSQL::Test::Utils::tempdir);
my $demo = abs_path("$FindBin::RealBin/../demo/versions");

$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->start;
$node->safe_psql('postgres', 'CREATE SCHEMA "My ""Own"; CREATE EXTENSION mighead SCHEMA "My ""Own"');
delete $ENV{$_} foreach grep { /^PG(?!_)/ && $_ ne 'PGPORT' && $_ ne 'PGHOST' } keys %ENV;
delete $ENV{COLUMNS};
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
$ENV{PGDATABASE} = 'postgres';

# Exit status, output and errors.
sub mighead
{
	my (@arguments) = @_;
	my ($out, $err) = ('', '');
	run [ $program, @arguments ], '<', \undef, '>', \$out, '2>', \$err, timeout(60);
	return ($? & 127 ? "signal $?" : $? >> 8, $out, $err);
}

sub write_file
{
	my ($path, $content) = @_;
	my ($parent) = $path =~ m{^(.*)/};
	make_path($parent);
	open my $file, '>:raw', $path or die "$path: $!";
	print $file $content;
	close $file;
	return;
}

sub script
{
	my ($path, $revision, $down, $more) = @_;
	write_file($path, "\"\"\"message of $revision\"\"\"\nrevision = '$revision'\ndown_revision = $down\n" . ($more // ''));
	return;
}

my $folders = 0;

sub folder
{
	my $folder = "$top/folder" . ++$folders;
	make_path($folder);
	return $folder;
}

# ---------- help, the manual, completions ----------

{
	my ($status, $help) = mighead('--help');
	is($status, 0, 'help');
	is((mighead('-?'))[1], $help, 'help, short');
	like((mighead('--version'))[1], qr/\Amighead \d+\.\d+\.\d+\n\z/, 'version');
	my ($commands) = $help =~ /^Commands:\n(.*?)\n\n/ms;
	my @commands = $commands =~ /^  (\w+)  /mg;
	cmp_ok(scalar @commands, '>=', 11, 'commands are found');
	ok(!(grep { length > 80 } split /\n/, $help), 'help fits 80 columns');

	my $manual = (mighead('--manual'))[1];
	my $bash = (mighead('--completion', 'bash'))[1];
	my $zsh = (mighead('--completion', 'zsh'))[1];
	foreach my $command (@commands)
	{
		my ($own_status, $own) = mighead($command, '--help');
		is($own_status, 0, "help of $command");
		like($own, qr/\Amighead $command /, 'names it');
		ok(!(grep { length > 80 } split /\n/, $own), 'and fits 80 columns');
		my ($section) = $manual =~ /^\.SS mighead $command [^\n]*\n(.*?)^\.S/ms;
		ok(defined $section, "$command is in the manual");
		my ($options) = $own =~ /^Options:\n(.*?)(?:\n\n|\z)/ms;
		foreach my $option (grep { !/^(?:json|help|version)$/ } $options =~ /^ +(?:-., )?--([\w-]+)/mg)
		{
			my $escaped = $option =~ s/-/\\-/gr;
			like($section, qr/\\-\\-\Q$escaped\E/, "--$option is in the manual of $command");
			like($bash, qr/$command\) options=.* --$option[ "]/, 'and in the completion of bash');
			like($zsh, qr/$command\) compadd.* --$option[ ;]/, 'and of zsh');
		}
	}
	write_file("$top/manual", $manual);
	write_file("$top/bash", $bash);
	ok(run([ 'bash', '-n', "$top/bash" ], '2>', \my $err), 'the completion is bash');
	my $completed = '';
	run [ 'bash', '-c', '. "$0"; COMP_WORDS=(mighead che); COMP_CWORD=1; _mighead; echo "${COMPREPLY[@]}"', "$top/bash" ], '>', \$completed;
	is($completed, "check\n", 'which completes commands');
	foreach my $case ([ 'mighead load --rel', '--release' ], [ 'mighead --vers', '--version' ], [ 'mighead -d shop lo', 'load locate log locks' ])
	{
		my ($typed, $wanted) = @$case;
		run [ 'bash', '-c', '. "$0"; COMP_WORDS=($1); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _mighead; echo "${COMPREPLY[@]}"', "$top/bash", $typed ],
			'>', \$completed;
		is($completed, "$wanted\n", "bash: $typed");
	}
	# What zsh is told to offer, and by which of its own functions it asks for more.
	write_file("$top/zsh", $zsh);
	foreach my $case ([ 'mighead load --rel', '--release' ], [ 'mighead --vers', '--version' ], [ 'mighead -d shop lo', 'subcommands' ], [ 'mighead check te', 'files' ],
		[ 'mighead expect -o x -- ale', 'ale' ])
	{
	  SKIP:
		{
			my ($typed, $wanted) = @$case;
			skip 'no zsh', 2 unless run [ 'zsh', '-f', '-c', 'true' ], '2>', \my $ignored;
			run [ 'zsh', '-f', '-c', <<'ZSH', "$top/zsh", $typed ], '>', \$completed, '2>', \$err;
compadd() { shift; print -l -- ${(M)@:#$PREFIX*}; }
_describe() { print $2; }
_files() { print files; }
_normal() { print $words[CURRENT]; }
complete_it() { . $1; }
words=(${=1}); CURRENT=$#words; PREFIX=$words[CURRENT]; complete_it $0
ZSH
			is($completed, "$wanted\n", "zsh: $typed");
			is($err, '', 'without a complaint');
		}
	}
  SKIP:
	{
		skip 'no man', 1 if system('command -v groff >/dev/null') != 0;
		run [ 'groff', '-man', '-Tascii', '-ww', "$top/manual" ], '>', \my $page, '2>', \$err;
		is($err, '', 'the manual is roff without a warning');
	}
}

foreach my $case ([ ['nonsense'], 'unknown command: nonsense' ], [ ['--nonsense'], 'unknown option: --nonsense' ],
	[ [ 'check', '-z' ], 'unknown option: -z' ], [ [ 'load', '-p' ], 'option needs a value: project' ],
	[ [ 'check', '--json=1' ], 'option takes no value' ], [ [ 'status', 'x' ], 'unexpected argument: x' ],
	[ [ 'findings', '-s', '7' ], 'not a severity: 7' ], [ [ '-d', 'absent' ], 'database "absent" does not exist' ],
	[ [ '-d', 'template1' ], 'the extension mighead is not installed' ], [ [ '-h', "$top/none" ], 'No such file' ],
	[ [ '-t', 'absent', 'status' ], 'unknown option: -t' ], [ [ 'status', '-t', 'absent' ], 'relation "absent" does not exist' ])
{
	my ($arguments, $message) = @$case;
	my ($status, $out, $err) = mighead(@$arguments);
	is($status, 3, "mighead @$arguments: trouble of its own");
	like($err, qr/\Q$message\E/, 'which it tells');
}

# ---------- check ----------

{
	my $folder = folder();
	script("$folder/a.py", 'a', 'None');
	script("$folder/b.py", 'b', "'a'");
	is_deeply([ mighead('check', $folder) ], [ 0, "ok  2 scripts, head b\n", '' ], 'a sound history');
	is_deeply([ mighead('check', '-q', $folder) ], [ 0, '', '' ], 'quietly');
	script("$folder/c.py", 'c', "'a'", "branch_labels = 'sea'\n");
	my ($status, $out, $err) = mighead('check', $folder);
	is($status, 2, 'two heads');
	is($err, "mighead: 2 heads, b and c, but 1 is expected\n", 'are told');
	is((mighead('check', '--heads', '2', $folder))[0], 0, 'unless two are expected');
	is((mighead('check', '--heads', 'sea', $folder))[0], 2, 'each head needs a label that is named');
	script("$folder/b.py", 'b', "'a'", "branch_labels = 'bee'\n");
	is((mighead('check', '--heads', 'sea,bee', $folder))[0], 0, 'as here');
	is((mighead('check', '--heads', 'sea,bee,dee', $folder))[0], 2, 'and each label a head');

	script("$folder/d.py", 'd', "'zzz'");
	script("$folder/e.py", 'a', 'None');
	write_file("$folder/f.py", "revision = 'f'\n\ndown_revision = f()\n");
	($status, $out, $err) = mighead('check', $folder);
	is($status, 2, 'faults');
	like($err, qr/^mighead: \Q$folder\E\/e\.py: Revision a is present more than once; the other script is "\Q$folder\E\/a\.py"$/m, 'a double');
	like($err, qr/^mighead: \Q$folder\E\/d\.py: Revision zzz referenced from d is not present$/m, 'a missing one');
	like($err, qr/^mighead: script "\Q$folder\E\/f\.py", line 3: /m, 'and the line of what cannot be read, all at once');
	($status, $out, $err) = mighead('check', '--json', $folder);
	is($status, 2, 'the same as JSON');
	is_deeply([ sort map { $_->{code} } @{ decode_json($out)->{problems} } ],
		[qw(duplicate_revision missing_revision unreadable_script)], 'has codes');
	is((mighead('check', folder()))[0], 2, 'an empty folder is no history');
	unlink map { "$folder/$_.py" } qw(c d e f);
	is((mighead('check', '--heads', '4294967297', $folder))[0], 2, 'huge numbers of heads are not cut');
	is((mighead('check', "$top/absent"))[0], 3, 'an absent one is trouble');
}

# ---------- names and trees of strangers ----------

{
	my $folder = folder();
	my @names = ("-rf.py", "q'u\"o\\te.py", "\xff\xfe.py", "--help.py", '$(touch x).py', "\e]0;x\a.py", ' .py', ('x' x 200) . '.py');
	my $parent = 'None';
	my $number = 0;
	foreach my $name (@names)
	{
		my $revision = 'r' . ++$number;
		script("$folder/$name", $revision, $parent);
		$parent = "'$revision'";
	}
	write_file("$folder/a\nb.py", 'Alembic takes no such name for a script');
	symlink('.', "$folder/loop");
	symlink('loop2', "$folder/loop2");
	symlink('loop3.py', "$folder/loop4.py");
	symlink('/etc', "$folder/etc");
	make_path("$folder/" . join('/', ('deep') x 200));
	run [ 'mkfifo', "$folder/pipe.py" ];
	my ($status, $out, $err) = mighead('check', $folder);
	is($status, 3, 'links to nothing and pipes are trouble');
	unlink "$folder/pipe.py", "$folder/loop4.py";
	is_deeply([ mighead('check', $folder) ], [ 0, "ok  8 scripts, head r8\n", '' ], 'odd names, loops and depth are none');
	($status, $out, $err) = mighead('history', '-v', $folder);
	unlike($out, qr/[\x00-\x09\x0b-\x1f\x7f]/, 'no control character is printed');
	like($out, qr/\\x1b\]0;x\\x07\.py/, 'but what it is');
	ok((decode_json((mighead('history', '--json', $folder))[1])), 'JSON it is, whatever the names');
	unlink "$folder/\xff\xfe.py";
	script("$folder/r3.py", 'r3', "'r2'");
	($status, $out, $err) = mighead('load', $folder);
	is("$status$err", '0', 'all but invalid UTF-8 can be loaded');
	write_file("$folder/bad.py", "revision = 'bad'\n\n\ndown_revision = f()\n");
	($status, $out, $err) = mighead('load', $folder);
	is($status, 3, 'a refused load');
	like($err, qr/script "\Q$folder\E\/bad\.py", line 4: /, 'names the real path and the line');
}

# ---------- as Alembic prints ----------

SKIP:
{
	my ($alembic) = find_program('alembic', 'alembic', 'psycopg2');
	skip 'no Alembic', 6 unless $alembic;
	my $folder = folder();
	write_file("$folder/alembic.ini", "[alembic]\nscript_location = demo\n");
	run [ 'cp', '-r', $demo, "$demo/../env.py", "$folder" ] or die 'no copy';
	make_path("$folder/demo");
	rename "$folder/versions", "$folder/demo/versions";
	rename "$folder/env.py", "$folder/demo/env.py";
	$node->safe_psql('postgres', 'CREATE DATABASE printed');
	$node->safe_psql('printed', 'CREATE EXTENSION mighead');
	is((mighead('load', '-d', 'printed', "$folder/demo"))[0], 0, 'loaded');

	# Alembic has the branches of a set, and whole paths.
	my $same = sub { $_[0] =~ s{^Path: .*/}{Path: }mgr =~ s{^Branches into: (.*)}{'Branches into: ' . join ', ', sort split /, /, $1}mger };
	foreach my $command ('history', 'heads')
	{
		local $ENV{PGDATABASE} = 'printed';
		local $ENV{PYTHONDONTWRITEBYTECODE} = 1;
		run [ $alembic, '-c', "$folder/alembic.ini", $command, '-v' ], '>', \my $printed, '2>', \my $err, 'init', sub { chdir $folder };
		is($same->((mighead($command, '-v'))[1]), $same->($printed), "$command -v of the database prints what Alembic prints");
		is($same->((mighead($command, '-v', "$folder/demo"))[1]), $same->($printed), "and of the directory") if $command eq 'history';
	}
	my ($status, $out, $err) = mighead('graph', '-d', 'printed', '--around', '0');
	is($out, "* 3f1a9c0b7d21 create customers\n", 'a graph around the rows');
	is((mighead('graph', '--around', '1', "$folder/demo"))[0], 3, 'which a directory has not');
}

# ---------- what a directory means ----------

{
	my $project = folder();
	script("$project/migrations/versions/a.py", 'a', 'None');
	script("$project/migrations/versions/below/b.py", 'b', "'a'");
	write_file("$project/migrations/env.py", '');
	my $heads = sub { my ($status, $out, $err) = mighead('heads', @_); $out . $err };
	is($heads->("$project"), "b (head)\n", 'the root of a project of Flask-Migrate');
	is($heads->("$project/migrations"), "b (head)\n", 'what "alembic init" made');
	is($heads->("$project/migrations/versions"), "b (head)\n", 'a version location');
	write_file("$project/alembic.ini", "[alembic]\nscript_location = %(here)s/migrations\n");
	is($heads->("$project/alembic.ini"), "a (head)\n", 'alembic.ini: not the folders below');
	is($heads->($project), "a (head)\n", 'the root of a project');
	write_file("$project/alembic.ini", "[alembic]\nscript_location = migrations\nrecursive_version_locations = true\n");
	is($heads->("$project/alembic.ini"), "b (head)\n", 'unless it says so; relative to its folder');
	write_file("$project/alembic.ini",
		"[alembic]\nscript_location = migrations\npath_separator = newline\nversion_locations =\n  migrations/versions/below\n  migrations/versions\n");
	is($heads->("$project/alembic.ini"), "b (head)\n", 'several locations, one a line');
	my $registered = sub {
		write_file("$project/alembic.ini", "[alembic]\nscript_location = migrations\n$_[0]");
		mighead('load', '-p', 'named', "$project/alembic.ini");
		return $node->safe_psql('postgres',
			q{SELECT version_table_name, coalesce(version_table_schema, 'none'), manages FROM mighead.project WHERE name = 'named'});
	};
	is($registered->(''), 'alembic_version|none|{}', 'a project without a name of its version table');
	is($registered->("version_table = %(script_location)s_version\nversion_table_schema = app\n"), 'migrations_version|app|{}',
		'the version table that alembic.ini names');
	$node->safe_psql('postgres', q{SELECT "My ""Own".mighead_project('named', 'migrations_version', 'app', '{privileges}')});
	is($registered->("version_table = it's\nversion_table_schema =\n"), "it's|app|{privileges}", 'what it does not name stays');
	$node->safe_psql('postgres', q{DELETE FROM mighead.project WHERE name = 'named'; DELETE FROM mighead.release WHERE project = 'named';
		DELETE FROM mighead.revision WHERE project = 'named'});
	write_file("$project/alembic.ini", "[alembic]\nscript_location = my.package:migrations\n");
	like($heads->("$project/alembic.ini"), qr/is in a Python package that is not in.*\nhint: /, 'a package that is not there');
	script("$project/my/package/migrations/versions/c.py", 'c', 'None');
	is($heads->("$project/alembic.ini"), "c (head)\n", 'and one that is');
	write_file("$project/alembic.ini", "[alembic]\nscript_location = %(x)s\n");
	like($heads->("$project/alembic.ini"), qr/alembic\.ini", line 2: there is no option "x"/, 'its errors name the line');
	like($heads->("$project/migrations/env.py"), qr/not a directory, nor alembic\.ini/, 'other files are not read');

	# what expands to nothing is work all the same
	my $many = join '', map { "$_ = " . "%($_$_)s" x 100 . "\n$_$_ = %(" . chr(ord($_) + 1) . ")s\n" } 'b' .. 'd';
	write_file("$project/alembic.ini", "[alembic]\nscript_location = " . '%(b)s' x 100 . "\n${many}e =\n");
	like($heads->("$project/alembic.ini"), qr/too many options in the value of "script_location"/, 'endless interpolation ends');
	write_file("$project/alembic.ini", "[alembic]\nscript_location = migrations\n" . join('', map { "a$_ =\n" } 1 .. 60_000));
	is($heads->("$project/alembic.ini"), "a (head)\n", 'many options are read');
	write_file("$project/alembic.ini", "[alembic]\nscript_location = migrations\na =\nA =\n");
	like($heads->("$project/alembic.ini"), qr/line 4: there already is an option "a"/, 'an option twice');
	write_file("$project/alembic.ini", "[alembic]\n[x]\n[x]\n");
	like($heads->("$project/alembic.ini"), qr/line 3: there already is a section "x"/, 'a section twice');
	unlink "$project/alembic.ini";

	chmod 0444, "$project/migrations/versions/below";
	my ($status, $out, $err) = mighead('load', "$project/migrations/versions");
	is("$status$out", '3', 'a load from a folder whose files cannot be seen is refused');
	like($err, qr/could not read file ".*\/below\/b\.py": Permission denied/, 'with the reason');
	chmod 0755, "$project/migrations/versions/below";
}

# ---------- the old name ----------

{
	my $folder = folder();
	script("$folder/a.py", 'a', 'None');
	my $old = sub {
		my ($out, $err) = ('', '');
		run [ "$program-load", @_ ], '<', \undef, '>', \$out, '2>', \$err, timeout(60);
		return ($? >> 8, $out, $err);
	};
	my $version = (mighead('--version'))[1];
	is_deeply([ $old->('-V', $folder) ], [ 0, $version, '' ], 'mighead-load -V tells the version and loads nothing');
	is_deeply([ $old->('--version') ], [ 0, $version, '' ], 'and needs no directory for it');
	run [ "$program-load", '-h' ], '>', '/dev/full', '2>', \my $err;
	is($? >> 8, 3, 'its help on a full disk is trouble');
	is(($old->($folder, '-p', 'old', '--', '-h', $node->host, '-X', '-d', 'postgres', '-q'))[0], 0, 'options of psql stand anywhere');
}

# ---------- the database ----------

{
	my ($status, $out, $err) = mighead('load', $demo, '-p', 'default', '--release', 'v1');
	is("$status$out$err", "07 scripts in project default: 7 added, 0 changed, 8 retired\nhead: 17b0c8e5f4a2\nhead: d2f6a4b8091e\n",
		'load');
	is($node->safe_psql('postgres', q{SELECT label FROM mighead.release WHERE project = 'default' ORDER BY release DESC LIMIT 1}), 'v1', 'and its label');
	run [ 'tar', '-cf', "$top/archive.tar", '-C', $demo, '.' ] or die;
	run [ $program, 'load', '-' ], '<', "$top/archive.tar", '>', \$out;
	like($out, qr/^7 scripts in project default: 0 added/, 'a tar archive on standard input');
	foreach my $command ('history', 'heads', 'graph')
	{
		is_deeply([ mighead($command) ], [ mighead($command, $demo) ], "$command is the same of the database and of the directory");
	}
	$node->safe_psql('postgres', "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY); INSERT INTO alembic_version VALUES ('nowhere')");
	($status, $out, $err) = mighead();
	is($status, 2, 'the status of an unknown revision is critical') or diag($out, $err);
	like($out, qr/unknown_revision/, 'which it tells');
	is((mighead('findings'))[0], 2, 'findings end so as well');
	is((mighead('status', '-t', 'alembic_version'))[0], 2, 'of a table that is named');
	foreach my $command (qw(status findings drift locate log locks history heads graph))
	{
		my ($own_status, $json, $own_err) = mighead($command, '--json');
		ok(eval { ref decode_json($json) eq 'ARRAY' }, "$command --json is an array of JSON") or diag($json, $own_err);
		unlike($json, qr/\e/, 'without colour');
	}
	is((mighead('status', '--json'))[0], 2, 'with the same exit status');
	$node->safe_psql('postgres', q{SET search_path = public, "My ""Own"; CREATE TABLE other_version (version_num varchar(32) PRIMARY KEY);
		SELECT mighead_project('other', 'other_version');
		SELECT mighead_add_revision('o1', message => 'one of others', project => 'other')});
	is_deeply([ mighead('history', '-v', '-t', 'other_version') ], [ mighead('history', '-v', '--project', 'other') ], 'the revisions of the project that a table belongs to');
	like((mighead('history', '-v', '-t', 'other_version'))[1], qr/^    one of others$/m, 'whole');
	$node->safe_psql('postgres', q{SELECT "My ""Own".mighead_remove_project('other'); DROP TABLE other_version});
	like((mighead('-d', 'absent', 'heads'))[2], qr/\Amighead: [^\n]+\n\z/, 'no connection is told in one line');
	is((mighead('-d', "host='" . $node->host . "' dbname=postgres", 'heads'))[0], 0, 'a connection string is a database');
	$node->safe_psql('postgres', 'DELETE FROM alembic_version');

	# Who changed the rows, and how long ago.
	like((mighead('log'))[1], qr/\ANo change was recorded\./, 'nothing is recorded');
	$node->safe_psql('postgres', q{SET search_path = "My ""Own", public; SELECT mighead_watch('public.alembic_version')});
	$node->safe_psql('postgres', q{INSERT INTO public.alembic_version VALUES ('nowhere')});
	{
		local $ENV{COLUMNS} = 200;
		($status, $out, $err) = mighead('log', '-t', 'alembic_version');
		is("$status$err", '0', 'the log');
		like($out, qr/^\d{4}-\d\d-\d\d [\d:+]+ \(00:0\d:\d\d ago\) +public\.alembic_version +manual +none +nowhere +no /m, 'has an age beside each time');
		is_deeply([ map { $_->{new_rows} } @{ decode_json((mighead('log', '--json'))[1]) } ], [ ['nowhere'] ], 'and so in JSON');
	}
	foreach my $columns (40, 80, 200)
	{
		local $ENV{COLUMNS} = $columns;
		local $ENV{PGAPPNAME} = 'a deploy of ' . 'many words ' x 5;
		$node->safe_psql('postgres', q{UPDATE alembic_version SET version_num = 'elsewhere'});
		my $out = (mighead('log'))[1];
		ok(!(grep { length > $columns } split /\n/, $out), "the log fits $columns columns") or diag($out);
		like($out, $columns < 200 ? qr/^  application +a deploy of/m : qr/  application +why$/m, 'and keeps titles apart');
	}
	$node->safe_psql('postgres', q{SET search_path = "My ""Own", public; SELECT mighead_unwatch('public.alembic_version'); TRUNCATE mighead.journal; DELETE FROM public.alembic_version});

	# what the table says is data
	$node->safe_psql('postgres', "INSERT INTO alembic_version VALUES (E'x\\x1b[2Jy')");
	($status, $out, $err) = mighead('findings');
	unlike($out, qr/\e/, 'a row cannot steer the terminal');
	$node->safe_psql('postgres', 'DELETE FROM alembic_version');

	run [ $program, 'history' ], '>', '/dev/full', '2>', \$err;
	is($? >> 8, 3, 'a full disk is trouble');
	like($err, qr/could not write to standard output/, 'which it tells');
}

# Functions that anybody has planted are not run.
{
	$node->safe_psql('postgres', 'CREATE TABLE canary (what text); GRANT INSERT ON canary TO PUBLIC;'
		  . join('', map { "CREATE FUNCTION public.$_ AS \$\$INSERT INTO public.canary VALUES ('$_') RETURNING NULL::text\$\$;" }
		  ('array_to_string(text[], text) RETURNS text LANGUAGE sql',
			'unnest(text[]) RETURNS SETOF text LANGUAGE sql', 'mighead_status() RETURNS text LANGUAGE sql')));
	foreach my $command (qw(status findings drift locate log locks history heads graph merge))
	{
		mighead($command);
		mighead($command, '--json');
	}
	is($node->safe_psql('postgres', 'SELECT count(*) FROM canary'), '0', 'planted functions are not run');
}

# ---------- merge ----------

{
	my $folder = folder();
	system('cp', '-r', "$demo/.", $folder);
	my ($status, $out, $err) = mighead('merge', '-C', $folder, '-o', $folder);
	is($status, 0, 'merge') or diag($err);
	like($out, qr/\A\Q$folder\E\/[0-9a-f]{12}_merge_heads\.py\n\z/, 'names the file');
	is((mighead('check', $folder))[0], 0, 'with which there is one head');
	my ($id) = $out =~ /([0-9a-f]{12})_/;
	like((mighead('merge'))[1], qr/^revision: str = '$id'$/m, 'the database makes the same id of the same heads');
	unlike((mighead('merge', '-m', 'other'))[1], qr/^revision: str = '$id'$/m, 'but another for another message');
	like((mighead('merge', '--rev-id', 'abc'))[1], qr/^revision: str = 'abc'$/m, 'and the one that is given');
	chomp(my $file = $out);
	($status, $out, $err) = mighead('merge', '-o', $file);
	is($status, 3, 'an existing file is not overwritten');
	is((mighead('merge', '-C', $folder))[0], 3, 'nothing to merge is trouble');
	($status, $out, $err) = mighead('merge', '-d', 'absent', '-o', "$folder/new.py");
	ok($status == 3 && !-e "$folder/new.py", 'without a connection there is no file');
	is_deeply([ grep { !/\.py$/ } map { s{.*/}{}r } glob("$folder/*") ], [], 'and none under another name');

	# what Alembic refuses
	foreach my $case ([ [qw(17b0c8e5f4a2 17b0c8e5f4a2)], 'Duplicate head revisions specified' ],
		[ [qw(17b0c8e5f4a2 a91c5e7d3f08)], 'Revision a91c5e7d3f08 is not a head revision; please specify --splice' ],
		[ [ '--rev-id', 'a+b' ], "Character(s) '+' not allowed in revision identifier 'a+b'" ],
		[ [ '--rev-id', 'a91c5e7d3f08' ], 'Revision a91c5e7d3f08 is present more than once' ],
		[ [qw(17b0c8e5f4a2)], 'nothing to merge' ])
	{
		my ($arguments, $message) = @$case;
		foreach my $where ([], [ '-C', $demo ])
		{
			($status, $out, $err) = mighead('merge', @$where, @$arguments);
			is("$status$out", '3', "merge @$where @$arguments: no file");
			like($err, qr/\Q$message\E/, 'with the reason');
		}
	}
	like((mighead('merge', @$_, '--rev-id', ''))[1], qr/^revision: str = '$id'$/m, 'no id is none that is given') foreach [], [ '-C', $demo ];

	# the file is that of the function, but for the time
	my $strip = sub { $_[0] =~ s/^Create Date: .*//mr };
	is($strip->((mighead('merge', '-m', q{it's "it"}, '--rev-id', 'abc'))[1]),
		$strip->($node->safe_psql('postgres', qq{SELECT "My ""Own".mighead_merge_script('heads', 'it''s "it"', 'abc', 'default')}) . "\n"),
		'the file of the database');
	$folder = folder();
	my $written = decode_json((mighead('merge', '--json', '-C', $demo, '-o', $folder))[1]);
	is_deeply($written, { revision => $id, file => "$folder/${id}_merge_heads.py" }, 'as JSON: id and file');
}

# ---------- a database whose functions lie ----------

{
	$node->safe_psql('postgres', 'CREATE DATABASE liar');
	$node->safe_psql('liar', 'CREATE EXTENSION mighead');
	is((mighead('load', '-d', 'liar', $demo))[0], 0, 'a load');
	my $replace = sub {
		my ($name, $sql) = @_;
		my $old = $node->safe_psql('liar', "SELECT oid::regprocedure FROM pg_proc WHERE proname = '$name'");
		$node->safe_psql('liar', "ALTER EXTENSION mighead DROP FUNCTION $old; ALTER FUNCTION $old RENAME TO true_$name; $sql");
	};
	my $both = 'version_table regclass, min_severity int';
	$replace->('mighead_findings', "CREATE FUNCTION mighead_findings($both) RETURNS TABLE (severity int, code text) LANGUAGE sql AS 'VALUES (3, ''a''), (2, ''b'')'");
	is((mighead('findings', '-d', 'liar', '--json'))[0], 2, 'unknown before critical is critical');
	$replace->('mighead_drift', "CREATE FUNCTION mighead_drift($both) RETURNS TABLE (severity int, kind text, object_type text, object text,"
		  . " attribute text, expected text, actual text, since_revision text, changed_at timestamptz, changed_by text, fix text) LANGUAGE sql"
		  . " AS 'SELECT 1, ''a'', ''b'', ''c'', ''d'', ''e'', ''f'', ''g'', now(), ''h'', ''i'' WHERE min_severity < 2'");
	is((mighead('drift', '-d', 'liar'))[0], 1, 'a difference');
	my ($status, $out, $err) = mighead('drift', '-d', 'liar', '-s', '2');
	is($status, 0, 'none of severity 2') or diag($err);
	like($out, qr/\ANo differences of severity 2 or more\.\n/, 'does not say that there are none');
	$replace->('mighead_status', 'CREATE FUNCTION mighead_status(version_table regclass) RETURNS TABLE (version_table text, compared bool)'
		  . ' LANGUAGE sql AS $$SELECT (1 / 0)::text, true$$');
	is((mighead('drift', '-d', 'liar', '-s', '2'))[0], 3, 'and nothing is sure where the status cannot be had');
	$replace->('mighead_merge_script', 'CREATE FUNCTION mighead_merge_script(text, text, text, text) RETURNS text LANGUAGE sql'
		  . q{ AS $$SELECT 'import os'$$});
	my $folder = folder();
	($status, $out, $err) = mighead('merge', '-d', 'liar', '-o', $folder);
	is($status, 0, 'merge') or diag($err);
	chomp $out;
	unlike(slurp_file($out), qr/import os/, 'writes no Python of the server');
	like(slurp_file($out), qr/^down_revision: .* = \('17b0c8e5f4a2', 'd2f6a4b8091e'\)$/m, 'but the heads');
}

# ---------- terminals ----------

SKIP:
{
	skip 'IO::Pty is not installed', 6 unless eval { require IO::Pty; 1 };
	my $screen = sub {
		my ($environment, @arguments) = @_;
		my $out = '';
		local @ENV{ keys %$environment } = values %$environment;
		run [ $program, @arguments ], '<', \undef, '>pty>', \$out;
		return $out;
	};
	$node->safe_psql('postgres', "INSERT INTO alembic_version VALUES ('nowhere')");
	like($screen->({ TERM => 'xterm' }, 'findings'), qr/\e\[1;31mcritical\e\[0m/, 'colour on a terminal');
	unlike($screen->({ TERM => 'xterm', NO_COLOR => '1' }, 'findings'), qr/\e/, 'but not with NO_COLOR');
	unlike($screen->({ TERM => 'dumb' }, 'findings'), qr/\e/, 'nor on a dumb one');
	unlike((mighead('findings'))[1], qr/\e/, 'nor in a pipe');
	foreach my $columns (40, 80, 200)
	{
		local $ENV{COLUMNS} = $columns;
		my ($status, $out) = mighead('locks');
		ok(!(grep { length > $columns } split /\n/, $out), "tables fit $columns columns");
	}
	$node->safe_psql('postgres', 'DELETE FROM alembic_version');
}

# ---------- a hostile server ----------

{
	my $socket = folder();
	my $ready = '';
	my $server = start([ 'python3', "$FindBin::RealBin/lib/hostile_server.py", $socket, $ENV{MIGHEAD_SEED} // 1 ], '>', \$ready, timeout(600));
	pump $server until $ready =~ /ready/;
	my (@crashed, @steering);
	my $runs = 0;
	local $ENV{PGPORT} = 5432;
	foreach my $number (1 .. ($ENV{MIGHEAD_LONG} ? 300 : 8))
	{
		foreach my $command ([], ['findings'], ['drift'], ['locate'], ['log'], ['locks'], ['history'], ['heads'], ['graph'], ['merge'],
			[ 'status', '--json' ], [ 'status', '-t', 'x' ], [ 'load', $demo ])
		{
			my ($status, $out, $err) = eval { mighead('-h', $socket, '-d', $number, '-U', 'x', @$command) };
			$runs++;
			push @crashed, "$number @$command: " . ($status // $@) if !defined $status || $status !~ /^[0-3]$/;
			push @steering, "$number @$command" if "$out$err" =~ /[\x00-\x08\x0b-\x1f\x7f]/;
		}
	}
	is_deeply(\@crashed, [], "a server that lies crashes none of $runs runs");
	is_deeply(\@steering, [], 'and steers no terminal');
	$server->kill_kill;
}

# ---------- Alembic as the oracle ----------

SKIP:
{
	my ($alembic, $missing) = find_program('alembic', 'alembic');
	skip $missing, 2 unless $alembic;
	my ($python) = slurp_file($alembic) =~ /\A#!\s*(\S+)/;
	local $ENV{PYTHONDONTWRITEBYTECODE} = 1;
	my $trees = 500;
	my $cases = $ENV{MIGHEAD_LONG} ? 500 : 60;
	my $seed = $ENV{MIGHEAD_SEED} // 1;
	my $out = '';
	ok(run([ $python, "$FindBin::RealBin/lib/check_alembic.py", $program, $trees, $seed, folder() ], '>&', \$out), "check: as Alembic on $trees trees");
	note $out;
	$out = '';
	ok(run([ $python, "$FindBin::RealBin/lib/config_alembic.py", $program, folder(), $cases, $seed ], '>&', \$out), 'alembic.ini: as Alembic')
	  or diag $out;
	note $out;

	# history and heads, word for word
	my $folder = folder();
	system('cp', '-r', $demo, "$folder/versions");
	write_file("$folder/env.py", '');
	write_file("$folder/alembic.ini", "[alembic]\nscript_location = $folder\n");
	foreach my $command (['history'], ['heads'])
	{
		my $theirs = '';
		run [ $alembic, '-c', "$folder/alembic.ini", @$command ], '>', \$theirs, '2>', \my $err;
		is((mighead(@$command, $folder))[1], $theirs, "@$command: as Alembic, word for word");
	}
}

$node->stop;
unlike(slurp_file($node->logfile), qr/unexpected EOF/, 'each connection was closed');
done_testing();
