"""The archive of an order's keys: a folder for each product, a file for its keys."""

import functools

import exports
import http1
import keymaterial
import ziparchive

IMAGE_BYTES = 1500
KEPT = 64


class Archives:
    """Builds archives, and keeps those last asked for. The same order gives the same bytes."""

    def __init__(self, seed, password):
        self._seed = seed
        self._password = password.encode()
        self._build = functools.lru_cache(KEPT)(self._build_anew)

    def tag(self, order, changed):
        return exports.tag_of(self._seed, order.shown["id"], order.generation + changed)

    def body(self, order, changed):
        lines = tuple((f"{order.shown['orderNumber']}/{item['sellableSlug']}/{item['shortId']}",
                       item["quantity"]) for item in order.shown["items"])
        return self._build(self.tag(order, changed), lines, tuple(order.contents.items()))

    def _build_anew(self, tag, lines, contents):
        """`contents`: bytes of a bulk member, number of images, their size, AES or not."""
        contents = dict(contents)
        if contents.get("raw") is not None:
            return http1.Bytes(contents["raw"].encode())
        use_aes = contents.get("aes", False)
        members = []
        for number, (folder, quantity) in enumerate(lines):
            keys = keymaterial.key_file(f"{tag}{number}", quantity)
            members.append(ziparchive.member(f"{folder}/keys.txt", keys, self._password,
                                             use_aes))
        folder = lines[0][0]
        for key in range(contents.get("images", 1)):
            data = keymaterial.image(tag, key, contents.get("image_bytes", IMAGE_BYTES))
            members.append(ziparchive.member(f"{folder}/{keymaterial.key_id(tag, key)}.png",
                                             data, self._password, use_aes))
        if contents.get("bytes"):
            bulk = exports.BulkFile(self._seed, tag, contents["bytes"])
            members.append(ziparchive.bulk_member(f"{folder}/bulk.csv", bulk))
        return ziparchive.archive(members)
