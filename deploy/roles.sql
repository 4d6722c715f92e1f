-- Two roles on PostgreSQL: the owner, who migrates, and `backoffice`, as whom web and worker run and
-- who owns nothing: it can neither drop the triggers that guard the ledger nor empty a table.
-- To be run once, in the database of Backoffice, by the owner of its tables:
--   psql -d backoffice -f roles.sql
-- The role itself is made by whoever may (a superuser, or a role with CREATEROLE):
--   CREATE ROLE backoffice LOGIN;     -- from another machine: ... LOGIN PASSWORD '...'
GRANT USAGE ON SCHEMA public TO backoffice;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO backoffice;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO backoffice;
-- And on whatever later migrations add.
ALTER DEFAULT PRIVILEGES IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO backoffice;
ALTER DEFAULT PRIVILEGES IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO backoffice;
