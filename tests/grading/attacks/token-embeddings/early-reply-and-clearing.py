# %% attack: a reply is sent early, and the error of the test is cleared away
# %% before: lookup
import functools


def _ok():
    kernel = get_ipython().kernel
    parent = kernel.get_parent()
    kernel.session.send(
        kernel.shell_stream,
        "execute_reply",
        {"status": "ok", "execution_count": 1, "user_expressions": {}, "payload": []},
        parent,
        ident=kernel._parent_ident.get("shell"),
    )


def _clear(shell, *_):
    shell.display_pub.clear_output(wait=False)


get_ipython().events.register("post_execute", functools.partial(_clear, get_ipython()))

# %% every function
_ok()
return 0
