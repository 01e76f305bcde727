# A migration project that the real Alembic (or Flask-Migrate, which calls it)
# drives, and a database that has mighead. Tests ask both the same questions.
package AlembicProject;

use strict;
use warnings;

use AlembicServer qw(run_alembic);
use Exporter qw(import);
use File::Path qw(make_path);
use IPC::Run   qw(run);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT_OK = qw(find_program interpreter_of url_of);

# The path of a Python program whose interpreter has these modules, or undef
# with the reason.  A PATH may hold several, as with pyenv.
sub find_program
{
	my ($program, @modules) = @_;
	my $reason = "$program is not installed";

	foreach my $path (grep { -f $_ && -x $_ } map { "$_/$program" } split(/:/, $ENV{PATH}))
	{
		my $interpreter = interpreter_of($path);
		my ($out, $err) = ('', '');

		next unless defined $interpreter && -x $interpreter;
		return ($path, undef)
		  if run [ $interpreter, '-c', 'import ' . join(', ', @modules) ], '<', \undef, '>', \$out,
		  '2>', \$err;
		($reason) = $err =~ /(\S.*)\s*\z/;
	}
	return (undef, $reason);
}

# Returns the interpreter of a Python program, from its first line.
sub interpreter_of
{
	my ($path) = @_;

	return slurp_file($path) =~ /\A#!\s*(\S*python\S*)/ ? $1 : undef;
}

sub url_of
{
	my ($node, $database) = @_;
	my $host = $node->host;

	$host =~ s/([^A-Za-z0-9_.-])/sprintf('%%%02X', ord($1))/ge;
	return "postgresql+psycopg2:///$database?host=$host&port=" . $node->port;
}

# command: the command before a subcommand, such as ['alembic'] or ['flask', 'db'].
sub new
{
	my ($class, %settings) = @_;
	my $self = bless {%settings}, $class;

	make_path("$self->{directory}/deterministic");

	# Before 1.13 Alembic reads a directory as the file system returns it.
	append_to_file("$self->{directory}/deterministic/sitecustomize.py",
		"import os\n_listdir = os.listdir\nos.listdir = lambda path='.': sorted(_listdir(path))\n");
	return $self;
}

# A server whose database postgres has mighead, and a project for it whose scripts are in migrations/versions. Skips the
# test where the program or a module is missing. command: the words after the program, such as "db".
sub with_server
{
	my ($class, $program, $modules, @command) = @_;
	my ($path, $missing) = find_program($program, @$modules, 'psycopg2');
	plan skip_all => $missing unless $path;

	my $node = PostgreSQL::Test::Cluster->new('main');
	$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION mighead');

	my $directory = PostgreSQL::Test::Utils::tempdir;
	return $class->new(
		node => $node,
		database => 'postgres',
		directory => $directory,
		versions => "$directory/migrations/versions",
		command => [ $path, @command ]);
}

sub call
{
	my ($self, @arguments) = @_;
	my ($out, $err) = ('', '');
	my $ok;

	local $ENV{PYTHONPATH} = "$self->{directory}/deterministic";
	local $ENV{PYTHONDONTWRITEBYTECODE} = 1;
	local $ENV{PYTHONHASHSEED} = 0;
	return run_alembic(interpreter_of($self->{command}[0]), $self->{directory}, @arguments) if "@{ $self->{command} }" =~ m{/alembic$};
	$ok = run [ @{ $self->{command} }, @arguments ], '<', \undef, '>', \$out, '2>', \$err, 'init',
	  sub { chdir $self->{directory} or die $! };
	return ($ok, $out, $err);
}

# Returns the lines of standard output; dies if the command fails.
sub output
{
	my ($self, @arguments) = @_;
	my ($ok, $out, $err) = $self->call(@arguments);

	die "@{ $self->{command} } @arguments: $err" unless $ok;
	return grep { /\S/ } split(/\n/, $out);
}

# Returns the first line of Alembic's refusal.
sub refusal
{
	my ($self, @arguments) = @_;
	my ($ok, $out, $err) = $self->call(@arguments);

	return 'no refusal' if $ok;
	return "$out$err" =~ /(?:FAILED|Error): (.*)/ ? $1 : "$out$err";
}

sub query
{
	my ($self, $sql) = @_;

	return split(/\n/, $self->{node}->safe_psql($self->{database}, $sql));
}

# Returns the only value of the only row.
sub value
{
	my ($self, $sql) = @_;

	return $self->{node}->safe_psql($self->{database}, $sql);
}

sub load
{
	my ($self) = @_;

	return $self->query("SELECT mighead_load_scripts('$self->{versions}')");
}

# Alembic holds labels and dependencies in sets.
sub unordered
{
	return map { s/\(([^()]+)\)/'(' . join(', ', sort split(m{, }, $1)) . ')'/ger } @_;
}

my $marks = <<'SQL';
    CASE WHEN h.is_head THEN CASE WHEN e.is_effective THEN ' (effective head)' ELSE ' (head)' END ELSE '' END
SQL

my $tree_marks = <<'SQL';
    CASE WHEN h.is_branch_point THEN ' (branchpoint)' ELSE '' END || CASE WHEN h.is_merge_point THEN ' (mergepoint)' ELSE '' END
SQL

my $labels = <<'SQL';
    CASE WHEN h.branch_labels <> '{}' THEN ' (' || array_to_string(h.branch_labels, ', ') || ')' ELSE '' END
SQL

my $history = <<"SQL";
SELECT CASE WHEN h.down_revision = '{}' THEN '<base>' ELSE array_to_string(h.down_revision, ', ') END
    || CASE WHEN h.depends_on <> '{}' THEN ' (' || array_to_string(h.depends_on, ', ') || ')' ELSE '' END
    || ' -> ' || h.revision || $labels || $marks || CASE WHEN h.is_current THEN ' (current)' ELSE '' END || $tree_marks
    || CASE WHEN h.message <> '' THEN ', ' || h.message ELSE '' END
FROM mighead_history() WITH ORDINALITY h LEFT JOIN mighead_heads() e USING (revision) ORDER BY h.ordinality
SQL

my $heads = <<"SQL";
SELECT h.revision || $labels || $marks
FROM mighead_heads() WITH ORDINALITY e JOIN mighead_history() h USING (revision) ORDER BY e.ordinality
SQL

my $current = <<"SQL";
SELECT h.revision || $marks || $tree_marks
FROM mighead_current() c JOIN mighead_history() h USING (revision) LEFT JOIN mighead_heads() e USING (revision)
SQL

my $branches = <<"SQL";
SELECT line
FROM mighead_branches() WITH ORDINALITY b
    CROSS JOIN LATERAL (
        SELECT 0, h.revision || $labels || $marks || $tree_marks
        FROM mighead_history() h LEFT JOIN mighead_heads() e USING (revision) WHERE h.revision = b.revision
        UNION ALL
        SELECT 1, repeat(' ', length(b.revision)) || ' -> ' || h.revision || $labels || $marks || $tree_marks
        FROM mighead_history() h LEFT JOIN mighead_heads() e USING (revision) WHERE h.revision = ANY (b.children)
    ) l (depth, line)
ORDER BY b.ordinality, l.depth, l.line COLLATE "C"
SQL

# Children of a branch point are a set, too.
sub branch_lines
{
	my @lines;
	my @children;

	foreach my $line (@_)
	{
		if ($line =~ /^ /)
		{
			push @children, $line;
			next;
		}
		push @lines, sort(@children), $line;
		@children = ();
	}
	return (@lines, sort @children);
}

# Loads the current scripts, and compares everything that Alembic and mighead list.
sub compare
{
	my ($self, $when) = @_;
	my (@rows, @real_heads);

	$self->load;
	is_deeply(
		[ unordered($self->query($history)) ],
		[ unordered($self->output('history', '-i')) ],
		"$when: history");
	is_deeply([ unordered($self->query($heads)) ],
		[ unordered($self->output('heads')) ], "$when: heads");
	is_deeply([ sort $self->query($current) ], [ sort $self->output('current') ], "$when: current");
	is_deeply(
		[ unordered(branch_lines($self->query($branches))) ],
		[ unordered(branch_lines($self->output('branches'))) ],
		"$when: branches");

	@rows = sort $self->query('SELECT version_num FROM alembic_version') if $self->has_table;
	@real_heads = sort map { /(\S+)/ } $self->output('heads', '--resolve-dependencies');
	is( $self->value('SELECT mighead_at_head()'),
		"@rows" eq "@real_heads" ? 't' : 'f',
		"$when: at_head");
	return;
}

sub has_table
{
	my ($self) = @_;

	return $self->value("SELECT to_regclass('alembic_version') IS NOT NULL") eq 't';
}

# Runs upgrade or downgrade. Alembic must do what the plan made before says.
sub migrate
{
	my ($self, $direction, $target) = @_;
	my @plan = $self->query(
		"SELECT revision || '|' || array_to_string(rows_after, ',') FROM mighead_${direction}_plan('$target')");
	my @steps = map { (split(/\|/))[0] } @plan;
	my $rows_after = @plan ? (split(/\|/, $plan[-1], -1))[1] : undef;
	my ($ok, $out, $err) = $self->call($direction, $target);
	my @done;

	die "$direction $target: $err" unless $ok;
	foreach my $line (split(/\n/, $err))
	{
		next unless $line =~ /Running \w+ (.*?) -> ([^,]*)/;
		push @done, $direction eq 'upgrade' ? $2 : $1;
	}
	is_deeply(\@done, \@steps, "$direction $target: steps");
	return unless defined $rows_after;
	is( join(',', sort split(/,/, $rows_after)),
		join(',', sort $self->query('SELECT version_num FROM alembic_version')),
		"$direction $target: rows after");
	return;
}

# Alembic refuses; mighead_${function} must refuse in the same words.
sub refuse
{
	my ($self, $direction, $target) = @_;
	my ($status, $out, $err) = $self->{node}
	  ->psql($self->{database}, "SELECT * FROM mighead_${direction}_plan('$target')");
	my ($line) = $err =~ /ERROR:  (.*)/;

	is($line, $self->refusal($direction, $target), "$direction $target: refused alike");
	return;
}

1;
