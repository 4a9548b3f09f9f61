"""Entry of the Python runtime for a function that is debugged: debugpy listens on the port that the argument names."""

import os
import sys

import bootstrap


def listen(port):
    """debugpy is the function's own, or the language's. Without it the function runs as ever, and says so."""
    layers = os.environ.get("_LAMBKIN_LAYERS")
    before = list(sys.path)
    bootstrap.arrange_search_path()
    try:
        import debugpy
    except ImportError:
        sys.stderr.write("No debugger can attach: debugpy is neither in the package nor installed\n")
    else:
        # Without a process of its own for the adapter, which the sandbox would have to pay for.
        debugpy.listen(("127.0.0.1", port), in_process_debug_adapter=True)
    finally:
        sys.path[:] = before
        if layers is not None:
            os.environ["_LAMBKIN_LAYERS"] = layers


if __name__ == "__main__":
    listen(int(sys.argv[1]))
    sys.argv = sys.argv[:1]
    bootstrap.main()
