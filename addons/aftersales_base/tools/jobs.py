"""What jobs that run by the clock have in common."""

from psycopg2 import OperationalError

from odoo.fields import Domain


def each_batch(records, domain, size):
    """Yield what is found by ``domain`` in the order of the rows, each batch committed after it.

    Each record is met once, also when the domain still finds it afterwards. Ends when the time of
    the job is up; what is left then, of this call or one before it for another company, has the
    job called again.

    :param records: the model, in the environment to search in
    :param int size: how many records a batch has at the most
    """
    job = records.env["ir.cron"]
    # sudo: how far a job is can be read by nobody else.
    progress_id = records.env.context.get("ir_cron_progress_id")
    before = records.env["ir.cron.progress"].sudo().browse(progress_id).remaining
    left = job._commit_progress(remaining=before + records.search_count(domain))
    last_id = 0
    while left and (
        batch := records.search(domain & Domain("id", ">", last_id), order="id", limit=size)
    ):
        last_id = batch[-1].id
        yield batch
        left = job._commit_progress(len(batch))
    if left:
        # All were met, also when others had taken some away meanwhile.
        job._commit_progress(remaining=before)


def attempt(env, method, *args):
    """Call ``method`` in a savepoint: all of it is done, or nothing.

    One that fails must not stop the rest of a batch. What the database itself repeats (a conflict
    with somebody else) is raised.

    :return: what the method returned, and what went wrong or an empty text
    """
    try:
        with env.cr.savepoint():
            result = method(*args)
            env.flush_all()
    except OperationalError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one must not stop the rest
        env.invalidate_all()
        return None, str(error) or type(error).__name__
    return result, ""
