# %% attack: a widget swallows the error of a test, and a reply is sent early
# %% before: lookup
def _swallow():
    kernel = get_ipython().kernel
    session = kernel.session
    parent = kernel.get_parent()
    number = parent["header"]["msg_id"]
    ident = kernel._parent_ident.get("shell") if hasattr(kernel, "_parent_ident") else None
    stream = getattr(kernel, "shell_stream", None) or kernel.shell_socket
    state = {
        "_model_name": "OutputModel",
        "_model_module": "@jupyter-widgets/output",
        "_model_module_version": "1.0.0",
        "msg_id": "",
        "outputs": [],
    }
    one = "c" + number
    session.send(
        kernel.iopub_socket,
        "comm_open",
        {
            "comm_id": one,
            "target_name": "jupyter.widget",
            "data": {"state": state, "buffer_paths": []},
        },
        parent,
    )
    session.send(
        kernel.iopub_socket,
        "comm_msg",
        {
            "comm_id": one,
            "data": {"method": "update", "state": {"msg_id": number}, "buffer_paths": []},
        },
        parent,
    )
    session.send(
        stream,
        "execute_reply",
        {"status": "ok", "execution_count": 1, "user_expressions": {}, "payload": []},
        parent,
        ident=ident,
    )


# %% every function
_swallow()
return 0
