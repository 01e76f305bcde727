/* Unit tests of src/core/base/secrets.c. */
#include "core/base/secrets.h"
#include "tap.h"

#include <time.h>

static void
test_blanked(void)
{
	static const char *const texts[][2] = {
		{"CREATE ROLE x PASSWORD 'geheim'", "CREATE ROLE x PASSWORD '********'"},
		{"ALTER USER x WITH ENCRYPTED Password E'a\\'b' LOGIN",
		 "ALTER USER x WITH ENCRYPTED Password E'********' LOGIN"},
		{"ALTER ROLE x PASSWORD U&'a\\0061'", "ALTER ROLE x PASSWORD U&'********'"},
		{"ALTER ROLE x PASSWORD $$a'b$$", "ALTER ROLE x PASSWORD $$********$$"},
		{"ALTER ROLE x PASSWORD $p$a$$b$p$;", "ALTER ROLE x PASSWORD $p$********$p$;"},
		{"ALTER ROLE x PASSWORD/* why */ -- not\n 'it''s' VALID",
		 "ALTER ROLE x PASSWORD/* why */ -- not\n '********' VALID"},
		{"DO $$BEGIN EXECUTE 'ALTER ROLE x PASSWORD ''geheim'' LOGIN'; END$$",
		 "DO $$BEGIN EXECUTE '********'; END$$"},
		{"OPTIONS (user 'u', password 'geheim')", "OPTIONS (user 'u', password '********')"},
		{"OPTIONS (\"sslpassword\" 'geheim')", "OPTIONS (\"sslpassword\" '********')"},
		{"CONNECTION 'host=h password=geheim dbname=d'",
		 "CONNECTION 'host=h password=******** dbname=d'"},
		{"dblink_connect('host=h password=''it s'' x')",
		 "dblink_connect('host=h password=''********'' x')"},
		{"CONNECTION 'postgresql://u:geheim@h/d'", "CONNECTION 'postgresql://u:********@h/d'"},
		{"CONNECTION 'postgresql://h/d?user=u&password=geheim&x=1'",
		 "CONNECTION 'postgresql://h/d?user=u&password=********&x=1'"},
		{"UPDATE users SET password = 'geheim'", "UPDATE users SET password = '********'"},
		{"ALTER ROLE x PASSWORD 'cut off", "ALTER ROLE x PASSWORD '********"},
		{"ALTER USER x PASSWORD '''geheim'''", "ALTER USER x PASSWORD '********'"},
		{"ALTER USER x PASSWORD 'ge'\n 'heim'", "ALTER USER x PASSWORD '********'\n '********'"},
		{"ALTER USER x PASSWORD /* /* y */ */ 'geheim'",
		 "ALTER USER x PASSWORD /* /* y */ */ '********'"},
		{"DO $x$BEGIN EXECUTE format('ALTER USER x PASSWORD %L', 'geheim'); END$x$",
		 "DO $x$BEGIN EXECUTE format('********', '********'); END$x$"},
		{"DO $x$DECLARE p text := 'geheim'; BEGIN EXECUTE 'ALTER USER x PASSWORD ' || p; END$x$",
		 "DO $x$DECLARE p text := '********'; BEGIN EXECUTE '********' || p; END$x$"},
		{"DO 'BEGIN EXECUTE ''ALTER USER x PASSWORD ''''geheim''''''; END'", "DO '********'"},
		{"ALTER SUBSCRIPTION s CONNECTION $$host=h password=geheim$$",
		 "ALTER SUBSCRIPTION s CONNECTION $$********$$"},
		{"CREATE SUBSCRIPTION s CONNECTION 'host=h pass'\n'word=geheim' PUBLICATION p",
		 "CREATE SUBSCRIPTION s CONNECTION '********'\n'********' PUBLICATION p"},
		{"ALTER SERVER s OPTIONS (SET secret_access_key 'geheim')",
		 "ALTER SERVER s OPTIONS (SET secret_access_key '********')"},
		{"dblink_connect('host=h password = geheim user=y')",
		 "dblink_connect('host=h password = ******** user=y')"},
		{"dblink_connect('password=ge\\''heim user=y')",
		 "dblink_connect('password=******** user=y')"},
		{"SELECT set_config('app.password', 'geheim', true)",
		 "SELECT set_config('app.password', '********', true)"},
		{"SELECT 1 WHERE password IN ('ge', 'heim') AND a = 'b'",
		 "SELECT 1 WHERE password IN ('********', '********') AND a = 'b'"},
		{"CHECK (password='geheim' OR password=email)",
		 "CHECK (password='********' OR password=email)"},
		{"SELECT '{\"api_token\": \"geheim\", \"a\": 1}'",
		 "SELECT '{\"api_token\": \"********\", \"a\": 1}'"},
	};

	for (int i = 0; i < (int) lengthof(texts); i++)
		is(mh_blank_secrets(texts[i][0]), texts[i][1], texts[i][0]);
}

static void
test_left_alone(void)
{
	static const char *const texts[] = {
		"",
		"ALTER ROLE x PASSWORD NULL",
		"ALTER ROLE x PASSWORD ''",
		"ALTER TABLE users ADD password text NOT NULL",
		"INSERT INTO users (password) VALUES ('x')",
		"CHECK (password <> '')",
		"UPDATE users SET password = other",
		"COMMENT ON COLUMN users.password IS 'hashed'",
		"SELECT password",
		"SELECT 'http://example.org:80/a@b'",
		"SELECT '://'",
		"password=",
		"PREPARE p AS UPDATE users SET password = $1",
		"UPDATE users SET password=md5(email)",
		"UPDATE users SET password=users.email",
		"CREATE FUNCTION f() AS $$BEGIN UPDATE users SET password=$1; END$$",
		"ALTER ROLE x SET search_path TO 'a'",
		"INSERT INTO notes VALUES ('5', 'create a user with a password')",
		"SELECT 'a' AS token, 'b'",
	};

	for (int i = 0; i < (int) lengthof(texts); i++)
		is(mh_blank_secrets(texts[i]), texts[i], texts[i]);
}

/* A megabyte of what looks like a beginning takes no longer than its size. */
static void
test_time(void)
{
	static const char *const parts[] = {"password $a$ /* ://u:", "$a$--$a$", "$a",
										"password = ",           "'://",     "'password''"};

	for (int i = 0; i < (int) lengthof(parts); i++)
	{
		StringInfoData text;
		clock_t before = clock();

		initStringInfo(&text);
		while (text.len < 1024 * 1024)
			appendStringInfoString(&text, parts[i]);
		pfree(mh_blank_secrets(text.data));
		ok(clock() - before < 5 * CLOCKS_PER_SEC, "a long text takes a moment");
	}
}

int
main(void)
{
	test_blanked();
	test_left_alone();
	test_time();
	return done_testing();
}
