"""The harness itself: what it promises to the other tests."""

import errno
import os
import subprocess
import threading
from types import SimpleNamespace

import pytest

from harness import TimedOut, fails_with, leaks, run, wait_until


def test_run_gives_up_a_command_in_time():
    with pytest.raises(TimedOut):
        run("sleep 60 & wait", timeout=0.2)


def test_run_keeps_what_a_command_says():
    result = run("cat; echo oops >&2; exit 3", input="text")
    assert (result.returncode, result.stdout, result.stderr) == (3, "text", "oops\n")


def test_wait_until_sees_a_late_file(tmp_path):
    late = tmp_path / "late"
    timer = threading.Timer(0.1, lambda: late.write_text("here"))
    timer.start()
    assert wait_until(late.read_text) == "here"


def test_wait_until_tells_what_did_not_happen(tmp_path):
    with pytest.raises(TimedOut, match="the file: not within .*FileNotFoundError"):
        wait_until((tmp_path / "never").read_text, 0.05, "the file")


def test_a_command_in_the_background(spawn):
    reader = spawn("echo started; exec cat", stdin=subprocess.PIPE)
    wait_until(lambda: reader.output() == "started\n")
    assert reader.running
    reader.signal()
    assert reader.wait().returncode < 0


def test_a_watch_sees_what_happens(watch, tmp_path):
    changes = watch(tmp_path)
    (tmp_path / "new file").write_text("x")
    (tmp_path / "folder").mkdir()
    wait_until(lambda: (str(tmp_path), "folder", "CREATE,ISDIR") in changes())
    assert [masks for path, name, masks in changes() if name == "new file"] == \
        ["CREATE", "MODIFY", "CLOSE_WRITE"]


def test_the_sandbox_is_at_hand(sandbox):
    shop = sandbox(orders=3)
    assert len(shop.jobs()) == 3
    shop.event("job", id="mine", rows=2)
    assert shop.jobs()[0]["id"] == "mine"
    text = shop.raw_file("mine")
    assert shop.raw_file("mine", first=2, last=4) == text[2:5]
    assert shop.fault("getAJob", status=500) and shop.faults()[0]["fired"] == 0
    shop.clear_faults()
    assert shop.faults() == shop.requests() == []


@pytest.mark.threads
def test_a_mount_comes_and_goes(sandbox, mount):
    m = mount(sandbox(orders=2))
    assert m.mounted and m.running and m.rss_kib() > 0
    assert m.account.name in m.list(m.path)
    m.unmount()
    assert not m.mounted and m.exit_status == 0
    m.remount()
    m.kill()
    assert not m.mounted
    m.remount()
    assert m.account.name in m.list(m.path)


def test_a_failed_call_keeps_its_errno(sandbox, mount):
    m = mount(sandbox(orders=1))
    with fails_with(errno.ENOENT):
        m.read("no/such/file")
    with fails_with(errno.EISDIR):
        m.write(m.path, "text")
    assert not m.exists("nothing")


@pytest.mark.parametrize("line", [
    "ERROR: AddressSanitizer: heap-use-after-free",
    "src/x.c:3:1: runtime error: signed integer overflow",
    "orderfs: src/x.c:3: x_open: Assertion `x' failed.",
    "GET http://localhost/file?X-Expires=1&X-Signature=0123",
    "GET http://localhost/file?sv=1&sig=0123",
    "asking with the key hush-hush",
])
def test_a_leak_is_found(line, tmp_path):
    settings = {"accounts": {"shop": {"client_secret": "hush-hush", "client_id": "GET"}}}
    seen = SimpleNamespace(stderr=lambda: f"fine\n{line}\n", settings=settings,
                           state_dir=tmp_path)
    assert len(leaks.find(seen, [])) == 1


def test_a_leak_of_libfuse_alone_is_none_of_ours():
    head = "==1==ERROR: LeakSanitizer: detected memory leaks\n\n"
    leak = "Direct leak of 128 byte(s) in 1 object(s) allocated from:\n    #0 0x7 in calloc x.c\n"
    theirs = leak + "    #1 0x7 (/lib/libfuse3.so.3+0x19ee5)\n\n"
    ours = leak + "    #1 0x7 in view_open src/view/handle.c:9\n    #2 0x7 (/lib/libfuse3.so.3+0x1)\n\n"
    tail = "SUMMARY: AddressSanitizer: 128 byte(s) leaked in 1 allocation(s).\n"
    assert "Sanitizer" not in leaks.without_libfuse(head + theirs + tail)
    assert "Sanitizer" in leaks.without_libfuse(head + theirs + ours + tail)


def test_a_secret_in_the_state_is_found(tmp_path):
    os.makedirs(tmp_path / "deep")
    (tmp_path / "deep" / "file").write_text("xhush-hushx")
    settings = {"accounts": {"shop": {"client_secret": "hush-hush"}}}
    seen = SimpleNamespace(stderr=lambda: "fine\n", settings=settings, state_dir=tmp_path)
    assert len(leaks.find(seen, [])) == 1
