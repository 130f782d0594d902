"""What an order of the wock account delivers: keys in the answer, and archives beside it."""

import base64
import functools

import exports
import keymaterial
import ziparchive
from apis import wock_filter
from apis.wock_catalogue import IMAGE

IMAGE_BYTES = 1500
KEPT = 64


class Deliveries:
    """The contents of orders. The same order always has the same."""

    def __init__(self, seed):
        self._seed = seed
        self._build = functools.lru_cache(KEPT)(self._build_anew)

    def tag(self, order, changed=False):
        return exports.tag_of(self._seed, "wock", order.id, order.generation + changed)

    def keys(self, order, place):
        """The keys of a line. The very first has another below it, as add-ons do."""
        line = order.lines[place]
        tag = f"{self.tag(order)}-{place}"
        downloaded = order.delivered_at and wock_filter.shown_time(order.delivered_at)
        size = order.contents.get("image_bytes", IMAGE_BYTES)
        keys = [_key(tag, number, line["keyType"] == IMAGE, size, downloaded)
                for number in range(line["quantity"])]
        if place == 0:
            keys[0]["subKeys"] = [_key(tag, line["quantity"], True, size, downloaded)]
        return keys

    def archive_count(self, order):
        return order.contents.get("archives", len(order.lines))

    def password(self, order, number):
        return f"{self.tag(order)}-{number}"

    def archive(self, order, number, changed=False):
        """Archive `number` holds the line of that number; more archives than lines repeat."""
        line = order.lines[(number - 1) % len(order.lines)]
        return self._build(self.tag(order, changed), number, line["name"], line["quantity"],
                           line["keyType"], tuple(order.contents.items()))

    def _build_anew(self, tag, number, name, quantity, key_type, contents):
        contents = dict(contents)
        password = f"{tag}-{number}".encode()
        use_aes = contents.get("aes", False)
        folder = name.replace("/", "-")
        place = number - 1
        if key_type == IMAGE:
            size = contents.get("image_bytes", IMAGE_BYTES)
            members = [ziparchive.member(
                f"{folder}/{keymaterial.key_id(f'{tag}-{place}', key)}.png",
                keymaterial.image(f"{tag}-{place}", key, size), password, use_aes)
                for key in range(quantity)]
        else:
            keys = keymaterial.key_file(f"{tag}-{place}", quantity)
            members = [ziparchive.member(f"{folder}/keys.txt", keys, password, use_aes)]
        if contents.get("bytes"):
            bulk = exports.BulkFile(self._seed, tag, contents["bytes"])
            members.append(ziparchive.bulk_member(f"{folder}/bulk.csv", bulk))
        return ziparchive.archive(members)


def _key(tag, number, is_image, size, downloaded):
    text = keymaterial.key_text(tag, number)
    if is_image:
        text = base64.b64encode(keymaterial.image(tag, number, size)).decode()
    return {"id": keymaterial.key_id(tag, number), "key": text, "downloadedAt": downloaded,
            "mimeType": "image/png" if is_image else "text/plain", "subKeys": []}
