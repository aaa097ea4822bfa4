"""What honest students have in their notebooks; nobody with such a habit is suspected.

``CELLS`` has notebooks with right answers and a cell for each habit of a kind: if one of them is
flagged, the flag names the line. ``ANSWERS`` has habits that take a notebook of their own, as they
change an answer or what the answers run in; with each is what an honest grader gives.
"""

from nbformat import from_dict
from nbformat.v4 import new_code_cell

from grading.hostile import DOUBLE, FULL, points

# By kind: before which cell they stand, and their texts.
CELLS = {
    "magics": (
        "given",
        [
            "%matplotlib inline\n%config InlineBackend.figure_format = 'retina'",
            "%load_ext autoreload\n%autoreload 2",
            "%xmode Minimal\n%env SEED=1\n%autosave 60",
            "%timeit -n 2 -r 2 sum(range(9))\n%time sum(range(9))\n%prun sum(range(9))",
            "%%time\ntotal = sum(range(9))",
            "%%capture hidden\nprint('nobody sees this')",
            "%%html\n<b>bold</b>",
            "%%javascript\nconsole.log('loaded')",
            "%whos\n%lsmagic\n%history -n\n%alias ll ls -l",
            "a = 1\n%rerun 1",
            "%load_ext line_profiler",
            "%gui asyncio",
            "%precision 2",
            "from IPython.core.magic import register_cell_magic\n"
            "@register_cell_magic\ndef skip(line, cell):\n    return",
            "get_ipython().run_line_magic('matplotlib', 'inline')",
            "from google.colab import drive\ndrive.mount('/content/drive')",
        ],
    ),
    "files": (
        "given",
        [
            "%cd ..\n%cd -",
            "seen = {'rows': 3}\n%store seen\n%store -r seen",
            "%%writefile mine.py\ny = 2",
            "%run mine.py\nimport mine",
            "from pathlib import Path\nplace = Path.home() / 'data'\nplace.mkdir(exist_ok=True)\n"
            "(place / 'x.txt').write_text('1')\n(place / 'x.txt').unlink()",
            "import os\nos.makedirs(os.path.expanduser('~/.cache/mine'), exist_ok=True)\n"
            "os.makedirs(os.path.expanduser('~/.kaggle'), exist_ok=True)",
            "import tempfile\nwith tempfile.TemporaryDirectory() as folder:\n"
            "    open(f'{folder}/x', 'w').close()",
            "import torch\ntorch.hub.set_dir('hub')\ntorch.save({'w': torch.ones(2)}, 'w.pt')\n"
            "torch.load('w.pt')\nos.rename('w.pt', 'v.pt')\nos.remove('v.pt')",
            "os.makedirs('../figures', exist_ok=True)\nopen('../figures/a.txt', 'w').close()\n"
            "os.remove('../figures/a.txt')",
            "import sqlite3\nsqlite3.connect(':memory:').close()\nsqlite3.connect('my.db').close()",
            "import pandas as pd\npd.DataFrame({'a': [1]}).to_csv('a.csv')\n"
            "pd.read_csv('C:\\\\Users\\\\me\\\\vectors.csv')",
            "import shutil\nshutil.rmtree('not-there', ignore_errors=True)",
        ],
    ),
    "programs": (
        "given",
        [
            "!ls",
            "!python --version\n!nvidia-smi\n!which python; pwd",
            "!pip install -q sentencepiece-is-not-there",
            "%pip install -q this-neither",
            "import os\nos.system('clear')",
            "import subprocess\nsubprocess.run(['ls', '-l'])\nsubprocess.check_output('ls', shell=True)",
            "%%bash\nls | wc -l\nfor i in 1 2; do echo $i; done",
            "%%sh\necho $HOME",
            "names = !ls\n%sx ls\n!!ls",
            "!mkdir -p out/figures && touch out/x && rm -rf out\n!cp vectors.csv ~/",
            "process = subprocess.Popen(['sleep', '9'])\nprocess.kill()",
        ],
    ),
    "the network": (
        "given",
        [
            "import urllib.request\nurllib.request.urlopen('http://example.org', timeout=9)",
            "import torch\ntorch.hub.load_state_dict_from_url('https://example.org/w.pt')",
        ],
    ),
    "processes": (
        "given",
        [
            "import atexit\natexit.register(lambda: None)",
            "from multiprocessing import Pool\nwith Pool(2) as pool:\n"
            "    assert pool.map(abs, [-1, -2]) == [1, 2]",
            "from concurrent.futures import ProcessPoolExecutor\nwith ProcessPoolExecutor(2) as pool:\n"
            "    assert list(pool.map(abs, [-1])) == [1]",
            "from multiprocessing import Process\nworker = Process(target=print)\nworker.start()\n"
            "worker.terminate()\nworker.join()",
            "from multiprocessing.pool import ThreadPool\nThreadPool(2).map(abs, [-1])",
            "from joblib import Parallel, delayed\n"
            "assert Parallel(n_jobs=2)(delayed(abs)(-n) for n in range(3)) == [0, 1, 2]",
            "import torch\nfrom torch.utils.data import DataLoader\n"
            "len(list(DataLoader(list(range(8)), num_workers=2)))",
            "import threading\nthread = threading.Thread(target=lambda: None)\nthread.start()",
            "import asyncio\nawait asyncio.sleep(0.01)\ntask = asyncio.create_task(asyncio.sleep(60))",
            "import multiprocessing\nmultiprocessing.set_start_method('spawn', force=True)",
            "import os\nos.kill(os.getpid(), 0)\nos.cpu_count()",
        ],
    ),
    "torch": (
        "given",
        [
            "import torch as pt\npt.manual_seed(0)\npt.set_printoptions(precision=2)",
            "import torch\ntorch.set_num_threads(2)\ntorch.set_default_device('cpu')",
            "torch.use_deterministic_algorithms(True)\ntorch.backends.cudnn.benchmark = False\n"
            "torch.set_float32_matmul_precision('high')",
            "with torch.autocast('cpu'):\n    torch.ones(2, 2) @ torch.ones(2, 2)",
            "torch.autograd.set_detect_anomaly(True)",
            "@torch.jit.script\ndef more(x: torch.Tensor) -> torch.Tensor:\n    return x + 1",
            "short = torch.Tensor.__repr__\n"
            "torch.Tensor.__repr__ = lambda self: f'T{tuple(self.shape)}'",
            "torch.Tensor.size_in_words = lambda self: ' by '.join(map(str, self.shape))\n"
            "torch.ones(2, 3).size_in_words()",
            "torch.nn.Module.shout = lambda self: 'hi'",
            "torch.nn.Linear(1, 1).register_forward_hook(lambda module, given, out: None)",
            "x = torch.ones(2).cuda()",
            "device = 'cuda' if torch.cuda.is_available() else 'cpu'\ntorch.__config__.show()[:9]",
            "import os\nos.environ['CUDA_VISIBLE_DEVICES'] = ''\nos.environ['PYTHONHASHSEED'] = '0'",
        ],
    ),
    "numpy and pandas": (
        "given",
        [
            "import numpy as np\nnp.set_printoptions(precision=2, suppress=True)\nnp.random.seed(0)",
            "np.float = float\nnp.int = int\nnp.bool = bool",
            "np.seterr(divide='ignore')\nnp.seterrcall(print)",
            "import importlib, numpy\nimportlib.reload(numpy)",
            "import numpy.testing as npt\nnpt.assert_allclose(1, 1)",
            "import pandas as pd\npd.set_option('display.max_rows', 5)\npd.options.display.width = 99",
            "import matplotlib.pyplot as plt\nplt.style.use('ggplot')\n"
            "plt.rcParams['figure.figsize'] = (9, 3)\nplt.ion()",
            "pd.DataFrame({'a': [1, 2]}).plot()\nplt.show()",
            "for _ in range(25):\n    plt.figure()",
            "plt.rcParams['text.usetex'] = True\nplt.title('$x$')\nplt.show()",
            "%matplotlib widget\nplt.plot([1, 2])",
            "%matplotlib notebook\nplt.plot([1, 2])",
            "%matplotlib qt\nplt.plot([1, 2])",
            "import matplotlib\nmatplotlib.use('TkAgg')\nplt.plot([1, 2])",
        ],
    ),
    "the shell": (
        "given",
        [
            "from IPython.core.interactiveshell import InteractiveShell\n"
            "InteractiveShell.ast_node_interactivity = 'all'\n1\n2",
            "from IPython.display import HTML, display\ndisplay(HTML('<style>.x { width: 1% }</style>'))",
            "plain = get_ipython().display_formatter.formatters['text/plain']\n"
            "plain.for_type(float, lambda x, p, cycle: p.text(f'{x:.0f}'))",
            "def told(shell, kind, value, trace, tb_offset=None):\n    print('my error')\n\n"
            "get_ipython().set_custom_exc((Exception,), told)",
            "1 / 0",
            "import time\n\ndef begin(*_):\n    global began\n    began = time.time()\n\n"
            "get_ipython().events.register('pre_run_cell', begin)\n"
            "get_ipython().events.register('post_run_cell', lambda *_: print(time.time() - began))",
            "import sys\nfrom pprint import pprint\nsys.displayhook = pprint\n"
            "sys.excepthook = lambda *_: None",
            "from functools import partial\nprint = partial(print, flush=True)",
            "import builtins\nfirst = builtins.print\n\ndef loud(*given, **named):\n"
            "    first('>', *given, **named)\n\nbuiltins.print = loud",
            "import ipywidgets as w\n@w.interact(x=(0, 5))\ndef shown(x=2):\n    print(x)",
            "from IPython import embed\nembed()",
        ],
    ),
    "Python": (
        "given",
        [
            "import warnings\nwarnings.filterwarnings('ignore')\nwarnings.warn = lambda *_, **__: None",
            "import logging\nlogging.basicConfig(level=logging.DEBUG)\nlogging.debug('x')",
            "from tqdm import tqdm\nfor _ in tqdm(range(3)):\n    pass",
            "import sys\nsys.path.append('..')\nsys.setrecursionlimit(5000)",
            "import importlib, json\nimportlib.reload(json)",
            "from unittest.mock import patch\nimport math\nwith patch('math.sqrt', abs):\n    math.sqrt(4)",
            "import inspect\ninspect.getsource(inspect.getsource)[:50]",
            "import tracemalloc, gc\ntracemalloc.start()\ngc.collect()\ngc.disable()",
            "import faulthandler\nfaulthandler.enable()",
            "sys.settrace(lambda *_: None)\nsys.settrace(None)",
            "import cProfile\ncProfile.run('sum(range(10))')",
            "import time\ntime.clock = time.perf_counter",
            "import collections\ncollections.Callable = collections.abc.Callable",
            "import ssl\nssl._create_default_https_context = ssl._create_unverified_context",
            "import argparse\nargparse.ArgumentParser().parse_args()",
            "import unittest\nunittest.main(argv=[''])",
            "import doctest\ndoctest.testmod()",
            "class Counter:\n    def more(self):\n        return 1\n\n"
            "Counter.more = lambda self: 2\nCounter.less = lambda self: 0",
            "from numpy import *\ndel sum, abs, round, all, any, min, max",
            "key = __import__('getpass').getpass('key')",
            "name = input('Your name? ')",
            "for line in sys.stdin:\n    print(line)",
            "import random\nrandom.seed(time.time())",
            "import platform, socket\nplatform.platform()\nplatform.processor()\nsocket.gethostname()",
            "try:\n    import nest_asyncio\n    nest_asyncio.apply()\nexcept ImportError:\n    pass",
            "import sys\nsys.stdout.write('\\x1b[31mred\\x00\\x07\\ud800')",
        ],
    ),
    "names as the last line": (
        "double_basics",
        [
            "double",
            "norm = lambda v: v\nnorm",
            "[double, norm]",
            "{'double': double}",
            "torch.relu",
            "np.zeros(3).mean",
            "torch.nn.Linear(2, 2)",
            "class Net:\n    pass\n\nNet",
            "len",
            "np",
            "from functools import partial\npartial(double, 2)",
            "(x for x in [1])",
            "double?",
            "help(double)",
            "np.vectorize(double)",
            "net = torch.nn.Linear(1, 1)\n"
            "torch.optim.lr_scheduler.LambdaLR(torch.optim.SGD(net.parameters()), lambda e: 1.0)",
            "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_DFL)",
            "object()",
        ],
    ),
}

NO_DOUBLE = points("norm_basics", "norm_more", "part")
ANSWERS = {}


def habit(name, *, score=FULL, repaired=False):
    def add(edit):
        ANSWERS[name] = (edit, score, repaired)
        return edit

    return add


def answered(name, code, *, to="double", score=FULL):
    habit(name, score=score)(lambda it: it.answer(to, code))


def begun(name, code, *, score=FULL):
    habit(name, score=score)(lambda it: it.begin(code))


PASSED = DOUBLE.replace("return", "{}\n    return")
answered("pip in an answer", f"!pip install -q not-there-at-all\n{DOUBLE}")
answered("a plot in an answer", PASSED.format("__import__('matplotlib.pyplot').pyplot.show()"))
answered("a breakpoint in an answer", PASSED.format("breakpoint()"))
answered("input in an answer", f"{DOUBLE}\nn = int(input('n = '))\nprint(double(n))")
answered(
    "a progress bar in an answer", PASSED.format("list(__import__('tqdm.notebook').tqdm([1]))")
)
answered("a timed answer", f"%%time\n{DOUBLE}")
answered("an answer with %timeit", f"{DOUBLE}\n%timeit -n 2 -r 2 double(3)")
answered("a captured answer", f"%%capture out\n{DOUBLE}")
answered("a tab, and line ends of Windows", "def double(x):\r\n\treturn 2 * x\r\n")
answered("type hints", f"from __future__ import annotations\n{DOUBLE.replace('x):', 'x: float):')}")
answered("a cache", f"from functools import lru_cache\n@lru_cache\n{DOUBLE}")
answered("a lambda", "double = lambda x: 2 * x")
answered(
    "an object that is called",
    "class D:\n    def __call__(self, x):\n        return 2 * x\ndouble = D()",
)
answered("a main guard", f"{DOUBLE}\nif __name__ == '__main__':\n    print(double(4))")
answered("a stub's last line", f"{DOUBLE}\nraise NotImplementedError()")
answered("numbers of numpy", "def norm(v):\n    return np.linalg.norm(np.array(v))", to="norm")
answered(
    "numbers of torch",
    "def norm(v):\n    return torch.linalg.norm(torch.as_tensor(v, dtype=torch.float64))",
    to="norm",
)
answered(
    "a gradient", "w = torch.nn.Parameter(torch.tensor(2.0))\ndef double(x):\n    return w * x"
)
begun(
    "warnings are errors",
    "import warnings, numpy as np\nwarnings.simplefilter('error')\nnp.seterr(all='raise')",
)
begun("float64 by default", "import torch\ntorch.set_default_dtype(torch.float64)")
begun("another default tensor", "import torch\ntorch.set_default_tensor_type(torch.DoubleTensor)")
begun("no gradients", "import torch\ntorch.set_grad_enabled(False)")
begun(
    "an alarm",
    "import signal\n\ndef ring(*_):\n    raise TimeoutError\n\nsignal.signal(signal.SIGALRM, ring)\nsignal.alarm(1)",
)
# Where the notebook's names hide Python's, a test that does not use `attempt` meets them.
begun(
    "names of builtins",
    "sum = 0\nlist = [1]\nmax = 3\nstr = 'x'\nfloat = 1.5\nprint = None",
)
begun("all of torch and numpy", "from numpy import *\nfrom torch import *")

# Wrong, and honest.
answered("a debugger in an answer", PASSED.format("__import__('pdb').set_trace()"), score=NO_DOUBLE)
answered("a shell in an answer", PASSED.format("__import__('IPython').embed()"), score=NO_DOUBLE)
answered("Python 2", PASSED.format("print 'x'"), score=NO_DOUBLE)
answered("quotation marks of a word processor", PASSED.format("“doc”"), score=NO_DOUBLE)
answered("an unknown name", PASSED.format("undefined"), score=NO_DOUBLE)
answered("an answer in a file", f"%%writefile mine.py\n{DOUBLE}", score=NO_DOUBLE)
begun("another folder for good", "%cd /tmp\nimport os\nos.chdir('/')")


@habit("all names deleted", score=0)
def reset(it):
    it.after("double", "%reset -f")


@habit("an answer in a cell of its own")
def other_cell(it):
    it.answer("double", "# YOUR CODE HERE\nraise NotImplementedError()")
    it.after("double", DOUBLE)


@habit("a test that prints", repaired=True)
def printing_test(it):
    it.cell("double_basics").source += "\nprint(double(3))"


@habit("an import in the given cell", repaired=True)
def import_in_given(it):
    it.cell("given").source += "\nimport math as m"
    it.answer("norm", "def norm(v):\n    return m.hypot(*v) if len(v) > 1 else abs(v[0])")


@habit("another path in the given cell", repaired=True)
def path_in_given(it):
    it.cell("given").source = it.cell("given").source.replace("vectors", "/content/drive/vectors")


@habit("saved by VS Code")
def vscode(it):
    it.notebook.metadata = from_dict(
        {
            "kernelspec": {"display_name": ".venv", "language": "python", "name": "python3"},
            "language_info": {"name": "python", "version": "3.13.0"},
        }
    )
    shell = new_code_cell("ls -la", id="shell", metadata={"vscode": {"languageId": "shellscript"}})
    it.notebook.cells.insert(0, shell)
    for each in it.notebook.cells:
        each.pop("id", None)


@habit("saved by Colab, with widgets")
def colab(it):
    widgets = {"a1": {"model_name": "FloatProgressModel", "state": {}}}
    kept = {"application/vnd.jupyter.widget-state+json": widgets}
    it.notebook.metadata.update(from_dict({"widgets": kept, "colab": {}, "accelerator": "GPU"}))
    it.notebook.metadata.pop("language_info", None)


@habit("a written answer with a picture and a script")
def rich_text(it):
    it.cell(
        "why"
    ).source = "![plot](attachment:p.png) قِسْتُه \u202eabc\n<script>x = 1</script> $\\frac{1}{0}$"
    it.cell("why")["attachments"] = {"p.png": {"image/png": "iVBORw0KGgo="}}
