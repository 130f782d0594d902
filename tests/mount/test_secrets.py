"""Where secrets come from: a file, a command, the environment, systemd. They work, and what does
not is told with its line and without them."""

import os

import pytest

from harness import wait_until
from harness.devices import needs_root

USAGE = 2
SECRET_LINE = 7


@pytest.fixture
def shop(sandbox):
    return sandbox(orders=1)


def configure(program, shop, secret, mode=0o600):
    settings = {**shop.accounts[shop.account], "client_secret": secret}
    lines = [f"    {key}: {'yes' if value is True else value}" for key, value in settings.items()]
    lines.sort(key=lambda line: "secret" in line)
    return program.configure("\n".join(["accounts:", "  shop:", *lines]) + "\n", mode)


def secret_of(shop):
    return shop.accounts[shop.account]["client_secret"]


def works(program, shop, **options):
    """The API took it: a token was given, and the account was listed with it."""
    program.mount(**options)
    wait_until(lambda: program.do("cat", program.path / ".orderfs/ready").returncode == 0)
    assert [request["status"] for request in shop.requests("token")] == [200]


def refused(program, file, *words, **options):
    result = program.run(program.path, **options)
    assert result.returncode == USAGE, result
    assert result.stderr.startswith(f"{file}:{SECRET_LINE}: "), result
    assert all(word in result.stderr for word in words), result
    assert not program.mounted
    return result


def test_from_a_file(program, shop):
    program.write("shop.secret", secret_of(shop) + "\n")
    configure(program, shop, "{file: ~/shop.secret}", mode=0o644)
    works(program, shop)


def test_from_a_file_beside_the_accounts(program, shop):
    program.write(".config/orderfs/shop.secret", secret_of(shop))
    configure(program, shop, "{file: shop.secret}")
    works(program, shop)


def test_from_a_command(program, shop):
    """Run by a shell, with nothing to read; what it says on standard error is for the person."""
    program.write("shop.secret", secret_of(shop) + "\n")
    configure(program, shop, '{command: "read x; echo looking >&2; cat ~/shop.secret | head -1"}')
    works(program, shop)


def test_from_the_environment(program, shop):
    configure(program, shop, "{env: SHOP_SECRET}")
    works(program, shop, env={"SHOP_SECRET": secret_of(shop)})


def test_from_systemd(program, shop):
    program.write("credentials/shop", secret_of(shop), mode=0o440)
    configure(program, shop, "{credential: shop}")
    works(program, shop, env={"CREDENTIALS_DIRECTORY": str(program.home / "credentials")})


def test_in_the_file_itself_when_it_is_mine_alone(program, shop):
    configure(program, shop, secret_of(shop))
    works(program, shop)


@needs_root
def test_a_secret_in_a_file_of_somebody_else_is_refused(program, shop):
    file = configure(program, shop, secret_of(shop))
    os.chown(file, 65534, 65534)
    refused(program, file, "client_secret", "not yours alone")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_secret_file_that_others_can_read_is_refused(mode, program, shop):
    secret = program.write("shop.secret", secret_of(shop), mode)
    result = refused(program, configure(program, shop, "{file: ~/shop.secret}"), str(secret),
                     "chmod 600")
    assert secret_of(shop) not in result.stderr


@pytest.mark.parametrize("text, words", [
    ("", "empty"), ("\n", "empty"), ("one\ntwo\n", "more than one line"), ("a\0b", "NUL"),
])
def test_a_secret_file_holds_one_line(text, words, program, shop):
    program.write("shop.secret", text)
    refused(program, configure(program, shop, "{file: ~/shop.secret}"), words)


@pytest.mark.parametrize("secret, words", [
    ("{file: ~/nothing}", ["nothing", "No such file"]),
    ("{file: ~}", ["no file"]),
    ('{command: "echo hush-hush; exit 3"}', ["status 3"]),
    ('{command: "kill -9 $$"}', ["signal 9"]),
    ('{command: "true"}', ["empty"]),
    ('{command: "yes hush | head -c 2000000"}', ["more than"]),
    ("{env: NO_SUCH_VARIABLE}", ["NO_SUCH_VARIABLE"]),
    ("{credential: shop}", ["LoadCredential=shop"]),
    ("{credential: ../shop}", ["plain name"]),
    ("{vault: shop}", ["vault", "file, command, env or credential"]),
    ("{file: a, env: b}", ["one of"]),
    ("{}", ["one of"]),
    ("[a]", ["client_secret"]),
])
def test_a_source_that_gives_nothing_is_told(secret, words, program, shop):
    result = refused(program, configure(program, shop, secret), *words)
    assert "hush" not in result.stderr


def test_a_credential_that_is_missing_is_told(program, shop):
    (program.home / "credentials").mkdir()
    refused(program, configure(program, shop, "{credential: shop}"), "shop", "No such file",
            env={"CREDENTIALS_DIRECTORY": str(program.home / "credentials")})


def test_check_tells_the_same(program, shop):
    file = configure(program, shop, "{env: NO_SUCH_VARIABLE}")
    result = program.run("check")
    assert result.returncode == USAGE
    assert result.stderr.startswith(f"{file}:{SECRET_LINE}: ")
