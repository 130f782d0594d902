"""The documents of the tree, taken apart: what stands in them is run and looked up by the tests."""

import re
from pathlib import Path

TOP = Path(__file__).resolve().parents[3]
README = TOP / "README.md"
SANDBOX_README = TOP / "contrib" / "sandbox" / "README.md"
MANUAL = TOP / "contrib" / "orderfs.1"


def blocks(document, language):
    """The fenced blocks of a language, in their order; "" for those of none."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", document.read_text(), re.M | re.S)
    return [text for named, text in fenced if named == language]


def inline(document, first_word):
    """The commands in running text, between backticks, that begin with a word."""
    return re.findall(rf"`({first_word} [^`]+)`", _prose(document))


def links(document):
    """The links that lead to files of the tree."""
    return [target for target in re.findall(r"\]\(([^)#]+)\)", _prose(document))
            if "://" not in target]


def paths(document):
    """What is between backticks and looks like a file of the tree."""
    return re.findall(r"`((?:\.ci|contrib|include|src|tests)/[\w./-]+)`", _prose(document))


def promises():
    """The numbers of the README's promises."""
    return [int(number) for number in re.findall(r"^- \*\*(\d+)\*\*", README.read_text(), re.M)]


def substituted(text, values):
    """The text with some values replaced; each must be there."""
    for old, new in values.items():
        assert old in text, f"the document no longer says {old!r}"
        text = text.replace(old, new)
    return text


def tree(drawing):
    """The paths in a drawing of a tree, below its first line; `…` in a name stands for any."""
    folders, found = [], []
    for line in drawing.splitlines()[1:]:
        branch = re.match(r"([│ ]*)[├└]── (.*)", line)
        if not branch:
            continue
        depth = len(branch[1]) // 4
        names = re.split(r" {3,}", branch[2])[0].split()
        folders[depth:] = [names[0].rstrip("/")]
        for name in names:
            name = re.sub(r"[^/]*…", "*", name)
            found.append("/".join([*folders[:depth], name]).rstrip("/"))
        folders[depth] = re.sub(r"[^/]*…", "*", folders[depth])
    return found


def errors_of_readme():
    """The names in its table of errors."""
    rows = re.findall(r"^\| (E[A-Z]+(?:, E[A-Z]+)*) \|", README.read_text(), re.M)
    return [name for row in rows for name in row.split(", ")]


def _prose(document):
    return re.sub(r"^```.*?^```$", "", document.read_text(), flags=re.M | re.S)
