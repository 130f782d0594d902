"""The token endpoint of the wock account: client credentials as Azure's v2.0 wants them."""

import base64
import binascii
import json
import time
import uuid
from urllib.parse import unquote_plus

import http1

TENANT = "0f3c2a9e-5d41-4b7a-9c1e-2f6d8a7b1c90"
CLIENT_ID = "6a1e4d7c-93b2-4f58-8e0d-71c5b2a9f346"
# Such secrets hold characters that must be encoded in a form.
CLIENT_SECRET = "sAn~8Q.box+Secret/wock=1"
SCOPE = "api://wock-sandbox/.default"
PARTNER = "partner"
EXPIRED_SECRET = "expired-secret"
CLIENTS = {
    CLIENT_ID: (CLIENT_SECRET, PARTNER),
    "2b7f9c1d-0a3e-4c65-b8d4-5e9f1a2c7d60": ("stranger-secret", "stranger"),
}


def answer(request, tenant, tokens):
    """The answer to a request for a token at /{tenant}/oauth2/v2.0/token."""
    if tenant.lower() != TENANT:
        return refusal(400, "invalid_request", 90002, f"Tenant '{tenant}' not found.")
    if request.media_type() != "application/x-www-form-urlencoded":
        return refusal(400, "invalid_request", 900144, "The request body must contain the "
                       "following parameter: 'grant_type'.")
    form = request.form_fields()
    form.update(_basic(request))
    if form.get("grant_type") != "client_credentials":
        return refusal(400, "unsupported_grant_type", 70003,
                       "The app requested an unsupported grant type.")
    secret, role = CLIENTS.get(form.get("client_id"), (None, None))
    if secret is None:
        return refusal(400, "unauthorized_client", 700016,
                       "Application was not found in the directory.")
    if form.get("client_secret") == EXPIRED_SECRET:
        return refusal(401, "invalid_client", 7000222, "The provided client secret keys are "
                       "expired.")
    if form.get("client_secret") != secret:
        return refusal(401, "invalid_client", 7000215, "Invalid client secret provided. Ensure "
                       "the secret being sent is the client secret value, not its ID.")
    return _granted(form.get("scope", ""), role, tokens)


def _granted(scope, role, tokens):
    if not scope.endswith("/.default"):
        return refusal(400, "invalid_scope", 1002012,
                       f"The provided value for scope {scope} is not valid.")
    if scope != SCOPE:
        return refusal(400, "invalid_resource", 500011,
                       "The resource principal was not found in the tenant.")
    token, _ = tokens.issue(role)
    return json_response(200, {"token_type": "Bearer", "expires_in": tokens.seconds,
                               "ext_expires_in": tokens.seconds, "access_token": token})


def _basic(request):
    """Client id and secret out of a Basic header, if there is one."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        name, _, secret = base64.b64decode(value).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return {}
    return {"client_id": unquote_plus(name), "client_secret": unquote_plus(secret)}


def refusal(status, error, code, text):
    ids = {"trace_id": str(uuid.uuid4()), "correlation_id": str(uuid.uuid4())}
    now = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime())
    return json_response(status, {
        "error": error, "error_description": f"AADSTS{code}: {text}", "error_codes": [code],
        "timestamp": now, **ids})


def json_response(status, value):
    return http1.json_text_response(status, json.dumps(value))
