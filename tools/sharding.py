"""Divide test files among processes so that they end at about the same time."""

import json

from .paths import REPORTS

HISTORY = REPORTS / "durations.json"
SECONDS_PER_BYTE = 1 / 1500  # a guess for a file that has not run yet


def _short_name(dotted):
    """What a file's path and pytest's name for its tests share: the last three parts."""
    return ".".join(dotted.split(".")[-3:])


def _file_name(path):
    return _short_name(".".join(path.with_suffix("").parts))


def _class_file_name(name):
    """The file of a test class; a test outside of a class is reported under its file."""
    module, _dot, last = name.rpartition(".")
    return _short_name(module if last[:1].isupper() else name)


def _history():
    try:
        return json.loads(HISTORY.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def weights(files):
    """How long each file is likely to take: as long as last time, or else by its size."""
    history = _history()
    return {
        path: history.get(_file_name(path), path.stat().st_size * SECONDS_PER_BYTE)
        for path in files
    }


def balance(weighted, count):
    """Divide files into `count` lists: the longest first, each to the list that is shortest so far.

    :param dict weighted: seconds by file
    """
    shards = [[] for _number in range(count)]
    loads = [0.0] * count
    for path in sorted(weighted, key=lambda path: (-weighted[path], str(path))):
        lightest = loads.index(min(loads))
        shards[lightest].append(path)
        loads[lightest] += weighted[path]
    return [sorted(shard) for shard in shards if shard]


def remember(durations):
    """Keep how long files took, for the next time.

    :param dict durations: seconds by pytest class name, which begins with the file's name
    """
    history = _history()
    files = {}
    for name, seconds in durations.items():
        file = _class_file_name(name)
        files[file] = files.get(file, 0.0) + seconds
    HISTORY.parent.mkdir(parents=True, exist_ok=True)
    HISTORY.write_text(json.dumps({**history, **files}, indent=1, sort_keys=True), encoding="utf-8")
