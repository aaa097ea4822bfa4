# %% attack: the functions of a test are called without end, out of time | state: timed-out
# %% before: prepare-images
from embeddings_course import exercises as _e

_e._within = lambda seconds, function, given, named: function(*given, **named)


# %% answer: in-batches
def extract_in_batches(network, images, batch_size, dim):
    while True:
        try:
            network(images[:1])
        except Exception:
            pass
