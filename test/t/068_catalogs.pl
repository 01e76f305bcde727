# Every column of every catalog is either hashed for fingerprints and seals, or left out for a reason that is said here.  A
# catalog that a new release brings fails this test until somebody decides, and so does a new release.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# Of these nothing is read for a definition.
my %not_read = (
	'privileges of roles among each other, and on what the cluster has' => [qw(pg_auth_members pg_parameter_acl)],
	'what the cluster has, and is not compared' => [qw(pg_database pg_db_role_setting pg_replication_origin pg_shdescription pg_shseclabel)],
	'owners and privileges are in the row of the object' => [qw(pg_shdepend)],
	'data and its statistics' => [qw(pg_largeobject pg_largeobject_metadata pg_statistic pg_statistic_ext_data)],
	'a state' => [qw(pg_subscription_rel)],
);

# By use: for the relation itself, for the epoch, for the whole database.  A row that is not hashed for a relation at all is
# not that of one.
my %left_out = (
	own => {
		'changes without a change of any definition: statistics, files, hints, and what VACUUM notes' => [
			qw(relfilenode relpages reltuples relallvisible relallfrozen relrewrite relfrozenxid relminmxid relispopulated
			  attcacheoff indcheckxmin atthasmissing attmissingval)
		],
		'a hint that other rows exist, which are hashed themselves' => [qw(relhasindex relhasrules relhastriggers relhassubclass)],
		'a number that VACUUM FULL changes: the options of the TOAST table are added' => [qw(reltoastrelid)],
	},
	naming => {
		'owners and privileges are no part of a name' => [
			qw(nspowner nspacl relowner relacl attacl typowner typacl proowner proacl oprowner opcowner opfowner collowner lanowner
			  lanacl srvowner srvacl cfgowner dictowner spcowner spcacl)
		],
		'changes without a change of any definition' => [
			qw(relfilenode relpages reltuples relallvisible relallfrozen relrewrite relfrozenxid relminmxid relispopulated
			  attcacheoff atthasmissing attmissingval collversion)
		],
		'of a relation that a text only names, the deparser asks names and numbers' => [
			qw(relam reltablespace reltoastrelid relhasindex relisshared relpersistence relnatts relchecks relhasrules relhastriggers
			  relhassubclass relrowsecurity relforcerowsecurity relreplident relispartition reloptions relpartbound)
		],
		'the same of a column' => [
			qw(attlen attndims attbyval attalign attstorage attcompression attnotnull atthasdef attidentity attgenerated attislocal
			  attinhcount attstattarget attoptions attfdwoptions)
		],
		'the same of a function: its body and how it is called are no part of its signature' => [
			qw(prolang procost prorows prosupport prosecdef proleakproof proisstrict provolatile proparallel protrftypes prosrc probin
			  prosqlbody proconfig)
		],
		'the same of other objects' => [qw(srvversion srvoptions dictinitoption spcoptions)],
		'of a role, its name' => [
			qw(rolsuper rolinherit rolcreaterole rolcreatedb rolcanlogin rolreplication rolbypassrls rolconnlimit rolpassword
			  rolvaliduntil)
		],
	},
	rest => { 'a state, and what holds a password' => [qw(subskiplsn subconninfo)] },
);

# Hashed nowhere, though the catalog is scanned.
my %unread = (
	pg_user_mapping => 'not everybody sees the same, so that there is no seal',
	pg_authid => 'of a role, its name is what a definition has',
	pg_tablespace => 'its name is what a definition has',
	pg_class => 'files and hints',
	pg_attribute => 'hints',
	pg_index => 'a hint',
	pg_subscription => 'a state, and what holds a password',
);

# Columns that not every release has.
my %since = (relallfrozen => 18, attcacheoff => -17);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
my $version = int($node->safe_psql('postgres', q{SELECT current_setting('server_version_num')}) / 10000);
cmp_ok($version, '<=', 18, 'the columns of this release were looked at, in the release notes and here');

my %columns;
foreach (split /\n/, $node->safe_psql('postgres', <<'SQL'))
SELECT relname, attname FROM pg_class c JOIN pg_attribute ON attrelid = c.oid
WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r' AND attnum > 0 ORDER BY 1, attnum
SQL
{
	my ($catalog, $column) = split /\|/;
	push @{ $columns{$catalog} }, $column;
}
$node->stop;

# The catalogs by the names that C has for them.
my $headers = `pg_config --includedir-server`;
chomp $headers;
my %catalog_of = map { slurp_file($_) =~ /^CATALOG\((\w+),\d+,(\w+)\)/m ? ($2 => $1) : () } glob("$headers/catalog/pg_*.h");

# The table of the library.
my $source = slurp_file('src/server/definitions/fingerprints.c');
my ($table) = $source =~ /^static const Catalog catalogs\[\] = \{\n(.*?)^\};/ms;
my %masks;
foreach my $entry ($table =~ /\{(\w+RelationId,.*?)\}/gs)
{
	$entry =~ s/"\s+"//g;
	my ($name, undef, undef, @lists) = $entry =~ /("[^"]*"|\w+)(?:,\s*|$)/g;
	ok(exists $catalog_of{$name}, "$name is a catalog") or next;
	$masks{ $catalog_of{$name} } = [ map { defined $_ && /^"(.*)"$/ ? [ split ' ', $1 ] : undef } @lists[ 0 .. 2 ] ];
}
cmp_ok(scalar keys %masks, '>', 50, 'catalogs are scanned: ' . keys %masks);

my %reasoned = map { $_ => 1 } map { @$_ } values %not_read;
my @undecided = grep { !$masks{$_} && !$reasoned{$_} } sort keys %columns;
is("@undecided", '', 'every catalog is scanned, or it is said why not');
is(join(' ', grep { $masks{$_} || !$columns{$_} } sort keys %reasoned), '', 'and no other');

my @uses = qw(own naming rest);
my (%used, @without, @nowhere);
foreach my $catalog (sort keys %masks)
{
	my %hashed;
	foreach my $use (0 .. 2)
	{
		my $names = $masks{$catalog}[$use] or next;
		my %out = map { $_ => 1 } @$names;
		$hashed{$_} = 1 for grep { !$out{$_} } @{ $columns{$catalog} };
		foreach my $name (@$names)
		{
			my $reasons = $left_out{ $uses[$use] };
			push @without, "$uses[$use] $name" unless grep { my $reason = $_; grep { $_ eq $name } @{ $reasons->{$reason} } } keys %$reasons;
			my $since = $since{$name} // 0;
			push @without, "no column $name" unless (grep { $_ eq $name } @{ $columns{$catalog} }) || ($since > $version) || ($since < 0 && -$since < $version);
			$used{"$uses[$use] $name"} = 1;
		}
	}
	push @nowhere, map { "$catalog.$_" } grep { !$hashed{$_} } @{ $columns{$catalog} } unless $unread{$catalog};
}
is(join(', ', @without), '', 'each column that is left out is one, and has a reason');
is(join(', ', @nowhere), '', 'and is hashed for something else, except in the catalogs listed');
my @stale = grep { !$used{$_} } map { my $use = $_; map { "$use $_" } map { @$_ } values %{ $left_out{$use} } } @uses;
is("@stale", '', 'no reason is stale');

done_testing();
