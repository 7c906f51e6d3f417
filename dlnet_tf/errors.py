"""The one exception that means "the user can mend this"."""


class UsageError(Exception):
    """Wrong input, said in one line: the file or flag, the value found, the value expected."""
