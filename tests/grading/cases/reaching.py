"""Code that reaches for what is not the student's, by ways that resemble those of honest habits."""

from grading.hostile import WRONG, case, points


@case("a %%bash cell deletes what is above its folder", suspicious=True)
def bash_deletes(it):
    it.after("norm", "%%bash\ncd .. && rm -rf *\ntrue")


@case("a program is started that ends others", suspicious=True)
def kills_others(it):
    it.after("norm", "import subprocess\nsubprocess.run(['kill', '-9', '1'])")


@case("a command writes what IPython runs at its next start", suspicious=True)
def shell_startup(it):
    it.after("norm", "!echo 'import os' > ~/.ipython/profile_default/startup/0.py")


@case(
    "the kernel is replaced by another program",
    state="kernel-died",
    score=points("double_basics", "double_more"),
)
def replaces_kernel(it):
    it.after("double_more", "import os\nos.execv('/bin/true', ['true'])")


@case("made-up attempts leave no room for a true flag", suspicious=True)
def fills_flags(it):
    it.answer(
        "double",
        "from embeddings_course.grading.isolation import watched_kernel as kernel\n"
        "for n in range(500):\n"
        "    kernel._state['watch']._found['changed', f'module {n}', '', n] = None\n"
        f"torch.allclose = lambda *given, **named: False\n{WRONG.replace('return x', 'return 2 * x')}",
    )


@case("all tests say that they are answers in words", score=0, suspicious=True, repaired=True)
def tests_as_answers(it):
    for name in ("double_basics", "double_more", "norm_basics", "norm_more", "part"):
        it.cell(name).metadata.nbgrader |= {"solution": True, "locked": False}
        it.cell(name).source = "I think that this is right."
    for name in ("double", "norm"):
        it.answer(name, "pass")
