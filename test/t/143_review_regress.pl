# Every statement of PostgreSQL's own regression tests is reviewed, file by file and each by itself,
# before and after their objects were made: no review crashes or raises.
# MIGHEAD_PG_REGRESS is the folder src/test/regress of PostgreSQL's sources.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $folder = $ENV{MIGHEAD_PG_REGRESS};
my @given = $folder ? sort glob("$folder/sql/*.sql") : ();

# Without the sources: what crashed once, and its like.
my $ours = <<'SQL';
CREATE TABLE uctest (f1 integer, f2 text);
DELETE FROM uctest WHERE CURRENT OF c1;
UPDATE uctest SET f1 = 8 WHERE CURRENT OF c1;
UPDATE uctest SET f1 = 8 WHERE f1 = 1 AND (CURRENT OF c1);
MERGE INTO uctest USING uctest AS s ON false WHEN MATCHED THEN DELETE;
UPDATE uctest SET (f1, f2) = (SELECT 1, 'x') WHERE CURRENT OF c1;
UPDATE uctest SET f1 = grouping(f1);
INSERT INTO uctest VALUES (count(*) OVER (), $1);
INSERT INTO uctest VALUES (generate_series(1, 3), uctest);
ALTER TABLE uctest ADD CHECK (uctest IS NOT NULL), ADD CHECK (uctest.* IS NOT NULL);
ALTER TABLE uctest ADD CHECK (xmin = '1');
CREATE INDEX ON uctest ((ROW(uctest.*)));
SQL

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "statement_timeout = '2min'");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION mighead');
$node->safe_psql('postgres', 'CREATE TABLE uctest (f1 integer, f2 text)');

sub literal
{
	my ($text) = @_;
	return q{E'} . ($text =~ s/\\/\\\\/gr =~ s/'/''/gr) . q{'};
}

# What psql says, and where a text has no answer; one of comments has no row.
sub faults_of
{
	my (%texts) = @_;
	my $script = "SET client_min_messages = error;\n";
	my ($out, $err) = ('', '');

	$script .= "\\echo name $_\nSELECT count(*) FROM mighead_review($texts{$_});\n" for sort keys %texts;
	IPC::Run::run([ 'psql', '-XqAt', '-d', $node->connstr('postgres'), '-f', '-' ], '<', \$script, '>', \$out, '2>', \$err);
	my $answers = () = $out =~ /^\d+$/mg;
	return $err . ($answers == keys %texts ? '' : substr($out, -300));
}

sub review_all
{
	my ($when) = @_;
	my %single;

	for my $file (@given)
	{
		my $text = slurp_file($file);
		my $n = 0;

		is(faults_of($file => literal($text)), '', "$file as a whole, $when") if $text ne '';
		%single = map { sprintf('%s %05d', $file, $n++) => literal($_) } grep { /[a-z]/i } split /;[ \t]*\n/, $text;
		is(faults_of(%single), '', "$file statement by statement, $when");
	}
	return;
}

my $n = 0;
is(faults_of(whole => literal($ours), map { $n++ => literal($_) } grep { /\S/ } split /;\n/, $ours), '', 'our own statements');

SKIP:
{
	skip 'MIGHEAD_PG_REGRESS names no sources of PostgreSQL', 1 if !@given;
	review_all('in an empty database');
	local $ENV{PG_ABS_SRCDIR} = $folder;
	local $ENV{PG_LIBDIR} = local $ENV{PG_DLSUFFIX} = 'none';
	local $ENV{PGOPTIONS} = '-c statement_timeout=20s';
	for my $file ((grep { /test_setup/ } @given), grep { !/test_setup|tablespace|create_role|database/ } @given)
	{
		my ($out, $err);
		IPC::Run::run([ 'psql', '-Xq', '-d', $node->connstr('postgres'), '-f', $file ], '>', \$out, '2>', \$err);
	}
	local $ENV{PGOPTIONS} = '';
	review_all('where the objects are');
}
is($node->safe_psql('postgres', 'SELECT 1'), '1', 'the server runs');
unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP/, 'no process crashed');

done_testing();
