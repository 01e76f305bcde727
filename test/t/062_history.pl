# A history of more than sixty revisions with two branches, a merge, and every kind of object
# that migrations make: captured once, while real Alembic applies it, shipped as a document, and
# then found again at every revision, in whatever order the branches were applied.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";
use AlembicProject qw(find_program);
use History        qw(write_environment);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($alembic, $missing) = find_program('alembic', 'alembic', 'psycopg2');
plan skip_all => $missing unless $alembic;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
my $directory = PostgreSQL::Test::Utils::tempdir;
write_environment($directory);

sub sql
{
	return map { "op.execute(\"\"\"$_\"\"\")" } @_;
}

# What one team does in the course of time; $p is in front of all its names.
sub steps_of
{
	my ($p) = @_;

	return (
		[   "op.create_table('${p}_item', sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.String(40), nullable=False),
        sa.Column('status', sa.String(10)), sa.Column('price', sa.Numeric(10, 2), server_default='0'))" ],
		[ sql("CREATE TYPE ${p}_state AS ENUM ('new', 'open')", "ALTER TABLE ${p}_item ADD state ${p}_state DEFAULT 'new' NOT NULL") ],
		[ "op.create_index('${p}_item_open', '${p}_item', ['name'], postgresql_where=sa.text(\"status IN ('new', 'open')\"))" ],
		[   'with op.get_context().autocommit_block():',
			"    op.create_index('${p}_item_price', '${p}_item', [sa.text('price DESC')], postgresql_concurrently=True)" ],
		[   sql("CREATE TABLE ${p}_event (at date NOT NULL, item_id int, payload jsonb) PARTITION BY RANGE (at)",
				"CREATE TABLE ${p}_event_1 PARTITION OF ${p}_event FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')") ],
		[ sql("CREATE VIEW ${p}_cheap AS SELECT i.id, i.name FROM ${p}_item i WHERE i.price < 10 AND i.status IN ('new', 'open')") ],
		[   sql("CREATE FUNCTION ${p}_touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
				"CREATE TRIGGER ${p}_touch BEFORE UPDATE ON ${p}_item FOR EACH ROW WHEN (OLD.price <> NEW.price) EXECUTE FUNCTION ${p}_touch()") ],
		[ sql("ALTER TYPE ${p}_state ADD VALUE 'done' BEFORE 'open'") ],
		[   sql("CREATE DOMAIN ${p}_code AS varchar(8) CHECK (VALUE IN ('A', 'B') OR length(VALUE) > 2)",
				"ALTER TABLE ${p}_item ADD code ${p}_code") ],
		[ sql("UPDATE ${p}_item SET price = 1") ],
		[   sql("CREATE INDEX ${p}_event_item ON ${p}_event (item_id) INCLUDE (at)",
				"CREATE TABLE ${p}_event_2 PARTITION OF ${p}_event FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')") ],
		[ sql("ALTER TABLE ${p}_item ADD CONSTRAINT ${p}_known CHECK (status IN ('new', 'open')) NOT VALID") ],
		[ sql("ALTER TABLE ${p}_item VALIDATE CONSTRAINT ${p}_known") ],
		[   "op.create_table('${p}_line', sa.Column('id', sa.BigInteger, sa.Identity(always=True, cache=5), primary_key=True),
        sa.Column('item_id', sa.Integer, sa.ForeignKey('${p}_item.id', ondelete='CASCADE')), sa.Column('position', sa.SmallInteger),
        sa.UniqueConstraint('item_id', 'position', deferrable=True, name='${p}_line_position'))" ],
		[   "op.alter_column('${p}_line', 'position', type_=sa.Integer, nullable=False)",
			"op.alter_column('${p}_item', 'code', new_column_name='short_code')" ],
		[   sql("CREATE MATERIALIZED VIEW ${p}_totals AS SELECT state, sum(price) AS total FROM ${p}_item GROUP BY state",
				"CREATE UNIQUE INDEX ${p}_totals_state ON ${p}_totals (state)") ],
		[   sql("ALTER TABLE ${p}_line ENABLE ROW LEVEL SECURITY",
				"CREATE POLICY ${p}_own ON ${p}_line FOR SELECT USING (position IN (1, 2))") ],
		[   "op.drop_index('${p}_item_price', table_name='${p}_item')",
			sql("CREATE SEQUENCE ${p}_number START 7 OWNED BY ${p}_item.id", "COMMENT ON TABLE ${p}_item IS 'of ${p}'") ],
	);
}

my @together = (
	[],
	[   "op.create_table('link', sa.Column('sales_id', sa.Integer, sa.ForeignKey('sales_item.id'), primary_key=True),
        sa.Column('stock_id', sa.Integer, sa.ForeignKey('stock_item.id'), primary_key=True))" ],
	[ sql('ALTER TABLE sales_item DISABLE TRIGGER sales_touch') ],
	[ sql(q{CREATE OR REPLACE FUNCTION stock_touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.price := 0; RETURN NEW; END'}) ],
	[ sql('DROP VIEW core_cheap', 'CREATE VIEW core_cheap WITH (security_barrier) AS SELECT id FROM core_item') ],
	[ sql('CREATE TYPE pair AS (a int, b text)', 'CREATE STATISTICS item_numbers ON name, status FROM core_item') ],
	[ 'with op.get_context().autocommit_block():', map { "    $_" } sql('DROP INDEX CONCURRENTLY sales_item_open') ],
	[ sql('CREATE AGGREGATE total (int) (SFUNC = int4pl, STYPE = int, INITCOND = 0)') ],
	[ "op.drop_table('core_line')" ],
);

my @order;

sub write_scripts
{
	my ($name, $down, @steps) = @_;
	my @names;

	foreach my $i (1 .. @steps)
	{
		my $id = sprintf '%s%02d', $name, $i;
		my $below = !defined $down ? 'None' : ref $down ? "('" . join("', '", @$down) . "')" : "'$down'";

		append_to_file("$directory/versions/$id.py", <<"PYTHON");
"""step $i of $name"""
import sqlalchemy as sa
from alembic import op

revision = '$id'
down_revision = $below


def upgrade():
    @{[ join "\n    ", @{ $steps[ $i - 1 ] }, 'pass' ]}


def downgrade():
    pass
PYTHON
		push @names, $down = $id;
	}
	return @names;
}

my @core = write_scripts('core', undef, steps_of('core'));
my @sales = write_scripts('sales', $core[-1], steps_of('sales'));
my @stock = write_scripts('stock', $core[-1], steps_of('stock'));
my @both = write_scripts('both', [ $sales[-1], $stock[-1] ], @together);
my $history = History->new(node => $node, alembic => $alembic, scripts => $directory);
my $document = $history->capture('scratch');
my $count = @core + @sales + @stock + @both;

cmp_ok($count, '>=', 60, "$count revisions");
is($node->safe_psql('scratch', 'SELECT count(*) FROM mighead.expected_set'), $count + 1, 'one command captured each');
is($node->safe_psql('scratch', 'SELECT state, drift, findings FROM mighead_status()'), 'ok|0|0', 'and the scratch database is as expected');

# all changes at all revisions take longer
my @changes = $ENV{MIGHEAD_LONG} ? () : (changes => 2);
$history->check('sales_first', $document, [ @core, @sales, @stock, @both ], @changes);
$history->check('stock_first', $document, [ $core[-1], @stock, @sales, @both ], @changes);
$history->check('in_turn', $document, [ $core[-1], (map { ($stock[$_], $sales[$_]) } 0 .. $#sales), $both[-1] ], @changes)
  if $ENV{MIGHEAD_LONG};

# The same document comes out where it went in.
is($node->safe_psql('stock_first', 'SELECT mighead_export()'), $document, 'exported again');

$node->stop;
done_testing();
