"""What a microphone beside the conveyor hears, simulated: six states of the drive, and the truth.

A *sound* is a short recording of one conveyor drive. In every state the drive runs: a hum and its
harmonics, the whine of meshing gears, the noise of rolling. A state adds its sign to that, or
changes it. Each imitates something that condition monitoring listens for:

- **even run**: the running sound alone.
- **loose belt**: the running sound swells and fades once a turn of the belt, as when a slack belt
  loses its grip and catches again. Slow amplitude modulation.
- **worn bearing**: each time a ball rolls over a pit in the race it knocks, and the frame rings.
  Knocks come at the fault rate, a fixed multiple of the speed, a little irregular because balls
  slip, and stronger when the pit is under load (Randall and Antoni, 2011,
  https://doi.org/10.1016/j.ymssp.2010.07.017).
- **slipping chain**: links jump over teeth and knock against the frame. As many knocks as of a
  bearing, but at irregular times.
- **air leak**: air escapes from a valve at the same frame: a steady hiss.
- **dry gear**: surfaces without grease stick and slip by turns, which gives a squeal: one
  wandering tone.

Some states have the same mean spectrum on purpose. A knock and a hiss reach the microphone through
one frame, whose resonances colour both alike, so bearing, chain and leak have equal power in equal
bands and differ in *when* it comes; so do even run and loose belt. Averaging over time
cannot tell them apart by more than chance gives.

What tells nothing of the state, because it is drawn alike for all: the speed, the loudness, every
phase, the resonances of the frame, how strong the sign is, the microphone's colour, and the
background: a hall's noise, the hum of another machine, and sometimes one bang.

Nothing is downloaded or measured. All rates and levels were chosen for this course, not taken from
a machine: real ones differ from each other far more than these. Recordings of real machines are in
the MIMII data set (Purohit et al., 2019, https://arxiv.org/abs/1909.09347).

>>> sounds = machine_sounds(per_state=2, seconds=0.5)
>>> sounds.waves.shape, sounds.rate, sounds.state[:4].tolist()
((12, 4000), 8000, [0, 0, 1, 1])
>>> sounds.states[0], sounds.ids[0]
('even run', 'even run/0/00')
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embeddings_course._shared.messages import Message
from embeddings_course._shared.validation import is_number, require_integer, require_number

RATE = 8000
"""Samples a second. Frequencies from 0 to half of it can be heard in a sound."""

STATES: tuple[str, ...] = (
    "even run",
    "loose belt",
    "worn bearing",
    "slipping chain",
    "air leak",
    "dry gear",
)
"""Names of the states, in the order that :attr:`Sounds.state` counts them by default."""

HEARD: dict[str, str] = {
    "even run": "a low, steady hum with a faint whine in it",
    "loose belt": "the same hum, swelling and fading about twice a second",
    "worn bearing": "the hum, and a rattle of dry knocks, evenly spaced, about a dozen a second",
    "slipping chain": "the hum, and as many knocks, now bunched, now with gaps between them",
    "air leak": "the hum, and a steady hiss",
    "dry gear": "the hum, and a thin high squeal that wavers",
}
"""What a person hears in each state, in words."""

SAME_MEAN_SPECTRUM: tuple[tuple[str, ...], ...] = (
    ("even run", "loose belt"),
    ("worn bearing", "slipping chain", "air leak"),
)
"""Groups of states that have, by construction, equal expected power at each frequency."""

TRUTH_DTYPE = np.dtype(
    [
        ("speed", "f8"),
        ("rate", "f8"),
        ("sign", "f8"),
        ("resonances", "f8", 3),
        ("squeal", "f8"),
        ("swell", "f8"),
        ("loudness", "f8"),
        ("background", "f8"),
        ("bang", "?"),
        ("tilt", "f8"),
    ]
)
"""How a sound was made; :class:`Sounds` says what each field means."""

FAULTS_A_TURN = 3.2
"""Knocks of a worn bearing, or of a slipping chain on average, in one turn of the roller."""

BELT_A_TURN = 0.5
"""Turns of the belt in one turn of the roller."""

_MOTOR = 8  # turns of the motor in one turn of the roller
_TEETH = 17  # of the gear on the motor
_LEAD = RATE // 20  # samples made before a sound begins, so that it begins in the midst of things


@dataclass(frozen=True)
class Sounds:
    """Recordings of machines in several states, and the truth about each.

    Attributes
    ----------
    waves : float32 array [n, samples]
        Sound pressure as the microphone gives it, from -1 to 1, sorted by state.
    rate : int
        Samples a second.
    state : int64 array [n]
        Truth: the state, an index into ``states``.
    states : tuple of str
        Names of the states asked for.
    ids : tuple of str, length n
        ``state/seed/number``, unique over all seeds.
    truth : structured array [n] of :data:`TRUTH_DTYPE`
        ``speed``: turns of the roller in a second; hum, whine and knocks follow it.
        ``rate``: knocks of a bearing or chain, or swells of a belt, in a second; 0 for others.
        ``sign``: power of the state's sign in dB above the running sound; it counts where the
        state has a sign of its own. ``resonances``: of the frame, in Hz. ``squeal``: the tone of
        a dry gear, in Hz. ``swell``: from the quietest to the loudest of a loose belt, in dB.
        ``loudness``: power of the sound in dB, where a constant 1 has 0; a sound that would leave
        [-1, 1] is turned down. ``background``: power of the background in dB above the machine,
        at ``noise=1``. ``bang``: whether the background holds a bang. ``tilt``: of the microphone,
        in dB an octave. All but ``rate`` are drawn alike for every state, whether it uses them or
        not.
    """

    waves: np.ndarray
    rate: int
    state: np.ndarray
    states: tuple[str, ...]
    ids: tuple[str, ...]
    truth: np.ndarray

    def __len__(self) -> int:
        return len(self.waves)


def machine_sounds(
    *,
    per_state: int = 5,
    seed: int = 0,
    noise: float = 1.0,
    seconds: float = 1.5,
    states: Sequence[str] | None = None,
) -> Sounds:
    """Record a conveyor drive in several states.

    Sound ``k`` of a state depends on ``(seed, state, k)`` alone: asking for more sounds, or for
    fewer states, changes none of the others. More or less noise changes the background and, with
    it, how much of the loudness the machine has; longer sounds have the same truth.

    Parameters
    ----------
    per_state : int
        Sounds of each state, at least 1.
    seed : int
        Not negative. Another seed gives other sounds, of other speeds, frames and microphones.
    noise : float
        Factor on the amplitude of the background, 0 or more. At 1 the background has 5 to 15 dB
        less power than the machine, at 0 there is none.
    seconds : float
        Length of a sound, from 0.5 to 60.
    states : sequence of str, optional
        Names of the states wanted; all of :data:`STATES` by default.

    Returns
    -------
    Sounds
        ``per_state`` sounds of each state at :data:`RATE`, with the truth about each. Its arrays
        are read-only.

    Raises
    ------
    ValueError
        For an unknown state, a state named twice, or a number out of range.
    """
    require_integer("per_state", per_state, 1)
    require_integer("seed", seed, 0)
    if not is_number(noise) or not 0 <= noise < np.inf:
        raise ValueError(
            Message("noise-not-positive", f"noise is {noise!r}; it must be a number, 0 or more.")
        )
    require_number("seconds", seconds, 0.5, 60)
    if isinstance(states, str):
        raise ValueError(
            Message(
                "states-one-text", f"states is the string {states!r}; it must be a list of names."
            )
        )
    chosen = STATES if states is None else tuple(states)
    for name in chosen:
        if name not in STATES:
            raise ValueError(
                Message(
                    "state-unknown",
                    f"There is no state {name!r}; the states are: {', '.join(STATES)}.",
                )
            )
    if not chosen:
        raise ValueError(
            Message(
                "states-empty", "states is empty; name at least one state, or leave it out for all."
            )
        )
    if len(set(chosen)) < len(chosen):
        raise ValueError(
            Message("states-repeated", "states names a state twice; name each one once.")
        )

    samples = round(seconds * RATE)
    waves = np.empty((len(chosen) * per_state, samples), np.float32)
    truth = np.empty(len(waves), TRUTH_DTYPE)
    ids = []
    for index, state in enumerate(chosen):
        for number in range(per_state):
            n = index * per_state + number
            # One stream for each part, so that noise and length change nothing else.
            streams = [[seed, *state.encode(), number, part] for part in range(3)]
            drawn, machine, hall = (np.random.default_rng(stream) for stream in streams)
            truth[n] = _draw(state, drawn)
            waves[n] = _record(state, truth[n], samples, noise, machine, hall)
            ids.append(f"{state}/{seed}/{number:02d}")
    numbers = np.repeat(np.arange(len(chosen)), per_state)
    for array in (waves, numbers, truth):
        array.setflags(write=False)
    return Sounds(waves=waves, rate=RATE, state=numbers, states=chosen, ids=tuple(ids), truth=truth)


def _draw(state: str, rng: np.random.Generator) -> tuple:
    speed = rng.uniform(3, 5)
    rates = {
        "loose belt": BELT_A_TURN * speed,
        "worn bearing": FAULTS_A_TURN * speed,
        "slipping chain": FAULTS_A_TURN * speed,
    }
    return (
        speed,
        rates.get(state, 0.0),
        rng.uniform(-8, 2),
        np.sort(rng.uniform(1200, 3200, 3)),
        rng.uniform(1200, 3200),
        rng.uniform(10, 16),
        rng.uniform(-36, -22),
        rng.uniform(-15, -5),
        rng.random() < 0.5,
        rng.uniform(-3, 3),
    )


def _record(
    state: str,
    truth: np.void,
    samples: int,
    noise: float,
    machine: np.random.Generator,
    hall: np.random.Generator,
) -> np.ndarray:
    """Make one sound: the machine, the hall around it, the microphone before it."""
    time = np.arange(-_LEAD, samples) / RATE
    running = _running(truth, time, machine)
    sign = None
    if state == "loose belt":
        swell = 0.5 + 0.5 * np.cos(_turn(truth["rate"], time, machine))
        running = running * 10 ** (-truth["swell"] * swell / 20)
    elif state in ("worn bearing", "slipping chain"):
        sign = _ring(_knocks(state, truth, time, machine), truth["resonances"], machine)
    elif state == "air leak":
        sign = _ring(machine.normal(size=len(time)), truth["resonances"], machine)
    elif state == "dry gear":
        sign = _squeal(truth["squeal"], time, machine)
    wave = _unit(running)
    if sign is not None:
        wave = wave + 10 ** (truth["sign"] / 20) * _unit(sign)
    background = 10 ** (truth["background"] / 20) * _unit(_hall(truth["bang"], time, hall))
    wave = _unit(wave) + noise * background
    wave = _unit(_through_microphone(wave, truth["tilt"], hall))[_LEAD:]
    wave = wave * 10 ** (truth["loudness"] / 20)
    return wave / max(1.0, np.abs(wave).max())


def _unit(wave: np.ndarray) -> np.ndarray:
    """Scale to a power of 1, over what will be heard."""
    return wave / np.sqrt((wave[_LEAD:] ** 2).mean())


def _turn(rate: float, time: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the angle of something that turns `rate` times a second, from anywhere."""
    return 2 * np.pi * rate * time + rng.uniform(0, 2 * np.pi)


def _running(truth: np.void, time: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Hum, whine and rolling; never quite steady."""
    motor = _MOTOR * truth["speed"]
    hum = sum(rng.lognormal(0, 0.4) / h * np.sin(_turn(h * motor, time, rng)) for h in range(1, 13))
    whine = sum(
        rng.lognormal(0, 0.4) / 2**h * np.sin(_turn(h * _TEETH * motor, time, rng))
        for h in range(1, 5)
    )
    whine = whine * (1 + 0.3 * np.cos(_turn(motor, time, rng)))
    rolling = _coloured(len(time), -3, rng)
    shares = 10 ** (rng.uniform(-3, 3, 3) / 20) * (1, 0.5, 0.5)
    wave = sum(
        share * _unit(part) for share, part in zip(shares, (hum, whine, rolling), strict=True)
    )
    return wave * 10 ** (_wander(time, 1.5, 4, rng) / 20)


def _knocks(state: str, truth: np.void, time: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Strokes on the frame, one sample each, 0 between them; at least one is heard."""
    strokes = np.zeros(len(time))
    count = int(2 * len(time) / RATE * truth["rate"]) + 10  # more than there is time for
    while not strokes[_LEAD:].any():
        # Balls slip a little; a chain jumps whenever it likes, a Poisson process.
        gaps = rng.normal(1, 0.015, count) if state == "worn bearing" else rng.exponential(1, count)
        at = time[0] + (rng.uniform(0, 1) + np.cumsum(gaps) - gaps[0]) / truth["rate"]
        load = 1 + 0.4 * np.cos(_turn(truth["speed"], at, rng))
        strength = load * rng.lognormal(0, 0.15, count)
        place = np.rint((at - time[0]) * RATE).astype(int)
        heard = place < len(time)
        strokes[:] = np.bincount(place[heard], strength[heard], minlength=len(time))
    return strokes


def _ring(strokes: np.ndarray, resonances: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return how the frame answers to strokes, or to a hiss: three decaying tones to each."""
    time = np.arange(RATE // 20) / RATE
    answer = sum(
        rng.lognormal(0, 0.3) * np.exp(-time / rng.uniform(0.001, 0.003))
        * np.sin(_turn(frequency, time, rng))
        for frequency in resonances
    )  # fmt: skip
    size = len(strokes) + len(answer)
    spectrum = np.fft.rfft(strokes, size) * np.fft.rfft(answer, size)
    return np.fft.irfft(spectrum, size)[: len(strokes)]


def _squeal(frequency: float, time: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A tone that wanders by a few per cent, with a weak overtone where one can be heard."""
    heard = frequency * (1 + _wander(time, 0.02, 8, rng))
    angle = 2 * np.pi * np.cumsum(heard) / RATE
    overtone = 0.3 * np.sin(2 * angle) * (2.2 * frequency < RATE / 2)
    return (np.sin(angle) + overtone) * 10 ** (_wander(time, 2, 8, rng) / 20)


def _hall(bang: bool, time: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Noise, the hum of another machine, and perhaps one bang."""
    other = rng.uniform(90, 250)
    hum = sum(np.sin(_turn(h * other, time, rng)) / h for h in range(1, 4))
    wave = _unit(_coloured(len(time), -3, rng)) + rng.uniform(0, 1) * _unit(hum)
    blow = np.zeros(len(time))
    blow[rng.integers(_LEAD, len(time) - RATE // 20)] = 1.0  # early enough to be heard in full
    struck = _unit(_ring(blow, np.sort(rng.uniform(300, 3500, 3)), rng))
    return wave + bang * rng.uniform(0.5, 1.5) * struck


def _through_microphone(wave: np.ndarray, tilt: float, rng: np.random.Generator) -> np.ndarray:
    """Colour a sound: a tilt in dB an octave, and one broad bump or dip."""
    frequency = np.fft.rfftfreq(len(wave), 1 / RATE)
    octave = np.log2(np.maximum(frequency, 40) / 500)
    bump = rng.uniform(-6, 6) * np.exp(-((octave - rng.uniform(-2, 3)) ** 2) / 0.5)
    return np.fft.irfft(np.fft.rfft(wave) * 10 ** ((tilt * octave + bump) / 20), len(wave))


def _coloured(size: int, tilt: float, rng: np.random.Generator) -> np.ndarray:
    """Noise whose spectrum falls by `tilt` dB an octave: -3 is pink."""
    frequency = np.maximum(np.fft.rfftfreq(size, 1 / RATE), 20)
    spectrum = np.fft.rfft(rng.normal(size=size)) * (frequency / 20) ** (tilt / 6.02)
    return np.fft.irfft(spectrum, size)


def _wander(
    time: np.ndarray, deviation: float, fastest: float, rng: np.random.Generator
) -> np.ndarray:
    """A random curve around 0 that holds no frequency above `fastest` Hz."""
    rates = rng.uniform(0.3, fastest, 6)
    curve = sum(np.sin(_turn(rate, time, rng)) for rate in rates)
    return deviation * curve / np.sqrt(3)
