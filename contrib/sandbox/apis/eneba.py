"""Eneba: wholesale orders over GraphQL, and an encrypted archive of keys for each."""

import base64
import binascii
import json

import graphqlserver
import http1
from apis import eneba_events
from apis.eneba_archive import Archives
from apis.eneba_orders import Orders, seeded_orders
from graphqlserver import GraphQLFailure
from jobs import SECOND
from savedstate import SavedState
from storage import StoredFile
from tokens import Tokens

# These two are public: they name the way of logging in, for production and for tests.
CLIENT_IDS = ("917611c2-70a5-11e9-97c4-46691b78bfa2", "917611c2-70a5-11e9-00c4-ee691bb8bfaa")
AUTH_ID = "sandbox-buyer"
AUTH_SECRET = "sandbox-buyer-secret"
WHOLESALE = "wholesale buyer"
CREDENTIALS = {
    AUTH_ID: (AUTH_SECRET, WHOLESALE),
    "retail-buyer": ("retail-buyer-secret", "buyer"),
}
EMAIL = "buyer@example.org"
FILE_NAME = "keys.zip"
PAGE_SIZE = 20
MAX_PAGE = 100
MAX_IDS = 20
MAX_FIELDS = 20
NOT_WHOLESALE = "order.export_keys_non_wholesale_order"


class Eneba:
    """One buyer with orders, exports and tokens."""

    name = "eneba"

    def __init__(self, options, url, storage, state_path):
        self._url = url
        self._max_page = min(options.page_size or MAX_PAGE, MAX_PAGE)
        self._storage = storage
        self._tokens = Tokens(options.token_seconds)
        self._archives = Archives(options.seed, EMAIL)
        self._orders = Orders(options.export_seconds)
        self._state = SavedState(state_path)
        self._orders.add_all(self._state.load() or seeded_orders(options.seed, options.orders))
        self._save()
        self._graphql = graphqlserver.GraphQLServer("eneba", {
            "Query.O_orders": self._list_orders,
            "Query.O_orderExport": self._tell_export,
            "Mutation.O_exportOrderKeys": self._start_export,
            "O_API_OrderExport.downloadUrl": self._sign_url,
        })

    def account(self):
        return {"provider": "eneba", "graphql_url": f"{self._url}/graphql",
                "token_url": f"{self._url}/oauth/token", "auth_id": AUTH_ID,
                "auth_secret": AUTH_SECRET, "zip_password": EMAIL, "insecure": True}

    def route(self, request):
        path = request.segments()[1:]
        if path == ["oauth", "token"] and request.method == "POST":
            return "token", None
        if path == ["graphql"]:
            return "redirect", None
        if path != ["graphql", ""]:
            return None
        if request.method != "POST":
            return "methodNotAllowed", None
        call = self._graphql.read(request)
        return call.operation, call

    def answer(self, operation, call, request, fault):
        if operation == "token":
            return self._token(request)
        if operation == "redirect":
            return http1.Response(301, {"Location": f"{self._url}/graphql/"}, b"")
        if operation == "methodNotAllowed":
            return failure(405, "Only POST is possible here")
        if request.media_type() != "application/json":
            return failure(415, "The content type must be application/json")
        role = self._tokens.role_of(request)
        if role is None:
            return failure(401, "Unauthenticated.")
        with self._orders.lock:
            return self._graphql.answer(call, (role, call, fault), fault)

    def error(self, status, _fault):
        return failure(status, "Too many requests" if status == 429 else "Made to fail.")

    def event(self, name, fields):
        if name == "expire_tokens":
            self._tokens.clear()
            return {}
        with self._orders.lock:
            told = eneba_events.apply(self._orders, self._archives, name, fields)
            self._save()
            return told

    def jobs_described(self):
        with self._orders.lock:
            return [eneba_events.describe(self._orders, order)
                    for order in self._orders.listed(None, None)]

    def stored_file(self, key, changed):
        with self._orders.lock:
            order = self._orders.behind(key)
            export = order and order.export
            if export is None or self._orders.status(export) != "COMPLETED":
                return None
            if export.removed or self._orders.expired(export):
                return None
            body = self._archives.body(order, changed)
            version = f"{self._archives.tag(order, changed)} {body.size}"
            return StoredFile(body, version, export.ended // SECOND, FILE_NAME,
                              "application/zip")

    def _token(self, request):
        if request.media_type() != "application/x-www-form-urlencoded":
            return refusal(400, "invalid_request", "The content type must be form-urlencoded")
        form = request.form_fields()
        if form.get("grant_type") != "api_consumer":
            return refusal(400, "unsupported_grant_type", "The grant type is not supported")
        secret, role = CREDENTIALS.get(form.get("id"), (None, None))
        if form.get("client_id") not in CLIENT_IDS:
            return refusal(401, "invalid_client", "Client authentication failed")
        if secret is None or form.get("secret") != secret:
            return refusal(401, "invalid_credentials", "The user credentials were incorrect")
        token, _ = self._tokens.issue(role)
        return json_response(200, {"token_type": "Bearer", "access_token": token,
                                   "expires_in": self._tokens.seconds,
                                   "refresh_token": f"def50200{token}"})

    def _list_orders(self, context, first=None, after=None, orderState=None, orderIds=None):
        self._admit(context)
        if orderIds is not None and len(orderIds) > MAX_IDS:
            raise GraphQLFailure(f"At most {MAX_IDS} orderIds are possible",
                                 {"code": "USER_ERROR"})
        found = self._orders.listed(orderState, orderIds)
        start = 0 if after is None else position(after) + 1
        end = start + min(first if first and first > 0 else PAGE_SIZE, self._max_page)
        edges = [{"node": order.shown, "cursor": cursor(number)}
                 for number, order in enumerate(found[start:end], start)]
        page_info = {"hasNextPage": end < len(found), "hasPreviousPage": start > 0,
                     "startCursor": edges[0]["cursor"] if edges else None,
                     "endCursor": edges[-1]["cursor"] if edges else None}
        return {"totalCount": len(found), "pageInfo": page_info, "edges": edges}

    def _tell_export(self, context, entryToken):
        self._admit(context)
        order = self._orders.get(entryToken)
        export = order and self._orders.told(order)
        if not export or order.shown["entryToken"] != entryToken:
            return None
        return {"id": export.id, "status": self._orders.status(export),
                "expired": self._orders.expired(export), "export": export}

    def _sign_url(self, _context, shown):
        if shown["status"] != "COMPLETED" or shown["expired"] or shown["export"].removed:
            return None
        return self._storage.sign(self.name, shown["id"], FILE_NAME)

    def _start_export(self, context, input):
        self._admit(context)
        order = self._orders.get(input["entryToken"])
        if order is None or order.shown["entryToken"] != input["entryToken"]:
            raise GraphQLFailure("order.not_found", {"code": "USER_ERROR"})
        if not order.wholesale:
            raise GraphQLFailure(NOT_WHOLESALE, {"code": "USER_ERROR"})
        if order.shown["orderState"] != "FULFILLED":
            raise GraphQLFailure("The keys of an order can be exported once it is fulfilled",
                                 {"code": "USER_ERROR"})
        self._orders.start(order, context[2].get("lag_ms", 0))
        self._save()
        return {"success": True}

    def _save(self):
        self._state.save(self._orders.listed(None, None))

    def _admit(self, context):
        """Each field by itself says no, as the real thing does."""
        role, call, _ = context
        if role != WHOLESALE:
            raise GraphQLFailure("Access denied.", {"code": "ACCESS_DENIED"})
        if call.fields > MAX_FIELDS:
            raise GraphQLFailure(f"At most {MAX_FIELDS} root fields are possible",
                                 {"code": "USER_ERROR"})


def cursor(number):
    return base64.b64encode(f"arrayconnection:{number}".encode()).decode()


def position(text):
    try:
        word, _, number = base64.b64decode(text, validate=True).decode().partition(":")
        if word == "arrayconnection" and number.isdecimal():
            return int(number)
    except (binascii.Error, UnicodeDecodeError):
        pass
    raise GraphQLFailure("The cursor is not valid", {"code": "USER_ERROR"})


def json_response(status, value):
    return http1.json_text_response(status, json.dumps(value))


def failure(status, message):
    return json_response(status, {"errors": [{"message": message}]})


def refusal(status, error, description):
    return json_response(status, {"error": error, "error_description": description,
                                  "message": description})
