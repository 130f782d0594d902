#!/usr/bin/python3
"""Keeps the drawing of the floors true: reads every #include in src/ and include/.

    check_floors.py [ROOT]

Arrows only point down, engines never see each other, a library is known to one floor, a file
is short enough to be read, and no C names a provider. Each finding is `file:line: what`, and
any finding makes the exit status 1.
"""

import re
import sys
from pathlib import Path

FLOORS = {
    "base": 0,
    "http": 1, "store": 1, "doc": 1, "spool": 1, "bundle": 1, "hook": 1,
    "provider": 2, "config": 2,
    "account": 3,
    "view": 4,
    "mount": 5,
    "app": 6,
}
# The one arrow between two modules of the same floor.
SAME_FLOOR = {("config", "provider")}
# A library's headers, and the one module that knows it.
LIBRARIES = [
    (r"(fuse3?/)?(fuse|cuse)\w*\.h", "mount"),
    (r"curl/.*", "http"),
    (r"sqlite3(ext)?\.h", "store"),
    (r"json-c/.*|json(_\w+)?\.h|yaml\.h", "doc"),
    (r"zip(conf)?\.h|archive(_entry)?\.h|z(lib|conf)\.h", "bundle"),
    (r"microhttpd\.h|openssl/.*", "hook"),
]
LONGEST = 500
# Providers whose file name is a word that C needs: only their titles can be looked for.
ORDINARY_WORDS = {"next"}

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')


def provider_names(root):
    """A pattern for each provider: its file's name, its `name`, how its `title` begins."""
    patterns = {}
    for path in sorted(root.glob("src/provider/apis/*.yaml")):
        text = path.read_text(encoding="utf-8")
        names = {path.stem} | set(re.findall(r"^name:\s*[\"']?([\w-]+)", text, re.M))
        for name in names - ORDINARY_WORDS:
            patterns[name] = re.escape(name)
        # The capitalised words in front ("Great Shop API, orders"), two of them at most.
        title = re.search(r"^title:\s*[\"']?([A-Z]\w*)(?:[ -]([A-Z]\w*))?", text, re.M)
        if title:
            words = [word for word in title.groups() if word]
            patterns[" ".join(words)] = r"[\W_]?".join(words)
    return [(name, re.compile(rf"(?<![a-z0-9]){pattern}(?![a-z0-9])", re.I))
            for name, pattern in patterns.items()]


def check_own(module, target):
    """What is wrong with `module` (None: include/) including a header of `target`, or None."""
    if target == module:
        return None
    if module is None:
        return f"a shared header includes {target}/: it may see system headers only"
    here, there = FLOORS[module], FLOORS[target]
    if there > here:
        return f"{module} (floor {here}) looks up at {target} (floor {there})"
    if there == here and (module, target) not in SAME_FLOOR:
        return f"{module} sees {target} of the same floor ({here})"
    return None


def check_library(module, header):
    """What is wrong with `module` including the library header `header`, or None."""
    for pattern, home in LIBRARIES:
        if re.fullmatch(pattern, header) and module != home:
            return f"<{header}> belongs to {home}, and nobody else may see it"
    return None


def check_include(root, path, module, quote, header):
    """What is wrong with one #include, or None."""
    if quote == "<":
        return check_library(module, header)
    first = header.split("/")[0]
    if first == "orderfs":
        return None
    if first in FLOORS and "/" in header:
        return check_own(module, first)
    resolved = (path.parent / header).resolve()
    if not resolved.is_file():
        return check_library(module, header) or f'"{header}" is not a header of orderfs'
    return check_own(module, module_of(root, resolved))


def module_of(root, path):
    """The folder in src/ that a file belongs to; None for include/."""
    parts = path.relative_to(root).parts
    return parts[1] if parts[0] == "src" else None


def check_file(root, path, providers):
    """All findings in one file."""
    module = module_of(root, path)
    if module is not None and module not in FLOORS:
        yield 1, f"src/{module} has no floor: give it one in check_floors.py"
        return
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        include = INCLUDE.match(line)
        finding = include and check_include(root, path, module, *include.groups())
        if finding:
            yield number, finding
        for name, pattern in providers:
            if pattern.search(line):
                yield number, f"names the provider {name}: a provider is a text file"
    if len(lines) > LONGEST:
        yield len(lines), f"{len(lines)} lines; more than {LONGEST} are more than one idea"


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve()
    files = [path for folder in ("include", "src")
             for path in sorted(root.glob(f"{folder}/**/*.[ch]"))]
    providers = provider_names(root)
    findings = [f"{path.relative_to(root)}:{number}: {text}" for path in files
                for number, text in check_file(root, path, providers)]
    if not files:
        findings.append(f"{root}: no C files here")
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
