"""A small client of Odoo's JSON-2 interface: `POST /json/2/<model>/<method>` with a bearer key."""

import json
import urllib.error
import urllib.request


class CallError(Exception):
    """Odoo refused a call: `name` is the exception it raised, `message` what it tells the user."""

    def __init__(self, status, name, message):
        super().__init__(f"{message} ({name}, HTTP {status})")
        self.status = status
        self.name = name
        self.message = message


class Client:
    """One user's access to one database.

    :param str base_url: e.g. ``http://127.0.0.1:8069``
    :param str db: the database, for servers that have several
    :param str login: the user, whose key is looked up
    :param key: the user's key, or a dictionary of keys by login
    """

    def __init__(self, base_url, db, login, key, timeout=120):
        self.base_url = base_url.rstrip("/")
        self.db = db
        self.login = login
        self.timeout = timeout
        self.context = {}
        self._key = key[login] if isinstance(key, dict) else key

    def call(self, model, method, ids=None, context=None, **arguments):
        """Call a public method and return its result.

        :param list ids: the records it is called on
        :param dict context: the call's context, e.g. ``{"lang": "zh_CN"}``
        :param arguments: the method's arguments, by name
        """
        body = dict(arguments)
        if ids is not None:
            body["ids"] = [ids] if isinstance(ids, int) else list(ids)
        if context := {**self.context, **(context or {})}:
            body["context"] = context
        request = urllib.request.Request(
            f"{self.base_url}/json/2/{model}/{method}",
            data=json.dumps(body).encode(),
            headers={
                "Authorization": f"bearer {self._key}",
                "Content-Type": "application/json; charset=utf-8",
                "X-Odoo-Database": self.db,
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as answer:
                return json.loads(answer.read() or "null")
        except urllib.error.HTTPError as error:
            raise _refusal(error) from None

    def search_read(self, model, domain, fields, **options):
        """The records a domain finds, as dictionaries."""
        return self.call(model, "search_read", domain=domain, fields=fields, **options)

    def create(self, model, **values):
        """Create one record and return its id."""
        return self.call(model, "create", vals_list=[values])[0]

    def write(self, model, ids, **values):
        return self.call(model, "write", ids=ids, vals=values)


def _refusal(error):
    """The error Odoo sends as JSON, or the plain HTTP error."""
    text = error.read().decode(errors="replace")
    try:
        answer = json.loads(text)
        return CallError(error.code, answer["name"], answer["message"])
    except (ValueError, KeyError, TypeError):
        return CallError(error.code, error.reason, text[:500])
