"""`orderfs check` of accounts: each is tried, a line says how that went and what to do, and the
exit status says what kind of thing is wrong."""

import email.utils
import re
import shutil
import signal
import socket
import ssl
import threading
import time

import pytest

from harness import accounts, wait_until

OK, FAILED, REFUSED, UNREACHABLE, NONSENSE = 0, 1, 3, 4, 5
ALL = ["elasticpath", "eneba", "wock", "next", "saleor"]
HTML = "text/html; charset=utf-8"


@pytest.fixture
def shop(sandbox):
    return sandbox(accounts=",".join(ALL), orders=60)


@pytest.fixture
def check(program, shop, tmp_path):
    """Tries some of the accounts, with other settings: {account: {setting: value}}. Gives the exit
    status and lines. Nothing is left behind, wherever it is done."""
    (tmp_path / "tmp").mkdir()

    def run(changed, limits=None):
        settings = {"accounts": {name: {**shop.accounts[name], **values}
                                 for name, values in changed.items()}}
        file = program.home / "accounts.yaml"
        accounts.write(file, {**settings, **({"limits": limits} if limits else {})})
        result = program.run("check", "-c", file, env={"TMPDIR": str(tmp_path / "tmp")})
        assert result.stderr == ""
        first, *lines = result.stdout.splitlines()
        assert first.startswith(f"{file}: {len(changed)} account")
        assert [line.partition(":")[0] for line in lines] == list(changed)
        assert not any(secret in result.stdout for secret in accounts.secrets(settings))
        assert list((tmp_path / "tmp").iterdir()) == []
        assert not program.state_dir.exists() and not program.cache_dir.exists()
        return result.returncode, lines
    return run


@pytest.fixture
def checking(program, shop, spawn, tmp_path):
    """Begins to try all accounts, and gives the command that does."""
    (tmp_path / "tmp").mkdir()

    def begin():
        file = program.home / "accounts.yaml"
        accounts.write(file, {"accounts": shop.accounts})
        return spawn(program.command([program.program, "check", "-c", file]),
                     env={**program.environment, "TMPDIR": str(tmp_path / "tmp")})
    return begin


# ---- good ones


def test_each_account_has_a_line(check, shop):
    code, lines = check({name: {} for name in ALL})
    assert code == OK
    assert lines == [
        "elasticpath: ok: logged in, 60 jobs",
        "eneba: ok: logged in, 60 orders",
        lines[2],
        "next: ok: 50 exports in the first page, 1 document",
        "saleor: ok: 60 exports",
    ]
    assert re.fullmatch(r"wock: ok: logged in, \d+( of \d+)? orders( in the first page)?, "
                        r"2 documents", lines[2])


def test_of_many_rows_a_page_is_asked_for(check, shop):
    shop.event("order", "eneba", count=1400)
    _, (line,) = check({"eneba": {}})
    assert line == "eneba: ok: logged in, 100 of 1,460 orders in the first page"
    assert len(shop.requests("O_orders")) == 1


def test_nothing_is_changed_and_no_key_is_selected(check, shop):
    check({name: {} for name in ALL})
    asked = {request["operation"] for request in shop.requests()}
    assert asked == {"token", "getMultipleJobs", "O_orders", "orders", "partner", "products",
                     "exportsList", "exportsTypesRetrieve", "exportFiles"}
    assert not any(order["keys_selected"] or order["archives_selected"]
                   for order in shop.jobs("wock"))


def test_it_is_tried_while_it_is_mounted(mount, sandbox, program):
    m = mount(sandbox(orders=1))
    m.list("jobs")
    result = program.run("check", "-c", m.config_file)
    assert result.returncode == OK, result
    assert m.read("status") == "ok\n"


def test_accounts_are_tried_at_the_same_time(checking, shop):
    """None answers, and yet all are asked."""
    shop.fault("*", "*", hang=True, times=0)
    running = checking()
    wait_until(lambda: {request["account"] for request in shop.requests()} == set(ALL))
    running.signal()
    running.wait()


# ---- credentials and roles


@pytest.mark.parametrize("account, settings, words", [
    ("elasticpath", {"client_secret": "wrong-secret"},
     ["logging in: HTTP 401", "client_id and client_secret do not fit"]),
    ("elasticpath", {"client_id": "basic-user", "client_secret": "basic-secret"},
     ["listing jobs: HTTP 403", 'the role "Seller admin"']),
    ("eneba", {"auth_secret": "wrong-secret"},
     ["logging in: HTTP 401", "auth_id and auth_secret do not fit"]),
    ("eneba", {"auth_id": "retail-buyer", "auth_secret": "retail-buyer-secret"},
     ["listing orders", 'the role "wholesale buyer"']),
    ("wock", {"client_secret": "wrong-secret"},
     ["logging in", "AADSTS7000215", "take the secret's value, not its id"]),
    ("wock", {"client_secret": "expired-secret"}, ["AADSTS7000222", "the secret has expired"]),
    ("wock", {"scope": "api://somewhere"}, ["logging in", "scope must end in /.default"]),
    ("next", {"access_token": "wrong-token"},
     ["listing exports: HTTP 401", "access_token is not valid in this store"]),
    ("next", {"access_token": "sandbox-next-nobody"},
     ["listing exports: HTTP 403", "the scopes exports:read and exports:write"]),
    ("saleor", {"app_token": "wrong-token"}, ["the token is not valid, or lacks MANAGE_PRODUCTS"]),
    ("saleor", {"app_token": "sandbox-saleor-gift-cards"}, ["MANAGE_PRODUCTS"]),
], ids=str)
def test_credentials_that_do_not_do(account, settings, words, check):
    code, (line,) = check({account: settings})
    assert code == REFUSED
    assert line.startswith(f"{account}: EACCES: ")
    assert all(word in line for word in words), line


def test_an_address_that_is_not_on_the_list(check, shop):
    shop.fault("O_orders", "eneba", status=403, body="<h1>Blocked</h1>",
               headers={"Content-Type": HTML})
    code, (line,) = check({"eneba": {}})
    assert code == REFUSED
    assert "the API takes requests from listed addresses only" in line


# ---- not reachable


def refused_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_a_port_where_nobody_listens(check):
    code, (line,) = check({"elasticpath": {"base_url": f"http://127.0.0.1:{refused_port()}"}})
    assert code == UNREACHABLE
    assert line.startswith("elasticpath: ECONNREFUSED: logging in: ")


def test_a_name_that_nobody_has(check):
    code, (line,) = check({"elasticpath": {"base_url": "https://nowhere.invalid"}})
    assert code == UNREACHABLE
    assert line.startswith("elasticpath: EHOSTUNREACH: ")
    assert "https://nowhere.invalid" in line and "resolve" in line


def test_an_api_that_is_silent(check, shop):
    shop.fault("token", "elasticpath", hang=True, times=0)
    begun = time.monotonic()
    code, lines = check({"elasticpath": {}, "saleor": {}}, limits={"deadline": "1s"})
    assert code == UNREACHABLE
    assert lines[0].startswith("elasticpath: ETIMEDOUT: logging in: no answer from http://")
    assert lines[1] == "saleor: ok: 60 exports"
    assert time.monotonic() - begun < 8


@pytest.fixture
def self_signed(tmp_path, program):
    """The address of a server with a certificate that nobody has signed for."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = program.do("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                      "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                      "-keyout", key, "-out", certificate)
    assert made.returncode == 0, made
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            try:
                context.wrap_socket(connection, server_side=True).close()
            except OSError:
                connection.close()
    thread = threading.Thread(target=serve)
    thread.start()
    yield f"https://localhost:{listener.getsockname()[1]}"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def test_a_certificate_that_does_not_verify(check, self_signed):
    code, (line,) = check({"elasticpath": {"base_url": self_signed}})
    assert code == UNREACHABLE
    assert line.startswith("elasticpath: EHOSTUNREACH: ")
    assert self_signed in line and "certificate" in line


# ---- answers that make no sense


@pytest.mark.parametrize("account, settings, words", [
    ("elasticpath", {"base_url": "/nothing"}, "check base_url"),
    ("next", {"base_url": "/next/api/admn"}, "check base_url"),
    ("eneba", {"graphql_url": "/eneba/graphqx"}, "check graphql_url and token_url"),
    ("saleor", {"graphql_url": "/saleor"}, "graphql_url must end in /graphql"),
])
def test_a_path_that_leads_to_nothing(account, settings, words, check, shop):
    code, (line,) = check({account: {key: shop.url + path for key, path in settings.items()}})
    assert code == NONSENSE
    assert line.startswith(f"{account}: EBADMSG: ") and "HTTP 404" in line
    assert words in line


@pytest.mark.parametrize("fault, name, words", [
    ({"body_kind": "html"}, "EBADMSG", "text/html instead of JSON"),
    ({"body_kind": "json-cut"}, "EBADMSG", "not complete JSON"),
    ({"status": 500}, "EREMOTEIO", "HTTP 500"),
    ({"redirect": "https://login.example.test/"}, "EBADMSG", "redirect"),
    ({"body": '{"data": [{"no": "id"}]}'}, "EBADMSG", "has no id"),
])
def test_an_answer_that_makes_no_sense(fault, name, words, check, shop):
    shop.fault("getMultipleJobs", "elasticpath", times=0, **fault)
    code, (line,) = check({"elasticpath": {}})
    assert code == NONSENSE
    assert line.startswith(f"elasticpath: {name}: listing jobs: ")
    assert words in line


def test_rows_that_cannot_be_read_are_counted(check, shop):
    shop.fault("getMultipleJobs", "elasticpath",
               body='{"data": [{"id": "a", "status": "success"}, {"no": "id"}, 5]}')
    code, (line,) = check({"elasticpath": {}})
    assert code == OK
    assert "1 jobs (2 more cannot be read: a row of jobs" in line


def test_a_limit_is_another_failure(check, shop):
    shop.fault("getMultipleJobs", "elasticpath", status=429, times=0,
               headers={"Retry-After": "100"})
    code, (line,) = check({"elasticpath": {}})
    assert code == FAILED
    assert line.startswith("elasticpath: EAGAIN: ")


def test_the_first_account_that_fails_decides(check, shop):
    wrong = {"app_token": "wrong-token"}
    gone = {"base_url": f"http://127.0.0.1:{refused_port()}"}
    code, lines = check({"next": {}, "saleor": wrong, "elasticpath": gone})
    assert code == REFUSED
    assert [line.split(": ")[1] for line in lines] == ["ok", "EACCES", "ECONNREFUSED"]
    assert check({"elasticpath": gone, "saleor": wrong})[0] == UNREACHABLE


# ---- the clock


@pytest.mark.parametrize("seconds, words", [
    (7 * 60, "; this machine's clock is 7 minutes behind the server's"),
    (-7 * 60, "; this machine's clock is 7 minutes ahead of the server's"),
    (3 * 3600, "clock is 3 hours behind"),
    (-400 * 86400, "clock is 400 days ahead of"),
    (60, None),
])
def test_a_clock_that_is_off(seconds, words, check, shop):
    shop.fault("*", "*", times=0,
               headers={"Date": email.utils.formatdate(time.time() + seconds, usegmt=True)})
    code, (line,) = check({"elasticpath": {}})
    assert code == OK
    assert words in line if words else "clock" not in line

    code, (line,) = check({"elasticpath": {"client_secret": "wrong-secret"}})
    assert code == REFUSED
    assert words in line if words else "clock" not in line


# ---- the person


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_whoever_has_seen_enough_ends_it(number, checking, shop, tmp_path):
    shop.fault("token", "elasticpath", hang=True, times=0)
    running = checking()
    wait_until(lambda: shop.requests("token"))
    begun = time.monotonic()
    running.signal(number)
    result = running.wait()
    assert result.returncode == FAILED and time.monotonic() - begun < 3
    assert "elasticpath: EINTR: logging in: interrupted" in result.stdout
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize("arguments", [
    ["--offline", "elasticpath"], ["--answers", ".", "--offline"], ["--answers", ".", "a", "b"],
    ["-f"], ["-o", "allow_other"], ["--answers"],
])
def test_options_that_do_not_go_together(arguments, program):
    result = program.run("check", *arguments)
    assert result.returncode == 2
    assert "Try 'orderfs --help'" in result.stderr
    mounting = program.run("--offline", program.path)
    assert mounting.returncode == 2 and not program.mounted
