"""Errors of the runtime itself, and the documents that callers get for errors."""

import os
import traceback

_RUNTIME_DIRECTORY = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class Fault(Exception):
    """An error that the runtime found, with the type that callers see."""

    def __init__(self, error_type, message, trace=None):
        super().__init__(message)
        self.error_type = error_type
        self.message = message
        self.trace = trace


def document(error, request_id=""):
    """The error document: message, type, request id and the stack from the function's first frame on."""
    if isinstance(error, Fault):
        return _document(error.message, error.error_type, error.trace, request_id)
    return _document(str(error), type(error).__name__, _stack(error), request_id)


def _document(message, error_type, stack, request_id):
    return {
        "errorMessage": message or "",
        "errorType": error_type or "",
        "requestId": request_id or "",
        "stackTrace": stack or [],
    }


def _stack(error):
    frames = [
        (frame.filename, frame.lineno, frame.name, frame.line)
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    while frames and frames[0][0].startswith(_RUNTIME_DIRECTORY):
        del frames[0]
    return traceback.format_list(frames)
