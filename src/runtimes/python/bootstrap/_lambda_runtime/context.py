"""The context object, https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""

import json
import os
import sys
import time

from .faults import Fault

_W3C_FIELDS = ("traceparent", "tracestate", "baggage")


def forward_trace_id(trace_id):
    """Sets or removes the variable that tracing libraries read."""
    if trace_id:
        os.environ["_X_AMZN_TRACE_ID"] = trace_id
    else:
        os.environ.pop("_X_AMZN_TRACE_ID", None)


def create(event):
    client_context = _parse(event.field("lambda-runtime-client-context"), "Client Context")
    identity = _parse(event.field("lambda-runtime-cognito-identity"), "Cognito Identity")
    return LambdaContext(event, client_context, identity)


def _parse(text, name):
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError as error:
        raise Fault("Runtime.LambdaContextUnmarshalError", "Unable to parse %s JSON: %s" % (name, error))


def _trace_context(client_context):
    given = client_context.get("w3c") if isinstance(client_context, dict) else None
    fields = given if isinstance(given, dict) else {}
    return {name: fields[name] for name in _W3C_FIELDS if isinstance(fields.get(name), str)}


class LambdaContext:
    def __init__(self, event, client_context, identity):
        self.aws_request_id = event.field("lambda-runtime-aws-request-id")
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = event.field("lambda-runtime-invoked-function-arn")
        self.tenant_id = event.field("lambda-runtime-aws-tenant-id")
        self._w3c = _trace_context(client_context)
        self.client_context = None if client_context is None else ClientContext(client_context)
        self.identity = CognitoIdentity(identity or {})
        self._deadline_ms = int(event.field("lambda-runtime-deadline-ms"))

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline_ms - int(time.time() * 1000))

    def w3c(self):
        """The fields of W3C Trace Context that came with the invocation."""
        return dict(self._w3c)

    def log(self, message):
        sys.stdout.write(str(message))

    def __repr__(self):
        return _show(self, [name for name in self.__dict__ if not name.startswith("_")])


class ClientContext:
    __slots__ = ("custom", "env", "client")

    def __init__(self, members):
        self.custom = members.get("custom")
        self.env = members.get("env")
        client = members.get("client")
        self.client = None if client is None else Client(client)

    def __repr__(self):
        return _show(self, self.__slots__)


class Client:
    __slots__ = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")

    def __init__(self, members):
        for name in self.__slots__:
            setattr(self, name, members.get(name))

    def __repr__(self):
        return _show(self, self.__slots__)


class CognitoIdentity:
    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")

    def __init__(self, members):
        self.cognito_identity_id = members.get("cognitoIdentityId")
        self.cognito_identity_pool_id = members.get("cognitoIdentityPoolId")

    def __repr__(self):
        return _show(self, self.__slots__)


def _show(thing, names):
    return "%s([%s])" % (type(thing).__name__, ",".join("%s=%s" % (name, getattr(thing, name)) for name in names))
