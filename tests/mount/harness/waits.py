"""Every way in which a person's call can wait for an API that does not answer.

    shop, m = waits.prepare("status", sandbox, mount)
    reader = waits.start("status", shop, m, spawn)      # waits in the kernel from here on
"""

from pathlib import Path

from harness.process import wait_until

# By name: the operation that hangs, how, and the command.
KINDS = {
    "status": ("getAJob", {"hang": True}, "exec cat {account}/jobs/busy/status"),
    "size": ("download", {"hang": True}, "exec stat -c %s {account}/jobs/done/orders.csv"),
    "read": ("download", {"stall_after": 1000}, "exec cat {account}/jobs/done/orders.csv"),
    "folder": ("getMultipleJobs", {"hang": True}, "exec ls {account}/jobs"),
    "name": ("getMultipleJobs", {"hang": True}, "exec ls {account}/jobs/nobody-knows"),
    "trigger": ("createJob", {"hang": True},
                "echo 'filter=eq(payment,paid)' > {account}/jobs/trigger"),
    "refresh": ("getMultipleJobs", {"hang": True}, "echo now > {control}/refresh"),
}
# These need an account that was never listed; all others know the jobs `busy` and `done`.
UNLISTED = ("folder", "name")


def prepare(kind, make_sandbox, make_mount, **options):
    """A sandbox and a mount on which a command of that kind waits for ever."""
    operation, fault, _ = KINDS[kind]
    shop = make_sandbox(orders=0)
    shop.event("freeze")
    shop.event("job", id="busy", status="pending")
    shop.event("job", id="done", bytes=500_000)
    if kind == "size" or kind in UNLISTED:
        shop.fault(operation, times=0, **fault)
    m = make_mount(shop, **options)
    if kind not in UNLISTED:
        wait_until(lambda: m.exists("jobs/busy"))
        # A new process has no answer of the last second, which would do for `status`.
        shop.fault("getMultipleJobs", hang=True, times=0)
        shop.fault(operation, times=0, **fault)
        m.remount()
    return shop, m


def start(kind, shop, m, spawn):
    """A command of that kind, which waits."""
    operation, fault, command = KINDS[kind]
    reader = spawn(command.format(account=m.account, control=m.control))
    least = fault.get("stall_after", 0)
    wait_until(lambda: any(request["sent"] >= least for request in shop.requests(operation)))
    wait_until(lambda: in_kernel(reader.child.pid), what=f"{command} waits")
    assert reader.running, reader.wait()
    return reader


# Waiting for an answer, for a page, or behind somebody who looks up a name in the same folder.
PLACES = ("request_wait", "folio_wait", "wait_on_page", "fuse_lock_inode", "d_alloc_parallel")


def in_kernel(pid):
    """Whether a process sleeps in a call on a FUSE file system."""
    function = Path(f"/proc/{pid}/wchan").read_text()
    return any(place in function for place in PLACES)
