"""The one kind of error a user is meant to read."""


class ToolError(Exception):
    """Something the user can act on: a sentence about what went wrong, one about the way out."""

    def __init__(self, what, way_out=""):
        super().__init__(" ".join(part for part in (what, way_out) if part))
        self.what = what
        self.way_out = way_out
