"""Promise 27: every failure has an errno that fits and a sentence that helps, and tells no secret.

The sentence holds the HTTP status, the API's own words and its request id, and stands where a
person looks: in the account's `status`, in the item's `error`, in history, and in the log.
"""

import errno
import json
import socket
import threading

import pytest

from harness import fails_with, run, wait_until
from harness.commands import COMMAND, TRIGGER, last, refresh

# What each of these places must never show.
TOKEN = "feedfacefeedfacefeedfacefeedface"
SECRET = "sandbox-seller-secret"
SIGNATURE = "hushhushhush"
HIDDEN = [TOKEN, SECRET, SIGNATURE]


@pytest.fixture
def shop(sandbox):
    """A job that waits, `x`, and a finished one, `done`."""
    made = sandbox(orders=0)
    made.event("freeze")
    made.event("job", id="x", status="pending")
    made.event("job", id="done", rows=3)
    return made


def said(status, detail="Out of paper", request_id="req-4711"):
    """An error answer of the API."""
    error = {"status": status, "title": "Error", "detail": detail, "request_id": request_id}
    return {"status": status, "body": json.dumps({"errors": [error]}), "times": 0}


def is_told(text, status):
    return all(part in text for part in (f"HTTP {status}", "Out of paper", "req-4711"))


# ---- a sentence with the status and the request id


@pytest.mark.parametrize("status, name", [(401, "EACCES"), (403, "EACCES"), (500, "EREMOTEIO"),
                                          (422, "EINVAL")])
@pytest.mark.parametrize("operation", ["token", "getMultipleJobs"])
def test_p27_a_listing_that_fails(mount, shop, operation, status, name):
    shop.fault(operation, **said(status))
    m = mount(shop)
    with fails_with(getattr(errno, name)):
        m.list("jobs")
    assert m.read("status").startswith(f"{name} since 2")
    assert m.read("status").count("\n") == 1
    assert is_told(m.read("status"), status)
    assert is_told(m.log(), status) and name in m.log()


def test_p27_since_when_stays_while_it_fails(mount, shop):
    shop.fault("getMultipleJobs", **said(403))
    m = mount(shop)
    with fails_with(errno.EACCES):
        m.list("jobs")
    first = m.read("status")
    for _ in range(2):
        with fails_with(errno.EACCES):
            refresh(m)
    assert m.read("status") == first
    assert m.log().count("listing jobs") == 1, "a failure that goes on is one line, not many"


def test_p27_asking_about_an_item_that_fails(mount, shop):
    m = mount(shop)
    m.list("jobs")
    shop.fault("getAJob", **said(403))
    wait_until(lambda: run(["cat", m.account / "jobs/x/status"]).returncode)
    assert is_told(m.read("status"), 403) and m.read("status").startswith("EACCES since 2")
    assert is_told(m.log(), 403)
    shop.clear_faults()
    m.read("jobs/x/status")
    assert m.read("status") == "ok\n"


def test_p27_a_command_that_fails(mount, shop):
    m = mount(shop)
    m.list("jobs")
    shop.fault("createJob", **said(422))
    with fails_with(errno.EINVAL):
        m.write(TRIGGER, COMMAND)
    assert is_told(last(m).words, 422)
    assert is_told(m.read("status"), 422)
    assert is_told(m.read(TRIGGER), 422)
    assert is_told(m.log(), 422)


@pytest.mark.parametrize("status, name", [(403, "EACCES"), (404, "ENOENT"), (503, "EREMOTEIO")])
def test_p27_a_file_whose_address_is_not_told(mount, shop, status, name):
    m = mount(shop, limits={"deadline": "2s"})
    m.list("jobs")
    shop.fault("getAJobFile", **said(status))
    with fails_with(getattr(errno, name)):
        m.read("jobs/done/orders.csv")
    assert is_told(m.read("jobs/done/error"), status)
    assert is_told(m.log(), status)
    shop.clear_faults()
    assert m.read_bytes("jobs/done/orders.csv") == shop.raw_file("done")
    assert not m.exists("jobs/done/error"), "it is gone with the failure"


@pytest.mark.parametrize("status, name", [(403, "EACCES"), (404, "ENOENT"), (503, "EREMOTEIO")])
def test_p27_a_file_that_cannot_be_fetched(mount, shop, status, name):
    m = mount(shop, limits={"deadline": "2s"})
    m.list("jobs")
    shop.fault("download", status=status, times=0)
    with fails_with(getattr(errno, name)):
        m.read("jobs/done/orders.csv")
    assert f"HTTP {status}" in m.read("jobs/done/error")
    assert f"HTTP {status}" in m.log()


def test_p27_the_api_s_own_words_about_an_item(mount, shop):
    shop.event("job", id="bad", status="failed", error="Der Drucker\nbrennt")
    m = mount(shop)
    assert m.read("jobs/bad/error") == "Der Drucker\nbrennt\n"
    assert not m.exists("jobs/x/error")


def test_p27_nobody_listens(mount, shop):
    shop.stop()
    m = mount(shop, limits={"deadline": "3s"})
    with fails_with(errno.ECONNREFUSED):
        m.list("jobs")
    assert m.read("status").startswith("ECONNREFUSED since 2")
    assert shop.url in m.read("status"), "where to"


def test_p27_who_listens_does_not_speak_tls(mount, shop):
    with socket.create_server(("127.0.0.1", 0)) as server:
        def hang_up():
            try:
                while True:
                    server.accept()[0].close()
            except OSError:
                pass
        threading.Thread(target=hang_up, daemon=True).start()
        url = f"https://127.0.0.1:{server.getsockname()[1]}"
        m = mount(shop, account={"base_url": url})
        with fails_with(errno.EHOSTUNREACH):
            m.list("jobs")
        assert f"no connection to {url}" in m.read("status")
        server.shutdown(socket.SHUT_RDWR)


def test_p27_one_account_that_fails_is_no_other_s_matter(mount, shop):
    wrong = {**shop.accounts[shop.account], "client_secret": "not the secret"}
    m = mount(shop, name="good", accounts={"bad": wrong})
    assert m.list("jobs") == ["done", "trigger", "x"]
    wait_until(lambda: "HTTP 401" in m.read(m.path / "bad/status"))
    assert m.read("status") == "ok\n"
    assert not m.exists(m.control / "ready")


# ---- and no secrets


def places(m):
    """Everything that the program shows, says or leaves behind."""
    shown = {name: m.read_bytes(name) for name in (
        "status", TRIGGER, *(m.control / name for name in ("log", "history", "metrics")))}
    for name in ("x", "done"):
        if m.exists(f"jobs/{name}/error"):
            shown[f"{name}/error"] = m.read_bytes(f"jobs/{name}/error")
    shown["stderr"] = m.stderr().encode()
    for file in ("cmdline", "comm"):
        shown[file] = open(f"/proc/{m.pid}/{file}", "rb").read()
    for folder in (m.state_dir, m.cache_dir):
        for path in folder.rglob("*"):
            shown[str(path)] = path.read_bytes() if path.is_file() else b""
    return shown


def leaks(m):
    return [(place, word) for place, text in places(m).items() for word in HIDDEN
            if word.encode() in text or word in str(place)]


def try_all(m):
    """Whatever needs the API."""
    for attempt in (lambda: m.read("jobs/x/status"), lambda: m.read("jobs/done/orders.csv"),
                    lambda: m.write(TRIGGER, COMMAND), lambda: refresh(m)):
        try:
            attempt()
        except OSError:
            pass


@pytest.fixture(params=[[], ["-d"]], ids=["", "debug"])
def m(request, mount, shop):
    made = mount(shop, limits={"deadline": "2s"}, arguments=request.param)
    made.list("jobs")
    return made


def test_p27_no_secret_when_all_is_well(m):
    try_all(m)
    assert m.read("status") == "ok\n"
    assert not leaks(m)


@pytest.mark.parametrize("debug", [[], ["-d"]], ids=["", "debug"])
@pytest.mark.parametrize("status", [400, 401, 403, 500])
def test_p27_no_token_even_if_the_api_repeats_it(mount, shop, status, debug):
    shop.fault("token", body=json.dumps({"access_token": TOKEN, "expires_in": 3600}), times=0)
    shop.fault("getMultipleJobs", body=json.dumps({"data": [
        {"id": "x", "status": "pending"}, {"id": "done", "status": "success"}]}))
    m = mount(shop, limits={"deadline": "2s"}, arguments=debug)
    m.list("jobs")
    words = f"Header 'Authorization: Bearer {TOKEN}' of {SECRET}: Out of paper"
    for operation in ("getMultipleJobs", "getAJob", "createJob", "getAJobFile"):
        shop.fault(operation, **said(status, words, TOKEN))
    try_all(m)
    assert "Out of paper" in m.read("status")
    assert not leaks(m)


def test_p27_no_client_secret_even_if_the_api_repeats_it(m, shop):
    shop.event("expire_tokens")
    shop.fault("token", status=401, times=0, body=json.dumps(
        {"error": "invalid_client", "error_description": f"No client with {SECRET}"}))
    try_all(m)
    assert "No client with" in m.read("status")
    assert not leaks(m)


@pytest.mark.parametrize("address", [
    "http://localhost:1/file.csv?X-Signature={0}",
    "http://localhost:{1}/storage/elasticpath/no.csv?X-Signature={0}",
    "http://user:{0}@localhost:{1}/storage/elasticpath/no.csv",
    "https://localhost:{1}/file.csv?X-Signature={0}",
    "ftp://localhost/file.csv?X-Signature={0}",
    "//localhost/file.csv?X-Signature={0}",
    "not an address?X-Signature={0}",
])
def test_p27_no_signature_of_an_address_that_fails(m, shop, address):
    href = address.format(SIGNATURE, shop.url.rpartition(":")[2])
    shop.fault("getAJobFile", body=json.dumps({"data": {"href": href}}), times=0)
    with pytest.raises(OSError):
        m.read("jobs/done/orders.csv")
    assert m.read("jobs/done/error").startswith("orderfs: ")
    assert not leaks(m)


@pytest.mark.parametrize("fault", [
    {"redirect": f"https://elsewhere.example/?X-Signature={SIGNATURE}"},
    {"redirect": f"https://user:{SIGNATURE}@elsewhere.example/"},
    {"status": 403, "body": f"<Error><SignatureProvided>{SIGNATURE}</SignatureProvided></Error>"},
    {"drop": "before"},
    {"drop_after": 10},
], ids=str)
def test_p27_no_signature_of_a_download_that_fails(m, shop, fault):
    shop.fault("download", times=0, **fault)
    with pytest.raises(OSError):
        m.read("jobs/done/orders.csv")
    assert m.read("jobs/done/error")
    assert not leaks(m)
