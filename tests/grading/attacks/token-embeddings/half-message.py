# %% attack: messages end in the middle, and say that they are longer | state: timed-out
# %% before: lookup
import time
from embeddings_course.grading.judge.channel import Channel


def _send(self, message, seconds=None):
    self._socket.sendall((200 * 1024**2).to_bytes(8, "little") + message)
    time.sleep(60)


_whole = Channel.send
_cut = iter([_send, _send])
Channel.send = lambda *given: next(_cut, _whole)(*given)

# %% every function
return 0
