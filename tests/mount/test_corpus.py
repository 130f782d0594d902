"""The whole corpus of archives (tests/archives) over a mount: each is seen as its .want says."""

import sys

import pytest

from conftest import TOP
from harness import inside
from harness.process import run
from harness.shelf import Shelf

sys.path.append(str(TOP / "tests" / "archives"))
import streams  # noqa: E402
import zips  # noqa: E402

# Not every libzip unpacks the one; the others begin like no zip, and a file server that sends such a
# thing is not believed.
LEFT_OUT = ("lzma", "prefix")


def password_of(want):
    return want[0].removeprefix("password: ") if want and want[0].startswith("password: ") else None


def by_password(kind):
    """The archives of the corpus, {name: (data, what is to be seen)}, by what they are read with."""
    groups = {}
    for name, (data, want) in kind.corpus().items():
        if want is not None and not name.startswith(LEFT_OUT):
            groups.setdefault(password_of(want), {})[name] = data, want
    return groups


def seen(m, shelf, name):
    """The archive's lines, words before members."""
    found = run([sys.executable, "-I", "-S", inside.__file__, m.account / shelf.folder(name),
                 m.account / shelf.item(name) / name],
                timeout=60).stdout.splitlines()
    error = shelf.item(name) + "/error"
    words = m.read(error).splitlines() if m.exists(error) else []
    left_out = [f"! {line.removeprefix(f'orderfs: {name}: ')}" for line in words
                if "left out" in line or line.endswith("more")]
    return left_out + found


def wanted(want):
    """A damaged archive is not opened, whatever was seen of it before the damage."""
    lines = [line for line in want if not line.startswith("password: ")]
    return lines[:1] if lines and lines[0].startswith("= ") else lines


@pytest.mark.parametrize("kind", [zips, streams], ids=lambda kind: kind.__name__)
def test_p20_p21_p22_every_archive_shows_what_it_should(kind, mount):
    for password, corpus in by_password(kind).items():
        with Shelf({name: data for name, (data, _) in corpus.items()}) as shelf:
            m = shelf.mount(mount, password)
            for name, (_, want) in corpus.items():
                assert seen(m, shelf, name) == wanted(want), name
            m.terminate()
