-- Another service's tables in the same database. Its row is of a revision that
-- no script explains: somebody deployed from a branch that was deleted.
CREATE SCHEMA legacy;
CREATE TABLE legacy.alembic_version (
    version_num varchar(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO legacy.alembic_version VALUES ('9d4e2f7a6b13');
