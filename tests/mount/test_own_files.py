"""`auth: same` of a description: files that the API serves itself, to those alone who have the account's
key. No other host gets the key, wherever an answer or a redirect leads."""

import errno
import json

import pytest

from harness import fails_with
from harness.documents import TOP, blocks, substituted
from sixth import Handler, Parcels

GUIDE = TOP / "src" / "provider" / "README.md"
PARCELS, *_ = blocks(GUIDE, "yaml")
ELASTICPATH = (TOP / "src" / "provider" / "apis" / "elasticpath.yaml").read_text()
SAME = {"        when: ready\n": "        when: ready\n        auth: same\n"}
# The address in the record is one that takes a token and answers with JSON: as good as any file.
LINK = "    files: [{name: link.json, when: ready, url: link.href, auth: same}]\n\n    poll:"
FILE = "batches/1001/labels.csv"


class OwnHandler(Handler):
    """It hands out labels by itself, or sends those who have the key on to the files' host."""

    def _get(self, path, query, body):
        match path:
            case ["v1", "batches", number, "labels"]:
                self._check_key()
                if self.parcels.sends_on:
                    self._send(302, "text/plain", b"", {"Location": self.parcels.signed(number)})
                else:
                    self._send(200, "text/csv", self.parcels.file(int(number)))
            case _:
                super()._get(path, query, body)


@pytest.fixture
def parcels():
    with Parcels(batches=1) as service:
        service._server.RequestHandlerClass = OwnHandler
        service.sends_on = False
        service.signed = lambda number, link=service.link: link(number)["link"]
        service.link = lambda number: {"link": f"{service.url}/batches/{number}/labels"}
        yield service


@pytest.fixture
def mounted(mount, tmp_path):
    """A mount of one account, whose API is described by that text."""
    def make(text, settings, **options):
        file = tmp_path / f"{text.partition('name: ')[2].split()[0]}.yaml"
        file.write_text(text)
        m = mount(accounts={"office": {"provider": str(file), "insecure": True, **settings}},
                  **options)
        m.wait_listed()
        return m
    return make


def mount_parcels(mounted, parcels, text=None):
    return mounted(text or substituted(PARCELS, SAME),
                   {"base_url": parcels.url, "api_key": parcels.key})


def test_a_file_of_the_api_itself_is_read_with_the_key(mounted, parcels):
    m = mount_parcels(mounted, parcels)
    wanted = parcels.file(1001)
    assert m.stat(FILE).st_size == len(wanted)
    assert m.read_bytes(FILE) == wanted and parcels.refused == []


def test_without_it_no_download_has_the_key(mounted, parcels):
    m = mount_parcels(mounted, parcels, PARCELS)
    with fails_with(errno.EACCES):
        m.read(FILE)
    assert set(parcels.refused) == {"X-Api-Key is missing or wrong"}


def test_a_redirect_to_another_host_goes_there_without_the_key(mounted, parcels):
    parcels.sends_on = True
    m = mount_parcels(mounted, parcels)
    assert m.read_bytes(FILE) == parcels.file(1001)
    assert ("GET", "/files/1001.csv") in parcels.requests
    assert parcels.refused == [], "the files' host refuses who shows a key"


def test_another_host_never_gets_the_key(mounted, parcels):
    parcels.link = lambda number: {"link": parcels.signed(number)}
    m = mount_parcels(mounted, parcels)
    assert m.read_bytes(FILE) == parcels.file(1001) and parcels.refused == []


def test_a_token_that_has_ended_is_replaced(mounted, sandbox):
    shop = sandbox(orders=0).frozen()
    jobs = ("first", "second")
    for job in jobs:
        shop.event("job", id=job)
    head, _, rest = ELASTICPATH.partition("    files:\n")
    tail = rest.partition("    poll:")[2]
    m = mounted(f"{head}{LINK}{tail}", {key: value for key, value in
                                        shop.accounts[shop.account].items() if key != "provider"})
    assert m.stat("jobs/first/link.json").st_size > 0
    for job in jobs:  # one whose size is known is read, the other one is asked for it first
        shop.event("expire_tokens")
        shop.clear_requests()
        assert "X-Signature" in json.loads(m.read(f"jobs/{job}/link.json"))["data"]["href"]
        answers = [request["status"] for request in shop.requests("getAJobFile")]
        assert answers[:2] == [401, 200] and set(answers[2:]) <= {200}
        assert len(shop.requests("token")) == 1
