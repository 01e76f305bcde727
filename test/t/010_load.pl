# Loading: from directories, archives, with the client program, by hand and from
# documents; what is refused, and that a refusal leaves everything as it was.
use strict;
use warnings;

use Encode qw(encode);
use File::Path qw(make_path);
use FindBin;
use IPC::Run qw(run start pump finish);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
my $program = $node->config_data('--bindir') . '/mighead-load';
$node->safe_psql('postgres', 'CREATE EXTENSION mighead');

my $top = PostgreSQL::Test::Utils::tempdir;

# ---------- tools ----------

# The source of a script; values are Python.
sub source_of
{
	my ($revision, $down_revision, $more) = @_;

	return "\"\"\"message of $revision\"\"\"\nrevision = '$revision'\ndown_revision = $down_revision\n"
	  . ($more // '');
}

# Makes a directory that holds just these files.
my $directories = 0;

sub directory_of
{
	my (%files) = @_;
	my $directory = "$top/directory" . ++$directories;

	make_path($directory);
	add_file($directory, $_, $files{$_}) foreach keys %files;
	return $directory;
}

sub add_file
{
	my ($directory, $name, $content) = @_;
	my ($parent) = "$directory/$name" =~ m{^(.*)/};

	make_path($parent);
	open(my $handle, '>:raw', "$directory/$name") or die "$directory/$name: $!";
	print $handle $content;
	close $handle;
	return;
}

sub quoted
{
	my ($text) = @_;

	return "'" . $text =~ s/'/''/gr . "'";
}

# An archive made by tar with these arguments, as an SQL expression.
sub archive_of
{
	my (@arguments) = @_;

	run [ 'tar', '-cf', "$top/archive.tar", @arguments ] or die 'tar failed';
	return archive_bytes(slurp_file("$top/archive.tar"));
}

sub archive_bytes
{
	my ($bytes) = @_;
	my $path = "$top/archive.bytes";

	open(my $handle, '>:raw', $path) or die "$path: $!";
	print $handle $bytes;
	close $handle;
	return 'pg_read_binary_file(' . quoted($path) . ')';
}

sub load
{
	my ($directory, @more) = @_;

	return $node->safe_psql('postgres',
		'SELECT * FROM mighead_load_scripts(' . join(', ', quoted($directory), @more) . ')');
}

sub query
{
	my ($sql) = @_;

	return $node->safe_psql('postgres', $sql);
}

sub everything
{
	return query('SELECT r FROM mighead.project r ORDER BY r;'
		  . 'SELECT r FROM mighead.release r ORDER BY r;'
		  . 'SELECT r, xmin FROM mighead.revision r ORDER BY r.project, r.revision');
}

sub revisions
{
	my ($project) = @_;

	return query("SELECT string_agg(revision, ' ' ORDER BY load_order) FROM mighead.revision"
		  . " WHERE project = '$project' AND first_release IS NOT NULL AND last_release IS NULL");
}

# A statement is refused with this code and message, and changes nothing.
sub refused
{
	my ($sql, $sqlstate, $message, $name) = @_;
	my $before = everything();
	my ($status, $out, $err) =
	  $node->psql('postgres', $sql, extra_params => [ '-v', 'VERBOSITY=verbose' ]);

	like($err, qr/ERROR:  \Q$sqlstate\E: $message/, $name);
	is(everything(), $before, "$name: everything is as it was");
	return;
}

sub load_refused
{
	my ($directory, @expected) = @_;

	return refused('SELECT mighead_load_scripts(' . quoted($directory) . ')', @expected);
}

sub archive_refused
{
	my ($archive, @expected) = @_;

	return refused("SELECT mighead_load_archive($archive)", @expected);
}

# Exit status, output and errors of the program.
sub client
{
	my (@arguments) = @_;
	my ($out, $err) = ('', '');

	local $ENV{PGHOST} = $node->host;
	local $ENV{PGPORT} = $node->port;
	local $ENV{PGDATABASE} = 'postgres';
	run [ $program, @arguments ], '<', \undef, '>', \$out, '2>', \$err;
	return ($? >> 8, $out, $err);
}

# ---------- a first load, the same again, a change, a withdrawal, a return ----------

my $first = directory_of(
	'a_one.py' => source_of('a', 'None'),
	'b_two.py' => source_of('b', "'a'"),
	'c_three.py' => source_of('c', "'b'", "branch_labels = ('main',)\ndepends_on = None\n"));

is(load($first, "release => '1.0'"), '3|3|0|0|{c}|{}', 'a first load adds everything');
is( query('SELECT revision, load_order, down_revision, branch_labels, message, file_name, by_hand,'
		  . ' first_release, last_release, checksum = first_checksum FROM mighead.revision ORDER BY 2'),
	"a|0|{}|{}|message of a|a_one.py|f|1||t\nb|1|{a}|{}|message of b|b_two.py|f|1||t\n"
	  . 'c|2|{b}|{main}|message of c|c_three.py|f|1||t',
	'what is stored of each script');
is( query("SELECT checksum, body_checksum FROM mighead.revision WHERE revision = 'a'"),
	query('SELECT encode(sha256(s), \'hex\'), encode(sha256(replace(convert_from(s, \'UTF8\'), \'a\', \'\')::bytea), \'hex\')'
		  . ' FROM pg_read_binary_file('
		  . quoted("$first/a_one.py")
		  . ') s'),
	'checksums of the source, with and without the id');
is( query('SELECT release, label, heads, loaded_by = session_user, source FROM mighead.release'),
	"1|1.0|{c}|t|$first",
	'the release');

my $untouched = query('SELECT revision, xmin, ctid FROM mighead.revision ORDER BY 1');
is(load($first), '3|0|0|0|{c}|{}', 'the same again changes nothing');
is(query('SELECT revision, xmin, ctid FROM mighead.revision ORDER BY 1'),
	$untouched, 'no row of a revision is written for that');
is(query('SELECT count(*) FROM mighead.release'), '2', 'but it is a release');

add_file($first, 'b_two.py', source_of('b', "'a'", "# edited\n"));
is(load($first, "release => '1.1'"), '3|0|1|0|{c}|{}', 'an edited script is a change');
is( query("SELECT revision FROM mighead.revision WHERE checksum <> first_checksum"),
	'b', 'and its first checksum stays');
is( query("SELECT revision FROM mighead.revision WHERE xmin::text NOT IN (SELECT xmin::text FROM mighead.revision WHERE revision = 'b')"),
	"a\nc",
	'only its row is written');

rename("$first/c_three.py", "$top/c_three.py") or die;
is(load($first), '2|0|0|1|{b}|{}', 'a withdrawn script is retired');
is(query("SELECT first_release, last_release FROM mighead.revision WHERE revision = 'c'"),
	'1|3', 'the last release that had it is kept');
is(load($first), '2|0|0|0|{b}|{}', 'it is retired once');
is(query("SELECT first_release, last_release FROM mighead.revision WHERE revision = 'c'"),
	'1|3', 'and stays as it is');
rename("$top/c_three.py", "$first/c_three.py") or die;
is(load($first), '3|1|0|0|{c}|{}', 'a script that returns is current again');
is(query("SELECT first_release, last_release FROM mighead.revision WHERE revision = 'c'"),
	'1|', 'since its first release');

# ---------- what is refused ----------

load_refused('relative/versions', '42602', 'directory "relative/versions" is not an absolute path',
	'a relative directory');
load_refused("$top/absent", '58P01', 'could not open directory', 'an absent directory');
load_refused("$first/a_one.py", '42809', 'could not open directory ".*": Not a directory',
	'not a directory');
refused('SELECT mighead_load_scripts(NULL)', '22004', 'argument "directory"', 'NULL');

my @bad = (
	[ 'a file that is no migration', 'MH220', 'Could not determine revision id from filename helper\.py\.',
		'helper.py' => "import os\n" ],
	[ 'a script without down_revision', 'MH220', 'script ".*/x\.py": "down_revision" is not assigned',
		'x.py' => "revision = 'x'\n" ],
	[ 'a computed value', 'MH220', 'script ".*/x\.py", line 2: "down_revision" is not assigned a literal',
		'x.py' => "revision = 'x'\ndown_revision = f()\n" ],
	[ 'invalid UTF-8', 'MH220', 'script ".*/x\.py", line 3: invalid byte sequence for UTF-8',
		'x.py' => "revision = 'x'\ndown_revision = None\n# \xe9\n" ],
	[ 'invalid UTF-8 behind a line that ends in CR', 'MH220',
		'script ".*/x\.py", line 2: invalid byte sequence for UTF-8', 'x.py' => "#\r# \xff\r" ],
	[ 'bytes that the declared encoding has not', 'MH220',
		'script ".*/x\.py", line 2: invalid byte sequence for encoding WIN1252',
		'x.py' => "# coding: cp1252\n# \x81\n" ],
	[ 'other than ASCII where ASCII is declared', 'MH220',
		'script ".*/x\.py", line 2: invalid byte sequence for encoding ASCII',
		'x.py' => "# coding: us-ascii\n# \xe9\n" ],
	[ 'an unknown encoding', 'MH220', 'script ".*/x\.py": unknown encoding "klingon"',
		'x.py' => "# coding: klingon\n" ],
	[ 'a byte order mark and another encoding', 'MH220', 'script ".*/x\.py", line 1: encoding "latin-1" is declared',
		'x.py' => "\xef\xbb\xbf# coding: latin-1\n" ],
	[ 'a NUL byte', 'MH220', 'script ".*/x\.py", line 2: null byte', 'x.py' => "#\n\0" ],
	[ 'a NUL byte in another encoding', 'MH220', 'script ".*/x\.py", line 2: invalid byte sequence',
		'x.py' => "# coding: latin-1\n\0" ],
	[ 'an id with @', 'MH215', "Character\\(s\\) '\@' not allowed in revision identifier 'x\@y'",
		'x.py' => source_of('x@y', 'None') ],
	[ 'a cycle', 'MH211', 'Cycle is detected in revisions \(x, y\)',
		'x.py' => source_of('x', "'y'"), 'y.py' => source_of('y', "'x'") ],
	[ 'a revision that is its own parent', 'MH210', 'Self-loop is detected in revisions \(x\)',
		'x.py' => source_of('x', "'x'") ],
	[ 'a cycle of dependencies', 'MH212', 'Dependency cycle is detected in revisions',
		'x.py' => source_of('x', 'None', "depends_on = 'y'\n"),
		'y.py' => source_of('y', 'None', "depends_on = 'x'\n") ],
	[ 'an absent parent', 'MH213', 'Revision zzz referenced from x is not present',
		'x.py' => source_of('x', "'zzz'") ],
	[ 'an absent dependency', 'MH213', 'Revision zzz referenced from x is not present',
		'x.py' => source_of('x', 'None', "depends_on = 'zzz'\n") ],
	[ 'an id twice', 'MH214', 'Revision x is present more than once',
		'x.py' => source_of('x', 'None'), 'y.py' => source_of('x', 'None') ],
	[ 'a label that is an id', 'MH214', "Branch name 'x' in revision y already used by revision x",
		'x.py' => source_of('x', 'None'), 'y.py' => source_of('y', "'x'", "branch_labels = 'x'\n") ]);

foreach my $case (@bad)
{
	my ($name, $sqlstate, $message, %files) = @$case;
	my $directory = directory_of('good.py' => source_of('good', 'None'), %files);

	load_refused($directory, $sqlstate, $message, $name);

	# archive members have no directory in front, the rest is the same
	archive_refused(archive_of('-C', $directory, '.'),
		$sqlstate, $message =~ s{"\.\*/}{"}r, "$name, in an archive");
}

SKIP:
{
	my $directory = directory_of('x.py' => source_of('x', 'None'));

	chmod(0, "$directory/x.py");
	skip 'nothing is unreadable to root', 4 if -r "$directory/x.py";
	load_refused($directory, 'MH220', 'could not read script ".*/x\.py": Permission denied',
		'a file that may not be read');
	chmod(0644, "$directory/x.py");
	make_path("$directory/sub");
	chmod(0, "$directory/sub");
	load_refused($directory, '42501', 'could not open directory ".*/sub"', 'a directory that may not be read');
	chmod(0755, "$directory/sub");
}

{
	my $directory = directory_of('x.py' => source_of('x', 'None'));

	symlink('absent', "$directory/y.py");
	load_refused($directory, 'MH220', 'could not read script ".*/y\.py": No such file', 'a link to nothing');
	unlink "$directory/y.py";
	run [ 'mkfifo', "$directory/y.py" ] or die;
	load_refused($directory, 'MH220', 'could not read script ".*/y\.py": it is not a file',
		'a pipe, which would make the server wait');
	unlink "$directory/y.py";

	# with a hole, so that it takes no room
	add_file($directory, 'y.py', '');
	truncate("$directory/y.py", 1 << 30);
	load_refused($directory, 'MH220', 'script ".*/y\.py" is larger than 16 MB', 'a file of 1 GB');
	my ($status, $out, $err) = client($directory);
	is($status, 1, 'the program sends no file of 1 GB');
	like($err, qr/y\.py" is larger than 16777216 bytes/, 'and says which');

	# the limit itself is good, and an archive has the same one
	my $longest = source_of('y', "'x'") . ('#' x 1023 . "\n") x (16 * 1024);
	add_file($directory, 'y.py', substr($longest, 0, 16 * 1024 * 1024));
	is(load($directory, "'long'"), '2|2|0|0|{y}|{}', 'a file of 16 MB is read');
	add_file($directory, 'y.py', substr($longest, 0, 16 * 1024 * 1024 + 1));
	load_refused($directory, 'MH220', 'script ".*/y\.py" is larger than 16 MB', 'a byte more is not');
	archive_refused(archive_of('-C', $directory, '.'), 'MH220', 'script "y\.py" is larger than 16 MB',
		'nor from an archive');
}

archive_refused("''", 'MH221', 'not a tar archive', 'nothing as an archive');
archive_refused("'revision = 1'", 'MH221', 'not a tar archive', 'text as an archive');
archive_refused('NULL', '22004', 'argument "archive"', 'NULL as an archive');
archive_refused(archive_of('-z', '-C', $first, '.'), 'MH221', 'not a tar archive\nDETAIL:  It is gzip data\.',
	'a compressed archive');
archive_refused(archive_of('-P', '-C', $top, '../' . ($top =~ s{.*/}{}r) . '/' . ($first =~ s{.*/}{}r)),
	'MH221', 'tar archive has a member that lies outside of it: "\.\./', 'a name with ..');
archive_refused(archive_of('-P', "$first/a_one.py"),
	'MH221', 'tar archive has a member that lies outside of it: "/', 'an absolute name');
{
	my $archive = do
	{
		archive_of('-C', $first, '.');
		slurp_file("$top/archive.tar");
	};

	foreach my $length (1, 511, 512, 1000, 1024, 2048, 3000)
	{
		archive_refused(archive_bytes(substr($archive, 0, $length)),
			'MH221', '(not a|truncated) tar archive', "an archive cut off at $length bytes");
	}
	substr($archive, 512 + 10, 1) ^= "\1";
	archive_refused(archive_bytes($archive), 'MH221', 'damaged tar archive', 'a damaged archive');
}

# ---------- the order of files, by Python's own os.walk ----------

my $walk = <<'END';
import os, sys
# Script._list_py_dir of Alembic, and ScriptDirectory._load_revisions
def scripts(top):
    seen = set()
    for root, dirs, files in os.walk(top, topdown=True):
        dirs.sort()
        if root.endswith("__pycache__"):
            continue
        for name in sorted(files):
            path = os.path.join(root, name)
            real = os.path.realpath(path)
            if not name.endswith(".py") or name.startswith((".#", "__init__")) or real in seen:
                continue
            seen.add(real)
            yield os.path.relpath(path, top)
        if len(sys.argv) > 2:
            break
print("\n".join(scripts(sys.argv[1])))
END

sub walked
{
	my (@arguments) = @_;
	my $out = '';

	run [ 'python3', '-c', $walk, @arguments ], '>', \$out or die 'os.walk failed';
	chomp $out;
	return $out;
}

sub loaded_files
{
	my ($project) = @_;

	return query("SELECT file_name FROM mighead.revision WHERE project = '$project'"
		  . ' AND last_release IS NULL ORDER BY load_order');
}

{
	my @names = ('b', 'a', 'Z', '0', '-x', 'a b', 'ab', 'a-b', '__init__2', '.hidden', '.#lock',
		"\xc3\xa9", '~', '__pycache__', 'x__pycache__', 'a.py', 'a\\b', '--help', '@list');
	my %files;
	my $number = 0;

	foreach my $directory ('', 'a', 'a-b', 'a b', 'B', 'a/b', 'a/b/c', '__pycache__', '__pycache__/d',
		'x__pycache__', 'deep/er', '.dot')
	{
		foreach my $name (@names)
		{
			$number++;
			$files{ ($directory eq '' ? '' : "$directory/") . "$name.py" } = source_of("r$number", 'None');
		}
		$files{ ($directory eq '' ? '' : "$directory/") . 'README' } = "no script\n";
	}
	my $directory = directory_of(%files);
	symlink('a', "$directory/linked");
	symlink('../b.py', "$directory/a/linked.py");
	symlink('b', "$directory/a/dir.py");

	my $warning = "File $directory/b.py loaded twice! ignoring. Please ensure version_locations is unique.";
	like(load($directory, "'walk'"), qr/\Q$warning\E/, 'a file under a second name is loaded once');
	is(loaded_files('walk'), walked($directory), 'files come in the order of os.walk');
	load($directory, "'flat'", 'recursive => false');
	is(loaded_files('flat'), walked($directory, 'flat'), 'without the directories below, too');

	my ($status, $out, $err) = client('-p', 'client', $directory);
	is($status, 0, 'the program takes odd names');
	like($err, qr/\Awarning: File \Q$directory\E\/b\.py loaded twice! ignoring\. Please ensure version_locations is unique\.\n\z/, 'and links to files, once');
	is(loaded_files('client'), walked($directory), 'and the same files in the same order');
	client('-n', '-p', 'client flat', $directory);
	is(loaded_files('client flat'), walked($directory, 'flat'), 'without the directories below, too');

	foreach my $format (qw(v7 ustar gnu oldgnu posix))
	{
		query('SELECT mighead_load_archive('
			  . archive_of("--format=$format", '-C', $directory, '.')
			  . ", 'tar $format')");
		is(loaded_files("tar $format"), walked($directory), "an archive of the format $format has the same");
	}
}

# ---------- several locations, environments ----------

{
	my $one = directory_of('x.py' => source_of('x', 'None'));
	my $two = directory_of('a.py' => source_of('a', "'x'"));
	my $environment = directory_of(
		'env.py' => "import alembic\n",
		'script.py.mako' => '',
		'versions/e.py' => source_of('e', 'None'));
	my ($status, $out, $err) = client('-p', 'locations', '-r', 'v1', $two, $one);

	is($status, 0, 'several directories at once');
	is($out, "2 scripts in project locations: 2 added, 0 changed, 0 retired\nhead: a\n", 'what it says');
	is(revisions('locations'), 'a x', 'in the order in which they are given');
	is(query("SELECT label, source FROM mighead.release WHERE project = 'locations'"), 'v1|archive', 'the release');
	client('-p', 'locations', $one, $two);
	is(revisions('locations'), 'x a', 'which matters');

	($status, $out, $err) = client('-p', 'twice', $one, $two, "$one/.");
	like($err, qr/File \Q$one\E\/x\.py loaded twice! ignoring/, 'a directory given twice is told');
	is(revisions('twice'), 'x a', 'and read once');

	is(load($environment, "'env'"), '1|1|0|0|{e}|{}', 'the directory of an environment stands for its versions');
	is(query("SELECT source FROM mighead.release WHERE project = 'env'"), "$environment/versions", 'as is told');
	client('-p', 'env client', $environment);
	is(revisions('env client'), 'e', 'to the program as well');

	my $archive = archive_of('-C', $environment, '.');
	is(query("SELECT heads FROM mighead_load_archive($archive, 'env archive')"), '{e}', 'and in an archive');
	refused("SELECT mighead_load_scripts('" . directory_of() . "', 'none')", '22023', 'no migration script was found', 'an empty directory');
	($status, $out, $err) = client('-p', 'none', directory_of());
	is($status, 1, 'an empty directory is refused by the program as well');
	like($err, qr/no migration script was found/, 'which says why');
	is(load(directory_of(), "'none', allow_empty => true"), '0|0|0|0|{}|{"No migration script was found."}', 'unless it is asked for');
	($status, $out, $err) = client('-p', 'none', '--allow-empty', directory_of());
	is($out, "0 scripts in project none: 0 added, 0 changed, 0 retired\nwarning: No migration script was found.\n",
		'by the program as well');
}

# ---------- what a load warns of ----------

{
	my $long = 'long_' . 'x' x 28;
	my $directory = directory_of(
		'a.py' => source_of($long, 'None'),
		'b.py' => source_of('labelled', 'None', "branch_labels = 'other'\n"),
		'c.py' => source_of("\xc3\xa9" x 32, "'labelled'"));
	my $bases = "There are 2 base revisions, of which these have no branch label: $long.";
	my $heads = "{$long," . "\xc3\xa9" x 32 . '}';

	is( load($directory, "'warnings'"),
		"3|3|0|0|$heads|{\"$bases\",\"Revision $long is longer than the 32 characters that the column version_num takes.\"}",
		'bases without a label, and ids that are too long, in characters');
	query('CREATE TABLE alembic_version (version_num varchar(33) PRIMARY KEY)');
	is(load($directory, "'warnings'"), "3|0|0|0|$heads|{\"$bases\"}", 'unless the version table is wide enough');
	query('DROP TABLE alembic_version; CREATE TABLE alembic_version (version_num varchar(8) PRIMARY KEY)');
	like(load($directory, "'warnings'"),
		qr/2 revisions, the first of them \Q$long\E, are longer than the 8 characters/, 'or narrower');
	query('DROP TABLE alembic_version');
}

# ---------- encodings ----------

{
	my %encodings = (
		'latin-1' => "\x{e9}t\x{e9}", 'iso-8859-15' => "\x{20ac}", 'cp1252' => "\x{201c}caf\x{e9}\x{201d}",
		'cp1251' => "\x{43f}\x{440}\x{438}", 'koi8-r' => "\x{43f}\x{440}\x{438}", 'euc-jp' => "\x{65e5}\x{672c}",
		'shift_jis' => "\x{65e5}\x{672c}", 'gb2312' => "\x{4e2d}\x{6587}", 'euc-kr' => "\x{d55c}",
		'utf-8' => "\x{1f600}");
	my %files;
	my $messages = '';
	my $number = 10;

	foreach my $encoding (sort keys %encodings)
	{
		my $id = 'r' . ++$number;

		$files{"$id.py"} = encode($encoding,
			"# -*- coding: $encoding -*-\n\"\"\"$encodings{$encoding}\"\"\"\nrevision = '$id'\ndown_revision = None\n");
		$messages .= encode('utf-8', $encodings{$encoding}) . "\n";
	}
	$files{'s.py'} = "\xef\xbb\xbf" . source_of('bom', 'None');
	load(directory_of(%files), "'encodings'");
	is( query("SELECT message FROM mighead.revision WHERE project = 'encodings' ORDER BY load_order"),
		$messages . 'message of bom', 'declared encodings are decoded');
}

# ---------- by hand ----------

{
	my $directory = directory_of(
		'a.py' => source_of('a', 'None'),
		'b_computed.py' => "'of the script'\nrevision = 'b'\ndown_revision = parent()\n",
		'2024_01_01_c9-computed.py' => "'''computed id\n\nCreate Date: 2024-01-01 10:00:00\n'''\n"
		  . "revision = make_id()\ndown_revision = 'b'\n",
		'd.py' => source_of('d', "'c9'"));
	my $add = sub { query("SELECT mighead_add_revision($_[0], project => 'hand')") };

	load_refused($directory, 'MH220', 'script ".*/2024_01_01_c9-computed\.py", line 5', 'a computed id');
	$add->("'b', '{a}', branch_labels => '{bee}', message => 'the b'");
	is(query("SELECT first_release IS NULL FROM mighead.revision WHERE project = 'hand'"), 't',
		'a registration waits for what it refers to');
	is(query("SELECT count(*) FROM mighead.release WHERE project = 'hand'"), '0', 'and makes no release');
	$add->("'c', '{b}'");
	$add->("'c9', '{b}', '{bee}'");
	$add->("'x1', '{d}'");
	is( load($directory, "'hand'"),
		'6|6|0|0|{c,x1}|{}', 'registrations stand for what cannot be read');
	is(revisions('hand'), 'c9 a b d c x1', 'at the place of their files, or last without a file');
	is( query("SELECT revision, file_name, split_part(message, E'\\n', 1), checksum IS NOT NULL, create_date"
			  . " FROM mighead.revision WHERE project = 'hand' AND by_hand ORDER BY 1"),
		"b|b_computed.py|the b|t|\nc|||f|\nc9|2024_01_01_c9-computed.py|computed id|t|2024-01-01 10:00:00\nx1|||f|",
		'the file is told by the id that could be read, or by its name, and gives its message');

	add_file($directory, 'c.py', source_of('c', "'a'"));
	is( load($directory, "'hand'"),
		'6|0|1|0|{c,x1}|{"Revision c is registered by hand, which goes before what script c.py says."}',
		'a registration goes before a script that can be read');
	is(query("SELECT down_revision FROM mighead.revision WHERE project = 'hand' AND revision = 'c'"), '{b}', 'indeed');
	query("SELECT mighead_remove_revision('c', 'hand')");
	is(query("SELECT down_revision FROM mighead.revision WHERE project = 'hand' AND revision = 'c'"), '{b}',
		'until it is removed and the scripts loaded again');
	is(load($directory, "'hand'"), '6|0|1|0|{c,x1}|{}', 'then the script counts');
	is(query("SELECT down_revision FROM mighead.revision WHERE project = 'hand' AND revision = 'c'"), '{a}', 'indeed');

	unlink "$directory/d.py";
	is( load($directory, "'hand'"),
		'4|0|0|2|{c9,c}|{"Revision x1, registered by hand, is left out: it refers to d, which is absent."}',
		'a registration is retired with what it refers to');
	add_file($directory, 'd.py', source_of('d', "'c9'"));
	is(load($directory, "'hand'"), '6|2|0|0|{c,x1}|{}', 'and comes back with it');
	refused("SELECT mighead_remove_revision('d', 'hand')", '42704', 'revision "d" is not registered by hand',
		'removing what is not registered');
	$add->("'y2', '{x1}'");
	refused("SELECT mighead_remove_revision('x1', 'hand')", 'MH213', 'Revision x1 referenced from y2 is not present',
		'removing what others refer to');
	query("SELECT mighead_remove_revision('y2', 'hand')");
	query("SELECT mighead_remove_revision('x1', 'hand')");
	is(query("SELECT heads FROM mighead.release WHERE project = 'hand' ORDER BY release DESC LIMIT 1"), '{c,d}',
		'a removal changes the heads');
	refused("SELECT mighead_add_revision('d', '{nowhere}', project => 'hand')", 'MH213',
		'Revision nowhere referenced from d is not present', 'a current revision cannot be left out');
	refused("SELECT mighead_add_revision('b', '{d}', branch_labels => '{bee}', project => 'hand')", 'MH211', 'Cycle is detected',
		'a registration that makes a cycle');
	refused("SELECT mighead_add_revision('n-n', project => 'hand')", 'MH215', 'Character', 'a forbidden character');
	refused("SELECT mighead_add_revision('n', '{\"\"}', project => 'hand')", '22023', '"down_revision" must not',
		'an empty parent');
	refused("SELECT mighead_add_revision('n', '{NULL}', project => 'hand')", '22004', '"down_revision" must not',
		'a NULL parent');
	refused("SELECT mighead_add_revision('', project => 'hand')", '22023', '"revision" must not', 'an empty id');
}

# ---------- scripts as the program sends them ----------

# A bundle of [ location, path, source ]..., as an SQL literal.
sub bundle_of
{
	return "'\\x" . unpack('H*', join('', map { pack('NNN', $_->[0], length $_->[1], length $_->[2]) . $_->[1] . $_->[2] } @_)) . "'";
}

sub inserted
{
	return join('', map { "INSERT INTO mighead.incoming VALUES ($_);" } @_);
}

{
	my @scripts = ([ 1, 'b.py', source_of('b', "'a'") ], [ 1, 'sub/a.py', source_of('a', 'None') ], [ 2, 'c.py', source_of('c', "'b'") ]);
	my ($one, $two) = (directory_of(map { $_->[1] => $_->[2] } @scripts[0 .. 1]), directory_of('c.py' => $scripts[2][2]));
	my $rows = "SELECT to_jsonb(r) - 'project' FROM mighead.revision r WHERE project = '%s' ORDER BY load_order";
	my ($sent, $lost, $is_bundle) = (bundle_of(@scripts), "SELECT mighead_load_archive('')", 'damaged bundle of scripts: ');

	is(query('BEGIN;' . inserted(bundle_of(@scripts[0 .. 1]), bundle_of(), bundle_of($scripts[2])) . "SELECT heads FROM mighead_load_archive('', 'sent', 'v1'); COMMIT"),
		'{c}', 'bundles are loaded together');
	is(query("SELECT label, source FROM mighead.release WHERE project = 'sent'"), 'v1|archive', 'as a release');
	is((client('-p', 'as a bundle', $one, $two))[0], 0, 'the program sends them');
	query('REVOKE INSERT ON mighead.incoming FROM PUBLIC; CREATE ROLE archivist LOGIN; GRANT EXECUTE ON FUNCTION mighead_load_archive TO archivist');
	is((client('-p', 'as an archive', $one, $two, '--', '-U', 'archivist'))[0], 0, 'or an archive, where it may not insert');
	query('GRANT INSERT ON mighead.incoming TO PUBLIC');
	is(query(sprintf($rows, 'as a bundle')), query(sprintf($rows, 'as an archive')), 'which stores the same');
	is(query(sprintf($rows, 'sent')), query(sprintf($rows, 'as an archive')), 'as do the bundles');
	is(query("SELECT count(*) FROM mighead.revision WHERE project = 'as an archive'"), '3', 'of three scripts');
	{
		local $ENV{PGOPTIONS} = '-c session_replication_role=replica';
		is((client('-p', 'as a replica', $one, $two))[0], 0, 'as well where triggers rest');
	}
	is(query(sprintf($rows, 'as a replica')), query(sprintf($rows, 'as an archive')), 'with the same rows');

	# They are the transaction's own, and loaded once.
	refused("BEGIN;" . inserted($sent) . "COMMIT; $lost", 'MH221', 'not a tar archive', 'what is sent is gone after the transaction');
	refused("BEGIN;" . inserted($sent) . "ROLLBACK; $lost", 'MH221', 'not a tar archive', 'also where that failed');
	refused(inserted($sent) . $lost, 'MH221', 'not a tar archive', 'and after a transaction of one statement');
	refused("BEGIN;" . inserted($sent) . "SELECT mighead_load_archive('', 'twice'); $lost", 'MH221', 'not a tar archive', 'it is loaded once');
	refused("BEGIN; SAVEPOINT s;" . inserted($sent), '25001', 'scripts cannot be sent within a subtransaction', 'nothing can be undone in part');
	refused("BEGIN; DO \$\$ BEGIN @{[ inserted($sent) ]} EXCEPTION WHEN division_by_zero THEN NULL; END \$\$", '25001', 'scripts cannot be sent', 'nor in a function that catches errors');
	is(query('BEGIN;' . inserted($sent) . "SAVEPOINT s; SELECT scripts FROM mighead_load_archive('', 'undone'); ROLLBACK TO s; COMMIT"), '3', 'what was sent before can be loaded in one');

	# What strangers insert.
	refused('BEGIN;' . inserted(@{ $_->[0] }) . "SELECT mighead_load_archive('', 'refused')", $_->[1], $_->[2], $_->[3]) foreach
	  [ ['NULL'], '22004', 'scripts must not be null', 'no bundle' ],
	  [ ["'x'"], 'MH221', $is_bundle . 'it is cut off', 'what is no bundle' ],
	  [ [ substr($sent, 0, -3) . "'" ], 'MH221', $is_bundle . 'it is cut off', 'a bundle without its end' ],
	  [ [ bundle_of([ 1, '../a.py', 'x' ]) ], 'MH221', $is_bundle . 'a path leads out of its location', 'a name with ..' ],
	  [ [ bundle_of([ 1, "\xff.py", 'x' ]) ], 'MH221', $is_bundle . 'a path is not valid UTF-8', 'a name in another encoding' ],
	  [ [ bundle_of(@scripts[ 1, 0 ]) ], 'MH221', $is_bundle . '"000001/sub/a\.py" does not come before "000001/b\.py"', 'another order' ],
	  [ [ $sent, $sent ], 'MH221', $is_bundle . '"000002/c\.py" does not come before "000001/b\.py"', 'another order of bundles' ],
	  [ [ bundle_of(@scripts[ 0, 0 ]) ], 'MH221', $is_bundle . '"000001/b\.py" does not come before "000001/b\.py"', 'a script that comes twice' ],
	  [ [ bundle_of([ 1, 'a.py', "revision = f()\n" ]) ], 'MH220', 'script "000001/a\.py", line 1: "revision"', 'a script that cannot be read' ],
	  [ [ bundle_of([ 1, 'a.py', source_of('x', "'gone'") ]) ], 'MH213', '.*gone', 'a parent that is not there' ],
	  [ [ bundle_of() ], '22023', 'no migration script was found', 'nothing' ],
	  [ [ bundle_of([ 1, 'a.py', "#\n" x (8 * 1024 * 1024 + 1) ]) ], 'MH220', 'script "000001/a\.py" is larger than 16 MB', 'a script that is too large' ];
	query('CREATE ROLE stranger LOGIN; GRANT CREATE ON SCHEMA public TO stranger');
	is(query("SET SESSION AUTHORIZATION stranger; BEGIN;" . inserted($sent) . "COMMIT; SELECT count(*) FROM mighead.revision WHERE project = 'default'"),
		query("SELECT count(*) FROM mighead.revision WHERE project = 'default'"), 'anybody may insert, which changes nothing');
	refused("SET SESSION AUTHORIZATION stranger; BEGIN;" . inserted($sent) . $lost, '42501', 'permission denied for function', 'but not load it');
	refused('SET SESSION AUTHORIZATION stranger; SELECT * FROM mighead.incoming', '42501', 'permission denied for view', 'nor look for more');
	refused('SET SESSION AUTHORIZATION stranger; CREATE VIEW public.mine AS SELECT NULL::bytea AS b; CREATE TRIGGER t INSTEAD OF INSERT ON public.mine FOR EACH ROW EXECUTE FUNCTION mighead_incoming_trigger()',
		'42501', 'permission denied for function', 'nor use its trigger');
	refused("BEGIN; $_; INSERT INTO other VALUES ('1')", '39P01', 'mighead_incoming_trigger\(\)', "an administrator errs: $_") foreach
	  'CREATE TABLE other (b bytea); CREATE TRIGGER t BEFORE INSERT ON other FOR EACH ROW EXECUTE FUNCTION mighead_incoming_trigger()',
	  'CREATE VIEW other AS SELECT 1 AS b; CREATE TRIGGER t INSTEAD OF INSERT ON other FOR EACH ROW EXECUTE FUNCTION mighead_incoming_trigger()';

	# One of 0.1.0 has no such view.
	$node->safe_psql('postgres', 'CREATE DATABASE older');
	$node->safe_psql('older', "CREATE EXTENSION mighead VERSION '0.1.0'; CREATE ROLE loads LOGIN; GRANT EXECUTE ON FUNCTION mighead_load_archive TO loads; REVOKE TEMPORARY ON DATABASE older FROM PUBLIC");
	my ($status, $out, $err) = client('-p', 'default', $one, $two, '--', '-d', 'older');
	like("$status $out$err", qr/\A3 mighead: function mighead_load_archive is that of an older mighead\nhint: ALTER EXTENSION mighead UPDATE;\n\z/,
		'a database of 0.1.0 is told to update, as ever');
	$node->safe_psql('older', 'ALTER EXTENSION mighead UPDATE');
	($status, $out, $err) = client('-p', 'default', $one, $two, '--', '-d', 'older', '-U', 'loads');
	is("$status $out", "0 3 scripts in project default: 3 added, 0 changed, 0 retired\nhead: c\n", 'what that was granted holds after the update') or diag($err);
	query('DROP DATABASE older');
}

# ---------- privileges ----------

query("CREATE ROLE nobody LOGIN; CREATE ROLE loader LOGIN;"
	  . 'GRANT EXECUTE ON FUNCTION mighead_load_archive, mighead_load_scripts, mighead_add_revision TO loader');
{
	my $archive = archive_of('-C', $first, '.');
	my $bytes = "'\\x" . unpack('H*', slurp_file("$top/archive.tar")) . "'";

	foreach my $call (
		"mighead_load_scripts('$first')", "mighead_load_archive('')", "mighead_add_revision('n')",
		"mighead_remove_revision('n')", "mighead_import('{}')", "mighead_project('n')")
	{
		refused("SET SESSION AUTHORIZATION nobody; SELECT $call", '42501', 'permission denied for function',
			"$call needs a grant");
	}
	refused("SET SESSION AUTHORIZATION loader; SELECT mighead_load_scripts('$first')",
		'42501', 'permission denied to read files of the server', 'reading files needs a role');
	refused('SET SESSION AUTHORIZATION loader; DELETE FROM mighead.revision', '42501', 'permission denied for table',
		'a loading role cannot write past the functions');
	is( query("SET SESSION AUTHORIZATION loader; SELECT heads FROM mighead_load_archive($bytes, 'by loader')"),
		'{c}', 'EXECUTE is all that an archive needs');
	is(query("SELECT loaded_by FROM mighead.release WHERE project = 'by loader'"), 'loader', 'and tells who it was');
	is(query('SET SESSION AUTHORIZATION loader; SELECT mighead_add_revision(\'n\', project => \'by loader\');'
			  . 'SELECT current_user'),
		"\nloader", 'the identity is the caller\'s again');
	my ($status, $out, $err) = client('-p', 'by loader', $first, '--', '-U', 'loader');
	is($status, 0, 'the program as well');
	query('GRANT pg_read_server_files TO loader');
	is(query("SET SESSION AUTHORIZATION loader; SELECT heads FROM mighead_load_scripts('$first', 'by loader')"),
		'{c,n}', 'with the role files can be read');
	refused("BEGIN READ ONLY; SELECT mighead_load_scripts('$first')", '25006', 'cannot execute',
		'nothing is written in a read-only transaction');
}

# ---------- two loads at once ----------

sub session
{
	my %session = (in => '', out => '');

	$session{handle} = start([ 'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-d', $node->connstr('postgres') ],
		'<', \$session{in}, '>', \$session{out}, '2>&1');
	return \%session;
}

sub ask
{
	my ($session, $sql, $until) = @_;

	$session->{in} .= "$sql;\n";
	pump $session->{handle} until $session->{out} =~ $until;
	return;
}

foreach my $isolation ('READ COMMITTED', 'REPEATABLE READ')
{
	my ($one, $two) = (session(), session());
	my $project = "at once, $isolation";

	ask($one, "BEGIN; SELECT 'one', scripts, added FROM mighead_load_scripts('$first', '$project')", qr/^one\|3\|3$/m);
	ask($two, "BEGIN ISOLATION LEVEL $isolation; SELECT 'begun'", qr/^begun$/m);
	$two->{in} .= "SELECT 'two', scripts, added FROM mighead_load_scripts('$first', '$project');\nCOMMIT;\n";
	$two->{handle}->pump_nb;
	ok( $node->poll_query_until('postgres',
			"SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%mighead_load_scripts%'"),
		"$isolation: a second load waits for the first");
	$one->{in} .= "COMMIT;\n\\q\n";
	finish $one->{handle};
	$two->{in} .= "\\q\n";
	finish $two->{handle};
	if ($isolation eq 'READ COMMITTED')
	{
		like($two->{out}, qr/^two\|3\|0$/m, 'and sees what that stored');
		is(query("SELECT array_agg(release ORDER BY release) FROM mighead.release WHERE project = '$project'"),
			'{1,2}', 'both are releases');
	}
	else
	{
		like($two->{out}, qr/ERROR:  40001/, 'and fails where it cannot see what that stored');
	}
}

# ---------- documents ----------

# ids and times are compared as well, so all is in the export
$node->safe_psql('postgres', 'CREATE DATABASE other');
$node->safe_psql('other', 'CREATE SCHEMA "Quoted ""Schema"""; CREATE EXTENSION mighead SCHEMA "Quoted ""Schema"""');
query("SELECT mighead_add_revision('waits', '{nowhere}', project => 'hand');"
	  . "SELECT mighead_project('hand', 'their_version', 'their schema')");
{
	my $document = query("SELECT mighead_export('hand')");
	my $functions = '"Quoted ""Schema"""';
	my $import = sub {
		$node->safe_psql('other', "SET search_path = ''; SELECT * FROM $functions.mighead_import("
			  . quoted($_[0]) . ')');
	};
	my $export = sub { $node->safe_psql('other', "SELECT $functions.mighead_export('hand')") };

	is($import->($document), '5|5|0|0|{c,d}|{}', 'an import adds what was exported');
	is($export->(), $document, 'an export of that is the same');
	my $waits = 'Revision waits, registered by hand, is left out: it refers to nowhere, which is absent.';
	is($import->($document), "5|0|0|0|{c,d}|{\"$waits\"}", 'a second import changes nothing');
	isnt($export->(), $document, 'but is a release');
	is($import->($document =~ s/"heads"/"of_tomorrow": 1, "heads"/r =~ s/"mighead": 1/"mighead": 1, "of_tomorrow": {}/r),
		"5|0|0|0|{c,d}|{\"The document's member \\\"of_tomorrow\\\" is not known and was left out.\",\"$waits\"}",
		'an unknown part is told');

	# the same from client to client
	my ($out, $err) = ('', '');
	is($node->safe_psql('other', "SELECT pg_catalog.jsonb_array_length($functions.mighead_export('hand') -> 'releases')"),
		query("SELECT count(*) + 2 FROM mighead.release WHERE project = 'hand'"), 'releases go on');
	local $ENV{PGHOST} = $node->host;
	local $ENV{PGPORT} = $node->port;
	run [ $program, $first, '--', '-d', 'other' ], '>', \$out, '2>', \$err;
	is("$out$err", "3 scripts in project default: 3 added, 0 changed, 0 retired\nhead: c\n",
		'the program finds the extension in any schema');
}

my @documents = (
	[ '[]' => 'It is not an object' ],
	[ '1' => 'It is not an object' ],
	[ '{}' => '"mighead" is missing' ],
	[ '{"mighead": "1"}' => '"mighead" is not a number' ],
	[ '{"mighead": 1.5}' => '"mighead" is out of range' ],
	[ '{"mighead": 1e100}' => '"mighead" is out of range' ],
	[ '{"mighead": 1, "project": 1}' => '"project" is not an object' ],
	[ '{"mighead": 1, "project": {"name": ""}}' => '"project.name" is empty' ]);

foreach my $case (@documents)
{
	refused('SELECT mighead_import(' . quoted($case->[0]) . ')', 'MH222',
		"not a mighead document\nDETAIL:  \Q$case->[1]\E", "the document $case->[0]");
}
refused(q{SELECT mighead_import('{"mighead": 2}')}, 'MH222', 'mighead document has a newer format', 'a newer document');

# a good document with one thing wrong
my $good = q{'{"mighead": 1, "project": {"name": "p", "version_table_name": "v"},
	"releases": [{"release": 1, "heads": [], "loaded_at": "2026-01-01T00:00:00+00:00", "loaded_by": "me"}],
	"revisions": [{"revision": "a", "load_order": 0, "down_revision": [], "depends_on": [], "branch_labels": [],
		"message": "", "by_hand": false, "first_release": 1}]}'::jsonb};
my @changes = (
	[ '{releases,0,release}', '0', '"releases[0].release" is out of range' ],
	[ '{releases,0,loaded_at}', '"yesterday"', '"releases[0].loaded_at" is not a time' ],
	[ '{releases,0,loaded_at}', '"2026-01-01T00:00:00"', '"releases[0].loaded_at" is not a time' ],
	[ '{releases,0,heads}', '[1]', '"releases[0].heads" has an element that is not a string' ],
	[ '{releases,0}', '7', '"releases[0]" is not an object' ],
	[ '{releases}', '[]', '"revisions[0].first_release" is out of range' ],
	[ '{revisions}', '{}', '"revisions" is not an array' ],
	[ '{revisions,0,revision}', 'null', '"revisions[0].revision" is missing' ],
	[ '{revisions,0,load_order}', '-1', '"revisions[0].load_order" is out of range' ],
	[ '{revisions,0,load_order}', '3000000000', '"revisions[0].load_order" is out of range' ],
	[ '{revisions,0,down_revision}', '"a"', '"revisions[0].down_revision" is not an array' ],
	[ '{revisions,0,depends_on}', '[""]', '"revisions[0].depends_on" has an element that is not a string, or is empty' ],
	[ '{revisions,0,message}', '5', '"revisions[0].message" is not a string' ],
	[ '{revisions,0,by_hand}', '"f"', '"revisions[0].by_hand" is not a boolean' ],
	[ '{revisions,0,first_release}', '2', '"revisions[0].first_release" is out of range' ],
	[ '{revisions,0,first_release}', 'null', '"revisions[0].first_release" is missing' ],
	[ '{revisions,0,last_release}', '1', '"revisions[0].last_release" is out of range' ],
	[ '{revisions,0,create_date}', '"now"', '"revisions[0].create_date" is not a time' ],
	[ '{revisions,0,create_date}', '"2026-01-01T00:00:00Z"', '"revisions[0].create_date" is not a time' ]);

is(query("SELECT heads FROM mighead_import(jsonb_set($good, '{project,name}', '\"good\"'))"), '{a}', 'the good one');
foreach my $case (@changes)
{
	my ($path, $value, $detail) = @$case;

	refused("SELECT mighead_import(jsonb_set($good, '$path', '$value'))", 'MH222',
		"not a mighead document\nDETAIL:  \Q$detail\E", "a document with $path = $value");
}
refused("SELECT mighead_import(jsonb_set($good, '{revisions,0,revision}', '\"a-b\"'))", 'MH215', 'Character',
	'a document with a forbidden character');
refused("SELECT mighead_import(jsonb_set($good, '{revisions,0,down_revision}', '[\"z\"]'))", 'MH213', 'Revision z',
	'a document with an absent parent');
refused("SELECT mighead_import(jsonb_insert($good, '{revisions,0}', $good #> '{revisions,0}'))", 'MH214',
	'Revision a is present more than once', 'a document with an id twice');

# ---------- dump and restore ----------

{
	my $dump = "$top/dump.sql";
	my $all = q{SELECT mighead_export(name) FROM mighead.project ORDER BY name COLLATE "C"};

	run [ 'pg_dump', '-d', $node->connstr('postgres'), '-f', $dump ] or die 'pg_dump failed';
	$node->safe_psql('postgres', 'CREATE DATABASE restored');
	run [ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('restored'), '-f', $dump ], '>', \my $out
	  or die 'restore failed';
	is($node->safe_psql('restored', $all), query($all), 'dump and restore keep everything');
	is($node->safe_psql('restored', "SELECT * FROM mighead_load_scripts('$first')"), '3|0|0|0|{c}|{}',
		'and loads go on from there');
}

# ---------- the program's own errors ----------

my @usage = (
	[ [], 64, 'no directory' ],
	[ ['-x'], 64, 'unknown option: -x' ],
	[ ['-p'], 64, 'option needs a value: project' ],
	[ ["$top/absent"], 1, "not a directory: $top/absent" ],
	[ ["$first/a_one.py"], 1, 'not a directory, nor alembic.ini' ],
	[ [ $first, '--', '-d', 'absent' ], 2, 'database "absent" does not exist' ],
	[ [ $first, '--', '-d', 'template1' ], 3, 'the extension mighead is not installed in this database' ],
	[ [ $first, '--', '-U', 'nobody' ], 3, 'permission denied for function mighead_load_archive' ]);

foreach my $case (@usage)
{
	my ($arguments, $expected, $message) = @$case;
	my ($status, $out, $err) = client(@$arguments);

	is($status, $expected, "status of mighead-load @$arguments");
	like($err, qr/\Q$message\E/, 'and what it says');
}
{
	my ($status, $out, $err) = client('-h');

	like($out, qr/^Usage:/m, 'help');
	my $odd = q{o'dd "pro$ject\\};
	my $directory = directory_of('a.py' => source_of('a', 'None'));
	rename($directory, "$top/-o'd d\$\"\\") or die;
	($status, $out, $err) = client('-p', $odd, '-r', q{re'l"}, "$top/-o'd d\$\"\\");
	is($out, "1 scripts in project $odd: 1 added, 0 changed, 0 retired\nhead: a\n", 'odd names are names');
	is(query('SELECT label FROM mighead.release WHERE project = ' . quoted($odd)), q{re'l"}, 'of releases, too');
}

# Functions that anybody has planted are not run by the client, who is a superuser here.
{
	query(join '', 'CREATE TABLE canary (who name, what text); GRANT INSERT ON canary TO PUBLIC;',
		map { "CREATE FUNCTION public.$_ AS \$\$INSERT INTO public.canary VALUES (current_user, '$_')"
			  . ' RETURNING NULL::text$$;' }
		  ('format(text, text, text, text, text, text) RETURNS text LANGUAGE sql',
			'unnest(text[]) RETURNS SETOF text LANGUAGE sql', 'quote_ident(name) RETURNS text LANGUAGE sql',
			'mighead_load_archive(bytea, name, name) RETURNS text LANGUAGE sql'));
	my ($status, $out, $err) = client('-p', 'canary', directory_of('a.py' => source_of('a', 'None')));

	is($out, "1 scripts in project canary: 1 added, 0 changed, 0 retired\nhead: a\n", 'loaded beside planted functions');
	is(query('SELECT count(*) FROM canary'), '0', 'and none of them ran');
}

# ---------- progress ----------

{
	my $directory = directory_of('a.py' => source_of('a', 'None'));
	query(q{SELECT mighead_ensure_version(); CREATE TABLE progress AS SELECT i::text AS i FROM generate_series(1, 10) AS i});
	foreach my $case (
		[ "mighead_load_scripts('$directory', 'progress')", qr/DEBUG:  mighead: 1 scripts were read$/m ],
		[ 'mighead_capture()', qr/DEBUG:  mighead: \d+ of \d+ objects of this type were read$/m ],
		[ "mighead_castable('progress', 'i', 'integer')", qr/DEBUG:  mighead: 10 rows were cast$/m ])
	{
		my ($call, $told) = @$case;
		my ($status, $out, $err) = $node->psql('postgres', "SET client_min_messages = debug1; SELECT $call");
		is($status, 0, $call) or diag($err);
		like($err, $told, 'tells how far it is');
		($status, $out, $err) = $node->psql('postgres', "SELECT $call");
		unlike($err, qr/mighead: \d/, 'and only where that is wanted');
	}
}

$node->stop;
done_testing();
