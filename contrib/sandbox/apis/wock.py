"""World of CD Keys: orders, their delivery and the catalogue, over GraphQL.

Selecting keys or archives takes delivery, here as there. Who did so is counted, and told by
GET /control/jobs, so that a test can prove that nothing does it by accident.
"""

import json
import time
import uuid

import graphqlserver
import http1
from apis import wock_events, wock_filter, wock_token
from apis.wock_catalogue import Catalogue
from apis.wock_delivery import Deliveries
from apis.wock_orders import Orders, seeded_orders
from apis.wock_partner import EXTERNAL, Partner, Refused
from graphqlserver import GraphQLFailure
from jobs import SECOND
from savedstate import SavedState
from storage import StoredFile
from tokens import Tokens

DEFAULT_TAKE = 10
MAX_TAKE = 100
MAX_FIELDS = 20
CODES = {401: "AUTH_NOT_AUTHENTICATED", 403: "AUTH_NOT_AUTHORIZED"}
DETAILS = ("id", "name", "platform", "region", "language")


class Wock:
    """One partner with orders, catalogue and tokens."""

    name = "wock"

    def __init__(self, options, url, storage, state_path):
        self._url = url
        self._storage = storage
        self._tokens = Tokens(options.token_seconds)
        self.max_take = options.page_size or MAX_TAKE
        self.delivery_by = "both"
        self.deliveries = Deliveries(options.seed)
        self._state = SavedState(state_path)
        self._open(options)
        self._found = {}
        self._graphql = graphqlserver.GraphQLServer("wock", {
            "QueryRoot.orders": self._list_orders,
            "QueryRoot.products": self._list_products,
            "QueryRoot.product": self._tell_product,
            "QueryRoot.partner": self._tell_partner,
            "QueryRoot.delivery": self._tell_delivery,
            "MutationRoot.createOrder": self._create_order,
            "MutationRoot.deleteOrder": self._delete_order,
            "OutboundDeliveryProductResponse.keys": self._hand_out_keys,
            "OutboundDeliveryResponse.archives": self._hand_out_archives,
        })

    def _open(self, options):
        """Go on where an earlier run stopped, or begin anew."""
        saved = self._state.load()
        if saved:
            self.partner, self.catalogue, made = saved
        else:
            self.partner, self.catalogue = Partner(options.seed), Catalogue(options.seed)
            made = seeded_orders(options.seed, options.orders, self.catalogue)
        self.orders = Orders(options.export_seconds, self.partner.pay)
        for order in made:
            self.orders.add(order)
        if not saved:
            self.partner.available += self.orders.outstanding()  # So that those can be paid.
        self._save()

    def _save(self):
        self._state.save((self.partner, self.catalogue, self.orders.all()))

    def account(self):
        return {"provider": "wock", "graphql_url": f"{self._url}/graphql",
                "token_url": f"{self._url}/{wock_token.TENANT}/oauth2/v2.0/token",
                "client_id": wock_token.CLIENT_ID, "client_secret": wock_token.CLIENT_SECRET,
                "scope": wock_token.SCOPE, "insecure": True}

    def route(self, request):
        path = request.segments()[1:]
        if path[1:] == ["oauth2", "v2.0", "token"] and request.method == "POST":
            return "token", path[0]
        if path != ["graphql"]:
            return None
        if request.method != "POST":
            return "methodNotAllowed", None
        call = self._graphql.read(request)
        return call.operation, call

    def answer(self, operation, argument, request, fault):
        if operation == "token":
            return wock_token.answer(request, argument, self._tokens)
        if operation == "methodNotAllowed":
            return self.error(405, fault)
        if request.media_type() != "application/json":
            return self.error(415, fault)
        role = self._tokens.role_of(request)
        # Who asks for plain JSON gets 200 for everything, as in the old days of GraphQL.
        plain = "application/json" in request.headers.get("accept", "")
        media_type = "application/json" if plain else "application/graphql-response+json"
        with self.orders.lock:
            version = self.orders.version
            response = self._graphql.answer(argument, (role, argument), fault,
                                            200 if plain else 400, media_type)
            if self.orders.version != version:
                self._save()
        if role is None and not plain:
            response.status = 401
        return response

    def error(self, status, _fault):
        error = {"message": "Made to fail.", "extensions": _extensions(CODES.get(status))}
        return http1.json_text_response(status, json.dumps({"errors": [error]}))

    def event(self, name, fields):
        if name == "expire_tokens":
            self._tokens.clear()
            return {}
        with self.orders.lock:
            told = wock_events.apply(self, name, fields)
            self._save()
            return told

    def tellable(self):
        with self.orders.lock:
            return [order.id for order in self.orders.all() if order.ready]

    def webhook(self, key):
        """Of an order whose delivery is ready, or, with a number, of a product that changed."""
        now = wock_filter.shown_time(time.time_ns())
        if key.isdecimal():
            return {"id": int(key), "type": "PRODUCT_UPDATED", "updatedAt": now}
        return {"id": key, "createdAt": now}

    def webhook_signature(self, secret, _body):
        return "X-Webhook-Secret", secret or ""

    def jobs_described(self):
        with self.orders.lock:
            return [wock_events.describe(order) for order in self.orders.all()[::-1]]

    def stored_file(self, key, changed):
        """The archive behind a key such as `<order id>-1`."""
        order_id, _, number = key.rpartition("-")
        with self.orders.lock:
            order = self.orders.get(order_id)
            if order is None or not order.ready or not number.isdecimal():
                return None
            if not 1 <= int(number) <= self.deliveries.archive_count(order):
                return None
            body = self.deliveries.archive(order, int(number), changed)
            version = f"{self.deliveries.tag(order, changed)} {number} {body.size}"
            return StoredFile(body, version, order.created // SECOND, f"archive-{number}.zip",
                              "application/zip")

    def _list_orders(self, context, **arguments):
        _admit(context)
        return self._segment("orders", self.orders.rows, arguments)

    def _list_products(self, context, **arguments):
        _admit(context)
        return self._segment("products", self.catalogue.rows, arguments)

    def _segment(self, field, rows, arguments):
        """A page by skip and take."""
        skip, take = arguments.get("skip") or 0, arguments.get("take")
        take = DEFAULT_TAKE if take is None else take
        if take > self.max_take:
            raise GraphQLFailure(
                "The maximum allowed items per page were exceeded.",
                {"code": "HC0051", "field": field, "requestedItems": take,
                 "maxAllowedItems": self.max_take})
        if skip < 0 or take < 0:
            raise GraphQLFailure("The page arguments must not be negative.", {"code": "HC0079"})
        found = self._select(field, rows(), arguments)
        return {"totalCount": len(found), "items": found[skip:skip + take],
                "pageInfo": {"hasNextPage": skip + take < len(found),
                             "hasPreviousPage": skip > 0}}

    def _select(self, field, rows, arguments):
        """The rows that fit, in order. Orders are kept for the next page while they are so."""
        where, order = arguments.get("where") or {}, arguments.get("order") or []
        wish = (repr(where), repr(order), self.orders.version)
        if field == "orders" and self._found.get("wish") == wish:
            return self._found["rows"]
        try:
            where = wock_filter.prepared(where)
        except (ValueError, TypeError) as problem:
            raise GraphQLFailure(f"The filter is not valid: {problem}") from None
        found = [row for row in rows if wock_filter.matches(row, where)]
        found = wock_filter.ordered(found, order)
        if field == "orders":
            self._found = {"wish": wish, "rows": found}
        return found

    def _tell_product(self, context, id=None):
        _admit(context)
        return self.catalogue.products.get(id)

    def _tell_partner(self, context):
        _admit(context)
        return self.partner.shown()

    def _tell_delivery(self, context, orderId=None, legacyOrderId=None):
        _admit(context)
        order = self.orders.get(orderId, legacyOrderId)
        if order is None:
            return None
        products = [{"details": {name: line["product"][name] for name in DETAILS},
                     "deliveryIdentifier": line["deliveryIdentifier"],
                     "partnerProductId": line["partnerProductId"],
                     "order": order, "place": place}
                    for place, line in enumerate(order.lines)]
        return {"orderId": order.id, "legacyOrderId": order.shown["legacyId"], "order": order,
                "status": {"ready": order.ready, "error": order.error}, "products": products}

    def _hand_out_keys(self, _context, product):
        order = product["order"]
        order.keys_selected += product["place"] == 0
        if not order.ready or self.delivery_by == "archives":
            return []
        keys = self.deliveries.keys(order, product["place"])
        if product["place"] == len(order.lines) - 1:
            self.orders.take_delivery(order)
        return keys

    def _hand_out_archives(self, _context, delivery):
        order = delivery["order"]
        order.archives_selected += 1
        if not order.ready or self.delivery_by == "inline" or self.partner.kind != EXTERNAL:
            return []
        self.orders.take_delivery(order)
        return [{"link": self._storage.sign(self.name, f"{order.id}-{number}",
                                            f"archive-{number}.zip"),
                 "password": self.deliveries.password(order, number)}
                for number in range(1, self.deliveries.archive_count(order) + 1)]

    def _create_order(self, context, input):
        _admit(context)
        try:
            order = self.partner.order(self.orders, self.catalogue, input["products"])
        except Refused as problem:
            raise GraphQLFailure(str(problem), _extensions(problem.code)) from None
        lines = [{**line, "productId": line["id"]} for line in order.lines]
        return {"orderId": order.id, "products": lines}

    def _delete_order(self, context, orderId):
        _admit(context)
        try:
            self.partner.cancel(self.orders, self.orders.get(orderId))
        except Refused as problem:
            raise GraphQLFailure(str(problem), _extensions(problem.code)) from None
        return True


def _admit(context):
    """Each field by itself says no, as the real thing does."""
    role, call = context
    if role is None:
        raise GraphQLFailure("The current user is not authenticated.",
                             {"code": "AUTH_NOT_AUTHENTICATED"})
    if role != wock_token.PARTNER:
        raise GraphQLFailure("The partner was not found.", _extensions("PARTNER_NOT_FOUND"))
    if call.fields > MAX_FIELDS:
        raise GraphQLFailure("The maximum allowed field cost was exceeded.", {"code": "HC0047"})


def _extensions(code):
    return {"code": code, "correlationId": uuid.uuid4().hex}
