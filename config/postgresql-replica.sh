#!/usr/bin/env bash
# Streaming replication for docker-compose.yml, profile "replica".
#
#   postgresql-replica.sh prepare   on the primary: role and replication slot; may run again
#   postgresql-replica.sh follow    copy the primary once, then serve as hot standby
#
# From the environment: PGHOST, PGPORT, PGUSER of the primary, PGPASSWORD_FILE,
# REPLICATION_PASSWORD_FILE, and for "follow" REPLICA_HOME, a directory that is kept.
set -euo pipefail

: "${PGHOST:?name the primary}"
: "${PGPORT:=5432}"
: "${REPLICATION_USER:=replicator}"
: "${REPLICATION_SLOT:=replica_1}"
: "${REPLICATION_PASSWORD_FILE:?name the file with the password of the replication role}"
: "${POSTGRES_CONFIG:=/etc/postgresql/postgresql.conf}"
export PGHOST PGPORT REPLICATION_USER REPLICATION_SLOT REPLICATION_PASSWORD_FILE

if [ ! -s "$REPLICATION_PASSWORD_FILE" ]; then
    echo "The replication password is empty. Set REPLICATION_PASSWORD." >&2
    exit 1
fi

prepare() {
    if [ -n "${PGPASSWORD_FILE:-}" ]; then
        PGPASSWORD="$(<"$PGPASSWORD_FILE")"
        export PGPASSWORD
    fi
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --dbname postgres <<'SQL'
\set user `printf %s "$REPLICATION_USER"`
\set slot `printf %s "$REPLICATION_SLOT"`
\set password `cat "$REPLICATION_PASSWORD_FILE"`
SELECT format('CREATE ROLE %I', :'user')
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'user') \gexec
ALTER ROLE :"user" LOGIN REPLICATION PASSWORD :'password';
SELECT format('SELECT pg_create_physical_replication_slot(%L)', :'slot')
 WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = :'slot') \gexec
SQL
    echo "Role $REPLICATION_USER and slot $REPLICATION_SLOT are ready on $PGHOST."
}

follow() {
    : "${REPLICA_HOME:?name the directory of the replica}"
    local data="$REPLICA_HOME/pgdata" copy="$REPLICA_HOME/pgdata.copy"
    local passfile="$REPLICA_HOME/primary.pgpass" password
    umask 077
    mkdir -p "$REPLICA_HOME"
    # Written at each start, so a changed password takes effect with a restart.
    password="$(sed 's/[:\\]/\\&/g' "$REPLICATION_PASSWORD_FILE")"
    printf '%s:%s:*:%s:%s\n' "$PGHOST" "$PGPORT" "$REPLICATION_USER" "$password" >"$passfile"

    if [ ! -s "$data/PG_VERSION" ]; then
        # Copied beside and renamed: a copy that broke off is never started.
        rm -rf "$copy" "$data"
        echo "Copying the primary $PGHOST. This takes as long as reading its whole data once."
        pg_basebackup --pgdata "$copy" --write-recovery-conf --wal-method stream \
            --checkpoint fast --slot "$REPLICATION_SLOT" --no-password --dbname \
            "host=$PGHOST port=$PGPORT user=$REPLICATION_USER passfile=$passfile"
        mv "$copy" "$data"
    fi
    # The PG* variables name the primary; the server itself must not see them.
    unset PGHOST PGPORT PGUSER
    exec postgres -D "$data" -c "config_file=$POSTGRES_CONFIG" "$@"
}

case "${1:-}" in
prepare) prepare ;;
follow) shift && follow "$@" ;;
*)
    echo "Usage: $0 prepare|follow" >&2
    exit 2
    ;;
esac
