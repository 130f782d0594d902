"""Many states at once: one request for twenty of them, against a person's loop of curl."""

import json
import os
import urllib.parse
import urllib.request

from bed import Unmeasured, read_each, timed

QUERY = "query($id: String!) { O_orderExport(entryToken: $id) { id status expired } }"


def states(bed, report, sizes, pairs):
    """The states of running orders, each read once in the order of a shell's `*/status`."""
    shop = bed.sandbox(accounts="eneba", orders=0, latency_ms=sizes.latency_ms,
                       export_seconds=3600)
    shop.event("order", count=sizes.states, export="PENDING")
    m = bed.mount(shop)
    names = sorted(name for name in os.listdir(m.path / "eneba" / "orders") if name != "trigger")
    if len(names) != sizes.states:
        raise Unmeasured(f"{len(names)} orders are listed")
    ours, theirs = [], []
    for _ in range(pairs):
        shop.clear_requests()
        ours.append(sum(read_each(m.path / "eneba" / "orders" / name / "status"
                                  for name in names)))
        asked = len(shop.requests("O_orderExport"))
        if not sizes.states / 20 <= asked <= sizes.states / 20 + 10:
            raise Unmeasured(f"{asked} requests for {sizes.states} states")
        theirs.append(loop_of_curl(shop, bed.folder, names))
    report.add(f"{sizes.states:,} states, API {sizes.latency_ms} ms away", ours, theirs, aim=0.05)


def loop_of_curl(shop, folder, names):
    account = shop.accounts["eneba"]
    form = urllib.parse.urlencode({
        "grant_type": "api_consumer", "client_id": "917611c2-70a5-11e9-97c4-46691b78bfa2",
        "id": account["auth_id"], "secret": account["auth_secret"]}).encode()
    with urllib.request.urlopen(account["token_url"], form, timeout=30) as answer:
        token = json.load(answer)["access_token"]
    bodies = folder / "bodies"
    bodies.write_text("".join(json.dumps({"query": QUERY, "variables": {"id": name}}) + "\n"
                              for name in names))
    script = ("while IFS= read -r body; do curl -q -sf --noproxy '*' "
              f"-H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' "
              f"-d \"$body\" {account['graphql_url']}/ || exit 1; done < {bodies}")
    return timed(["sh", "-c", script]).seconds
