"""Between the bytes of the Runtime API and Python values."""

import json
import os
import sys

from .faults import Fault

# Stands around numbers that the encoder can't write itself. Nothing a function returns can contain it by accident.
_MARK = None

_CONTAINERS = (dict, list, tuple)


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
    """JSON in which a Decimal is a number with all its digits, a named tuple an object, and bytes are text."""
    marked = []
    try:
        if isinstance(value, _CONTAINERS):
            value = _named_as_objects(value)
    except RecursionError:
        # A circle, or too deep for the encoder too, which says so.
        pass
    text = json.dumps(value, ensure_ascii=_ascii_only(), default=lambda other: _encode_other(other, marked))
    for number in marked:
        text = text.replace('"%s%s"' % (_MARK, number), "NaN" if "NaN" in number else number, 1)
    return text


def _ascii_only():
    """From python3.12 on text is written as it is, whatever version stands in for the one that the function named."""
    prefix, _, line = os.environ.get("AWS_EXECUTION_ENV", "").rpartition("3.")
    if prefix == "AWS_Lambda_python" and line.isdigit():
        return int(line) < 12
    return sys.version_info < (3, 12)


def _named_as_objects(value):
    """The value itself if there is no named tuple in it."""
    if isinstance(value, dict):
        items = {name: _named_as_objects(item) for name, item in value.items() if isinstance(item, _CONTAINERS)}
        changed = any(item is not value[name] for name, item in items.items())
        return {**value, **items} if changed else value
    if isinstance(value, tuple) and callable(getattr(value, "_asdict", None)):
        return _named_as_objects(dict(value._asdict()))
    items = [_named_as_objects(item) if isinstance(item, _CONTAINERS) else item for item in value]
    return items if any(item is not old for item, old in zip(items, value)) else value


def _encode_other(value, marked):
    if isinstance(value, bytes):
        return value.decode("utf-8")
    # Without the module loaded there is no Decimal.
    decimal = sys.modules.get("decimal")
    if decimal is None or not isinstance(value, decimal.Decimal):
        raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)
    number = str(value)
    marked.append(number)
    return _MARK + number
