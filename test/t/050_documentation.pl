# Every example of the documentation does what it says: the statements of each
# block marked "sql" run in order, and where a block marked "text" follows, it is
# their output.  Blocks marked "sh" run with the programs of the installation.
#
# MIGHEAD_WRITE_EXAMPLES=1 writes the output into the documents instead.
use strict;
use warnings;

use Cwd        qw(abs_path);
use FindBin;
use lib "$FindBin::RealBin/lib";
use AlembicProject qw(find_program);
use IPC::Run   qw(run);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $top = abs_path("$FindBin::RealBin/../..");
my $node = PostgreSQL::Test::Cluster->new('main');
my $bindir = $node->config_data('--bindir');
my ($alembic, $missing) = find_program('alembic', 'alembic', 'psycopg2');

$node->init;
$node->start;
chomp $bindir;

# What an ordinary user has on the PATH of the installation, and not the whole of its private folder; and how
# many set up psql.
my $home = PostgreSQL::Test::Utils::tempdir;
mkdir "$home/bin";
symlink "$bindir/$_", "$home/bin/$_" or die "$_: $!" foreach qw(mighead psql pg_dump createdb dropdb);
append_to_file("$home/.psqlrc", "\\timing on\n\\x auto\n");

# A shell as a reader has it: in the folder that holds the project, with libpq's
# settings for the database.
sub run_shell
{
	my ($shell, $directory, $database, $command) = @_;
	my ($out, $err) = ('', '');
	my @path = grep { $_ ne $bindir && !-e "$_/initdb" } split /:/, $ENV{PATH};
	local %ENV = (
		%ENV,
		HOME => $home,
		PATH => join(':', "$home/bin", @path),
		PGHOST => $node->host,
		PGPORT => $node->port,
		PGDATABASE => $database,
		PGOPTIONS => '');

	run [ $shell, '-c', "cd \"\$0\" && $command", $directory ], '<', \undef, '>', \$out, '2>', \$err;
	return ($? >> 8, $out, $err);
}

sub run_sql
{
	my ($database, $sql) = @_;
	my ($out, $err) = ('', '');

	run [
		"$bindir/psql", '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-P', 'columns=80', '-P', 'expanded=auto', '-h', $node->host, '-p', $node->port, '-d', $database ],
	  '<', \$sql, '>', \$out, '2>', \$err;
	$out =~ s/[ \t]+$//mg;
	$out =~ s/\n+\z/\n/;
	return ($?, $out, $err);
}

# The database and the folder that the documents speak of: the demo's.
sub prepare
{
	my ($database) = @_;
	my $directory = PostgreSQL::Test::Utils::tempdir;

	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, slurp_file("$top/test/demo/history.sql"));
	append_to_file("$directory/alembic.ini", "[alembic]\nscript_location = migrations\n");
	foreach my $folder ('migrations', 'services/billing/migrations')
	{
		system_or_bail('mkdir', '-p', "$directory/$folder");
		system_or_bail('cp', '-r', "$top/test/demo/versions", "$directory/$folder/versions");
		system_or_bail('cp', "$top/test/demo/env.py", "$directory/$folder/env.py");
	}
	return $directory;
}

sub check_document
{
	my ($file, $shell) = @_;
	my ($name) = $file =~ m{([^/]+)\.md\z};
	my $database = lc "doc_$name";
	my $directory = prepare($database);
	my $text = slurp_file($file);
	my $written = '';
	my $examples = 0;

	# the README tells how to install it, the others begin after that
	$node->safe_psql($database, 'CREATE EXTENSION mighead') if $name ne 'README';

	while ($text =~ /\G(.*?^```(sql|sh)\n(.*?)^```\n)(?:(```text\n)(.*?)(^```\n))?/gcms)
	{
		my ($before, $kind, $body, $opening, $expected, $closing) = ($1, $2, $3, $4, $5, $6);
		my ($title) = $body =~ /\A(.*)/;
		if ($body =~ /^[^#]*\balembic /m && $kind eq 'sh' && $missing)
		{
			note "skipped: $title: $missing";
			$written .= $before . (defined $opening ? $opening . $expected . $closing : '');
			next;
		}
		my ($status, $out, $err) =
		  $kind eq 'sql' ? run_sql($database, $body) : run_shell($shell, $directory, $database, $body);

		$examples++;
		is($status, 0, "$name: $title") or diag($err);
		is($out, $expected, "$name: output of $title")
		  if defined $opening && !$ENV{MIGHEAD_WRITE_EXAMPLES};
		$written .= $before . (defined $opening ? $opening . $out . $closing : '');
	}
	$written .= substr($text, pos($text) // 0);
	cmp_ok($examples, '>', 0, "$name has examples");
	append_to_file("$file.new", $written), rename("$file.new", $file) if $ENV{MIGHEAD_WRITE_EXAMPLES};
	return;
}

# The figures of performance.md are those of "make bench".
my @documents = ("$top/README.md", grep { !m{/performance\.md\z} } sort glob("$top/doc/*.md"));
check_document($_, 'sh') foreach @documents;
# What the tables of functions name must exist.
my %exists = map { $_ => 1 } split /\n/, $node->safe_psql('doc_readme',
	"SELECT proname FROM pg_proc WHERE proname LIKE 'mighead%' UNION SELECT unnest('{mighead_versions,mighead_state,mighead_problems}'::text[])");
foreach my $file ("$top/README.md", sort glob("$top/doc/*.md"))
{
	my %named = map { $_ => 1 } slurp_file($file) =~ /\b(mighead_[a-z_]+)\s*\(/g;

	ok($exists{$_}, "$_ exists") foreach sort keys %named;
}

# Another shell, and a cluster that has no roles of the examples yet.
$node->stop;
if (!$ENV{MIGHEAD_WRITE_EXAMPLES})
{
	$node = PostgreSQL::Test::Cluster->new('bash');
	$node->init;
	$node->start;
	check_document($_, 'bash') foreach grep { slurp_file($_) =~ /^```sh$/m } @documents;
	$node->stop;
}
done_testing();
