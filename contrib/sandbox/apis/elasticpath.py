"""Elastic Path Commerce Cloud: the Exporter Service and the token endpoint it needs."""

import functools
import json
import random
import time
import uuid

import exports
import http1
import jobevents
import orders
from apis import elasticpath_filter
from jobs import SECOND, Job, Jobs, seeded_instants
from storage import StoredFile
from tokens import Tokens

CLIENT_ID = "sandbox-seller"
CLIENT_SECRET = "sandbox-seller-secret"
SELLER_ADMIN = "seller admin"
CLIENTS = {
    CLIENT_ID: (CLIENT_SECRET, SELLER_ADMIN),
    "basic-user": ("basic-secret", "basic user"),
}

INTERNAL_HOST = "http://exporter.internal"
ZERO_TIME = "0001-01-01T00:00:00Z"
NO_RESULTS = "No results matched the supplied filter"
BROKEN_EXPORT = "Internal error while exporting orders"
SEEDED_DAYS = 6
MAX_FILTER = 8192

STATUS_WORDS = {
    "upper": {"pending": "PENDING", "started": "STARTED", "success": "SUCCESS",
              "failed": "FAILED"},
    "complete": {"started": "processing", "success": "complete"},
}

REASONS = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden",
           404: "Resource Not Found", 409: "Conflict", 415: "Unsupported Media Type",
           422: "Unprocessable Entity", 429: "Too Many Requests",
           500: "Internal Server Error", 503: "Service Unavailable"}


class ElasticPath:
    """One store with its jobs, orders and tokens."""

    name = "elasticpath"

    def __init__(self, options, url, storage, state_path):
        self._seed = options.seed
        self._page_size = options.page_size
        self._url = url
        self._storage = storage
        self._tokens = Tokens(options.token_seconds)
        self._orders = orders.make_orders(options.seed)
        self._matching = functools.lru_cache(maxsize=1000)(self._select_orders)
        self._jobs = Jobs(options.export_seconds, self._outcome, state_path)
        if not self._jobs.restore():
            self._jobs.add_all(seeded_jobs(options.seed, options.orders))

    def account(self):
        return {"provider": "elasticpath", "base_url": self._url, "client_id": CLIENT_ID,
                "client_secret": CLIENT_SECRET, "insecure": True}

    def route(self, request):
        parts = request.segments()[1:]
        if parts == ["oauth", "access_token"] and request.method == "POST":
            return "token", ()
        if parts[:2] != ["v2", "jobs"]:
            return None
        operation = {("POST", 2): "createJob", ("GET", 2): "getMultipleJobs",
                     ("GET", 3): "getAJob", ("GET", 4): "getAJobFile"
                     }.get((request.method, len(parts)))
        if operation is None or parts[3:] not in ([], ["file"]):
            return None
        return operation, tuple(parts[2:3])

    def answer(self, operation, arguments, request, fault):
        if operation == "token":
            return self._token(request, fault)
        role = self._tokens.role_of(request)
        if role is None:
            return failure(401, fault, "Unable to validate access token")
        if role != SELLER_ADMIN:
            return failure(403, fault, "The role of this key does not permit access to jobs")
        return self._operations[operation](self, *arguments, request, fault)

    def error(self, status, fault):
        return failure(status, fault, "Made to fail.")

    def event(self, name, fields):
        if name == "expire_tokens":
            self._tokens.clear()
            return {}
        return jobevents.apply(self._jobs, name, fields)

    def jobs_described(self):
        with self._jobs.lock:
            found, _ = self._jobs.page()
            return [{**jobevents.describe(job), "bytes": self._size(job)} for job in found]

    def stored_file(self, key, changed):
        job = self._jobs.get(key)
        if job is None or job.status != "success":
            return None
        tag = exports.tag_of(self._seed, job.id, job.generation + changed)
        if job.size is None:
            body = http1.Bytes(exports.order_file(tag, self._matching(job.filter)))
        else:
            body = exports.BulkFile(self._seed, tag, job.size)
        name = "".join(c for c in job.id if c.isascii() and c.isalnum())[:8]
        return StoredFile(body, f"{tag} {body.size}", (job.updated or job.created) // SECOND,
                          f"orders-{name}.csv")

    def _token(self, request, fault):
        """Auth errors carry their status as a string, unlike all others."""
        if request.media_type() != "application/x-www-form-urlencoded":
            return failure("400", fault, "The content type must be form-urlencoded")
        form = request.form_fields()
        grant = form.get("grant_type")
        if grant not in ("client_credentials", "implicit"):
            return failure("400", fault, "Unsupported grant_type")
        secret, role = CLIENTS.get(form.get("client_id"), (None, None))
        if role is None or (grant == "client_credentials"
                            and form.get("client_secret") != secret):
            return failure("401", fault, "Invalid client credentials")
        token, expires = self._tokens.issue(role if grant == "client_credentials" else grant)
        return json_response(200, {
            "access_token": token, "token_type": "Bearer", "identifier": grant,
            "expires": expires, "expires_in": self._tokens.seconds})

    def _create_job(self, request, fault):
        if request.media_type() != "application/json":
            return failure(415, fault, "The content type must be application/json")
        try:
            wish = json.loads(request.body)["data"]
            kind, job_type = wish.get("type", "job"), wish.get("job_type")
            text = wish.get("filter", "")
        except (ValueError, KeyError, TypeError, AttributeError):
            return failure(400, fault, "The request body is not a job")
        if kind != "job" or job_type != "order_export":
            return failure(400, fault, "The type must be job, the job_type order_export")
        if not isinstance(text, str) or len(text) > MAX_FILTER:
            return bad_filter(fault)
        try:
            elasticpath_filter.parse(text)
        except elasticpath_filter.FilterError:
            return bad_filter(fault)
        job = Job(self._jobs.new_id(), filter=text, created=time.time_ns(), queued=True)
        with self._jobs.lock:
            self._jobs.add_all([job])
            rendered = self._render(job, fault)
        if fault.get("create_object"):
            return http1.json_text_response(201, f'{{"data":{rendered}}}')
        return http1.json_text_response(202, f'{{"data":[{rendered}]}}')

    def _get_multiple_jobs(self, request, fault):
        try:
            offset, limit = self._page(request.query_fields())
        except ValueError:
            return failure(400, fault, "Invalid page parameters")
        with self._jobs.lock:
            found, total = self._jobs.page(offset, limit)
            rows = ",".join([self._render(job, fault) for job in found])
        meta = "" if limit is None else f',"meta":{go_json(_meta(offset, limit, total))}'
        return http1.json_text_response(200, f'{{"data":[{rows}]{meta}}}')

    def _page(self, fields):
        """(offset, limit) of a list request; without --page-size there are no pages."""
        if not self._page_size:
            return 0, None
        offset = int(fields.get("page[offset]", 0))
        limit = int(fields.get("page[limit]", self._page_size))
        if offset < 0 or limit < 1:
            raise ValueError("page")
        return offset, min(limit, self._page_size)

    def _get_a_job(self, job_id, _request, fault):
        with self._jobs.lock:
            job = self._jobs.get(job_id)
            if job is None:
                return not_found(fault)
            return http1.json_text_response(200, f'{{"data":{self._render(job, fault)}}}')

    def _get_a_job_file(self, job_id, _request, fault):
        job = self._jobs.get(job_id)
        if job is None or job.status != "success":
            return not_found(fault)
        link = {"href": self._storage.sign(self.name, job.id)}
        return json_response(200, link if "file_href" in fault else {"data": link})

    _operations = {"createJob": _create_job, "getMultipleJobs": _get_multiple_jobs,
                   "getAJob": _get_a_job, "getAJobFile": _get_a_job_file}

    def _render(self, job, fault):
        """The JSON text of a job, kept with the job as long as it is true."""
        words = STATUS_WORDS.get(fault.get("status_words"), {})
        if words:
            return self._render_anew(job, words)
        if job.text is None:
            job.text = self._render_anew(job, words)
        return job.text

    def _render_anew(self, job, words):
        path = f"/v2/jobs/{http1.quote_segment(job.id)}"
        # The link is what the older documents say: an endpoint that tells the real link.
        link = f"{self._url}{path}/file" if job.status == "success" else ""
        shown = {"id": job.id, "type": "job", "job_type": "order_export",
                 "status": words.get(job.status, job.status)}
        if job.error is not None:
            shown["error"] = job.error
        shown["link"] = {"href": link}
        shown["links"] = {"self": INTERNAL_HOST + path}
        shown["timestamps"] = {"created_at": go_time(job.created),
                               "updated_at": go_time(job.updated)}
        return go_json(shown)

    def _select_orders(self, text):
        conditions = elasticpath_filter.parse(text)
        return [order for order in self._orders
                if elasticpath_filter.matches(conditions, order)]

    def _outcome(self, job):
        return None if job.size is not None or self._matching(job.filter) else NO_RESULTS

    def _size(self, job):
        if job.size is not None or job.status != "success":
            return job.size
        return exports.order_file_size(self._matching(job.filter))


def seeded_jobs(seed, count):
    """Jobs that exist when the store opens, evenly over the last days, oldest first."""
    chance = random.Random(f"elasticpath jobs {seed}")
    return [_seeded_job(chance, created) for created in seeded_instants(SEEDED_DAYS, count)]


def _seeded_job(chance, created):
    job_id = orders.make_uuid(chance)
    month = chance.randrange(1, 12)
    text = f"ge(created_at,2026-{month:02d}-01):lt(created_at,2026-{month + 1:02d}-01)"
    updated = created + chance.randrange(SECOND, 60 * SECOND)
    luck = chance.random()
    if luck < 0.1:
        text = "lt(created_at,2025-01-01):eq(payment,paid)"
        return Job(job_id, "failed", NO_RESULTS, text, created, updated)
    if luck < 0.2:
        return Job(job_id, "failed", BROKEN_EXPORT, text, created, updated)
    return Job(job_id, "success", None, text, created, updated)


def go_time(instant):
    """An instant as Go prints it: nanoseconds without trailing zeros; no time is year 1."""
    if instant is None:
        return ZERO_TIME
    seconds, rest = divmod(instant, SECOND)
    fraction = f".{rest:09d}".rstrip("0") if rest else ""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + fraction + "Z"


def go_json(value):
    """JSON as Go prints it: UTF-8 as it is, but &, < and > as escapes, even in URLs."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e")


def json_response(status, value):
    return http1.json_text_response(status, go_json(value))


def failure(status, fault, detail):
    """An error in the vendor's envelope, or bare if the fault says so."""
    error = {"status": status, "title": REASONS.get(int(status), "Error"), "detail": detail,
             "request_id": str(uuid.uuid4())}
    return _error_response(int(status), error, fault)


def bad_filter(fault):
    """The one error that has no status member."""
    error = {"title": "Bad Request", "detail": "Could not parse the supplied filter"}
    return _error_response(400, error, fault)


def not_found(fault):
    return failure(404, fault, "The resource you are requesting does not exist")


def _error_response(status, error, fault):
    return json_response(status,
                               error if fault.get("bare_error") else {"errors": [error]})


def _meta(offset, limit, total):
    return {"results": {"total": total},
            "page": {"limit": limit, "offset": offset, "current": offset // limit + 1,
                     "total": -(-total // limit)}}
