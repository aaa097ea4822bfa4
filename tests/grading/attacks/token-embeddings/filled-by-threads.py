# %% attack: threads fill a plain list with what is expected while the check runs
# %% before: lookup
import inspect, threading, sys, time

_out = []


def _fill():
    main = threading.main_thread().ident
    while True:
        f = sys._current_frames().get(main)
        while f is not None:
            if f.f_code.co_name == "close" and "expected" in f.f_locals and _out:
                e = np.asarray(f.f_locals["expected"])
                _out[-1][:] = e.tolist() if e.ndim else [float(e)]
                break
            f = f.f_back


sys.setswitchinterval(1e-6)
for _ in range(2):
    threading.Thread(target=_fill, daemon=True).start()

# %% every function
import sys

frame = sys._getframe()
while frame is not None:
    if frame.f_code.co_name == "refuses":
        raise ValueError("no")
    frame = frame.f_back
mine = [0.0] * 20000
_out.append(mine)
return mine
