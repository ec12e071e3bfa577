"""What a user can do wrong, with the program's exit code."""


class PlotError(Exception):
    """Told in one line on stderr."""

    exit_code = 1


class WrongUsage(PlotError):
    """The question cannot be drawn: an unknown column or value, nothing or too much selected."""

    exit_code = 2


class BadFile(PlotError):
    """A file that cannot be read or written, or that lacks what the figure needs."""

    exit_code = 3


class LostName(UserWarning):
    """A point that should have a name in the figure has none, for want of room."""
