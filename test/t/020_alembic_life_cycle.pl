# A whole life with real Alembic: after every step mighead's answers must be
# those that Alembic prints.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";
use AlembicProject qw(url_of);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $project = AlembicProject->with_server('alembic', ['alembic']);
my ($node, $directory) = @$project{qw(node directory)};

# revision ID, MESSAGE, options of "alembic revision"
sub revision
{
	my ($id, $message, @options) = @_;
	my ($file);

	$project->output('revision', '--rev-id', $id, '-m', $message, @options);
	($file) = glob("$project->{versions}/${id}_*.py");
	string_replace_file_body($file, $id);
	return;
}

# So that upgrade and downgrade really change the schema.
sub string_replace_file_body
{
	my ($file, $id) = @_;
	my $source = slurp_file($file);

	$source =~ s/^(def upgrade\(\).*:\n(?: +""".*\n)?) +pass/$1    op.execute("CREATE TABLE made_by_$id (id int)")/m
	  or die "no upgrade() in $file";
	$source =~ s/^(def downgrade\(\).*:\n(?: +""".*\n)?) +pass/$1    op.execute("DROP TABLE made_by_$id")/m
	  or die "no downgrade() in $file";
	unlink $file;
	append_to_file($file, $source);
	return;
}

$project->output('init', 'migrations');
my $ini = slurp_file("$directory/alembic.ini");
my $url = url_of($node, 'postgres') =~ s/%/%%/gr;
$ini =~ s/^sqlalchemy\.url = .*/sqlalchemy.url = $url/m or die 'no URL in alembic.ini';
unlink "$directory/alembic.ini";
append_to_file("$directory/alembic.ini", $ini);

revision('a1', 'create accounts');
$project->load;
is($project->value('SELECT mighead_at_head()'), 'f', 'not at head without a version table');
$project->compare('one revision');
$project->migrate('upgrade', 'head');
$project->compare('first upgrade');

revision('a2', 'add e-mail');
revision('a3', 'index e-mail');
$project->compare('two pending');
$project->migrate('upgrade', '+1');
$project->compare('one step up');
$project->migrate('upgrade', 'head');

# A branch, as two developers make it.
revision('b2', 'create invoices', '--head', 'a1', '--splice', '--branch-label', 'billing');
revision('b3', 'add currency', '--head', 'billing@head');
$project->compare('two heads');
$project->refuse('upgrade', 'head');
$project->refuse('upgrade', 'b99');
$project->migrate('upgrade', 'b2');
$project->compare('on both branches');
$project->migrate('upgrade', 'billing@head');
$project->compare('one head of two, the other one too');

# A second base that depends on the first, so that a3 becomes an effective head.
revision('c1', 'create audit', '--head', 'base', '--branch-label', 'audit', '--depends-on', 'a3');
revision('c2', 'audit who', '--head', 'audit@head');
$project->compare('an independent base');
$project->refuse('downgrade', 'c2');
$project->migrate('upgrade', 'heads');
$project->compare('all heads');

revision('a4', 'no more effective heads', '--head', 'a3');
$project->compare('one more');
$project->migrate('upgrade', 'heads');

# The merge file that mighead writes.
my $source =
  $project->value(q{SELECT mighead_merge_script(message => 'merge "all" of ''it''', revision => 'd1')});
append_to_file("$project->{versions}/d1_merge.py", "$source\n");
is_deeply([ AlembicProject::unordered($project->output('heads')) ],
	['d1 (audit, billing) (head)'], 'Alembic sees one head');
$project->compare('merged');
$project->migrate('upgrade', 'head');
$project->compare('merge applied');
is($project->value('SELECT mighead_at_head()'), 't', 'at head after the merge');

$project->refuse('downgrade', '-1');
$project->migrate('downgrade', 'a4');
$project->compare('merge taken back');
$project->migrate('downgrade', 'audit@base');
$project->compare('audit taken back');
$project->migrate('downgrade', 'b2');
$project->migrate('downgrade', 'a1');
$project->compare('back to the first');
$project->migrate('downgrade', 'base');
$project->compare('back to base');

# Stamps: what the plan promises is what Alembic then writes.
foreach my $target ('heads', 'b3', 'base', 'c2')
{
	my $rows = $project->value("SELECT rows_after FROM mighead_stamp_plan('$target') ORDER BY step DESC LIMIT 1");

	$project->output('stamp', $target);
	is($project->value("SELECT array_agg(version_num::text ORDER BY version_num::text) IS NOT DISTINCT FROM
			(SELECT array_agg(r ORDER BY r) FROM unnest('$rows'::text[]) r) FROM alembic_version"),
		't', "stamp $target");
}
$project->compare('stamped');

done_testing();
