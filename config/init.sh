#!/usr/bin/env bash
# Installs modules into the database and closes the well-known first password.
# Run by the service "init" of docker-compose.yml. May run again: installed modules stay as they are.
set -euo pipefail

: "${ODOO_DATABASE:?name the database}"
: "${ODOO_MODULES:?name the modules, separated by commas}"
: "${ODOO_ADMIN_PASSWORD_FILE:?name the file with the first password of the administrator}"
: "${ODOO_ENTRYPOINT:=/entrypoint.sh}"
export ODOO_ADMIN_PASSWORD_FILE

if [ ! -s "$ODOO_ADMIN_PASSWORD_FILE" ]; then
    echo "The first password of the administrator is empty. Set ODOO_ADMIN_PASSWORD." >&2
    exit 1
fi

"$ODOO_ENTRYPOINT" odoo --database "$ODOO_DATABASE" --init "$ODOO_MODULES" "$@" \
    --no-http --workers 0 --max-cron-threads 0 --stop-after-init

# Odoo makes the user "admin" with the password "admin". Only that one is replaced: a password
# that somebody set is left alone.
"$ODOO_ENTRYPOINT" odoo shell --database "$ODOO_DATABASE" --no-http --log-level warn <<'PYTHON'
import os
import pathlib

password = pathlib.Path(os.environ['ODOO_ADMIN_PASSWORD_FILE']).read_text().rstrip('\r\n')
admin = env.ref('base.user_admin')
env.cr.execute('SELECT password FROM res_users WHERE id = %s', [admin.id])
(stored,) = env.cr.fetchone()
if env['res.users']._crypt_context().verify('admin', stored):
    admin.password = password
    env.cr.commit()
    print(f'The password of the user {admin.login} is set.')
else:
    print(f'The user {admin.login} has a password of its own: left as it is.')
PYTHON
