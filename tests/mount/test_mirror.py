"""Promise 1 for all there is at once: a copy of a whole mount, with every account in it, is what the
APIs have."""

import io
import json
import zipfile

import pytest

from harness import apis, run

BUYER = "buyer@example.org"


@pytest.fixture
def shops(sandbox):
    """By the account's name: a sandbox with a past, where nothing happens any more."""
    return {name: sandbox(accounts=name, orders=4).frozen() for name in apis.ALL}


@pytest.fixture
def m(shops, mount):
    """All of them in one mount."""
    made = mount(accounts={name: {**shop.accounts[name], **(apis.ALL[name].settings or {})}
                           for name, shop in shops.items()})
    made.wait_listed()
    return made


def items(shops, m):
    """(api, shop, path) of one item more for each account, whose file is there."""
    for name, api in apis.ALL.items():
        path = f"{name}/{api.ready(shops[name])}"
        api.running(shops[name])
        m.refresh()
        api.file_of(m, f"{m.path}/{path}")
        yield api, shops[name], path


def password(api, folder):
    """What the archive of that item is opened with."""
    if api.name == "eneba":
        return BUYER
    delivery = json.loads((folder / "delivery.json").read_text())
    return delivery["archives"][0]["password"]


def members(content, word):
    """{path: bytes}, as Python finds them."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name, word.encode()) for name in archive.namelist()}


def files_below(folder):
    return {str(path.relative_to(folder)): path.read_bytes()
            for path in folder.rglob("*") if path.is_file()}


def test_p01_a_copy_of_everything_is_what_the_apis_have(shops, m, tmp_path):
    made = list(items(shops, m))
    copy = tmp_path / "copy"
    result = run(["rsync", "-a", f"{m.path}/", copy], timeout=60)
    assert (result.returncode, result.stderr) == (0, ""), result
    assert sorted(path.name for path in copy.iterdir()) == sorted(apis.ALL)
    for api, shop, path in made:
        content = api.raw_file(shop, path)
        file, = (copy / path).glob(api.file)
        assert file.read_bytes() == content, file
        if file.suffix == ".zip":
            assert files_below(file.with_suffix("")) == members(content, password(api, copy / path))
    same = run(["diff", "-r", m.path, copy], timeout=60)
    assert (same.returncode, same.stdout) == (0, "")
