#!/bin/sh
# make_history.sh FOLDER DATABASE-STATE.sql
#
# Lets Alembic make a project in FOLDER: a shop whose billing work was begun on
# a branch and never merged. Writes what "alembic upgrade" would run up to the
# revision before the last of the main line. The files that ship in versions/ and
# history.sql were made by exactly this:
#     test/demo/make_history.sh NEW-FOLDER test/demo/history.sql
# and then copied from NEW-FOLDER/migrations/versions.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
folder=$1
state=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
export PYTHONDONTWRITEBYTECODE=1

mkdir -p "$folder"
cd "$folder"
alembic --quiet init migrations 2>/dev/null || alembic init migrations >/dev/null
cp "$here/env.py" "$here/script.py.mako" migrations/

# revision ID HEAD MESSAGE UPGRADE DOWNGRADE [OPTION...]
revision()
{
	DEMO_UPGRADE=$4
	DEMO_DOWNGRADE=$5
	export DEMO_UPGRADE DEMO_DOWNGRADE
	rev_id=$1
	head=$2
	message=$3
	shift 5
	alembic revision --rev-id "$rev_id" --head "$head" --message "$message" "$@" >/dev/null
}

revision 3f1a9c0b7d21 base 'create customers' \
	'CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL)' 'DROP TABLE customers'
revision 8b2e4d6f1a90 3f1a9c0b7d21 'create orders' \
	'CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers)' 'DROP TABLE orders'
revision c4d7e1f29b35 8b2e4d6f1a90 'orders have a status' \
	"ALTER TABLE orders ADD COLUMN status text NOT NULL DEFAULT 'new'" 'ALTER TABLE orders DROP COLUMN status'
revision 5e80b3f6c2d4 c4d7e1f29b35 'create invoices' \
	'CREATE TABLE invoices (id bigint PRIMARY KEY, order_id bigint NOT NULL REFERENCES orders)' 'DROP TABLE invoices' \
	--branch-label billing
revision d2f6a4b8091e 5e80b3f6c2d4 'number invoices' \
	'ALTER TABLE invoices ADD COLUMN number text UNIQUE' 'ALTER TABLE invoices DROP COLUMN number'
revision a91c5e7d3f08 c4d7e1f29b35 'customers have an e-mail address' \
	'ALTER TABLE customers ADD COLUMN email text' 'ALTER TABLE customers DROP COLUMN email' --splice
revision 17b0c8e5f4a2 a91c5e7d3f08 'index e-mail addresses' \
	'CREATE UNIQUE INDEX customers_email ON customers (email)' 'DROP INDEX customers_email'

alembic upgrade a91c5e7d3f08 --sql 2>/dev/null >"$state"
