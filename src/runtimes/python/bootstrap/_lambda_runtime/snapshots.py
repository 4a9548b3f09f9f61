"""The hooks of functions with SnapStart, between init and the first invocation."""

import sys

from . import faults, logs, marshal

_BEFORE_FAILED = 64
_AFTER_FAILED = 65


def pass_through(client):
    """Runs what the function registered, and asks to be restored in between. Without hooks only the asking is left."""
    hooks = sys.modules.get("snapshot_restore_py")
    try:
        while hooks is not None and hooks.get_before_snapshot():
            _call(hooks.get_before_snapshot().pop())
    except BaseException as error:
        _end(error, client.init_error, "Runtime.BeforeSnapshotError", _BEFORE_FAILED)
    client.restore_next()
    try:
        for hook in () if hooks is None else hooks.get_after_restore():
            _call(hook)
    except BaseException as error:
        _end(error, client.restore_error, "Runtime.AfterRestoreError", _AFTER_FAILED)


def _call(hook):
    func, args, kwargs = hook
    func(*args, **kwargs)


def _end(error, post, error_type, code):
    document = faults.document(error)
    logs.report(document)
    post(error_type, marshal.to_json(document))
    sys.exit(code)
