"""The vendors' APIs, one module each.

A module offers a class whose objects have

    name                       the account's name and first part of its paths
    account(url)               the settings for the accounts file, as a dictionary
    route(request)             (operation, arguments) or None for an unknown path
    answer(operation, arguments, request, fault)    the Response
    error(status, fault)       an error Response in the vendor's shape
    stored_file(key, changed)  the StoredFile behind a download URL, or None
    jobs_described()           all exports or orders, for GET /control/jobs
    event(name, fields)        an event of POST /control/event
    public_files               (if at all) whether files can be had without a signature

Those that speak GraphQL leave the reading and executing to graphqlserver.py, with a schema from
schema/NAME.graphql. Their operations are the root fields of the document, joined by +.
"""
