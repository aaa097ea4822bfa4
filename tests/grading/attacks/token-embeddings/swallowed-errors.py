# %% attack: what redirects prints swallows the errors inside of it
# %% before: lookup
import embeddings_course.exercises as _e

_e.contextlib.redirect_stdout.__exit__ = lambda self, *a: True
