"""Promises 9, 10 and 11: writing to a trigger, what is said of it, and what reading it gives."""

import errno
import json
import sys

import pytest

from harness import fails_with, run
from harness.commands import COMMAND, FILTER, TRIGGER, history, last, sent

LIMIT = 64 * 1024
NAME = "eq(contact.name,Jane Doe)"


@pytest.fixture
def shop(sandbox):
    """Its jobs wait."""
    made = sandbox(orders=0)
    made.event("freeze")
    return made


@pytest.fixture
def m(mount, shop):
    made = mount(shop)
    made.list("jobs")
    return made


# ---- 9: one write is one command


@pytest.mark.parametrize("text, wanted", [
    (f"filter={FILTER}", FILTER),
    (f"filter={FILTER}\r\n", FILTER),
    (f"  job_type=order_export\t filter={FILTER}  \n", FILTER),
    (f"job_type=order_export\nfilter={FILTER}\n", FILTER),
    (f"filter='{NAME}'", NAME),
    (f'filter="{NAME}" job_type=order_export', NAME),
    (r'filter="eq(contact.name,\J\ane Doe)"', NAME),
    (json.dumps({"filter": NAME}), NAME),
    (json.dumps({"job_type": "order_export", "filter": FILTER}, indent=4) + "\n", FILTER),
    (r'{"filter": "eq(payment,\u0070aid)"}', FILTER),
], ids=repr)
def test_p09_a_command_is_words_or_lines_or_an_object(m, shop, text, wanted):
    m.write(TRIGGER, text)
    job, = shop.jobs()
    assert job["filter"] == wanted
    assert len(sent(shop)) == 1


def test_p09_a_command_may_have_64_kib(m, shop):
    m.write(TRIGGER, COMMAND.strip().ljust(LIMIT))
    assert [job["filter"] for job in shop.jobs()] == [FILTER]


def test_p09_an_empty_line_after_a_command_is_no_second_one(m, shop):
    text = COMMAND.strip() + "\n"
    result = run(["bash", "-c", 'echo "$1" > "$2"', "bash", text, m.path / m.account.name / TRIGGER])
    assert (result.returncode, result.stderr) == (0, "")
    assert len(sent(shop)) == 1
    assert last(m).outcome == "done"
    assert m.read("status") == "ok\n"


NOT_COMMANDS = {
    "too long": (COMMAND.strip().ljust(LIMIT + 1), "64 KiB"),
    "much too long": (COMMAND + "x" * (1 << 20), "64 KiB"),
    "not UTF-8": (b"filter=eq(name,J\xe9r\xf4me)", "UTF-8"),
    "an overlong form": (b"filter=\xc0\xaf", "UTF-8"),
    "a surrogate": (b"filter=\xed\xa0\x80", "UTF-8"),
    "a NUL": (COMMAND + "\0", "text"),
    "a NUL in JSON": ('{"filter": "a\\u0000b"}', "'filter' holds a NUL"),
    "nothing but blanks": (" \n", "filter="),
    "no key": ("all of them", "'all' is not key=value"),
    "no quotes": ("filter=eq(contact.name,Jane Doe)", "quotes: filter='"),
    "an open quote": ("filter='eq(payment,paid)", "closing '"),
    "unknown field": (f"filtr={FILTER}", "did you mean 'filter'"),
    "unknown field beside": (COMMAND + "colour=red", "filter"),
    "field missing": ("job_type=order_export", "'filter' is missing: write filter="),
    "field empty": ("filter=", "'filter' is missing"),
    "field twice": (COMMAND + COMMAND, "'filter' is there twice"),
    "force what": (COMMAND + "force=maybe", "write force=yes or force=no"),
    "JSON cut": ('{"filter": "eq(pay', "JSON"),
    "JSON and more": ('{"filter": "eq(payment,paid)"} now', "JSON"),
    "a JSON list": ('["filter"]', "an array of objects"),
    "JSON twice": ('{"filter": "a", "filter": "b"}', "twice"),
    "JSON in JSON": ('{"filter": {"eq": ["payment", "paid"]}}', "'filter' takes a text"),
    "JSON null": ('{"filter": null}', "leave it out"),
    "JSON unknown field": ('{"filtre": "x"}', "did you mean 'filter'"),
    "JSON too deep": ('{"filter": ' + "[" * 10_000, "JSON"),
}


@pytest.mark.parametrize("name", NOT_COMMANDS)
def test_p09_what_is_no_command_is_not_sent(m, shop, name):
    text, advice = NOT_COMMANDS[name]
    with fails_with(errno.EINVAL):
        m.write(TRIGGER, text)
    assert not sent(shop)
    assert advice in last(m).words
    assert (last(m).outcome, last(m).error) == ("refused", "EINVAL")
    assert advice in m.read("status")
    m.write(TRIGGER, COMMAND)
    assert len(sent(shop)) == 1


# ---- 10: the write fails when the command does


@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_p10_the_shell_prints_why_a_command_fails(m, shop, shell):
    result = run([shell, "-c", f"echo 'filter=nonsense()' > {m.account}/{TRIGGER}"])
    assert result.returncode != 0
    assert result.stderr
    if shell == "bash":
        assert "Invalid argument" in result.stderr
    assert len(sent(shop)) == 1, "only the API knows what a filter is"


def test_p10_the_reason_stays_until_a_command_goes_well(m, shop):
    with fails_with(errno.EINVAL):
        m.write(TRIGGER, "filter=nonsense()")
    reason = "HTTP 400: Could not parse the supplied filter"
    assert m.read("status").startswith("EINVAL since 2")
    assert reason in m.read("status")
    assert reason in last(m).words
    assert reason in m.log()
    m.write(TRIGGER, COMMAND)
    assert m.read("status") == "ok\n"
    assert [row.outcome for row in history(m)] == ["refused", "done"]
    assert last(m).id == shop.jobs()[0]["id"]
    assert last(m).fields["filter"] == FILTER


@pytest.mark.parametrize("number, fault", [
    (errno.EINVAL, {"status": 422}),
    (errno.EACCES, {"status": 403}),
    (errno.ENOENT, {"status": 404}),
    (errno.EREMOTEIO, {"status": 500}),
    (errno.EREMOTEIO, {"status": 503, "headers": {"Retry-After": "1"}}),
    (errno.EBADMSG, {"body_kind": "html"}),
    (errno.EBADMSG, {"body": '{"data": []}'}),
    (errno.ETIMEDOUT, {"hang": True}),
], ids=lambda value: str(value) if isinstance(value, int) else str(list(value.values())))
def test_p10_the_write_fails_with_the_reason(mount, shop, number, fault):
    m = mount(shop, limits={"deadline": "1s"})
    m.list("jobs")
    shop.fault("createJob", **fault)
    with fails_with(number):
        m.write(TRIGGER, COMMAND)
    assert last(m).error == errno.errorcode[number]
    assert errno.errorcode[number] in m.read("status")


def test_p10_history_survives_a_remount(m):
    m.write(TRIGGER, COMMAND)
    before = m.read(m.control / "history")
    m.remount()
    assert m.read(m.control / "history") == before


# ---- 11: reading a trigger has no effect


def test_p11_reading_tells_what_can_be_written(m, shop):
    shop.clear_requests()
    usage = m.read(TRIGGER)
    assert "filter=TEXT" in usage and "required" in usage
    assert "job_type=TEXT" in usage and "default order_export" in usage
    assert "force=yes" in usage
    assert "Last:" not in usage
    assert not shop.requests()


def test_p11_the_example_is_a_command(m, shop):
    example, = [line for line in m.read(TRIGGER).splitlines() if line.startswith("Example: ")]
    result = run(example.removeprefix("Example: "), cwd=m.account / "jobs")
    assert result.returncode == 0, result
    assert len(shop.jobs()) == 1


def test_p11_reading_tells_how_the_last_command_went(m, shop):
    with fails_with(errno.EINVAL):
        m.write(TRIGGER, "filter=nonsense()")
    assert "Could not parse the supplied filter" in m.read(TRIGGER).splitlines()[-1]
    m.write(TRIGGER, COMMAND)
    outcome = m.read(TRIGGER).splitlines()[-1]
    assert outcome.startswith("Last: 2") and " done " in outcome and FILTER in outcome
    assert shop.jobs()[0]["id"] in outcome


def test_p11_a_handle_reads_back_the_answer_to_its_own_write(m, shop):
    answer = json.loads(m.exchange(TRIGGER, COMMAND))
    job, = shop.jobs()
    assert answer["path"] == f"jobs/{job['id']}"
    assert answer["id"] == job["id"]
    assert answer["state"] == m.read(f"{answer['path']}/status").strip() == "queued"


def test_p11_so_does_a_shell(m, shop):
    result = run(f"exec 3<>{TRIGGER}; echo filter='{FILTER}' >&3; cat <&3", cwd=m.account)
    assert json.loads(result.stdout)["id"] == shop.jobs()[0]["id"]


def test_p11_two_commands_on_one_handle(m, shop):
    result = run(f"exec 3<>{TRIGGER}; for state in paid unpaid; do "
                 f"echo \"filter=eq(payment,$state)\" >&3; cat <&3; done", cwd=m.account)
    first, second = [json.loads(line)["id"] for line in result.stdout.splitlines()]
    filters = {job["id"]: job["filter"] for job in shop.jobs()}
    assert (filters[first], filters[second]) == ("eq(payment,paid)", "eq(payment,unpaid)")


READ_AFTER_WRITE = """
import json, os, sys
handle = os.open(sys.argv[1], os.O_RDWR)
if "first" in sys.argv: assert os.read(handle, 5) == b"Write"
os.write(handle, sys.argv[2].encode())
if "seek" in sys.argv: os.lseek(handle, 0, os.SEEK_SET)
pieces = iter(lambda: os.read(handle, 7), b"")
print(json.loads(b"".join(pieces))["id"])
"""


@pytest.mark.parametrize("how", ["go on", "seek", "first", "first seek"])
def test_p11_the_answer_can_be_read_from_here_or_from_the_start(m, shop, how):
    result = run([sys.executable, "-c", READ_AFTER_WRITE, m.account / TRIGGER, COMMAND,
                  *how.split()])
    assert result.stdout.strip() == shop.jobs()[0]["id"], result


@pytest.mark.parametrize("command", [
    ": > trigger", "> trigger", "true >> trigger", "truncate -s 0 trigger", "truncate -s 7 trigger",
    "cat /dev/null > trigger", "cp /dev/null trigger", "touch trigger", "printf '' > trigger",
    "exec 3<>trigger", "cat trigger", "head -c 1 trigger", "wc trigger",
    "dd if=/dev/null of=trigger", "grep -c filter trigger",
])
def test_p11_opening_truncating_and_reading_have_no_effect(m, shop, command):
    shop.clear_requests()
    run(command, cwd=m.account / "jobs")
    assert not shop.requests()
    assert not history(m)
    assert m.read("status") == "ok\n"
