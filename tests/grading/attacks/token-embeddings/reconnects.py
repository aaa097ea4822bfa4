# %% attack: the connection is closed, and opened again
# %% before: lookup
import sys
from embeddings_course.grading.judge.channel import Address


def _again():
    frame = sys._getframe(1)
    while frame.f_code.co_name != "serve":
        frame = frame.f_back
    names = frame.f_locals
    names["channel"].close()
    names["channel"]._socket = Address(names["place"], names["word"]).connect()._socket


# %% every function
_again()
return 0
