# Eight clients stamp, reset and undo at random, with right and with stale expectations, and roll
# some of it back, while another one writes by hand as Alembic would. The journal replayed from
# the start gives the rows, at every moment.
use strict;
use warnings;

use IPC::Run qw(start finish);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $seconds = $ENV{MIGHEAD_LONG} ? 60 : 5;
my $seed = $ENV{MIGHEAD_SEED} // 1;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "autovacuum = off\nlog_min_messages = fatal\nlog_min_error_statement = fatal\n");
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION mighead;
SELECT mighead_add_revision('a1'), mighead_add_revision('a2', ARRAY['a1']), mighead_add_revision('a3', ARRAY['a2']),
    mighead_add_revision('b1', branch_labels => ARRAY['side']), mighead_add_revision('b2', ARRAY['b1']),
    mighead_add_revision('m', ARRAY['a3', 'b2']);
SELECT mighead_ensure_version();
SELECT mighead_watch('alembic_version');
CREATE TABLE outcome (client int, call text, code text);

-- One transaction after the other. What is expected is read in one of its own, which gives the lock
-- back, so that others come between.
CREATE PROCEDURE client(number int, seconds float8, seed float8) LANGUAGE plpgsql AS $$
DECLARE
    until timestamptz := clock_timestamp() + make_interval(secs => seconds);
    expect text;
    call text;
    code text;
BEGIN
    PERFORM setseed(seed);
    WHILE clock_timestamp() < until LOOP
        SELECT coalesce(array_agg(version_num), '{}')::text FROM alembic_version INTO expect;
        COMMIT;
        IF random() < 0.2 THEN
            expect := (ARRAY['{a1}', '{b2,a3}', '{}', '{m,m}', 'zzz'])[1 + floor(random() * 5)];
        END IF;
        call := (ARRAY['stamp', 'stamp', 'stamp', 'reset', 'undo', 'hand'])[1 + floor(random() * 6)];
        code := '';
        BEGIN
            IF call = 'stamp' THEN
                PERFORM mighead_stamp((ARRAY['a1', 'a2', 'a3', 'b1', 'b2', 'm', 'heads', '{a2,b1}', 'side@base'])[1 + floor(random() * 9)],
                    expect, 'stress', purge => random() < 0.2, skip_guards => '{schema,overlap,targets}');
            ELSIF call = 'reset' THEN
                PERFORM mighead_reset(expect, 'stress', skip_guards => '{schema}');
            ELSIF call = 'undo' THEN
                PERFORM mighead_undo((SELECT coalesce(max(id), 0) FROM mighead.journal), expect, 'stress', skip_guards => '{schema,overlap}');
            ELSE
                -- as the lines for env.py do it: two who write by hand would not see each other
                IF NOT pg_try_advisory_xact_lock(mighead_lock_key('default')) THEN
                    RAISE lock_not_available;
                END IF;
                DELETE FROM alembic_version WHERE version_num = (SELECT min(version_num) FROM alembic_version);
                INSERT INTO alembic_version VALUES ('b1') ON CONFLICT DO NOTHING;
            END IF;
        EXCEPTION WHEN OTHERS THEN
            code := SQLSTATE;
        END;
        IF code = '' AND random() < 0.2 THEN
            ROLLBACK;
            code := 'rolled back';
        ELSE
            COMMIT;
        END IF;
        INSERT INTO outcome VALUES (number, call, code);
        COMMIT;
    END LOOP;
END $$;

-- Both are read by one statement, thus at one moment; differences are kept.
CREATE PROCEDURE observer(seconds float8) LANGUAGE plpgsql AS $$
DECLARE
    until timestamptz := clock_timestamp() + make_interval(secs => seconds);
    agrees boolean;
BEGIN
    WHILE clock_timestamp() < until LOOP
        SELECT (SELECT coalesce(array_agg(version_num::text ORDER BY version_num), '{}') FROM alembic_version)
            = coalesce((SELECT ARRAY(SELECT unnest(new_rows) ORDER BY 1) FROM mighead.journal ORDER BY id DESC LIMIT 1), '{}')
        INTO agrees;
        INSERT INTO outcome VALUES (0, 'observe', CASE WHEN agrees THEN '' ELSE 'differs' END);
        COMMIT;
        PERFORM pg_sleep(0.01);
    END LOOP;
END $$;
SQL

sub in_background
{
	my ($sql) = @_;
	my $out = '';

	return [
		start([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-c', $sql ],
			'<', \undef, '>&', \$out),
		\$out
	];
}

my @clients = (in_background("CALL observer($seconds)"),
	map { in_background("CALL client($_, $seconds, " . (($seed * 31 + $_) % 1000) / 1000 . ')') } 1 .. 8);

foreach my $client (@clients)
{
	ok(finish($client->[0]), 'a client went through') or diag ${ $client->[1] };
}
note $node->safe_psql('postgres', 'SELECT call, code, count(*) FROM outcome GROUP BY 1, 2 ORDER BY 1, 2');

is($node->safe_psql('postgres', <<'SQL'), '', 'every entry begins where the one before ended');
SELECT id, old_rows, before FROM (
    SELECT id, ARRAY(SELECT unnest(old_rows) ORDER BY 1) AS old_rows,
        lag(ARRAY(SELECT unnest(new_rows) ORDER BY 1), 1, '{}') OVER (ORDER BY id) AS before FROM mighead.journal) AS j
WHERE old_rows <> before
SQL
is( $node->safe_psql('postgres', q{SELECT ARRAY(SELECT unnest(new_rows) ORDER BY 1) FROM mighead.journal ORDER BY id DESC LIMIT 1}),
	$node->safe_psql('postgres', q{SELECT coalesce(array_agg(version_num::text ORDER BY version_num), '{}') FROM alembic_version}),
	'and the last one ends at the rows');
is($node->safe_psql('postgres', q{SELECT count(*) FROM outcome WHERE call = 'observe' AND code <> ''}), '0', 'and so it was all the time');
is( $node->safe_psql('postgres', q{SELECT count(*) FROM mighead.journal WHERE action LIKE 'mighead%'}),
	$node->safe_psql('postgres', q{SELECT count(*) FROM outcome WHERE call IN ('stamp', 'reset', 'undo') AND code = ''}),
	'an entry for each act that was committed, and none for others');
is($node->safe_psql('postgres', <<'SQL'), '', 'nothing but refusals that are foreseen');
SELECT DISTINCT call, code FROM outcome
WHERE code NOT IN ('', 'rolled back', 'MH101', 'MH105') AND (call, code) NOT IN (('undo', '42704'), ('hand', '55P03'))
SQL
is($node->safe_psql('postgres', <<'SQL'), 't', 'all of it happened');
SELECT (SELECT count(DISTINCT call) FROM outcome WHERE code = '') = 5
    AND (SELECT array_agg(DISTINCT code) FROM outcome) @> ARRAY['', 'rolled back', 'MH101', 'MH105']
SQL

done_testing();
