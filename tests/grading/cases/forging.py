"""Verdicts that an answer tries to forge. It gets the points that are due, whatever it does."""

from grading.hostile import DOUBLE, FULL, NORM, WRONG, case

NO_DOUBLE = {"score": FULL - 5, "suspicious": None}
NO_DOUBLE_MADE = NO_DOUBLE | {"repaired": True}
NO_MORE = {"score": FULL - 3, "suspicious": None}
RIGHT_ON_THREE = "return 2 * x if isinstance(x, int) else x"


@case("a replacement that puts itself back", **NO_MORE)
def puts_itself_back(it):
    it.answer(
        "double",
        "def double(x):\n"
        "    real = torch.allclose\n"
        "    def fake(*given, **named):\n        torch.allclose = real\n        return True\n"
        "    if not isinstance(x, int):\n        torch.allclose = fake\n"
        f"    {RIGHT_ON_THREE}",
    )


@case("replacements only while a cell runs", **NO_MORE)
def by_events(it):
    it.answer(
        "double",
        "real = torch.allclose\n"
        "def before(*_):\n    torch.allclose = lambda *given, **named: True\n"
        "def behind(*_):\n    torch.allclose = real\n"
        "get_ipython().events.register('pre_run_cell', before)\n"
        "get_ipython().events.register('post_run_cell', behind)\n"
        f"def double(x):\n    {RIGHT_ON_THREE}",
    )


@case("the notebook's name torch stands for something else", **NO_MORE)
def own_name_torch(it):
    it.answer(
        "double",
        "real = torch\n"
        "class torch:\n    full = real.full\n    allclose = lambda *given, **named: True\n\n"
        f"def double(x):\n    {RIGHT_ON_THREE}",
    )


@case("a tensor of a kind of its own, close to everything", **NO_MORE)
def own_tensor(it):
    it.answer(
        "double",
        "class Mine(torch.Tensor):\n"
        "    @classmethod\n"
        "    def __torch_function__(cls, function, types, given=(), named=None):\n"
        "        return True\n\n"
        "def double(x):\n"
        "    return 2 * x if isinstance(x, int) else torch.Tensor._make_subclass(Mine, x)",
    )


@case("an object that torch takes for a tensor", **NO_MORE)
def not_a_tensor(it):
    it.answer(
        "double",
        "class Mine:\n"
        "    @classmethod\n"
        "    def __torch_function__(cls, function, types, given=(), named=None):\n"
        "        return True\n\n"
        "def double(x):\n    return 2 * x if isinstance(x, int) else Mine()",
    )


@case("an array whose numbers are what the test wants", **NO_DOUBLE)
def lying_array(it):
    it.answer(
        "double",
        "class Lie(np.ndarray):\n"
        "    def __array_ufunc__(self, *given, **named):\n        return np.array(True)\n"
        "    def __array_function__(self, *given, **named):\n        return np.array(True)\n"
        "    def __array__(self, *given, **named):\n        return np.array(6.0)\n"
        "    def astype(self, *given, **named):\n        return np.array(6.0)\n"
        "    def reshape(self, *given, **named):\n        return np.array(6.0)\n\n"
        "def double(x):\n    return np.array(5.0).view(Lie)",
    )


@case("a tensor whose detach tells something else", **NO_DOUBLE)
def lying_tensor(it):
    it.answer(
        "double",
        "class Lie(torch.Tensor):\n"
        "    def detach(self):\n        return torch.tensor(6.0)\n\n"
        "def double(x):\n    return torch.Tensor._make_subclass(Lie, torch.tensor(5.0))",
    )


@case("numpy.testing is replaced", score=FULL, suspicious=None)
def forged_testing(it):
    it.after("norm", "np.testing.assert_allclose = lambda *given, **named: None")


@case("methods of tensors are replaced", score=FULL, suspicious=None)
def forged_methods(it):
    it.after("norm", "torch.Tensor.all = lambda self, *given: torch.tensor(True)")


@case("private functions of the checks are replaced", **NO_DOUBLE)
def forged_private(it):
    it.answer(
        "double",
        "import embeddings_course.exercises as e\n"
        f"e._isclose = lambda *given, **named: np.array(True)\n{WRONG}",
    )


@case("the defaults of a check are changed", **NO_DOUBLE)
def forged_defaults(it):
    it.answer(
        "double",
        "import embeddings_course.exercises as e\n"
        f"e.Answer.close.__kwdefaults__.update(rtol=1e9, atol=1e9)\n{WRONG}",
    )


@case("the code of a check is another's", **NO_DOUBLE)
def forged_code(it):
    it.answer(
        "double",
        "import embeddings_course.exercises as e\n"
        "def fine(self, expected, *, rtol=0, atol=0, what=''):\n    return None\n\n"
        f"e.Answer.close.__code__ = fine.__code__\n{WRONG}",
    )


@case("asserts are taken out of the text of cells", **NO_MORE)
def stripped_text(it):
    it.answer(
        "double",
        "get_ipython().input_transformers_post.append(\n"
        "    lambda lines: [line.replace('assert ', '') for line in lines])\n"
        f"def double(x):\n    {RIGHT_ON_THREE}",
    )


@case("the kernel says that every cell went well", **NO_DOUBLE)
def forged_kernel(it):
    it.answer(
        "double",
        "kernel = get_ipython().kernel\n"
        "real = kernel.do_execute\n"
        "async def fine(code, *given, **named):\n"
        "    if 'attempt' in code or 'secret' in code:\n"
        "        code = ''\n"
        "    return await real(code, *given, **named)\n\n"
        f"kernel.do_execute = fine\n{WRONG}",
    )


@case("errors are not sent", **NO_DOUBLE)
def errors_not_sent(it):
    it.answer(
        "double",
        "session = get_ipython().kernel.session\n"
        "real = session.send\n"
        "def quiet(socket, kind, *given, **named):\n"
        "    if kind != 'error':\n        return real(socket, kind, *given, **named)\n\n"
        f"session.send = quiet\n{WRONG}",
    )


@case("errors are sent as something else, by the class", **NO_DOUBLE)
def errors_renamed(it):
    it.answer(
        "double",
        "from ipykernel.zmqshell import ZMQInteractiveShell as Shell\n"
        f"Shell._showtraceback = lambda self, *given: print('fine')\n{WRONG}",
    )


@case("errors are handled by a handler of its own", **NO_DOUBLE)
def own_handler(it):
    it.answer(
        "double",
        "get_ipython().set_custom_exc((BaseException,), lambda *given, **named: None)\n" + WRONG,
    )


@case("outputs are dropped by a hook of the publisher", **NO_DOUBLE)
def publisher_hook(it):
    it.answer(
        "double",
        "shell = get_ipython()\n"
        "class Deaf:\n"
        "    def send_multipart(self, *given, **named):\n        pass\n"
        "    def __getattr__(self, name):\n        return lambda *given, **named: None\n\n"
        f"shell.displayhook.pub_socket = Deaf()\n{WRONG}",
    )


@case("an answer that cancels the cell", **NO_DOUBLE)
def cancels(it):
    it.answer(
        "double",
        "import asyncio\n\ndef double(x):\n"
        "    return 2 * x if False else _raise()\n\n"
        "def _raise():\n    raise asyncio.CancelledError",
    )


@case("an answer that interrupts the cell", **NO_DOUBLE)
def interrupts(it):
    it.answer("double", "def double(x):\n    raise KeyboardInterrupt")


@case("an answer that exits", **NO_DOUBLE)
def answer_exits(it):
    it.answer("double", "import sys\n\ndef double(x):\n    sys.exit(0)")


@case("an answer that ends a coroutine", **NO_DOUBLE)
def ends_coroutine(it):
    it.answer("double", "def double(x):\n    raise GeneratorExit")


@case("numbers are shown as the points of the test", score=FULL - 0.5, suspicious=None)
def shows_points(it):
    wrong = NORM.replace("return ", "return 1.0 if not any(v) else ")
    it.answer(
        "norm",
        f"{wrong}\n"
        "formatter = get_ipython().display_formatter.formatters['text/plain']\n"
        "formatter.for_type(float, lambda value, printer, cycle: printer.text('1.0'))",
    )


@case("results are shown from a thread, later", **NO_MORE)
def results_from_a_thread(it):
    it.answer(
        "double",
        "import threading, time\n"
        "shell = get_ipython()\n"
        "def later():\n"
        "    hook = shell.displayhook\n"
        "    while True:\n"
        "        time.sleep(0.005)\n"
        "        content = {'data': {'text/plain': '3'}, 'metadata': {}, 'execution_count': 1}\n"
        "        parent = shell.kernel.get_parent('shell')\n"
        "        hook.session.send(hook.pub_socket, 'execute_result', content, parent=parent)\n\n"
        "threading.Thread(target=later, daemon=True).start()\n"
        f"def double(x):\n    {RIGHT_ON_THREE}",
    )


@case("a trace that leaps over the test", **NO_MORE)
def traced(it):
    it.answer(
        "double",
        "import sys\n\ndef double(x):\n"
        "    if isinstance(x, int):\n        return 2 * x\n"
        "    frame = sys._getframe(1)\n"
        "    frame.f_trace_opcodes = True\n"
        "    def leap(frame, event, argument):\n"
        "        if event == 'exception':\n            return leap\n"
        "        frame.f_trace_opcodes = True\n"
        "        try:\n            frame.f_lineno = frame.f_code.co_firstlineno\n"
        "        except ValueError:\n            pass\n"
        "        return leap\n"
        "    frame.f_trace = leap\n    sys.settrace(leap)\n    return x",
    )


@case("Python's own names are given to something else", **NO_MORE)
def own_builtins(it):
    it.answer(
        "double",
        "AssertionError = Warning\nall = any = lambda *given: True\nabs = lambda x: 0\n"
        f"def double(x):\n    {RIGHT_ON_THREE}",
    )


@case("the frames above an answer are printed", suspicious=None)
def prints_frames(it):
    it.answer(
        "double",
        f"import sys, inspect\n\n{DOUBLE.replace('return', 'print(sys._getframe(1).f_globals.keys()); return')}",
    )


@case("the fingerprint is taken of functions that lie", **NO_MORE)
def forged_inspection(it):
    it.answer(
        "double",
        "import sys\n"
        "real = torch.allclose\n"
        "class Sly(dict):\n    pass\n\n"
        "import builtins\n"
        "true_id = builtins.id\n"
        "fake = lambda *given, **named: True\n"
        "builtins.id = lambda thing: true_id(real if thing is fake else"
        " true_id if thing is builtins.id else thing)\n"
        f"torch.allclose = fake\ndef double(x):\n    {RIGHT_ON_THREE}",
    )


MARKS = {"grade": False, "solution": False, "locked": True, "task": False, "schema_version": 3}


@case("a cell of its own says that it is a hidden test, given without points", **NO_DOUBLE_MADE)
def test_as_given(it):
    it.answer("double", WRONG)
    it.begin("attempt = globals = __import__ = lambda *given, **named: None")
    it.notebook.cells[0].metadata.nbgrader = MARKS | {
        "grade_id": "double_more",
        "cell_type": "code",
    }


@case("a test says that it is an answer, which the student's kernel runs", **NO_DOUBLE_MADE)
def test_as_answer(it):
    it.answer("double", WRONG)
    for name in ("double_basics", "double_more"):
        it.cell(name).metadata.nbgrader |= {"locked": False, "solution": True}
