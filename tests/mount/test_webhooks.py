"""Webhooks: one that is signed makes what changed be seen at once, though nothing is polled for an
hour; all others are told no, and do nothing."""

import contextlib
import re
import socket
import threading
from urllib.parse import urlsplit

import pytest

from harness import apis, documents, wait_until

SECRETS = {"next": "webhook-secret-of-next", "saleor": None, "wock": "webhook-secret-of-wock"}
DESCRIPTIONS = documents.TOP / "src" / "provider" / "apis"
REFUSED = ({"signature": "none"}, {"signature": "wrong"}, {"signature": "other-body"},
           {"secret": "a-secret-of-somebody-else"})


@pytest.fixture
def unpolled(tmp_path):
    """The path of a description that polls once an hour."""
    def write(name):
        text = re.sub(r"^( +poll: ).*", r"\1{list: 1h, active: 1h}",
                      (DESCRIPTIONS / f"{name}.yaml").read_text(), flags=re.M)
        file = tmp_path / f"{name}.yaml"
        file.write_text(re.sub(r"^( +every: ).*", r"\g<1>1h", text, flags=re.M))
        return file
    return write


def settings_of(shop, name):
    """What an account must set to know who sends its webhooks."""
    if SECRETS[name]:
        return {"webhook_secret": SECRETS[name]}
    return {"jwks_url": f"{shop.url}/{name}/.well-known/jwks.json"}


def addresses(m):
    """{account: where its webhooks go}"""
    return dict(re.findall(r"info: (\S+): takes webhooks at (\S+)", m.log()))


@pytest.fixture
def hooked(sandbox, mount, unpolled):
    """A factory: a sandbox of some APIs and a mount of them, each listed once and with webhooks."""
    def make(*names, account=None, **options):
        shop = sandbox(accounts=",".join(names), **{"orders": 2, **options})
        accounts = {name: {**shop.accounts[name], **settings_of(shop, name),
                           "provider": str(unpolled(name)), **(account or {})} for name in names}
        m = mount(accounts=accounts, config={"listen": "127.0.0.1:0"})
        m.wait_listed()
        connect(shop, m)
        return shop, m
    return make


def connect(shop, m):
    for name, url in addresses(m).items():
        secret = {"secret": SECRETS[name]} if SECRETS[name] else {}
        shop.webhooks_to(url, account=name, **secret)


def metric(m, name, account):
    """A number that .orderfs/metrics tells of an account."""
    return int(re.search(rf'^orderfs_{name}{{account="{account}"}} (\d+)$',
                         m.read(m.control / "metrics"), re.M)[1])


def counts(m, account):
    """How many were taken, refused, and had come before."""
    return tuple(metric(m, f"webhooks{kind}_total", account)
                 for kind in ("", "_refused", "_repeated"))


def is_quiet(shop, seen):
    """Nothing was asked for beyond what `seen` requests were."""
    return len(shop.requests()) == seen


@pytest.mark.threads
@pytest.mark.parametrize("name", SECRETS)
def test_p24_a_webhook_shows_at_once_what_changed(name, hooked):
    """A new item, and one that gets done; of saleor the webhook comes before it counts as done."""
    api = apis.ALL[name]
    shop, m = hooked(name, export_seconds=0.5)
    m.account = m.path / name
    shop.event("freeze")
    running = api.running(shop)
    m.refresh()
    before = m.stat(f"{running}/status").st_mtime_ns
    listings = len(shop.requests(api.listing))

    shop.event("thaw")
    wait_until(lambda: m.stat(f"{running}/status").st_mtime_ns > before, what="it changes")
    assert len(shop.requests(api.listing)) == listings, "it alone was asked about"

    new = api.ready(shop)
    wait_until(lambda: m.exists(new), what="it is listed")
    assert m.read(f"{new}/status") == m.read(f"{running}/status") == "ready\n"
    assert {tuple(sent["answers"]) for sent in shop.webhooks()} == {(200,)}
    taken, refused, repeated = counts(m, name)
    assert (taken >= 2, refused, repeated) == (True, 0, 0)


def test_a_product_that_changed_is_a_document_to_be_listed(hooked):
    shop, m = hooked("wock")
    name = wait_until(lambda: m.list("products"))[0]
    product = name.removesuffix(".json")
    shop.event("product", product=int(product), name="renamed")
    assert shop.webhook(id=product) == 200
    wait_until(lambda: '"renamed"' in m.read(f"products/{name}"))


@pytest.mark.parametrize("name", SECRETS)
def test_what_is_not_signed_is_refused_and_does_nothing(name, hooked):
    shop, m = hooked(name)
    wrong = [fault for fault in REFUSED if SECRETS[name] or "secret" not in fault]
    wrong = [fault for fault in wrong if (name, fault.get("signature")) != ("wock", "other-body")]
    seen = len(shop.requests())
    for fault in wrong:
        assert shop.webhook(id="1", **fault) == 401, fault
    assert shop.webhook(body="no JSON") == 400, "though it is signed"
    assert shop.webhook(body='{"about": "nothing here", "type": null}') == 200
    assert counts(m, name)[1] == len(wrong)
    assert m.log().count("a webhook was refused") == 1, "a flood does not flood the log"
    assert "no JSON" not in m.log()
    if name != "wock":
        assert is_quiet(shop, seen)


def test_a_webhook_is_for_its_account_alone(hooked):
    shop, m = hooked("next", "saleor", "wock")
    at = addresses(m)
    assert shop.webhook("next", id="1", url=at["saleor"]) == 401
    assert shop.webhook("next", id="1", url=at["wock"]) == 401
    assert shop.webhook("saleor", id="1", url=at["next"]) == 401
    assert shop.webhook("next", id="1", url=f"{at['next']}x") == 404
    assert shop.webhook("next", id="1", url=f"{at['next']}/") == 404
    assert shop.webhook("next", id="1", verb="GET") == 405
    assert shop.webhook("next", id="1", verb="PUT") == 405
    assert shop.webhook("next", id="1") == 200


def test_a_webhook_is_for_accounts_that_know_its_secret(sandbox, mount):
    shop = sandbox(accounts="next,eneba", orders=0)
    m = mount(shop, config={"listen": "127.0.0.1:0"}, accounts={
        "with ü": {**shop.accounts["next"], "webhook_secret": "hush-hush-hush"},
        "twin": {**shop.accounts["next"], "webhook_secret": "another-secret"}})
    url, twin = re.findall(r"takes webhooks at (\S+)", m.log())
    assert url.endswith("/with%20%C3%BC")
    shop.webhooks_to(url.replace("%20%C3%BC", " ü"), account="next", secret="hush-hush-hush")
    assert shop.webhook("next", id="1", url=twin) == 401
    assert shop.webhook("next", id="1") == 200
    for name in ("next", "eneba", "", ".orderfs", "with"):
        assert shop.webhook("next", id="1", url=url.replace("with%20%C3%BC", name)) == 404, name


def test_what_comes_again_is_taken_and_ignored(hooked):
    shop, m = hooked("next")
    m.account = m.path / "next"
    first, second = (job["id"] for job in shop.jobs())
    # Signed as it would be written anew, which is not how it is sent.
    assert shop.webhook(id=first, rewritten=True, signature="wrong") == 401
    assert shop.webhook(id=first, rewritten=True) == 200
    wait_until(lambda: shop.requests("exportsRetrieve"))
    for _ in range(3):
        assert shop.webhook(repeat=True) == 200
    assert shop.webhook(id=second) == 200
    wait_until(lambda: len(shop.requests("exportsRetrieve")) > 1)
    asked = [request["path"].rstrip("/").rpartition("/")[2]
             for request in shop.requests("exportsRetrieve")]
    assert asked == [first, second]
    assert counts(m, "next") == (2, 1, 3)


def test_keys_are_fetched_again_when_they_change(hooked):
    """Once: a stranger who makes up names of keys costs nobody a request."""
    shop, m = hooked("saleor")
    m.account = m.path / "saleor"
    wait_until(lambda: len(shop.requests("jwks")) == 1)
    assert shop.webhook(id="1") == 200
    shop.event("new_key")
    shop.event("job", id="77")
    wait_until(lambda: m.exists("exports/77"))
    sent, = shop.webhooks()
    assert sent["answers"][0] == 503 and sent["answers"][-1] == 200
    shop.event("new_key")
    assert shop.webhook(id="2") == 401
    assert shop.webhook(id="3") == 401
    assert len(shop.requests("jwks")) == 2


@pytest.mark.parametrize("fault", [
    {"body": "[]"}, {"body": '{"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}'}],
    ids=["none", "weak"])
def test_keys_that_cannot_be_had_are_for_later(fault, sandbox, mount, unpolled):
    shop = sandbox(accounts="saleor", orders=1)
    shop.fault("jwks", times=0, **fault)
    m = mount(shop, account={**settings_of(shop, "saleor"), "provider": str(unpolled("saleor"))},
              config={"listen": "127.0.0.1:0"})
    wait_until(lambda: "the keys for webhooks" in m.log())
    connect(shop, m)
    wait_until(lambda: shop.webhook(id="1") == 503 and len(shop.requests("jwks")) == 2)
    assert counts(m, "saleor") == (0, 0, 0)


@pytest.mark.threads
def test_a_storm_is_a_few_requests(hooked):
    shop, m = hooked("saleor", account={"limits": {"per_second": 1000, "burst": 1000}})
    m.account = m.path / "saleor"
    shop.clear_requests()
    shop.event("job", count=300)
    wait_until(lambda: len(shop.webhooks()) == 300)
    wait_until(lambda: len(m.list("exports")) == 300 + 2 + 1)
    assert counts(m, "saleor") == (300, 0, 0)
    assert len(shop.requests()) < 60


@pytest.mark.threads
def test_an_api_that_hangs_delays_no_answer(hooked):
    shop, m = hooked("next")
    shop.fault("*", account="next", hang=True, times=0)
    for job in shop.jobs():
        assert shop.webhook(id=job["id"]) == 200
    wait_until(lambda: shop.requests("exportsRetrieve"))
    assert shop.webhook(id="999") == 200
    m.terminate()


@pytest.mark.threads
def test_who_says_nothing_makes_room(hooked):
    """More guests than there are places, some of them in the middle of a word."""
    shop, m = hooked("next")
    at = urlsplit(addresses(m)["next"])
    answers = []
    slow = threading.Thread(
        target=lambda: answers.append(shop.webhook(id="1", slow_bytes_per_s=20)))
    slow.start()
    words = (b"", b"POST /next HT", b"POST /next HTTP/1.1\r\nHost: here\r\nX-",
             b"POST /next HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\n{")
    guests = []
    for number in range(200):
        guests.append(socket.create_connection((at.hostname, at.port)))
        guests[-1].sendall(words[number % len(words)])
    assert shop.webhook(id="1") == 200
    guests[0].settimeout(20)
    assert guests[0].recv(100) == b""
    slow.join()
    assert answers == [None]
    m.terminate()
    for guest in guests:
        guest.close()


def test_what_is_too_much_or_no_request_harms_nobody(hooked):
    shop, m = hooked("next")
    assert shop.webhook(id="1", bytes=250_000) == 200
    assert shop.webhook(id="1", bytes=270_000) == 413
    assert shop.webhook(id="1", bytes=4_000_000) == 413
    at = urlsplit(addresses(m)["next"])
    garbage = (b"\0" * 5000, b"POST\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\xff" * 100_000,
               b"POST /next HTTP/1.1\r\n" + b"X-Y: z\r\n" * 5000 + b"\r\n",
               b"POST /next HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
               b"POST /next HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
    guests = [socket.create_connection((at.hostname, at.port)) for _ in garbage]
    for guest, text in zip(guests, garbage):
        with contextlib.suppress(OSError):
            guest.sendall(text)
    assert shop.webhook(id="1") == 200
    for guest in guests:
        guest.close()


# ---- beginning and ending


CONFIGURED = """accounts:
  store:
    provider: next
    base_url: {url}
    access_token: {token}
    webhook_secret: hush-hush-hush
    insecure: yes
listen: {listen}
"""


def configure(program, shop, listen):
    account = shop.accounts["next"]
    return program.configure(CONFIGURED.format(url=account["base_url"], listen=listen,
                                               token=account["access_token"]))


def test_a_port_that_is_taken_is_told_at_the_start(program, sandbox):
    shop = sandbox(accounts="next", orders=0)
    address = shop.url.removeprefix("http://")
    configure(program, shop, address)
    result = program.run(program.path)
    assert (result.returncode, result.stderr) == (
        1, f"orderfs: cannot listen on {address}: Address already in use\n")
    assert not program.mounted


@pytest.mark.parametrize("listen", ["0.0.0.0:8787", "8787", "localhost:8787", "'[::]:8787'"])
def test_it_listens_on_this_machine_alone(listen, program, sandbox):
    file = configure(program, sandbox(accounts="next", orders=0), listen)
    result = program.run(program.path)
    assert result.returncode == 2 and not program.mounted
    assert result.stderr.startswith(f"{file}:8: 'listen': it is 127.0.0.1:PORT or ")


def test_check_tells_where_they_are_taken(program, sandbox):
    shop = sandbox(accounts="next", orders=0)
    file = configure(program, shop, "127.0.0.1:8787")

    def said():
        return program.run("check", "--offline").stdout.splitlines()[1:]
    assert said() == ["webhooks for store: taken at http://127.0.0.1:8787/store"]
    text = file.read_text()
    file.write_text(text.replace("listen:", "#"))
    assert said() == ["webhooks for store: none is taken without 'listen: 127.0.0.1:PORT' in the "
                      "accounts file"]
    file.write_text(re.sub(".*webhook_secret.*\n", "", text))
    assert said() == ["webhooks for store: none is taken without webhook_secret"]
    eneba = "  e: {provider: eneba, auth_id: a, auth_secret: b}\n"
    file.write_text(text.replace("listen:", eneba + "listen:"))
    assert said()[1:] == ["webhooks for e: none, this API sends none"]
    file.write_text(re.sub("(listen|.*webhook_secret).*\n", "", text))
    assert said() == []


def test_the_readme_is_right(program):
    example, = (block for block in documents.blocks(documents.README, "yaml") if "listen" in block)
    for name in ("store.token", "store.webhook"):
        program.write(f".config/orderfs/{name}", "hush-hush-hush\n")
    program.configure(example)
    address, = re.findall(r"`(http://127.0.0.1:\d+/store)`", documents.README.read_text())
    result = program.run("check", "--offline")
    assert result.stdout.splitlines()[1:] == [f"webhooks for store: taken at {address}"]
    for name in SECRETS:
        assert f"| `{name}` |" in documents.README.read_text().partition("## Webhooks")[2]


def test_in_the_background_for_an_ordinary_user(somebody, sandbox):
    shop = sandbox(accounts="next", orders=1)
    somebody.write(".config/orderfs/providers/next.yaml", (DESCRIPTIONS / "next.yaml").read_text())
    configure(somebody, shop, "'[::1]:0'")
    somebody.mount()
    log = somebody.do("cat", somebody.path / ".orderfs/log").stdout
    url = re.search(r"takes webhooks at (\S+)", log)[1]
    shop.webhooks_to(url, secret="hush-hush-hush")
    assert shop.webhook(id="1") == 200
    somebody.unmount()
    assert shop.webhook(id="1") is None
