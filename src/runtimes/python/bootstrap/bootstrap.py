"""Entry of the Python runtime.

Runs inside the sandbox on Python 3.9 and later, with nothing but the standard library: loads the function that
_HANDLER names and serves its invocations until the sandbox ends.
"""

import os
import sys

# The first one loads and finds, and a few more let the interpreter adapt.
REHEARSALS = 3


def arrange_search_path():
    """The function first, then its layers, then the language, and the runtime's own directory last."""
    runtime = os.path.dirname(os.path.abspath(__file__))
    layers = os.environ.pop("_LAMBKIN_LAYERS", "/opt/python")
    packages = "%s/lib/python3.%d/site-packages" % (layers, sys.version_info[1])
    others = [path for path in sys.path if path not in ("", runtime)]
    root = os.environ.get("LAMBDA_TASK_ROOT", os.getcwd())
    sys.path[:] = [root, packages, layers, *others, runtime]
    return runtime


def await_assignment(client):
    """Waits to be told which function to serve, and takes on the variables and directory of a start for it."""
    rehearse(client)
    take_on(client.assignment().body)


def take_on(assignment):
    directory, *variables = assignment.decode("utf-8", "surrogateescape").split("\0")
    # Python itself sets it where the machine lacks the locale (PEP 538).
    coerced = os.environ.get("LC_CTYPE")
    os.environ.clear()
    if coerced is not None:
        os.environ["LC_CTYPE"] = coerced
    for variable in variables:
        name, _, value = variable.partition("=")
        os.environ[name] = value
    os.chdir(directory)


def rehearse(client):
    """Loads a function and serves events of the platform's, so that what the first init and invocation need has run.

    Leaves nothing that a function can see.
    """
    import logging

    from _lambda_runtime import handler, logs

    environment, path, importers = dict(os.environ), list(sys.path), dict(sys.path_importer_cache)
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_lambda_runtime", "rehearsal")
    variables = ["%s=%s" % variable for variable in environment.items()]
    assignment = "\0".join([os.getcwd(), *variables, "LAMBDA_TASK_ROOT=" + root])
    event = client.next()
    for _ in range(REHEARSALS):
        take_on(assignment.encode("utf-8", "surrogateescape"))
        arrange_search_path()
        handlers = list(logging.root.handlers)
        logs.set_up()
        event = serve(client, handler.load("rehearsed.handler"), event)
        logging.root.handlers[:] = handlers
        del sys.modules["rehearsed"]
        sys.path[:] = path
        sys.path_importer_cache.clear()
        sys.path_importer_cache.update(importers)
    logs.set_request(None, None)
    os.environ.clear()
    os.environ.update(environment)


def become_zygote():
    """Waits for sandboxes; returns in a process of each, which then goes on as if it had been started there."""
    import gc

    # What every child has alike stays in memory that they share.
    gc.collect()
    gc.freeze()
    if os.fork() != 0:
        sys.exit("this process was not started as a zygote")
    # A function finds the modules that it would find without us.
    del sys.modules["gc"]


def renew_randomness():
    """Whatever was drawn before the fork, every other child has as well."""
    from _lambda_runtime import marshal

    marshal.new_mark()
    if "random" in sys.modules:
        sys.modules["random"].seed()


def main():
    runtime = os.path.dirname(os.path.abspath(__file__))
    # The runtime's modules are taken from its own directory, whatever the function calls its files.
    sys.path.insert(0, runtime)
    from _lambda_runtime import context, faults, handler, logs, marshal, runtime_client

    if "_LAMBKIN_WAIT" in os.environ:
        # Functions seldom come compiled, and the runtime may have. Before a fork, whose memory is then shared.
        with open(__file__, "rb") as source:
            compile(source.read(), __file__, "exec", dont_inherit=True)
    if "_LAMBKIN_ZYGOTE" in os.environ:
        become_zygote()
        renew_randomness()
    client = runtime_client.RuntimeClient(os.environ["AWS_LAMBDA_RUNTIME_API"])
    if "_LAMBKIN_WAIT" in os.environ:
        await_assignment(client)
    arrange_search_path()
    logs.set_up()
    try:
        function = handler.load(os.environ.get("_HANDLER", ""))
    except Exception as error:
        document = faults.document(error)
        logs.warn_of_unhandled()
        logs.report(document)
        client.init_error(document["errorType"], marshal.to_json(document))
        sys.exit(1)

    if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
        from _lambda_runtime import snapshots

        snapshots.pass_through(client)
    event = client.next()
    while True:
        event = serve(client, function, event)


def serve(client, function, event):
    """Answers one invocation; returns the next one."""
    from _lambda_runtime import context, faults, logs, marshal

    request_id = event.field("lambda-runtime-aws-request-id")
    logs.set_request(request_id, event.field("lambda-runtime-aws-tenant-id"))
    context.forward_trace_id(event.field("lambda-runtime-trace-id"))
    try:
        lambda_context = context.create(event)
        argument = marshal.event_of(event.body, event.field("content-type"))
        result, content_type = marshal.response_of(function(argument, lambda_context))
    except Exception as error:
        document = faults.document(error, request_id)
        logs.report(document)
        return client.fail(request_id, document["errorType"], marshal.to_json(document))
    return client.respond(request_id, result, content_type)


if __name__ == "__main__":
    main()
