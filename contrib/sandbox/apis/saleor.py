"""Saleor: exports of products, gift cards and voucher codes, over GraphQL."""

import json
import random
import time

import exports
import http1
import jobevents
import moments
import orders
import webkeys
import xlsx
from apis import saleor_callers, saleor_ids, saleor_list, saleor_server, saleor_wishes
from apis.saleor_files import ExportFiles
from jobs import DAY, SECOND, Job, Jobs, seeded_instants
from storage import StoredFile
from webhooks import hmac_hex

KINDS = ("product", "gift_card", "voucher_code")
SEEDED_DAYS = 25
MEMORY = 30 * DAY
ACCESS_SECONDS = 300
BROKEN_EXPORT = "The worker was interrupted"

# A file can be had before its export counts as done: for the last part of the time it takes.
FILE_WRITTEN = 0.8

STATES = {"PENDING": "pending", "SUCCESS": "success", "FAILED": "failed"}
LOGIN_PROBLEMS = {
    "INVALID_CREDENTIALS": "Please, enter valid credentials",
    "LOGIN_ATTEMPT_DELAYED": "Logging has been delayed. Try again in a moment.",
}


class Saleor:
    """One shop with its exports."""

    name = "saleor"

    def __init__(self, options, url, storage, state_path):
        self._seed = options.seed
        self._url = f"{url}/graphql/"
        self._storage = storage
        self.public_files = True
        self._files = ExportFiles(options.seed)
        self._staff = saleor_callers.StaffTokens(
            options.seed, min(ACCESS_SECONDS, options.token_seconds))
        self._door = saleor_callers.Door()
        self._servers = {version: saleor_server.SaleorServer(version, self._resolvers())
                         for version in saleor_server.VERSIONS}
        self._version = "3.23"
        self._key_number, self._key = 0, None
        self._jobs = Jobs(options.export_seconds, lambda job: None, state_path,
                          side_by_side=True, memory=MEMORY, numbered=True)
        if not self._jobs.restore():
            self._jobs.add_all(seeded_exports(options.seed, options.orders))

    def account(self):
        return {"provider": "saleor", "graphql_url": self._url,
                "app_token": saleor_callers.APP_TOKEN, "insecure": True}

    def route(self, request):
        if request.segments()[1:] == [".well-known", "jwks.json"] and request.method == "GET":
            return "jwks", ()
        if request.segments()[1:] != ["graphql", ""]:
            return None
        if request.method != "POST":
            return "methodNotAllowed", ()
        call = self._servers[self._version].read(request)
        return call.operation, (call,)

    def answer(self, operation, arguments, request, fault):
        if operation == "methodNotAllowed":
            return http1.Response(405, {"Allow": "OPTIONS, POST"}, b"")
        if operation == "jwks":
            return http1.json_text_response(200, json.dumps({"keys": [self._signer.public()]}))
        caller = self._staff.caller(request)
        return self._servers[self._version].reply(*arguments, caller, fault)

    def error(self, status, fault):
        if status == 404:
            return http1.Response(404, {"Content-Type": "text/html"}, b"<h1>Not Found</h1>\n")
        return saleor_server.error(status, "Made to fail.")

    def event(self, name, fields):
        if name == "version":
            version = jobevents.needed(fields, "version")
            if version not in self._servers:
                raise jobevents.BadEvent(f"the versions are {', '.join(self._servers)}")
            self._version = version
            return {}
        if name == "media":
            self.public_files = not jobevents.needed(fields, "signed")
            return {}
        if name == "new_key":
            self._key_number, self._key = self._key_number + 1, None
            return {}
        if name in ("expire_tokens", "expire_logins"):
            self._staff.expire_all("access", *(["refresh"] if name == "expire_logins" else []))
            return {}
        return jobevents.apply(self._jobs, name, self._job_fields(name, fields))

    def jobs_described(self):
        with self._jobs.lock:
            found, _ = self._jobs.page()
            return [{**jobevents.describe(job), "status": saleor_list.word(job),
                     "bytes": self._size(job)} for job in found]

    def stored_file(self, key, changed):
        with self._jobs.lock:
            job = self._jobs.get(key)
            if job is None or not self._has_file(job):
                return None
            tag = exports.tag_of(self._seed, self.name, job.id, job.generation + changed)
            if job.size is None:
                body = http1.Bytes(self._files.contents(_wish_alone(job), tag))
            else:
                body = exports.BulkFile(self._seed, tag, job.size)
            name = self._file_name(job)
            media_type = xlsx.MEDIA_TYPE if name.endswith(".xlsx") else "text/csv"
            return StoredFile(body, f"{tag} {body.size}", job.created // SECOND, name, media_type)

    def tellable(self):
        """It is told when the file is there, which is before the export counts as done."""
        with self._jobs.lock:
            return [job.id for job in self._jobs.page()[0] if self._has_file(job)]

    def webhook(self, key):
        with self._jobs.lock:
            job = self._jobs.get(key)
            shown = {"id": saleor_ids.encode("ExportFile", key)} if job is None else \
                self._render(job)
        fields = ("id", "status", "url", "createdAt", "updatedAt")
        return {"issuedAt": date_time(time.time_ns()),
                "export": {field: shown.get(field) for field in fields}}

    def webhook_signature(self, secret, body):
        if secret is not None:
            return "Saleor-Signature", hmac_hex(secret, body)
        return "Saleor-Signature", self._signer.sign(body)

    @property
    def _signer(self):
        if self._key is None:
            self._key = webkeys.SigningKey(f"saleor {self._seed} {self._key_number}")
        return self._key

    def _job_fields(self, name, fields):
        """An event's fields with Saleor's words in the form that all exports have."""
        fields = dict(fields)
        if "status" in fields:
            fields["status"] = STATES.get(fields["status"], fields["status"])
        if name != "job":
            return fields
        kind, file_type = fields.pop("kind", "product"), fields.pop("file_type", "CSV")
        if kind not in KINDS or file_type not in ("CSV", "XLSX"):
            raise jobevents.BadEvent(f"kind is one of {', '.join(KINDS)}, file_type CSV or XLSX")
        if file_type == "XLSX" and ("bytes" in fields or "rows" in fields):
            raise jobevents.BadEvent("only a CSV file can have any size")
        creator = ["app", "orderfs"]
        fields["filter"] = wish_text(kind, {"scope": "ALL", "fileType": file_type}, creator)
        return fields

    def _has_file(self, job):
        return job.status == "success" or (
            job.status == "started" and self._jobs.progress(job) >= FILE_WRITTEN)

    def _size(self, job):
        if job.size is not None or not self._has_file(job):
            return job.size
        return self._files.size(_wish_alone(job))

    def _file_name(self, job):
        wish = json.loads(job.filter)
        moment = time.strftime("%d_%m_%Y_%H_%M_%S", time.gmtime(job.created // SECOND))
        unguessable = orders.make_uuid(random.Random(f"saleor {self._seed} {job.id}"))
        return f"{wish['kind']}_data_{moment}_{unguessable}.{wish['fileType'].lower()}"

    def _file_url(self, job):
        if not self._has_file(job):
            return None
        address = self._storage.url if self.public_files else self._storage.sign
        return address(self.name, job.id, self._file_name(job))

    def _resolvers(self):
        roots = {"Query.exportFile": self._export_file, "Query.exportFiles": self._export_files,
                 "Query.me": self._me, "Query.shop": self._shop,
                 "Mutation.tokenCreate": self._token_create,
                 "Mutation.tokenRefresh": self._token_refresh,
                 "Mutation.exportProducts": self._starter(
                     "product", "MANAGE_PRODUCTS", saleor_wishes.check_products),
                 "Mutation.exportGiftCards": self._starter(
                     "gift_card", "MANAGE_GIFT_CARD", saleor_wishes.check_gift_cards),
                 "Mutation.exportVoucherCodes": self._starter(
                     "voucher_code", "MANAGE_DISCOUNTS", saleor_wishes.check_voucher_codes)}
        checked = {name: _checked(function) for name, function in roots.items()}
        return {**checked, "ExportFile.user": _creating_user, "ExportEvent.user": _creating_user,
                "ExportFile.app": _creating_app, "ExportEvent.app": _creating_app}

    def _export_file(self, caller, id):
        caller.require("MANAGE_PRODUCTS")
        found = saleor_ids.decode(id)
        if found is None:
            raise saleor_list.refused(f"Invalid ID: {id}. Expected: ExportFile.")
        with self._jobs.lock:
            job = self._jobs.get(found[1]) if found[0] == "ExportFile" else None
            return None if job is None else self._render(job)

    def _export_files(self, caller, **arguments):
        caller.require("MANAGE_PRODUCTS")
        condition = arguments.get("filter") or {}
        with self._jobs.lock:
            found = [job for job in self._jobs.page()[0]
                     if not condition or saleor_list.wanted(job, condition)]
            return saleor_list.connection(found, arguments, self._render)

    def _me(self, caller):
        return user(caller.name) if caller.kind == "user" else None

    def _shop(self, caller):
        if caller.kind is None or (caller.kind == "user" and not caller.permissions):
            raise saleor_callers.denied("To access this path, you need to be staff or an app")
        return {"name": "Sandbox", "version": f"{self._version}.0"}

    def _token_create(self, _caller, email, password, audience=None):
        code = self._door.enter(email, password)
        if code:
            return failed("email", LOGIN_PROBLEMS[code], code)
        return {"token": self._staff.issue(email, "access"),
                "refreshToken": self._staff.issue(email, "refresh"), "csrfToken": None,
                "user": user(email), "errors": []}

    def _token_refresh(self, _caller, refreshToken=None, csrfToken=None):
        if not refreshToken:
            return failed("refreshToken", "Missing refreshToken", "JWT_MISSING_TOKEN")
        try:
            email = self._staff.email_of(refreshToken, "refresh")
        except saleor_callers.BadToken as problem:
            return failed("refreshToken", "Invalid token", str(problem))
        return {"token": self._staff.issue(email, "access"), "user": user(email), "errors": []}

    def _starter(self, kind, permission, check):
        """The resolver of a mutation that starts an export."""
        def start(caller, input):
            caller.require(permission)
            try:
                check(input)
            except saleor_wishes.Problem as problem:
                return {"errors": [problem.entry], "exportErrors": [problem.entry]}
            job = Job(self._jobs.new_id(), created=time.time_ns(), queued=True,
                      filter=wish_text(kind, input, [caller.kind, caller.name]))
            with self._jobs.lock:
                self._jobs.add_all([job])
                return {"exportFile": self._render(job), "errors": [], "exportErrors": []}
        return start

    def _render(self, job):
        creator = json.loads(job.filter)["creator"]
        created, updated = date_time(job.created), date_time(job.updated or job.created)
        seen = [("EXPORT_PENDING", created, None)]
        if job.status in ("success", "failed"):
            seen.append((f"EXPORT_{saleor_list.word(job)}", updated, job.error))
        events = [{"id": saleor_ids.encode("ExportEvent", f"{job.id}{number}"), "type": kind,
                   "date": moment, "message": message, "creator": creator}
                  for number, (kind, moment, message) in enumerate(seen)]
        return {"id": saleor_ids.encode("ExportFile", job.id), "createdAt": created,
                "updatedAt": updated, "status": saleor_list.word(job),
                "message": None, "url": self._file_url(job), "events": events,
                "creator": creator}


def _checked(function):
    def resolve(caller, **arguments):
        caller.check()
        return function(caller, **arguments)
    return resolve


def _creating_user(caller, source):
    kind, name = source["creator"]
    if caller.kind != "user" or (caller.name != name and "MANAGE_STAFF" not in caller.permissions):
        raise saleor_callers.denied("To access this path, you need one of the following "
                                    "permissions: MANAGE_STAFF, OWNER")
    return user(name) if kind == "user" else None


def _creating_app(caller, _source):
    """Nobody here has the permission, and an app does not own what it made."""
    caller.require("MANAGE_APPS")


def user(email):
    return {"id": saleor_ids.encode("User", email), "email": email, "firstName": "Sandy",
            "lastName": "Box", "isStaff": bool(saleor_callers.STAFF[email][1]), "isActive": True}


def failed(field, message, code):
    """The answer of a login that was refused."""
    return {"errors": [{"field": field, "message": message, "code": code}]}


def wish_text(kind, asked, creator):
    """What was asked for, as an export remembers it."""
    rest = {name: value for name, value in asked.items() if name != "fileType"}
    return json.dumps({"kind": kind, "fileType": asked["fileType"], "input": rest,
                       "creator": creator}, default=str)


def _wish_alone(job):
    """What was asked for, whoever asked: that is what a file's contents follow from."""
    return json.dumps({**json.loads(job.filter), "creator": None})


def seeded_exports(seed, count):
    """Exports that exist when the shop opens, evenly over the last days, oldest first."""
    chance = random.Random(f"saleor exports {seed}")
    return [_seeded_export(chance, number, created)
            for number, created in enumerate(seeded_instants(SEEDED_DAYS, count))]


def _seeded_export(chance, number, created):
    kind = chance.choice((*KINDS, "product", "product"))
    asked = {"fileType": chance.choice(("CSV", "CSV", "CSV", "XLSX"))}
    if kind == "product":
        asked.update(scope="ALL", exportInfo={"fields": ["NAME", "CATEGORY", "VARIANT_SKU"]})
    creator = chance.choice((["app", "orderfs"], ["user", "staff@example.org"]))
    updated = created + chance.randrange(SECOND, 60 * SECOND)
    broken = chance.random() < 0.1
    return Job(str(number + 1), "failed" if broken else "success",
               BROKEN_EXPORT if broken else None, wish_text(kind, asked, creator), created,
               updated)


def date_time(instant):
    return moments.moment(instant).isoformat(timespec="microseconds")
