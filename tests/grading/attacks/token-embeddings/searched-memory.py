# %% attack: the notebook searches its memory for hidden tests
# %% after: dimension_more
# The halves are written backwards, so that this cell is not what is found.
_halves = [
    (b"yrtemoeg tcefrep a", b"0 woleb "),
    (b"noitcerid eno fo srotcev", b"eit hcihw ,"),
    (b"dekool ydobon taht wor a", b"yltcaxe yats tsum pu "),
    (b"(stset_neddih_", b":)"),
]


def _search():
    found = []
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps:
            span, mode, *_ = line.split()
            if "r" not in mode or "[v" in line:
                continue
            start, end = (int(x, 16) for x in span.split("-"))
            try:
                memory.seek(start)
                while start < end and (piece := memory.read(min(end - start, 1 << 24))):
                    start += len(piece)
                    for first, second in _halves:
                        at = piece.find(first[::-1])
                        while at >= 0:
                            rest = piece[at + len(first) : at + len(first) + len(second)]
                            if rest == second[::-1]:
                                found.append(piece[at : at + 200])
                            at = piece.find(first[::-1], at + 1)
            except OSError:
                pass
    return found


print(_search())
