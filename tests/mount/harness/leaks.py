"""What must never be in the program's output or in its state: secrets, sanitizers' reports."""

import hashlib
import re

from harness import accounts

REPORTS = re.compile(r"AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error|assert",
                     re.IGNORECASE)
# Query strings of signed URLs, as the storages of this world spell them.
SIGNATURES = re.compile(r"(?:\bsig|signature|x-(?:amz|goog)-\w+)=[^\s&]+", re.IGNORECASE)
TOKEN = re.compile(r"\b[0-9a-f]{32}\b")
WEB_TOKEN = re.compile(r"\beyJ[\w-]{10,}\.[\w-]+")


def find(mount, sandboxes):
    """One line for everything wrong that a finished mount and its sandboxes show."""
    text = without_libfuse(mount.stderr())
    found = [f"orderfs said: {line}" for line in text.splitlines() if REPORTS.search(line)]
    found += [f"a signed URL in the log: {line}" for line in text.splitlines()
              if SIGNATURES.search(line)]
    found += [f"the secret {secret!r} is in the log"
              for secret in accounts.secrets(mount.settings) if secret in text]
    found += [f"a token in the log: {word[:20]!r}…" for word in WEB_TOKEN.findall(text)]
    used = set().union(*map(_tokens_used, sandboxes))
    found += [f"the token {word} is in the log" for word in set(TOKEN.findall(text))
              if hashlib.sha256(word.encode()).hexdigest()[:16] in used]
    return found + list(_secrets_in_files(mount))


def without_libfuse(text):
    """libfuse keeps an INTERRUPT that comes after its request was answered until the next request
    comes, and forgets it when none does: a leak report of nothing else is no news of ours."""
    report = re.search(r"^==\d+==ERROR: LeakSanitizer.*?^SUMMARY: [^\n]*", text, re.M | re.S)
    if not report:
        return text
    leaks = re.findall(r"leak of .*?\n +#0 [^\n]*\n +#1 ([^\n]*)", report[0])
    ours = [leak for leak in leaks if "libfuse3.so" not in leak]
    return text if ours or not leaks else text.replace(report[0], "")


def _tokens_used(sandbox):
    """The sandbox logs tokens as the start of their hash."""
    try:
        requests = sandbox.requests()
    except OSError:  # The test has ended it.
        return set()
    bearers = {request["headers"].get("Authorization", "") for request in requests}
    return {bearer.partition(" ")[2] for bearer in bearers}


def _secrets_in_files(mount):
    """The state database and its neighbours hold no secret either."""
    secrets = [secret.encode() for secret in accounts.secrets(mount.settings)]
    for path in mount.state_dir.rglob("*"):
        if path.is_file() and path.stat().st_size < 1 << 24:
            content = path.read_bytes()
            for secret in secrets:
                if secret in content:
                    yield f"the secret {secret!r} is in {path}"
            text = content.decode("latin-1")
            for found in WEB_TOKEN.search(text), SIGNATURES.search(text):
                if found:
                    yield f"{found[0][:20]!r}… is in {path}"
