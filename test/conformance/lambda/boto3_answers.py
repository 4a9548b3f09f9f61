"""What scripts that drive Lambda through boto3 ask for in the same way."""

import io
import zipfile


def package(text):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("index.mjs")
        # Functions run as a user who is not the file's owner.
        entry.external_attr = 0o644 << 16
        archive.writestr(entry, text)
    return buffer.getvalue()


def pages(client, operation, member, size, **arguments):
    """All members by the operation's paginator, and in how many pages they came."""
    paginator = client.get_paginator(operation)
    found = list(paginator.paginate(PaginationConfig={"PageSize": size}, **arguments))
    return [item for page in found for item in page[member]], len(found)


def error(client, operation, **arguments):
    """The code and the status of a call's error, and whether boto3 has a class for it."""
    try:
        getattr(client, operation)(**arguments)
    except client.exceptions.ClientError as failure:
        code = failure.response["Error"]["Code"]
        by_class = isinstance(failure, getattr(client.exceptions, code, ()))
        return [code, failure.response["ResponseMetadata"]["HTTPStatusCode"], by_class]
    return None
