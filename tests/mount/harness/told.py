"""What watchers were told, and what a local change would have told them."""

from harness.process import wait_until

CREATED = ("CREATE", "CLOSE_WRITE")
CHANGED = ("MODIFY", "CLOSE_WRITE")


def told(changes, folder):
    """(name, masks) of all that was told of that folder or file so far, in order; "." is itself."""
    return [(name, masks) for path, name, masks in changes() if path == str(folder)]


def of_file(name, masks):
    """The events of one file of a folder."""
    return [(name, mask) for mask in masks]


def becomes(changes, folder, expected):
    """Just these, once each, in that order."""
    wait_until(lambda: len(told(changes, folder)) >= len(expected),
               what=f"{folder} is told of {expected}; so far {told(changes, folder)}")
    assert told(changes, folder) == expected
