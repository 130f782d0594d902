"""check_floors.py finds what it is there to find: each rule is broken once, in a copy."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent
CHECK = TOP / "tests" / "check_floors.py"

BREACHES = [
    ("src/base/buf.c", '#include "http/http.h"', "looks up at http"),
    ("src/http/http.c", '#include "account/account.h"', "looks up at account"),
    ("src/http/http.c", '#include "store/store.h"', "same floor"),
    ("src/store/store.c", '#include "../spool/spool.h"', "same floor"),
    ("src/provider/provider.c", '#include "config/config.h"', "same floor"),
    ("src/base/buf.c", '#include "nowhere.h"', "not a header of orderfs"),
    ("include/orderfs/state.h", '#include "base/buf.h"', "shared header"),
    ("include/orderfs/state.h", '#include "../../src/base/buf.h"', "shared header"),
    ("src/account/account.c", "#include <curl/curl.h>", "belongs to http"),
    ("src/account/account.c", "#include <sqlite3.h>", "belongs to store"),
    ("src/provider/provider.c", "#include <json-c/json.h>", "belongs to doc"),
    ("src/provider/provider.c", "#include <json.h>", "belongs to doc"),
    ("src/config/config.h", "#include <yaml.h>", "belongs to doc"),
    ("src/account/account.c", "#include <fuse_lowlevel.h>", "belongs to mount"),
    ("src/account/account.c", "#include <fuse3/fuse.h>", "belongs to mount"),
    ("src/doc/doc.c", "  #  include <zip.h>", "belongs to bundle"),
    ("src/doc/doc.c", "#include <archive_entry.h>", "belongs to bundle"),
    ("src/http/http.c", '#include "microhttpd.h"', "belongs to hook"),
    ("src/account/account.c", "#include <openssl/hmac.h>", "belongs to hook"),
    ("src/base/buf.c", "\n" * 501, "more than 500"),
    ("src/elsewhere/file.c", "", "has no floor"),
    ("src/base/buf.c", "/* As Sampleshop wants it. */", "names the provider"),
    ("src/base/buf.c", "int sampleshop_port;", "names the provider sampleshop"),
    ("src/base/buf.c", "/* For samples.commerce. */", "names the provider Samples Commerce"),
]


@pytest.fixture
def tree(tmp_path):
    """A copy of the sources, with one more provider."""
    for folder in ("src", "include"):
        shutil.copytree(TOP / folder, tmp_path / folder)
    apis = tmp_path / "src/provider/apis"
    apis.mkdir(exist_ok=True)
    (apis / "sampleshop.yaml").write_text("format: 1\ntitle: Samples Commerce Cloud, orders\n")
    return tmp_path


def check(root):
    return subprocess.run([sys.executable, CHECK, root], capture_output=True, text=True,
                          timeout=60, check=False)


def test_the_sources_keep_the_rules(tree):
    result = check(tree)
    assert (result.returncode, result.stdout) == (0, "")


@pytest.mark.parametrize("file, line, words", BREACHES,
                         ids=lambda value: " ".join(value.split())[:40])
def test_a_breach_is_found(tree, file, line, words):
    path = tree / file
    path.parent.mkdir(exist_ok=True)
    before = path.read_text() if path.exists() else ""
    path.write_text(before + line + "\n")
    result = check(tree)
    assert result.returncode == 1
    number = len(path.read_text().splitlines())
    where = f"{file}:{1 if 'no floor' in words else number}: "
    assert [found for found in result.stdout.splitlines()
            if found.startswith(where) and words in found], result.stdout


def test_an_empty_tree_is_not_a_success(tmp_path):
    assert check(tmp_path).returncode == 1
