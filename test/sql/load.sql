-- Loading without files: what parsing, registering by hand and documents do.
-- Files and archives are tried in test/t/010_load.pl.
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS mighead CASCADE;
CREATE EXTENSION mighead;
RESET client_min_messages;
SET timezone = 'UTC';
\set VERBOSITY default
\pset null '-'

-- 1. The header of a script.
SELECT * FROM mighead_parse_script($$"""Invoices get a currency

Revision ID: 1a04
Revises: 1a02, 1a03
Create Date: 2026-01-31 12:00:00.5+01:00

"""
from typing import Sequence, Union

revision: str = "1a04"
down_revision: Union[str, Sequence[str], None] = ("1a02", '1a03')
branch_labels = None
depends_on = ["audit"]
$$);
SELECT revision, create_date FROM mighead_parse_script($$"""Create Date: now"""
revision, x = 'a', 1
$$);
SELECT revision, down_revision, message, create_date FROM mighead_parse_script($$"""Create Date: now"""
revision = 'a'
down_revision = None
$$);
SELECT mighead_parse_script('');
SELECT mighead_parse_script(NULL) IS NULL AS is_null;
-- immutable, so that it may stand in an index; no setting matters
SET datestyle = 'German, DMY';
SELECT to_char(create_date, 'YYYY-MM-DD') AS create_date
FROM mighead_parse_script(E'"""Create Date: 2026-02-01 00:00"""\nrevision = \'a\'\ndown_revision = None');
RESET datestyle;

-- 2. Environments.
SELECT mighead_project('billing', 'billing_version', 'Odd "schema"');
SELECT mighead_project('audit');
SELECT mighead_project('audit', version_table_schema => 'audit');
SELECT * FROM mighead.project ORDER BY name;
SELECT mighead_project('');
SELECT mighead_project(NULL);
SELECT mighead_project('x', '');
SELECT mighead_project('x', repeat('x', 64));

-- 3. By hand: the child first, which waits for its parent.
SELECT mighead_add_revision('b', '{a}', message => 'second');
SELECT * FROM mighead_heads('default');
SELECT mighead_add_revision('a', NULL, '{}', '{main}', 'first');
SELECT revision, load_order, down_revision, branch_labels, message, by_hand, first_release, last_release
FROM mighead.revision ORDER BY load_order, revision;
SELECT project, release, label, heads, source FROM mighead.release;
-- registered anew
SELECT mighead_add_revision('b', '{a}', branch_labels => '{late}');
SELECT revision, message, branch_labels FROM mighead.revision WHERE revision = 'b';
-- several that wait for one another become current together
SELECT mighead_add_revision('e', '{d}');
SELECT mighead_add_revision('d', '{c}', '{late}');
SELECT mighead_add_revision('c', '{b}');
SELECT heads FROM mighead.release;
-- and are refused together
SELECT mighead_add_revision('c', '{e}');
SELECT mighead_add_revision('x', '{x}');
SELECT mighead_add_revision('x', '{a}', branch_labels => '{main}');
SELECT mighead_add_revision('x:y');
SELECT mighead_add_revision(NULL);
SELECT mighead_remove_revision('c');
SELECT mighead_remove_revision('e');
SELECT mighead_remove_revision('e');
SELECT heads FROM mighead.release;

-- 4. Documents.
SELECT jsonb_pretty(mighead_export('default') #- '{releases,0,loaded_at}' #- '{releases,0,loaded_by}' #- '{revisions,2}' #- '{revisions,2}');
SELECT mighead_export('audit');
SELECT mighead_export('nowhere');
SELECT * FROM mighead_import(jsonb_set(mighead_export(), '{project,name}', '"copy"'));
SELECT jsonb_set(mighead_export('copy'), '{project,name}', '"default"') = mighead_export() AS is_same;
-- a document as the next release: what it lacks is retired, unless by hand
SELECT * FROM mighead_import($${"mighead": 1,
  "project": {"name": "copy", "version_table_name": "ignored"},
  "releases": [{"release": 7, "label": "r7", "heads": ["z"], "loaded_at": "2026-01-31T12:00:00Z", "loaded_by": "me"}],
  "revisions": [{"revision": "z", "load_order": 3, "down_revision": [], "depends_on": [], "branch_labels": [],
    "message": "", "file_name": "z.py", "by_hand": false, "first_release": 5},
    {"revision": "y", "load_order": 1, "down_revision": ["gone"], "depends_on": [], "branch_labels": [],
    "message": "", "file_name": "y.py", "by_hand": false, "first_release": 2, "last_release": 4}]}$$);
SELECT revision, load_order, by_hand, first_release, last_release FROM mighead.revision WHERE project = 'copy' ORDER BY load_order;
SELECT release, label, heads, source FROM mighead.release WHERE project = 'copy' ORDER BY release;
SELECT version_table_name FROM mighead.project WHERE name = 'copy';
SELECT mighead_import('{"mighead": 2, "anything": "else"}');
SELECT mighead_import('{"mighead": 1, "project": {"name": "p", "version_table_name": "v"}, "releases": [{}], "revisions": []}');
SELECT mighead_import('"mighead"');

DROP EXTENSION mighead;
