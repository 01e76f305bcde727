BEGIN;

CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL, 
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

-- Running upgrade  -> 3f1a9c0b7d21

CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL);

INSERT INTO alembic_version (version_num) VALUES ('3f1a9c0b7d21') RETURNING alembic_version.version_num;

-- Running upgrade 3f1a9c0b7d21 -> 8b2e4d6f1a90

CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers);

UPDATE alembic_version SET version_num='8b2e4d6f1a90' WHERE alembic_version.version_num = '3f1a9c0b7d21';

-- Running upgrade 8b2e4d6f1a90 -> c4d7e1f29b35

ALTER TABLE orders ADD COLUMN status text NOT NULL DEFAULT 'new';

UPDATE alembic_version SET version_num='c4d7e1f29b35' WHERE alembic_version.version_num = '8b2e4d6f1a90';

-- Running upgrade c4d7e1f29b35 -> a91c5e7d3f08

ALTER TABLE customers ADD COLUMN email text;

UPDATE alembic_version SET version_num='a91c5e7d3f08' WHERE alembic_version.version_num = 'c4d7e1f29b35';

COMMIT;

