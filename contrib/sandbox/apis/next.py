"""Next Commerce: the exports of the Admin API, as a Django REST Framework service has them."""

import base64
import bisect
import json
import random
import time
import uuid
from datetime import date
from urllib.parse import urlencode

import exports
import http1
import jobevents
import moments
from apis import next_create
from apis.next_files import TYPES, ExportTables
from jobs import SECOND, Job, Jobs, seeded_instants
from storage import StoredFile
from throttle import Throttle
from webhooks import hmac_hex

ACCESS_TOKEN = "sandbox-next-token"
SCOPES = {
    ACCESS_TOKEN: ("exports:read", "exports:write"),
    "sandbox-next-reader": ("exports:read",),
    "sandbox-next-nobody": (),
}
VERSIONS = ("2024-04-01", "2023-02-10", "unstable")
PER_SECOND = 4
PAGE_SIZE = 50
SEEDED_DAYS = 60
YEAR = 2026

# The API has two words. It has none for an export that broke.
WORDS = {"started": "pending", "failed": "pending", "success": "available"}
STATES = {"available": "success"}

OPERATIONS = {("GET", "exports"): "exportsList", ("POST", "exports"): "exportsCreate",
              ("GET", "types"): "exportsTypesRetrieve", ("GET", "export"): "exportsRetrieve",
              ("GET", "download"): "exportsDownloadRetrieve"}
DETAILS = {400: "Bad request.", 401: "Authentication credentials were not provided.",
           403: "You do not have permission to perform this action.", 404: "Not found.",
           429: "Request was throttled. Expected available in 1 second."}


class Next:
    """One store with its exports."""

    name = "next"

    def __init__(self, options, url, storage, state_path):
        self._seed = options.seed
        self._page_size = options.page_size or PAGE_SIZE
        self._url = f"{url}/api/admin"
        self._storage = storage
        self._throttle = Throttle(PER_SECOND)
        self._types = dict(TYPES)
        self._tables = ExportTables(options.seed)
        self._jobs = Jobs(options.export_seconds, lambda job: None, state_path,
                          side_by_side=True, memory=None, numbered=True)
        if not self._jobs.restore():
            self._jobs.add_all(seeded_exports(options.seed, options.orders))

    def account(self):
        return {"provider": "next", "base_url": self._url, "access_token": ACCESS_TOKEN,
                "insecure": True}

    def route(self, request):
        parts = request.segments()[1:]
        if parts[:3] != ["api", "admin", "exports"]:
            return None
        path = parts[3:-1] if parts[-1] == "" else parts[3:]
        resource = _resource(path)
        if resource is None:
            return None
        if parts[-1] != "":
            return "redirect", ()
        operation = OPERATIONS.get((request.method, resource), "methodNotAllowed")
        return operation, tuple(path[:1]) if resource in ("export", "download") else ()

    def answer(self, operation, arguments, request, fault):
        if operation == "redirect":
            return with_slash(request)
        if operation == "methodNotAllowed":
            return json_response(405, {"detail": f'Method "{request.method}" not allowed.'})
        refusal = self._refusal(operation, request)
        return refusal or self._operations[operation](self, *arguments, request, fault)

    def error(self, status, fault):
        if status >= 500:
            return http1.Response(status, {"Content-Type": "text/html"},
                                  f"<h1>Server Error ({status})</h1>\n".encode())
        return failure(status)

    def event(self, name, fields):
        if name == "limit":
            self._throttle.limit(int(jobevents.needed(fields, "per_second")))
            return {}
        if name == "new_type":
            code = jobevents.needed(fields, "code")
            self._types[code] = fields.get("name", code)
            return {}
        if "status" in fields:
            fields["status"] = STATES.get(fields["status"], fields["status"])
        if name == "job":
            wish = {key: fields.pop(key, None) for key in ("type", "date_from", "date_to")}
            fields["filter"] = json.dumps({**wish, "type": wish["type"] or "order_list"})
        return jobevents.apply(self._jobs, name, fields)

    def jobs_described(self):
        with self._jobs.lock:
            found, _ = self._jobs.page()
            return [{**jobevents.describe(job), "status": WORDS.get(job.status, job.status),
                     "bytes": self._size(job)} for job in found]

    def stored_file(self, key, changed):
        job = self._jobs.get(key)
        if job is None or job.status != "success":
            return None
        tag = exports.tag_of(self._seed, self.name, job.id, job.generation + changed)
        if job.size is None:
            body = http1.Bytes(self._tables.contents(job.filter, tag))
        else:
            body = exports.BulkFile(self._seed, tag, job.size)
        return StoredFile(body, f"{tag} {body.size}", (job.updated or job.created) // SECOND,
                          f"{json.loads(job.filter)['type']}_{job.id}.csv")

    def tellable(self):
        with self._jobs.lock:
            return [job.id for job in self._jobs.page()[0] if job.status == "success"]

    def webhook(self, key):
        """Says that an export can be had, and all there is to say about it."""
        with self._jobs.lock:
            job = self._jobs.get(key)
            shown = {"id": int(key) if key.isdecimal() else key} if job is None else \
                self._render(job, {})
        return {"object": "export", "event_type": "export.created", "event_id": str(uuid.uuid4()),
                "api_version": VERSIONS[0], "data": shown,
                "webhook": {"id": 7, "events": ["export.created"], "store": "sandbox\u2019s"}}

    def webhook_signature(self, secret, body):
        return "X-29Next-Signature", hmac_hex(secret, body)

    def _size(self, job):
        if job.size is not None or job.status != "success":
            return job.size
        return self._tables.size(job.filter)

    def _refusal(self, operation, request):
        """The answer to a request that may not be made, else None."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        scopes = SCOPES.get(token.strip())
        if scopes is None or scheme.lower() != "bearer":
            return failure(401)
        if not self._throttle.admit(token):
            return failure(429)
        version = request.headers.get("x-29next-api-version")
        if version not in VERSIONS:
            return json_response(400, {"detail": "X-29next-API-Version is missing or unknown."})
        needed = "exports:write" if operation == "exportsCreate" else "exports:read"
        return None if needed in scopes else failure(403)

    def _exports_list(self, request, fault):
        fields = {name: value for name, value in request.query_fields().items() if value}
        try:
            wanted = self._filter(fields)
        except next_create.Refused as problem:
            return json_response(problem.status, problem.body)
        cursor = fields.pop("cursor", None)
        with self._jobs.lock:
            found = [job for job in self._jobs.page()[0] if wanted(job)]
            try:
                start, end = self._page(found, cursor)
            except ValueError:
                return json_response(404, {"detail": "Invalid cursor"})
            rows = [self._render(job, fault) for job in found[start:end]]
        before = f"r{key_of(found[start])}" if 0 < start < len(found) else None
        after = f"o{key_of(found[end - 1])}" if 0 < end < len(found) else None
        if fault.get("repeat_cursor"):
            after = read_cursor(cursor) if cursor else after
        step = fault.get("null_items")
        if step:
            rows[step - 1::step] = [None] * len(rows[step - 1::step])
        return json_response(200, {"next": self._link(after, fields),
                                   "previous": self._link(before, fields), "results": rows})

    def _filter(self, fields):
        """A function that says whether an export is wanted."""
        kind, problems, days = fields.get("type"), {}, {}
        if kind not in (None, *self._types):
            problems["type"] = [f"Select a valid choice. {kind} is not one of the available "
                                "choices."]
        for name in ("date_created_from", "date_created_to"):
            try:
                days[name] = date.fromisoformat(fields[name]).toordinal()
            except KeyError:
                pass
            except ValueError:
                problems[name] = ["Enter a valid date."]
        if problems:
            raise next_create.Refused(400, problems)
        if kind is None and not days:
            return lambda job: True
        first = days.get("date_created_from", 0)
        last = days.get("date_created_to", date.max.toordinal())
        return lambda job: (first <= moments.moment(job.created).toordinal() <= last
                            and kind in (None, json.loads(job.filter)["type"]))

    def _page(self, found, cursor):
        """Which part of the exports, newest first, a cursor stands for."""
        if cursor is None:
            return 0, self._page_size
        text = read_cursor(cursor)
        created, number = text[1:].split(".")
        place = (-int(created), -int(number))
        if text[0] == "r":
            end = bisect.bisect_left(found, place, key=newest_first)
            return max(0, end - self._page_size), end
        start = bisect.bisect_right(found, place, key=newest_first)
        return start, start + self._page_size

    def _link(self, position, fields):
        if position is None:
            return None
        cursor = base64.urlsafe_b64encode(position.encode()).decode()
        return f"{self._url}/exports/?{urlencode({'cursor': cursor, **fields})}"

    def _exports_create(self, request, fault):
        try:
            wish = next_create.parse(request, self._types)
        except next_create.Refused as problem:
            return json_response(problem.status, problem.body)
        job = Job(self._jobs.new_id(), filter=json.dumps(wish), created=time.time_ns(),
                  queued=True)
        with self._jobs.lock:
            self._jobs.add_all([job])
            return json_response(201, self._render(job, fault))

    def _exports_types_retrieve(self, _request, _fault):
        types = [{"code": code, "name": name} for code, name in self._types.items()]
        return json_response(200, {"types": types})

    def _exports_retrieve(self, key, _request, fault):
        with self._jobs.lock:
            job = self._jobs.get(key)
            return failure(404) if job is None else json_response(200, self._render(job, fault))

    def _exports_download_retrieve(self, key, _request, _fault):
        file = self.stored_file(key, False)
        if file is None:
            return failure(404)
        return json_response(200, {"url": self._storage.sign(self.name, key, file.name)})

    _operations = {"exportsList": _exports_list, "exportsCreate": _exports_create,
                   "exportsTypesRetrieve": _exports_types_retrieve,
                   "exportsRetrieve": _exports_retrieve,
                   "exportsDownloadRetrieve": _exports_download_retrieve}

    def _render(self, job, fault):
        wish = json.loads(job.filter)
        shown = {"id": int(job.id) if job.id.isdecimal() else job.id,
                 "created_at": drf_time(job.created), "type": wish["type"],
                 "status": WORDS.get(job.status, job.status), "date_from": wish["date_from"],
                 "date_to": wish["date_to"],
                 "url": f"{self._url}/exports/{http1.quote_segment(job.id)}/"}
        lost = fault.get("lost_fields", ()) if job.status else ("status",)
        return {name: value for name, value in shown.items() if name not in lost}


def seeded_exports(seed, count):
    """Exports that exist when the store opens, evenly over the last days, oldest first."""
    chance = random.Random(f"next exports {seed}")
    return [_seeded_export(chance, number, created)
            for number, created in enumerate(seeded_instants(SEEDED_DAYS, count))]


def _seeded_export(chance, number, created):
    month = chance.randrange(1, 12)
    wish = {"type": chance.choice(tuple(TYPES)), "date_from": f"{YEAR}-{month:02d}-01T00:00:00Z",
            "date_to": f"{YEAR}-{month + 1:02d}-01T00:00:00Z"}
    if chance.random() < 0.2:  # Those made in the dashboard have no dates.
        wish.update(date_from=None, date_to=None)
    updated = created + chance.randrange(SECOND, 60 * SECOND)
    return Job(str(number + 1), "success", None, json.dumps(wish), created, updated)


def _resource(path):
    """What the rest of a path names, or None."""
    if len(path) == 2:
        return "download" if path[1] == "download" else None
    if len(path) == 1:
        return "types" if path == ["types"] else "export"
    return None if path else "exports"


def with_slash(request):
    """Django's answer to a path without its last slash. A client drops the body on the way."""
    query = f"?{request.query}" if request.query else ""
    return http1.Response(301, {"Location": f"{request.path}/{query}"}, b"")


def key_of(job):
    return f"{job.created}.{job.number}"


def newest_first(job):
    return -job.created, -job.number


def read_cursor(cursor):
    return base64.urlsafe_b64decode(cursor).decode("ascii")


def drf_time(instant):
    """An instant in microseconds, which are left out if there are none."""
    return moments.moment(instant).isoformat().replace("+00:00", "Z")


def json_response(status, value):
    return http1.json_text_response(status, json.dumps(value, separators=(",", ":")))


def failure(status):
    """An error as the framework words it."""
    response = json_response(status, {"detail": DETAILS.get(status, "Error.")})
    if status == 429:
        response.headers["Retry-After"] = "1"
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="api"'
    return response
