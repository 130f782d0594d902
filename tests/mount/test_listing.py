"""Promise 5: a listing that could not be refreshed shows what was known; where nothing was ever
known it is an error, never an empty folder. `.orderfs/ready` is there while all is fresh, for
`rsync --delete`."""

import errno

import pytest

from harness import fails_with, run, wait_until

FAILURES = [
    ({"operation": "token", "status": 401}, errno.EACCES),
    ({"operation": "getMultipleJobs", "status": 403}, errno.EACCES),
    ({"operation": "getMultipleJobs", "status": 400}, errno.EINVAL),
    ({"operation": "getMultipleJobs", "body_kind": "html"}, errno.EBADMSG),
    ({"operation": "getMultipleJobs", "body_kind": "json-cut"}, errno.EBADMSG),
    ({"operation": "getMultipleJobs", "body_kind": "not-object"}, errno.EBADMSG),
    ({"operation": "getMultipleJobs", "body_kind": "empty"}, errno.EBADMSG),
    ({"operation": "getMultipleJobs", "body": "{}"}, errno.EBADMSG),
    ({"operation": "getMultipleJobs", "body": '{"data": null}'}, errno.EBADMSG),
    ({"operation": "*", "hang": True}, errno.ETIMEDOUT),
]
FAILING_LATER = [{"status": 401}, {"status": 500}, {"drop": "before"}, {"body_kind": "html"},
                 {"body": '{"data": null}'}, {"hang": True}]
SHORT = {"deadline": "1s", "stall": "1s", "connect": "1s"}


def is_ready(m):
    return m.exists(m.control / "ready")


@pytest.mark.parametrize("fault, error", FAILURES, ids=str)
def test_p05_where_nothing_is_known_it_is_an_error(sandbox, mount, fault, error):
    shop = sandbox(orders=3)
    shop.fault(times=0, **fault)
    m = mount(shop, limits=SHORT)
    with fails_with(error):
        m.list("jobs")
    with fails_with(error):
        m.stat("jobs/some-job")
    assert run(["ls", m.account / "jobs"]).returncode != 0
    assert not is_ready(m)
    shop.clear_faults()
    wait_until(lambda: (m.refresh(), is_ready(m))[1])
    assert len(m.list("jobs")) == 3 + 1


@pytest.mark.parametrize("failing", ["refuses", "answers 500"])
def test_p05_nor_with_failures_that_are_tried_again(sandbox, mount, failing):
    """Who asks waits no longer than the deadline; any error will do, an empty folder will not."""
    shop = sandbox(orders=3)
    if failing == "refuses":
        shop.stop()
    else:
        shop.fault("*", times=0, status=500)
    m = mount(shop, limits=SHORT)
    with pytest.raises(OSError) as failure:
        m.list("jobs")
    assert failure.value.errno in (errno.ECONNREFUSED, errno.EREMOTEIO, errno.ETIMEDOUT)
    assert not is_ready(m)
    wait_until(lambda: not m.read("status").startswith(("ok", "waiting")))


@pytest.mark.parametrize("fault", FAILING_LATER, ids=str)
def test_p05_what_was_known_stays(sandbox, mount, fault):
    shop = sandbox(orders=5)
    m = mount(shop, limits=SHORT)
    m.wait_listed()
    known = m.list("jobs")
    assert len(known) == 5 + 1
    shop.fault("getMultipleJobs", times=0, **fault)
    with pytest.raises(OSError):
        m.refresh()
    assert m.list("jobs") == known
    wait_until(lambda: not is_ready(m), what="ready is gone")
    with fails_with(errno.ENOENT):
        m.stat("jobs/no-such-job")
    shop.clear_faults()
    m.refresh()
    assert m.list("jobs") == known and is_ready(m)


def test_p05_what_was_known_is_there_after_a_remount(sandbox, mount):
    shop = sandbox(orders=5)
    m = mount(shop)
    m.wait_listed()
    known = m.list("jobs")
    shop.stop()
    m.remount()
    assert m.list("jobs") == known and not is_ready(m)
    known.remove("trigger")
    assert all("job.json" in m.list(f"jobs/{job}") for job in known)


def test_p05_half_a_listing_takes_nothing_away(sandbox, mount):
    shop = sandbox(orders=12, page_size=5)
    m = mount(shop)
    m.wait_listed()
    known = m.list("jobs")
    assert len(known) == 12 + 1
    shop.fault("getMultipleJobs", delay_ms=0)
    shop.fault("getMultipleJobs", times=0, status=403)
    with fails_with(errno.EACCES):
        m.refresh()
    assert m.list("jobs") == known


def test_p05_an_account_without_jobs_is_an_empty_folder(sandbox, mount):
    shop = sandbox(orders=0)
    m = mount(shop)
    assert m.list("jobs") == ["trigger"]
    m.wait_listed()
    shop.stop()
    m.remount()
    assert m.list("jobs") == ["trigger"], "that it is empty is known"


def test_p05_ready_speaks_for_every_account(sandbox, mount):
    shop, other = sandbox(orders=1), sandbox(orders=1)
    other.fault("getMultipleJobs", times=0, status=403)
    m = mount(shop, accounts={"other": other.accounts[other.account]})
    assert len(m.list("jobs")) == 2
    wait_until(lambda: m.read(m.path / "other" / "status").startswith("EACCES"))
    assert m.read("status") == "ok\n" and not is_ready(m)
    other.clear_faults()
    m.refresh()
    assert is_ready(m)


def test_p05_a_mirror_that_heeds_ready_loses_nothing(sandbox, mount, tmp_path):
    shop = sandbox(orders=4)
    m = mount(shop)
    m.wait_listed()
    mirror = f"test -e {m.control}/ready && rsync -a --delete {m.account}/jobs {tmp_path}/copy"
    assert run(mirror).returncode == 0
    copied = run(["find", tmp_path / "copy"]).stdout
    shop.fault("*", times=0, status=403)
    with fails_with(errno.EACCES):
        m.refresh()
    assert run(mirror).returncode == 1
    assert run(["find", tmp_path / "copy"]).stdout == copied


def test_p05_the_control_folder_is_reached_by_name_alone(sandbox, mount):
    m = mount(sandbox(orders=1))
    m.wait_listed()
    assert m.list(m.path) == [m.account.name]
    assert run(["find", m.path, "-path", "*.orderfs*"]).stdout == ""
    assert m.list(m.control) == ["files", "history", "log", "metrics", "ready", "refresh",
                                 "transfers", "version"]
    for name in m.list(m.control):
        assert m.read(m.control / name) or name in ("history", "transfers")
