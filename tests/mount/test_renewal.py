"""Promise 17: a URL that expired is asked for again in the middle, and the read goes on, if the
content is the same; two versions are never mixed."""

import errno

import pytest

from harness import fails_with, onefile, run, wait_until

SIZE = 24 << 20


@pytest.fixture
def shop(sandbox):
    return onefile.with_file(sandbox, SIZE)


@pytest.fixture
def m(shop, mount):
    return onefile.mounted(shop, mount, limits={"stall": "2s", "deadline": "20s"})


@pytest.fixture
def file(m):
    return onefile.path_of(m)


def asked(shop):
    return len(shop.requests("getAJobFile"))


def test_p17_probe_and_open_cost_one_request(shop, m, file):
    assert m.read_bytes(file) == shop.raw_file("it")
    assert asked(shop) == 1


def test_p17_an_expired_url_is_asked_for_again(shop, m, file):
    assert m.read_range(file, 8 << 20, 1000)
    before = asked(shop)
    shop.event("expire_urls")
    assert m.read_range(file, 20 << 20, 1000) == shop.raw_file("it", first=20 << 20,
                                                              last=(20 << 20) + 999)
    assert asked(shop) == before + 1


def test_p17_for_many_readers_at_once(shop, m, file, spawn):
    """Each of them meets the refusal; that is one, not many in a row."""
    assert m.read_range(file, 1 << 20, 1000)
    shop.event("expire_urls")
    places = [at << 20 for at in range(3, 23, 2)]
    readers = [spawn(f"dd if={file} bs=1000 count=1 iflag=skip_bytes skip={at} | sha256sum")
               for at in places]
    for at, reader in zip(places, readers):
        expected = run("sha256sum", input=shop.raw_file("it", first=at, last=at + 999).decode())
        assert reader.wait().stdout == expected.stdout


def test_p17_in_the_middle_of_a_read(shop, m, file, spawn):
    shop.fault("download", slow_bytes_per_s=16 << 20, drop_after=12 << 20)
    reader = spawn(f"sha256sum < {file}")
    wait_until(lambda: sum(request["sent"] for request in shop.downloads()) > 1 << 20)
    shop.event("expire_urls")
    expected = run("sha256sum", input=shop.raw_file("it").decode()).stdout
    assert reader.wait().stdout == expected
    assert asked(shop) == 2


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_p17_one_refusal_is_no_end(shop, m, file, status):
    shop.fault("download", status=status)
    assert m.read_range(file, 4 << 20, 1000) == shop.raw_file("it", first=4 << 20,
                                                              last=(4 << 20) + 999)


def test_p17_a_second_refusal_is_eacces_with_the_stores_words(shop, m, file):
    shop.fault("download", status=403, times=0)
    with fails_with(errno.EACCES):
        m.read_range(file, 4 << 20, 1000)
    assert asked(shop) == 2
    words = m.read("jobs/it/error")
    assert "HTTP 403" in words and "AccessDenied" in words and "Made to fail" in words
    assert words.count("\n") == 1 and "X-Signature" not in words and "http:" not in words
    shop.clear_faults()
    assert m.read_bytes(file) == shop.raw_file("it")
    assert not m.exists("jobs/it/error")


@pytest.mark.parametrize("body", [
    "<html>" + "x" * 100_000, "<Error><Code>Ab&amp;c</Code></Error>",
    "<Error><Code>Denied</Code><Message>see http://h/?X-Signature=abc</Message></Error>",
    "<Error><Code>Denied</Code><Message>" + "f" * 64 + "</Message></Error>", "",
], ids=lambda body: body[:40] or "empty")
def test_p17_a_refusals_page_is_not_trusted(shop, m, file, body):
    shop.fault("download", status=403, body=body, times=0)
    with fails_with(errno.EACCES):
        m.read_range(file, 4 << 20, 1000)
    words = m.read("jobs/it/error")
    assert "HTTP 403" in words and len(words) < 200
    assert not any(part in words for part in ("xxx", "http:", "Signature", "fff", "&"))


def test_p17_another_content_is_estale_and_then_the_new_one(shop, m, file):
    first = shop.raw_file("it")
    shop.fault("download", drop_after=6 << 20)
    shop.fault("download", times=0, content="changed")
    with fails_with(errno.ESTALE):
        m.read_bytes(file)
    shop.clear_faults()
    shop.event("replace", id="it", bytes=SIZE)
    assert m.read_bytes(file) == shop.raw_file("it") != first


def test_p17_a_length_that_differs_is_another_content(shop, m, file):
    shop.event("replace", id="it", bytes=SIZE // 2)
    with fails_with(errno.ESTALE):
        m.read_range(file, 20 << 20, 1000)
    assert m.read_bytes(file) == shop.raw_file("it")
    assert m.stat("jobs/it/orders.csv").st_size == SIZE // 2
    said, = [line for line in m.read(m.control / "log").splitlines()
             if line.endswith("the content at the file server is another one now")]
    assert ": it: orders.csv: " in said


def test_p17_two_versions_are_never_mixed(shop, m, file, spawn):
    """Whatever a copy has, it is of one version, or it failed."""
    shop.fault("download", slow_bytes_per_s=24 << 20, drop_after=5 << 20)
    copy = m.folder / "copy"
    old = shop.raw_file("it")
    reader = spawn(f"cat {file} > {copy}")
    wait_until(lambda: sum(request["sent"] for request in shop.downloads()) > 1 << 20)
    shop.event("replace", id="it", bytes=SIZE)
    assert reader.wait().returncode != 0
    assert old.startswith(copy.read_bytes())
