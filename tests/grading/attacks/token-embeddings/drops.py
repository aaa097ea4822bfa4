# %% attack: a message comes a byte at a time | state: timed-out
# %% before: lookup
import signal, time
from embeddings_course.grading.judge.channel import Channel


def _send(self, message, seconds=None):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for byte in len(message).to_bytes(8, "little") + message:
        self._socket.sendall(bytes([byte]))
        time.sleep(0.3)


Channel.send = _send

# %% every function
return 0
