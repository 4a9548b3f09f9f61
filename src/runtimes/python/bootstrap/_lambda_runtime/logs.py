"""The handler of the root logger, and the lines about errors, in the text and the JSON format of Lambda's logs.

With a descriptor in _LAMBDA_TELEMETRY_LOG_FD one frame is one log event: type, length, microseconds since the epoch,
all big-endian, and the message. Without, one line is: line feeds within a message are sent as carriage returns, which
the platform turns back.
"""

import _thread
import logging
import os
import sys
import time

_json = False
_TIME_FORMAT = "%Y-%m-%dT%H:%M:%S"
_TEXT_FORMAT = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"
_NO_BREAK_SPACE = "\u00a0"

# Attributes that every record has; further ones were passed as `extra`.
_RECORD_FIELDS = set(logging.makeLogRecord({}).__dict__) | {"aws_request_id", "tenant_id", "message", "asctime"}

_UNHANDLED = (
    "LAMBDA_WARNING: Unhandled exception. The most likely cause is an issue in the function code. However, in rare "
    "cases, a Lambda runtime update can cause unexpected function behavior. For functions using managed runtimes, "
    "runtime updates can be triggered by a function change, or can be applied automatically. To determine if the "
    "runtime has been updated, check the runtime version in the INIT_START log entry. If this error correlates with "
    "a change in the runtime version, you may be able to mitigate this error by temporarily rolling back to the "
    "previous runtime version. For more information, see "
    "https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html\r"
)

# The type of a frame with the time, to which the level and, of text, the lowest bit are added.
_FRAME = 0xA55A0002
_FRAME_LEVELS = {"TRACE": 1, "DEBUG": 2, "INFO": 3, "WARNING": 4, "ERROR": 5, "CRITICAL": 6}

_descriptor = None
_writing = _thread.allocate_lock()
_request_id = None
_tenant_id = None


def set_request(request_id, tenant_id):
    global _request_id, _tenant_id
    _request_id = request_id
    _tenant_id = tenant_id or None


def set_up():
    """Installs the root handler, so that logging.basicConfig does nothing, as on Lambda."""
    global _json, _descriptor
    descriptor = os.environ.pop("_LAMBDA_TELEMETRY_LOG_FD", None)
    if descriptor is not None:
        _descriptor = int(descriptor)
        os.set_inheritable(_descriptor, False)
    _json = (os.environ.get("AWS_LAMBDA_LOG_FORMAT") or "").upper() == "JSON"
    logging.Formatter.converter = time.gmtime
    handler = _Handler()
    handler.setFormatter(_JsonFormatter() if _json else logging.Formatter(_TEXT_FORMAT, _TIME_FORMAT))
    handler.addFilter(_add_request)
    root = logging.getLogger()
    root.addHandler(handler)
    level = (os.environ.get("AWS_LAMBDA_LOG_LEVEL") or "").upper()
    level = {"TRACE": "DEBUG", "FATAL": "CRITICAL"}.get(level, level)
    if level in ("DEBUG", "INFO", "WARN", "WARNING", "ERROR", "CRITICAL"):
        root.setLevel(level)


def warn_of_unhandled():
    logging.warning(_UNHANDLED)


def report(document):
    """Logs an error document as one event."""
    if _json:
        from .marshal import to_json

        now = time.strftime(_TIME_FORMAT + "Z", time.gmtime())
        _write(to_json({"timestamp": now, "level": "ERROR", **document}), "ERROR")
        return
    kind, message = document["errorType"], document["errorMessage"]
    first = "[ERROR]" + (" " + kind if kind else "") + (":" if kind and message else "")
    lines = [first + (" " + message if message else ""), "Traceback (most recent call last):"]
    for entry in document["stackTrace"]:
        for line in entry.splitlines() or [""]:
            text = line.lstrip(" ")
            lines.append(_NO_BREAK_SPACE * (len(line) - len(text)) + text)
    _write("\n".join(lines), "ERROR")


def _write(text, level):
    if _descriptor is None:
        sys.stdout.write(text.replace("\r\n", "\n").replace("\n", "\r") + "\n")
        return
    message = (text + "\n").encode("utf-8", "replace")
    kind = _FRAME + (_FRAME_LEVELS.get(level, 0) << 2) + (0 if _json else 1)
    head = b"".join(
        number.to_bytes(size, "big") for number, size in ((kind, 4), (len(message), 4), (time.time_ns() // 1000, 8))
    )
    # Threads write whole frames one after another.
    with _writing:
        rest = memoryview(head + message)
        while rest:
            rest = rest[os.write(_descriptor, rest) :]


def _add_request(record):
    record.aws_request_id = _request_id or ""
    record.tenant_id = _tenant_id
    return True


class _Handler(logging.Handler):
    def emit(self, record):
        try:
            _write(self.format(record), record.levelname)
        except Exception:
            self.handleError(record)


class _JsonFormatter(logging.Formatter):
    def format(self, record):
        import json
        import traceback

        members = {
            "timestamp": time.strftime(_TIME_FORMAT + "Z", time.gmtime(record.created)),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
        }
        if record.exc_info:
            kind, error, trace = record.exc_info
            members["stackTrace"] = traceback.format_tb(trace)
            members["errorType"] = None if kind is None else kind.__name__
            members["errorMessage"] = str(error)
        members["requestId"] = getattr(record, "aws_request_id", None)
        if record.exc_info:
            members["location"] = "%s:%s:%s" % (record.pathname, record.funcName, record.lineno)
        members["tenantId"] = getattr(record, "tenant_id", None)
        for name, value in record.__dict__.items():
            if name not in _RECORD_FIELDS and name not in members:
                members[name] = value
        shown = {name: value for name, value in members.items() if value is not None}
        return json.dumps(shown, ensure_ascii=False, default=str)
