# %% attack: errors become texts, and replies good ones, where messages are packed
# %% before: lookup
_session = get_ipython().kernel.session
_pack = _session.pack


def _mine(thing):
    if isinstance(thing, dict):
        if thing.get("msg_type") == "error":
            thing = {**thing, "msg_type": "stream"}
        if "traceback" in thing and "ename" in thing:
            thing = (
                {"name": "stdout", "text": "fine"}
                if "status" not in thing
                else {
                    "status": "ok",
                    "execution_count": thing.get("execution_count"),
                    "user_expressions": {},
                    "payload": [],
                }
            )
    return _pack(thing)


_session.pack = _mine
