"""What `./run` needs: Odoo, a virtual environment, PostgreSQL, templates, servers, tests."""
