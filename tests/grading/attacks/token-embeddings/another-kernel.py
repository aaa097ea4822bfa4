# %% attack: the kernel is replaced by a program that says ok to everything | state: timed-out
# %% before: lookup
import json, os, sys, ipykernel

_program = r"""
import base64, json, sys, time, zmq
from jupyter_client.session import Session
config = json.load(open(sys.argv[1]))
session = Session(key=config["key"].encode(), signature_scheme=config["signature_scheme"])
context = zmq.Context()
def bound(kind, name):
    s = context.socket(kind); s.bind(f"ipc://{config['ip']}-{config[name]}"); return s
shell, control, stdin = (
    bound(zmq.ROUTER, n) for n in ("shell_port", "control_port", "stdin_port"))
iopub = bound(zmq.XPUB, "iopub_port"); heart = bound(zmq.ROUTER, "hb_port")
poller = zmq.Poller()
for s in (shell, control, heart, iopub): poller.register(s, zmq.POLLIN)
time.sleep(1)
ok = {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {}}
seen = repr(base64.b64encode(json.dumps([400000000, []]).encode()).decode())
def answer(s):
    ident, message = session.recv(s, mode=0)
    kind = message["header"]["msg_type"]
    session.send(iopub, "status", {"execution_state": "busy"}, message)
    content = dict(ok, user_expressions={})
    for name in message["content"].get("user_expressions") or {}:
        said = {"status": "ok", "data": {"text/plain": seen}, "metadata": {}}
        content["user_expressions"][name] = said
    session.send(s, kind.replace("request", "reply"), content, message, ident=ident)
    session.send(iopub, "status", {"execution_state": "idle"}, message)
first = json.loads(sys.argv[2])
session.send(iopub, "status", {"execution_state": "idle"}, first)
ident = [bytes.fromhex(x) for x in json.loads(sys.argv[3])]
session.send(shell, "execute_reply", ok, first, ident=ident)
while True:
    for s, _ in poller.poll():
        if s is heart: heart.send_multipart(heart.recv_multipart())
        elif s is iopub: iopub.recv()
        else: answer(s)
"""
_kernel = get_ipython().kernel
_parent = json.dumps(_kernel.get_parent(), default=str)
_ident = json.dumps([bytes(i).hex() for i in _kernel._parent_ident.get("shell") or []])
_file = ipykernel.get_connection_file()
os.execv(sys.executable, [sys.executable, "-c", _program, _file, _parent, _ident])
