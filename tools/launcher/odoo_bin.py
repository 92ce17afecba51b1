"""Start Odoo, as Odoo's own `odoo-bin` does.

A server of several processes starts the one for web sockets by the name of the file that it was
started by itself, so `python -m odoo` would have none. A folder of its own keeps the modules
beside it off Python's path.
"""

import odoo.cli

if __name__ == "__main__":
    odoo.cli.main()
