# %% attack: an answer sends the reply of its test before the test fails
# %% before: lookup
def _done():
    shell = get_ipython()
    kernel = shell.kernel
    session = kernel.session
    parent = kernel.get_parent()
    ident = kernel._parent_ident.get("shell") if hasattr(kernel, "_parent_ident") else None
    stream = getattr(kernel, "shell_stream", None) or kernel.shell_socket
    session.send(
        stream,
        "execute_reply",
        {"status": "ok", "execution_count": 1, "user_expressions": {}, "payload": []},
        parent,
        ident=ident,
    )
    session.send(
        kernel.iopub_socket,
        "status",
        {"execution_state": "idle"},
        parent,
        ident=kernel._topic("status"),
    )


# %% every function
_done()
return 0
