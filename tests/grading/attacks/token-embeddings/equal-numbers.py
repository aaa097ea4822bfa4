# %% attack: numbers of a class of its own, equal to everything
# %% before: lookup
class _Num(float):
    __eq__ = lambda s, o: True
    __ne__ = lambda s, o: False
    __hash__ = float.__hash__
    __lt__ = __le__ = __gt__ = __ge__ = lambda s, o: True
    __sub__ = __rsub__ = lambda s, o: _Num(0)


# %% every function
return _Num(0)
