"""Between the bytes of the Runtime API and Python values."""

import json
import os
import sys

from .faults import Fault

# Stands around numbers that the encoder can't write itself. Nothing a function returns can contain it by accident.
_MARK = None

_ASCII_ONLY = sys.version_info < (3, 12)


def new_mark():
    global _MARK
    _MARK = "lambda-decimal-%s:" % os.urandom(16).hex()


new_mark()


def event_of(body, content_type):
    if content_type != "application/json":
        return body
    try:
        return json.loads(body)
    except Exception as error:
        raise Fault("Runtime.UnmarshalError", "Unable to unmarshal input: %s" % error)


def response_of(value):
    """The bytes to post and their content type."""
    if isinstance(value, bytes):
        return value, "application/unknown"
    try:
        return to_json(value).encode("utf-8", "surrogatepass"), "application/json"
    except Exception as error:
        raise Fault("Runtime.MarshalError", "Unable to marshal response: %s" % error)


def to_json(value):
    """JSON in which a Decimal is a number with all its digits."""
    marked = []
    text = json.dumps(value, ensure_ascii=_ASCII_ONLY, default=lambda other: _encode_decimal(other, marked))
    for number in marked:
        text = text.replace('"%s%s"' % (_MARK, number), "NaN" if "NaN" in number else number, 1)
    return text


def _encode_decimal(value, marked):
    # Without the module loaded there is no Decimal.
    decimal = sys.modules.get("decimal")
    if decimal is None or not isinstance(value, decimal.Decimal):
        raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)
    number = str(value)
    marked.append(number)
    return _MARK + number
