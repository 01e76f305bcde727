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
		 "DO $$BEGIN EXECUTE 'ALTER ROLE x PASSWORD ''********'' LOGIN'; END$$"},
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
	};

	for (int i = 0; i < (int) lengthof(texts); i++)
		is(mh_blank_secrets(texts[i]), texts[i], texts[i]);
}

/* A megabyte of what looks like a beginning takes no longer than its size. */
static void
test_time(void)
{
	StringInfoData text;
	clock_t before;

	initStringInfo(&text);
	while (text.len < 1024 * 1024)
		appendStringInfoString(&text, "password $a$ /* ://u:");
	before = clock();
	pfree(mh_blank_secrets(text.data));
	ok(clock() - before < 5 * CLOCKS_PER_SEC, "a long text takes a moment");
}

int
main(void)
{
	test_blanked();
	test_left_alone();
	test_time();
	return done_testing();
}
