"""What jobs that run by the clock have in common."""

import logging

from psycopg2 import IntegrityError, OperationalError

from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import html2plaintext

_logger = logging.getLogger(__name__)


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
        return None, _get_error_text(env, error)
    return result, ""


def attempt_together(env, groups, method):
    """Call ``method`` on all groups as one; when that fails, on each by itself.

    :param groups: records of one model, in the groups that stand or fall together
    :param method: takes records
    :return: what the method returned, call by call, and ``{group: what went wrong}``
    """
    groups = [group for group in groups if group]
    if len(groups) > 1:
        result, error = attempt(env, method, groups[0].union(*groups[1:]))
        if not error:
            return [result], {}
    results, errors = [], {}
    for group in groups:
        result, error = attempt(env, method, group)
        if error:
            errors[group] = error
        else:
            results.append(result)
    return results, errors


def attempt_in_steps(env, method, *args):
    """Call a ``method`` that commits on its way: when it fails, what it committed stays.

    Otherwise like :func:`attempt`.
    """
    try:
        result = method(*args)
        env.flush_all()
    except OperationalError:
        raise
    except Exception as error:  # noqa: BLE001 - as above
        env.cr.rollback()
        return None, _get_error_text(env, error)
    return result, ""


def tell(record, text):
    """Say in the thread of a record, to colleagues, what a job could not do with it.

    A job that fails every day says so once: not again while nothing else was said since.
    """
    _logger.info("%s: %s", record, text)
    __, error = attempt(record.env, _post_once, record, text)
    if error:
        _logger.error("%s: what a job could not do cannot be told there: %s", record, error)


def _post_once(record, text):
    said = html2plaintext(record.message_ids[:1].body or "")
    if " ".join(said.split()) != " ".join(text.split()):
        record.message_post(body=text, subtype_xmlid="mail.mt_note")


def _get_error_text(env, error):
    """Return what people are told of an error; what is nobody's mistake is logged."""
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, IntegrityError):
        table = error.diag.table_name
        model = next((name for name, cls in env.registry.items() if cls._table == table), "base")
        return env[model]._sql_error_to_message(error)
    _logger.warning("Part of a job failed and is left out", exc_info=error)
    return str(error) or type(error).__name__
