from odoo.tools import SQL

TABLES = ("aftersales_unit", "aftersales_warranty")


class NightlyMixin:
    """For tests of what the planned jobs leave alone."""

    def _get_our_jobs(self):
        """Return the planned jobs of every installed module of the suite."""
        data = self.env["ir.model.data"].sudo()
        found = data.search([("model", "=", "ir.cron"), ("module", "=like", "aftersales_%")])
        return self.env["ir.cron"].sudo().browse(found.mapped("res_id"))

    def _get_row_versions(self, units):
        """Return where the database keeps each row; every UPDATE puts it somewhere else."""
        versions = {}
        records = {"aftersales_unit": units, "aftersales_warranty": units.warranty_ids}
        for table in TABLES:
            self.env.flush_all()
            rows = self.env.execute_query(
                SQL(
                    "SELECT id, ctid::text, xmax::text, write_date FROM %s WHERE id IN %s",
                    SQL.identifier(table),
                    tuple(records[table].ids),
                )
            )
            versions.update({(table, row[0]): row[1:] for row in rows})
        return versions

    def assertJobsLeaveAlone(self, units):
        """Run every job twice and assert that no row of the units or warranties is updated."""
        before = self._get_row_versions(units)
        self.assertGreater(len(before), len(units))
        jobs = self._get_our_jobs()
        self.assertTrue(jobs)
        for __ in range(2):
            for job in jobs:
                with self.enter_registry_test_mode():
                    job.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self._get_row_versions(units), before)
