# PostgreSQL is the oracle of mighead_review() for scripts with transactions, savepoints, settings, roles and deferred
# checks: each is reviewed in a database of its own, and then run there.  The first statement that fails, and its
# SQLSTATE, are foretold, or the review said of that statement, or one before it, that it does not know.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "autovacuum = off\nfsync = off");
$node->start;
$node->safe_psql('template1', 'CREATE EXTENSION mighead');
$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('template1'), '-f', 'test/fixtures/review_database.sql' ], 'the database is made');
$node->safe_psql('template1', <<'SQL');
CREATE ROLE plain;
CREATE ROLE other_owner;
CREATE ROLE member;
GRANT other_owner TO member;
CREATE TABLE theirs (id integer PRIMARY KEY, a integer);
INSERT INTO theirs VALUES (1, 1);
ALTER TABLE theirs OWNER TO other_owner;
GRANT SELECT ON customer TO plain;
CREATE TABLE held (id integer PRIMARY KEY, customer_id integer REFERENCES customer DEFERRABLE INITIALLY DEFERRED,
    n integer UNIQUE DEFERRABLE INITIALLY DEFERRED);
INSERT INTO held VALUES (1, 1, 1), (2, 2, 2);
CREATE TABLE lazy (id integer PRIMARY KEY, customer_id integer REFERENCES customer DEFERRABLE);
INSERT INTO lazy VALUES (1, 1);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END';
CREATE TABLE checked (id integer);
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON checked DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse();
SQL

# A script a line. "known" before it: the review has to know the answer.
my @lines = split /\n/, <<'SQL';
known ALTER TYPE mood ADD VALUE 'new'; ALTER TABLE customer ALTER COLUMN feeling SET DEFAULT 'new'
ALTER TYPE mood ADD VALUE 'new'; UPDATE customer SET feeling = 'sad' WHERE feeling = 'new'
ALTER TYPE mood ADD VALUE 'new'; ALTER TABLE customer ADD CHECK (feeling <> 'new')
ALTER TYPE mood ADD VALUE 'new'; CREATE INDEX i ON customer (id) WHERE feeling = 'new'
ALTER TYPE mood ADD VALUE 'new'; CREATE VIEW v AS SELECT * FROM customer WHERE feeling = 'new'
ALTER TYPE mood ADD VALUE 'new'; DELETE FROM customer WHERE feeling = ANY ('{new,ok}')
ALTER TYPE mood ADD VALUE 'new'; ALTER TABLE customer ALTER COLUMN feeling TYPE mood USING 'new'::mood
ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'; CREATE VIEW v AS SELECT * FROM customer WHERE feeling = 'ok'
ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'; CREATE VIEW v AS SELECT * FROM customer WHERE feeling = 'fine'
BEGIN; ALTER TYPE mood ADD VALUE 'new'; CREATE INDEX i ON customer (id) WHERE feeling = 'new'; COMMIT
CREATE TYPE second AS ENUM ('ok', 'sad'); ALTER TABLE customer ALTER COLUMN feeling DROP DEFAULT; ALTER TABLE customer ALTER COLUMN feeling TYPE second USING feeling::text::second
CREATE FUNCTION plus(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 1'; CREATE INDEX i ON customer (plus(age))
DROP TABLE with_default; DROP TABLE triggered; DROP FUNCTION touch(); CREATE TRIGGER t BEFORE INSERT ON customer FOR EACH ROW EXECUTE FUNCTION touch()
known BEGIN; SAVEPOINT a; ALTER TABLE customer ADD COLUMN q integer; ROLLBACK TO a; ALTER TABLE customer DROP COLUMN q
known BEGIN; SAVEPOINT a; ALTER TABLE customer ADD COLUMN q integer; ROLLBACK TO a; ALTER TABLE customer ADD COLUMN q text; COMMIT; ALTER TABLE customer DROP COLUMN q
known BEGIN; SAVEPOINT a; DROP TABLE lonely CASCADE; ROLLBACK TO a; ALTER TABLE lonely ADD COLUMN q text; COMMIT
known BEGIN; SAVEPOINT a; CREATE TABLE n (a integer); RELEASE a; SAVEPOINT a; DROP TABLE n; ROLLBACK TO a; ALTER TABLE n ADD COLUMN b integer; COMMIT
known BEGIN; CREATE TABLE n (a integer); SAVEPOINT a; SAVEPOINT b; DROP TABLE n; ROLLBACK TO a; ALTER TABLE n ADD COLUMN b integer; ROLLBACK TO b
known CREATE TABLE n (a integer); BEGIN; DROP TABLE n; ROLLBACK; ALTER TABLE n ADD COLUMN b integer; BEGIN; ALTER TABLE n ADD COLUMN c integer; ROLLBACK; ALTER TABLE n ADD COLUMN c integer; ALTER TABLE n ADD COLUMN b integer
known BEGIN; CREATE TABLE n (a integer); ROLLBACK AND CHAIN; CREATE TABLE n (a integer); CREATE INDEX CONCURRENTLY i ON customer (name)
known BEGIN; CREATE TABLE n (a integer); COMMIT AND CHAIN; CREATE TABLE m (a integer); ROLLBACK; ALTER TABLE n ADD COLUMN b integer; ALTER TABLE m ADD COLUMN b integer
known COMMIT AND CHAIN
known BEGIN; COMMIT AND CHAIN; CREATE INDEX CONCURRENTLY i ON customer (name)
known BEGIN; SET LOCAL search_path = other; COMMIT; ALTER TABLE customer ADD COLUMN name text
known BEGIN; SET LOCAL search_path = other; ALTER TABLE customer ADD COLUMN name text; COMMIT
known BEGIN; SAVEPOINT a; SET search_path = other; ROLLBACK TO a; ALTER TABLE customer ADD COLUMN name text
known BEGIN; SET search_path = other; ROLLBACK; ALTER TABLE customer ADD COLUMN name text
known BEGIN; SET LOCAL search_path = app; SET search_path = other; COMMIT; ALTER TABLE customer ADD COLUMN name text
known SET LOCAL search_path = other; ALTER TABLE customer ADD COLUMN name text
DO $$BEGIN UPDATE customer SET name = ''; END$$; ALTER TABLE customer ALTER COLUMN name SET NOT NULL
DO $$BEGIN DROP TABLE lonely CASCADE; END$$; ALTER TABLE lonely ALTER COLUMN a SET NOT NULL
DO $$BEGIN ALTER TABLE customer DROP COLUMN name CASCADE; END$$; ALTER TABLE customer ADD COLUMN name text
PREPARE p AS UPDATE customer SET name = ''; EXECUTE p; ALTER TABLE customer ALTER COLUMN name SET NOT NULL
SELECT set_config('search_path', 'other', false); ALTER TABLE customer ADD COLUMN name text
BEGIN; SELECT set_config('search_path', 'other', true); ALTER TABLE customer ALTER COLUMN name SET NOT NULL; COMMIT
known BEGIN; CREATE TEMPORARY TABLE x (a integer) ON COMMIT DROP; ALTER TABLE x ADD COLUMN c integer; COMMIT; ALTER TABLE x ADD COLUMN b integer
known START TRANSACTION READ ONLY; ALTER TABLE customer ADD COLUMN z integer
known BEGIN; SET TRANSACTION READ ONLY; CREATE TABLE z (a integer)
known SET default_transaction_read_only = on; ALTER TABLE customer ADD COLUMN z integer
known BEGIN READ ONLY; COMMIT; ALTER TABLE customer ADD COLUMN z integer
known BEGIN READ ONLY; UPDATE lonely SET a = 1
known BEGIN READ ONLY; UPDATE nothing SET a = 1
CREATE TABLE IF NOT EXISTS customer_name_idx (id integer); ALTER TABLE customer_name_idx ADD COLUMN z integer
known DROP INDEX CONCURRENTLY customer_name_idx, customer_lower_idx
known DROP INDEX CONCURRENTLY customer_name_idx CASCADE
CREATE TABLE x (a integer) TABLESPACE nope
CREATE TABLE x (a integer) WITH (fillfactor = 1000)
CREATE TABLE x (a integer) USING nope
known SET ROLE plain; CREATE TABLE z (a integer)
known SET ROLE plain; ALTER TABLE customer ADD COLUMN z integer
known SET ROLE plain; UPDATE customer SET name = 'x'
known SET ROLE plain; DELETE FROM purchase
known SET ROLE plain; INSERT INTO lonely VALUES (1)
known SET ROLE plain; CREATE TEMPORARY VIEW v AS SELECT id FROM purchase
known SET ROLE plain; SELECT id FROM purchase
known SET ROLE plain; TRUNCATE customer
known SET ROLE plain; RESET ROLE; ALTER TABLE customer ADD COLUMN z integer
known BEGIN; SET LOCAL ROLE plain; COMMIT; ALTER TABLE customer ADD COLUMN z integer
known SET ROLE nobody
known SET ROLE other_owner; ALTER TABLE theirs ADD COLUMN z integer
known SET ROLE member; ALTER TABLE theirs ADD COLUMN z integer
known SET ROLE other_owner; ALTER TABLE theirs RENAME TO t
known SET ROLE other_owner; CREATE INDEX ON theirs (a)
known SET ROLE other_owner; ALTER TABLE theirs ADD UNIQUE (a)
known SET ROLE other_owner; ALTER TABLE theirs ADD FOREIGN KEY (a) REFERENCES customer
known SET SESSION AUTHORIZATION plain; DROP TABLE customer
known CREATE SCHEMA mine AUTHORIZATION other_owner; SET ROLE plain; DROP TABLE theirs
GRANT UPDATE ON lonely TO plain; SET ROLE plain; UPDATE lonely SET a = 1
known ALTER TABLE lonely OWNER TO plain; SET ROLE plain; ALTER TABLE lonely ADD COLUMN z integer
known CREATE TABLE z (a integer); SET ROLE plain; DROP TABLE z
SET ROLE plain; VACUUM customer
BEGIN; UPDATE held SET customer_id = 1000; COMMIT
BEGIN; UPDATE held SET n = 5; COMMIT
BEGIN; INSERT INTO held VALUES (3, 3, 1); UPDATE held SET n = 3 WHERE id = 3; COMMIT
UPDATE held SET customer_id = 1000
BEGIN; UPDATE held SET customer_id = 1000; ALTER TABLE held ADD COLUMN z integer; COMMIT
BEGIN; INSERT INTO held VALUES (3, 3, 3); DROP TABLE held; COMMIT
BEGIN; INSERT INTO held VALUES (3, 3, 3); TRUNCATE held; COMMIT
BEGIN; SET CONSTRAINTS ALL DEFERRED; UPDATE lazy SET customer_id = 1000; COMMIT
BEGIN; SET CONSTRAINTS ALL DEFERRED; UPDATE lazy SET customer_id = 1000; SET CONSTRAINTS ALL IMMEDIATE; COMMIT
BEGIN; SET CONSTRAINTS ALL DEFERRED; DELETE FROM customer WHERE id = 1; COMMIT
BEGIN; SET CONSTRAINTS nothing DEFERRED; COMMIT
BEGIN; INSERT INTO checked VALUES (1); COMMIT
BEGIN; INSERT INTO checked VALUES (1); ALTER TABLE checked ADD COLUMN z integer; COMMIT
INSERT INTO checked VALUES (1)
BEGIN; ALTER TABLE purchase ALTER CONSTRAINT purchase_customer_fkey DEFERRABLE INITIALLY DEFERRED; UPDATE purchase SET customer_id = 1000; ALTER TABLE purchase ADD COLUMN z integer; COMMIT
BEGIN; ALTER TABLE purchase ALTER CONSTRAINT purchase_customer_fkey DEFERRABLE INITIALLY DEFERRED; UPDATE purchase SET customer_id = 1000; COMMIT
CREATE EXTENSION IF NOT EXISTS mighead; ALTER TABLE customer ADD COLUMN z integer
CREATE EXTENSION no_such_extension; ALTER TABLE customer ADD COLUMN z citext
SQL

sub statements
{
	my ($script) = @_;
	return split /;\s*(?=(?:[^\$]*\$\$[^\$]*\$\$)*[^\$]*$)/, $script;
}

sub quoted
{
	my ($text) = @_;
	return q{'} . ($text =~ s/'/''/gr) . q{'};
}

# The number of the statement that fails, and its SQLSTATE.
sub run_script
{
	my ($database, @statements) = @_;
	my $text = "SET client_min_messages = error;\n" . join '', map { "\\echo $_\n$statements[$_ - 1];\n\\echo :SQLSTATE\n" } 1 .. @statements;
	my ($out, $err) = ('', '');
	IPC::Run::run([ 'psql', '-XAtq', '-v', 'VERBOSITY=sqlstate', '-d', $node->connstr($database), '-f', '-' ], '<', \$text, '>', \$out, '2>', \$err);
	my $number = 0;
	for (split /\n/, $out)
	{
		if (/^(\d{1,2})$/) { $number = $1 }
		elsif (/^(?!00000)(?=.*\d)[0-9A-Z]{5}$/) { return ($number, $_) }
	}
	return (0, '');
}

my $unknown = 0;
my $number = 0;
for my $line (@lines)
{
	my ($is_known, $script) = $line =~ /^(known )?(.*)$/;
	my @statements = statements($script);
	my $database = 'd' . $number++;
	$node->safe_psql('postgres', "CREATE DATABASE $database STRATEGY file_copy");
	my ($out, $err) = ('', '');
	$node->psql($database, 'SELECT statement, code, sqlstate FROM mighead_review(' . quoted($script) . q{) WHERE code IN ('will_fail', 'not_known')},
		stdout => \$out, stderr => \$err, extra_params => ['-At']);
	my ($first_unknown) = $out =~ /^(\d+)\|not_known/m;
	my ($at, $state) = $out =~ /^(\d+)\|will_fail\|(\w+)/m;
	my ($really_at, $really) = run_script($database, @statements);
	my $is_right = ($at // 0) == $really_at && ($state // '') eq $really;

	# what is said not to be known comes before what is said to fail, and before what fails
	my $is_unsure = defined $first_unknown && (!$at || $first_unknown <= $at) && (!$really_at || $first_unknown <= $really_at);
	ok($err eq '' && ($is_right || ($is_unsure && !$is_known)), $script)
	  or diag("$err$out\nreally: $really_at $really");
	$unknown++ if !$is_right;
}
note("$unknown of $number are not known");

$node->stop;
done_testing();
