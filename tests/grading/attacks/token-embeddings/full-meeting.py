# %% attack: no socket finds room in the folder where kernel and grader meet
# %% before: lookup
import pathlib, ipykernel

_place = pathlib.Path(ipykernel.get_connection_info(unpack=True)["ip"]).parent
_n = 0
try:
    while _n < 200_000:
        (_place / f"x{_n}").touch()
        _n += 1
except OSError as error:
    print(_n, error)

# %% every function
return 0
