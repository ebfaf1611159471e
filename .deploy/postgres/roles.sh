#!/bin/sh
# Run once by PostgreSQL's image on an empty data folder: the owner of the tables, who changes them, and the role the
# platform runs as, which owns nothing, so that row-level security binds it.
set -eu

psql --no-psqlrc --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" \
  --set=owner_password="$QP_OWNER_PASSWORD" --set=app_password="$QP_APP_PASSWORD" --set=database="$POSTGRES_DB" <<'SQL'
create role qp_owner login nosuperuser nocreatedb nocreaterole nobypassrls password :'owner_password';
create role qp_app login nosuperuser nocreatedb nocreaterole nobypassrls password :'app_password';
alter database :"database" owner to qp_owner;
alter schema public owner to qp_owner;
revoke all on database :"database" from public;
grant connect, temporary on database :"database" to qp_app;
SQL
