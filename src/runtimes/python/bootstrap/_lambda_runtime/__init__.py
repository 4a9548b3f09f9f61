"""What runs inside the sandbox of a Python function: standard library only."""
