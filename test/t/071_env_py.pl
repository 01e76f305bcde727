# The lines of doc/alembic.md that let one migration run at a time, put into the env.py
# that "alembic init" writes.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";
use AlembicProject qw(url_of);
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $project = AlembicProject->with_server('alembic', ['alembic']);
my ($node, $directory) = @$project{qw(node directory)};

sub edit
{
	my ($file, $pattern, $replacement) = @_;
	my $text = slurp_file($file);

	$text =~ s/$pattern/$replacement->()/e or die "nothing to replace in $file";
	unlink $file;
	append_to_file($file, $text);
	return;
}

my ($lines) = slurp_file("$FindBin::RealBin/../../doc/alembic.md") =~ /```python\n(.*?)```/s;
my $url = url_of($node, 'postgres') =~ s/%/%%/gr;

$project->output('init', 'migrations');
edit("$directory/alembic.ini", qr/^sqlalchemy\.url = .*/m, sub { "sqlalchemy.url = $url" });
edit("$directory/migrations/env.py", qr/^( +with connectable\.connect\(\) as connection:\n)/m, sub { "$1$lines" });
foreach my $n (1 .. 4)
{
	my $down = $n == 1 ? 'None' : sprintf("'r%d'", $n - 1);

	append_to_file("$directory/migrations/versions/r$n.py", <<"PY");
"""number $n"""
from alembic import op
revision = 'r$n'
down_revision = $down
branch_labels = None
depends_on = None


def upgrade():
    op.execute("CREATE TABLE t$n (id int)")
    op.execute("SELECT pg_sleep(0.05)")


def downgrade():
    op.execute("DROP TABLE t$n")
PY
}
$project->load;
$node->safe_psql('postgres', 'SELECT mighead_ensure_version()');
$node->safe_psql('postgres', q{SELECT mighead_watch('alembic_version')});

sub start_upgrade
{
	my $output = '';

	return IPC::Run::start([ $project->{command}[0], 'upgrade', 'head' ],
		'<', \undef, '>&', \$output, 'init', sub { chdir $directory or die $! });
}

# Whoever has the lock is waited for, and a guarded writer does not wait.
my $holder = $node->background_psql('postgres');
$holder->query_safe(q{SELECT pg_advisory_lock(mighead_lock_key('default'))});
my $upgrade = start_upgrade();
ok( $node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"),
	'an upgrade waits for the lock');
is($node->safe_psql('postgres', 'SELECT count(*) FROM alembic_version'), '0', 'and has done nothing');
my ($status, $out, $err) = $node->psql('postgres', q{SELECT mighead_stamp('r1', '{}', 'test', skip_guards => '{schema}')},
	extra_params => [ '-v', 'VERBOSITY=sqlstate' ]);
like($err, qr/MH105/, 'a guarded stamp is refused meanwhile');
$holder->quit;
ok($upgrade->finish, 'then it goes on');
is($project->value('SELECT version_num FROM alembic_version'), 'r4', 'and what it did is committed');

# Several at once: each step is done once, and nobody fails.
$project->output('downgrade', 'base');
$node->safe_psql('postgres', 'DELETE FROM mighead.journal');
my @upgrades = map { start_upgrade() } 1 .. 4;
is(scalar(grep { $_->finish } @upgrades), 4, 'of four at once none fails');
is($project->value('SELECT string_agg(new_rows[1], \' \' ORDER BY id) FROM mighead.journal'), 'r1 r2 r3 r4', 'each step was done once');
is($project->value(q{SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'}), '0', 'the lock went with the sessions');

$node->stop;
done_testing();
