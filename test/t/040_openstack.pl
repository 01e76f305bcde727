# The histories of OpenStack's services, as Debian packages them: all scripts load,
# and mighead lists, heads and plans them as Alembic does.  test/lib/openstack.sh
# brings them.
use strict;
use warnings;

use File::Find qw(find);
use FindBin;
use lib "$FindBin::RealBin/lib";
use AlembicProject qw(find_program interpreter_of);
use IPC::Run qw(run);
use JSON::PP qw(decode_json);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $packages = $ENV{MIGHEAD_OPENSTACK} // '';
my @environments;

find(sub { push @environments, $File::Find::dir if $_ eq 'env.py' && -d 'versions' }, $packages) if -d $packages;
plan skip_all => $ENV{MIGHEAD_OPENSTACK_ABSENT} || 'MIGHEAD_OPENSTACK names no folder with packages of OpenStack'
  unless @environments;
my ($alembic, $missing) = find_program('alembic', 'alembic', 'sqlalchemy');
plan skip_all => $missing unless $alembic;
diag $ENV{MIGHEAD_OPENSTACK_ABSENT} if $ENV{MIGHEAD_OPENSTACK_ABSENT};

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION mighead');

sub quoted
{
	my ($text) = @_;

	return "'" . $text =~ s/'/''/gr . "'";
}

sub array
{
	return quoted('{' . join(',', map { '"' . s/(["\\])/\\$1/gr . '"' } @_) . '}');
}

sub query
{
	return $node->safe_psql('postgres', $_[0]);
}

# What Alembic makes of the same files.
sub oracle
{
	my ($environment) = @_;
	my ($out, $err);

	run [ interpreter_of($alembic), '-B', "$FindBin::RealBin/lib/alembic_tree.py", $environment ], '<', \undef, '>',
	  \$out, '2>', \$err
	  or die "Alembic cannot read $environment: $err";
	return decode_json($out);
}

# Scripts whose values are computed are registered with what Python computes; the
# refusal names them one after the other.  Returns the ids.
sub register_computed
{
	my ($environment, $project, $scripts) = @_;
	my %script_of = map { $_->{file_name} => $_ } @$scripts;
	my @registered;

	while (@registered <= @$scripts)
	{
		my ($status, $out, $err) =
		  $node->psql('postgres', "SELECT heads FROM mighead_load_scripts(" . quoted($environment) . ", '$project')");
		my ($file) = $err =~ m{"[^"]*/versions/([^"]*)", line \d+: "\w+" is not assigned a literal};

		return @registered unless defined $file;
		my $script = delete $script_of{$file} or die "refused again: $err";
		query("SELECT mighead_add_revision("
			  . join(', ', quoted($script->{revision}), map { array(@{ $script->{$_} }) } qw(down_revision depends_on branch_labels))
			  . ", project => '$project')");
		push @registered, $script->{revision};
	}
	return;
}

my $stored = q{
    SELECT revision, array_to_string(down_revision, ','), array_to_string(depends_on, ','),
        array_to_string(branch_labels, ','), file_name, split_part(message, E'\n\n', 1)
    FROM mighead.revision WHERE project = '%s' ORDER BY revision COLLATE "C"};

sub expected_rows
{
	return join("\n",
		map {
			my $script = $_;
			join('|', $script->{revision}, (map { join(',', @{ $script->{$_} }) } qw(down_revision depends_on branch_labels)),
				$script->{file_name}, $script->{message});
		} sort { $a->{revision} cmp $b->{revision} } @_);
}

sub ids
{
	return join("\n", @{ $_[0] });
}

my %projects;
foreach my $environment (sort @environments)
{
	my ($name) = substr($environment, length($packages)) =~ m{/python3-([^/]+)/};
	my $project = $projects{$name}++ ? "$name $projects{$name}" : $name;
	my $alembic_says = oracle($environment);
	my $scripts = $alembic_says->{scripts};
	my $count = @$scripts;
	my @computed = register_computed($environment, $project, $scripts);
	my $heads = quoted('{' . join(',', @{ $alembic_says->{heads} }) . '}');
	my $client;

	is(query("SELECT scripts, warnings FROM mighead_load_scripts(" . quoted($environment) . ", '$project')"),
		"$count|{}", "$project: all $count scripts are loaded, " . @computed . ' of them with registered values');
	is(query(sprintf($stored, $project)), expected_rows(@$scripts), "$project: what is read of them");
	is(query("SELECT revision FROM mighead_heads('$project')"), ids($alembic_says->{heads}), "$project: heads");
	is(query("SELECT revision FROM mighead_history(project => '$project')"), ids($alembic_says->{history}), "$project: history");
	is(query("SELECT revision FROM mighead_upgrade_plan(current => '{}', project => '$project') ORDER BY step"),
		ids($alembic_says->{upgrade}), "$project: upgrade");
	is(query("SELECT revision FROM mighead_downgrade_plan('base', current => $heads, project => '$project') ORDER BY step"),
		ids($alembic_says->{downgrade}), "$project: downgrade");

	# The same from the client.
	query("SELECT mighead_add_revision(revision, down_revision, depends_on, branch_labels, project => '$project client')
		FROM mighead.revision WHERE project = '$project' AND by_hand");
	ok(run([ 'mighead-load', '-p', "$project client", $environment, '--', '-X', '-d', $node->connstr('postgres') ],
			'<', \undef, '>', \$client), "$project: mighead-load");
	is(query(sprintf($stored, "$project client")), query(sprintf($stored, $project)), "$project: loads the same");
}

done_testing();
