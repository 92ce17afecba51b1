"""What `./run` needs: a real Odoo, a virtual environment, PostgreSQL, database templates, servers and tests."""
