"""Plain lines on the terminal: steps with their duration, and tables."""

import sys
import time
import unicodedata
from contextlib import contextmanager


def say(text=""):
    """Print one line at once, also when the output is a pipe or a file."""
    print(text, flush=True)


def warn(text):
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(title, usual=""):
    """Announce a long step with the time it usually takes, and say how long it took.

    :param str title: what is done, e.g. ``Unpacking Odoo``
    :param str usual: how long that usually takes, e.g. ``about 30 s``
    """
    say(f"... {title}" + (f" (usually {usual})" if usual else ""))
    started = time.monotonic()
    yield
    say(f"    done in {time.monotonic() - started:.1f} s")


def width(text):
    """Columns a text takes on a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _cell(value, size, to_right):
    text = str(value)
    padding = " " * (size - width(text))
    return padding + text if to_right else text + padding


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def table(headers, rows):
    """Return a text table; a column that holds only numbers is aligned to the right."""
    rows = [["" if value is None else value for value in row] for row in rows]
    sizes = [
        max(width(str(value)) for value in column) for column in zip(headers, *rows, strict=True)
    ]
    to_right = [
        bool(rows) and all(_is_number(row[index]) for row in rows) for index in range(len(headers))
    ]
    lines = [
        "  ".join(
            _cell(value, size, right)
            for value, size, right in zip(row, sizes, to_right, strict=True)
        ).rstrip()
        for row in [headers, *rows]
    ]
    return "\n".join([lines[0], "  ".join("-" * size for size in sizes), *lines[1:]])
