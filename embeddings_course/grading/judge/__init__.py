"""The judge: a process of its own that runs the tests, and asks the student's for results.

A submission has two kernels. The student's runs the given cells and all that the student wrote.
The judge's runs the given cells and the tests, and no code of the student. Where a test calls a
function of the student's (:func:`embeddings_course.exercises.attempt`), the judge asks the
student's kernel, over a socket, and gets a value back: numbers, texts, arrays, never code. So
whatever a student's code does to its own process, points are given in another one.

:mod:`.channel`
    A socket between a kernel and the grader.
:mod:`.wire`
    How values become bytes, and which values bytes may become.
:mod:`.student`
    The student's kernel while a test runs: it calls functions and sends what they return.
:mod:`.judge`
    The judge's kernel: `attempt` as a call into the other kernel.
:mod:`.relay`
    The grader between both: it passes messages on, and ends a call that takes too long.
:mod:`.separable`
    Whether the tests of a notebook can be run in a process that does not have the student's names.
"""
