# %% attack: right answers that come after the time is over
# %% before: lookup
import time
from embeddings_course import exercises as _e

_e._within = lambda seconds, function, given, named: function(*given, **named)


# %% answer: skip-gram-pairs
def skipgram_pairs(sequences, window):
    try:
        time.sleep(6.5)
    except KeyboardInterrupt:
        pass
    return [
        (center, context)
        for sequence in sequences
        for i, center in enumerate(sequence)
        for j, context in enumerate(sequence)
        if i != j and abs(i - j) <= window
    ]
