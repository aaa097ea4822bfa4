# %% attack: answers are sent twice, and so come before the next question
# %% before: lookup
from embeddings_course.grading.judge.channel import Channel

_send = Channel.send


def _twice(self, message, seconds=None):
    _send(self, message, seconds)
    _send(self, message, seconds)


Channel.send = _twice

# %% every function
return 0
