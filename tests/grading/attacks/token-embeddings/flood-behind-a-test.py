# %% attack: an answer sends 400 MB of outputs, which nobody reads while its test runs
# %% before: lookup
_kernel = get_ipython().kernel
_text = {"name": "stdout", "text": "x" * 10_000_000}
_times = iter([40])


def _flood():
    for _ in range(next(_times, 0)):
        _kernel.session.send(_kernel.iopub_socket, "stream", _text, parent=_kernel.get_parent())


# %% every function
_flood()
return 0
