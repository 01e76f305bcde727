/*
 * Unit tests of src/core/merge_script.c.  merge_script_oracle.py asks Python and
 * Alembic.
 */
#include "core/draw/draw.h"
#include "tap.h"

#define DATE "2026-01-31 12:00:00.000000"

static void
test_repr(void)
{
	is(mh_python_repr(""), "''", "an empty string");
	is(mh_python_repr("ae1027"), "'ae1027'", "an ordinary id");
	is(mh_python_repr("it's"), "\"it's\"", "a single quote makes double quotes");
	is(mh_python_repr("it's \"it\""), "'it\\'s \"it\"'", "both make single quotes");
	is(mh_python_repr("a\\b\n\r\t\001\177"), "'a\\\\b\\n\\r\\t\\x01\\x7f'", "controls");
	is(mh_python_repr("gr\xc3\xb6\xc3\x9f"), "'gr\xc3\xb6\xc3\x9f'", "letters stay");
	is(mh_python_repr("\xc2\xa0\xe2\x80\xae\xf3\xa0\x80\x81"), "'\\xa0\\u202e\\U000e0001'",
	   "characters that print nothing");
	is(mh_python_repr("\xff\xc3"), "'\\xff\\xc3'", "bytes that are no UTF-8");
}

static void
test_merge_script(void)
{
	MhStrings parents = {0, NULL};

	mh_strings_add(&parents, "ae1027a6acf");
	mh_strings_add(&parents, "27c6a30d7c24");
	is(mh_merge_script(&parents, "53fffde5ad5", "merge ae1 and 27c", DATE),
	   "\"\"\"merge ae1 and 27c\n"
	   "\n"
	   "Revision ID: 53fffde5ad5\n"
	   "Revises: ae1027a6acf, 27c6a30d7c24\n"
	   "Create Date: 2026-01-31 12:00:00.000000\n"
	   "\n"
	   "\"\"\"\n"
	   "from typing import Sequence, Union\n"
	   "\n"
	   "from alembic import op\n"
	   "import sqlalchemy as sa\n"
	   "\n"
	   "\n"
	   "# revision identifiers, used by Alembic.\n"
	   "revision: str = '53fffde5ad5'\n"
	   "down_revision: Union[str, Sequence[str], None] = ('ae1027a6acf', '27c6a30d7c24')\n"
	   "branch_labels: Union[str, Sequence[str], None] = None\n"
	   "depends_on: Union[str, Sequence[str], None] = None\n"
	   "\n"
	   "\n"
	   "def upgrade() -> None:\n"
	   "    \"\"\"Upgrade schema.\"\"\"\n"
	   "    pass\n"
	   "\n"
	   "\n"
	   "def downgrade() -> None:\n"
	   "    \"\"\"Downgrade schema.\"\"\"\n"
	   "    pass\n",
	   "the file that alembic merge writes");
}

/* The docstring's first line for a message. */
static char *
docstring(const char *message)
{
	MhStrings parents = {0, NULL};
	char *source = mh_merge_script(&parents, "x", message, DATE);

	*strstr(source, "\n\nRevision ID") = '\0';
	return source;
}

static void
test_docstring(void)
{
	MhStrings one = {0, NULL};

	mh_strings_add(&one, "a");
	is(docstring(NULL), "\"\"\"empty message", "no message is called so, as by Alembic");
	is(docstring(""), "\"\"\"", "an empty message is one");
	is(docstring("a \"b\" 'c'\n\td"), "\"\"\"a \"b\" 'c'\n\td", "an ordinary message stays");
	is(docstring("\"\"\"\nimport os"), "\"\"\"\"\"\\\"\nimport os", "nothing breaks out");
	is(docstring("\"\"\"\"\"\"x"), "\"\"\"\"\"\\\"\"\"\\\"x", "nor with more quotes");
	is(docstring("\\\"\"\""), "\"\"\"\\\\\"\"\\\"", "nor behind a backslash");
	is(docstring("a\\nb\r\f\xe2\x80\xae\xff"), "\"\"\"a\\\\nb\\r\\x0c\\u202e\\xff",
	   "what Python would read differently is escaped");
	ok(strstr(mh_merge_script(&one, "x", "", DATE), "None] = 'a'\n") != NULL,
	   "one parent is no tuple");
}

int
main(void)
{
	test_repr();
	test_merge_script();
	test_docstring();
	return done_testing();
}
