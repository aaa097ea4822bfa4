"""Sounds to spectrograms to images: decibels that mean something, and refusals that help."""

import base64
import doctest
import io
import re
import wave

import numpy as np
import pytest

from embeddings_course import audio
from embeddings_course.audio import as_images, log_mel, mel_filters, playable
from embeddings_course.backbones import load_backbone
from embeddings_course.features import extract
from helpers.refusals import raises

RATE = 8000


def tone(hertz, amplitude=1.0, seconds=0.5, rate=RATE):
    time = np.arange(round(seconds * rate)) / rate
    return amplitude * np.sin(2 * np.pi * hertz * time)[None]


def by_hand(sound, rate, window, hop, n_mels, low, high, floor):
    """The definition, frame by frame and band by band: float [n_mels, frames]."""
    fade = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    corners = np.linspace(audio.mel(low), audio.mel(high), n_mels + 2)
    frames = []
    for start in range(0, len(sound) - window + 1, hop):
        spectrum = np.fft.rfft(fade * sound[start : start + window])
        power = np.abs(spectrum * 2 / fade.sum()) ** 2
        bands = np.zeros(n_mels)
        for band in range(n_mels):
            left, middle, right = corners[band : band + 3]
            for number, value in enumerate(power):
                place = audio.mel(number * rate / window)
                if left < place <= middle:
                    bands[band] += value * (place - left) / (middle - left)
                elif middle < place < right:
                    bands[band] += value * (right - place) / (right - middle)
        frames.append(10 * np.log10(np.maximum(bands, 10 ** (floor / 10))))
    return np.array(frames).T


@pytest.mark.parametrize(
    "settings",
    [
        {"window": 256, "hop": 128, "n_mels": 48, "low": 50, "high": 4000, "floor": -80},
        {"window": 200, "hop": 77, "n_mels": 20, "low": 100, "high": 3000, "floor": -40},
        {"window": 255, "hop": 300, "n_mels": 12, "low": 0, "high": 2500, "floor": -100},
    ],
)
def test_a_spectrogram_is_what_its_definition_says(settings):
    sound = np.random.default_rng(0).uniform(-1, 1, 1500) * np.linspace(0, 1, 1500) ** 4
    got = log_mel(sound[None], RATE, **settings)[0]
    expected = by_hand(sound, RATE, **settings)
    assert got.shape == expected.shape
    assert np.abs(got - expected).max() < 0.01


def test_the_mel_scale_is_that_of_oshaughnessy():
    assert audio.mel(0) == 0
    assert audio.mel(1000) == pytest.approx(1000, abs=0.1)
    assert audio.mel(4000) == pytest.approx(2146.1, abs=0.1)


def test_filters_are_triangles_that_share_every_bin_between_the_middles():
    filters = mel_filters(n_mels=48, window=1024, rate=RATE, low=0)
    assert filters.shape == (48, 513)
    assert filters.dtype == np.float32
    assert filters.min() == 0
    assert filters.max() <= 1
    middles = filters.argmax(axis=1)
    assert (np.diff(middles) > 0).all()
    assert filters[:, middles[0] : middles[-1] + 1].sum(axis=0) == pytest.approx(1, abs=0.2)
    widths = (filters > 0).sum(axis=1)
    assert widths[-1] > 5 * widths[0], "mel bands grow wider with frequency"


def test_bands_reach_from_low_to_high_and_no_further():
    filters = mel_filters(n_mels=10, window=800, rate=RATE, low=300, high=2000)  # bins 10 Hz apart
    used = np.flatnonzero(filters.sum(axis=0)) * 10
    assert used[0] == 310
    assert used[-1] == 1990


def test_a_band_without_a_fourier_bin_is_refused_with_its_remedies():
    with raises(ValueError, "mel-band-empty", "6", "48", "0"):
        mel_filters(n_mels=48, window=64, rate=RATE)
    with raises(ValueError, "mel-band-empty", "125.0"):
        log_mel(tone(500), RATE, window=64)


def test_a_tone_at_full_scale_is_near_zero_decibels_and_half_of_it_six_below():
    full, half = (log_mel(tone(1000, amplitude), RATE).max() for amplitude in (1, 0.5))
    assert full == pytest.approx(0, abs=2)
    assert full - half == pytest.approx(20 * np.log10(2), abs=0.01), "power, not amplitude"


def test_a_tone_is_in_the_band_of_its_frequency():
    corners = np.linspace(audio.mel(50), audio.mel(4000), 50)
    for hertz in (200, 1000, 3500):
        loudest = log_mel(tone(hertz), RATE).mean(axis=2).argmax()
        assert abs(loudest - np.abs(corners[1:-1] - audio.mel(hertz)).argmin()) <= 1


def test_frames_are_in_order_of_time_and_nothing_is_padded():
    click = np.zeros((1, 2000))
    click[0, 1000] = 1
    got = log_mel(click, RATE, window=256, hop=128)[0]
    assert got.shape == (48, 1 + (2000 - 256) // 128)
    heard = np.flatnonzero(got.max(axis=0) > -80)
    assert heard.tolist() == [6, 7]  # that begin at 768 and at 896
    assert log_mel(np.zeros((1, 256)), RATE).shape == (1, 48, 1)
    assert log_mel(np.zeros((1, 383)), RATE).shape == (1, 48, 1)
    assert log_mel(np.zeros((1, 384)), RATE).shape == (1, 48, 2)


def test_silence_is_the_floor_in_every_band():
    assert (log_mel(np.zeros((2, 600)), RATE) == -80).all()
    assert (log_mel(np.zeros((1, 600)), RATE, floor=-35) == -35).all()
    assert log_mel(tone(500, 1e-6), RATE).min() == -80


def test_each_sound_is_its_own():
    both = np.concatenate([tone(300), tone(2000, 0.1)])
    together, alone = log_mel(both, RATE), log_mel(both[1:], RATE)
    assert together.dtype == np.float32
    assert together[1:] == pytest.approx(alone, abs=1e-3)


def test_any_layout_and_float_type_gives_the_same_and_the_input_is_left_alone():
    sound = np.random.default_rng(1).uniform(-1, 1, (2, 800)).astype(np.float32)
    expected, before = log_mel(sound, RATE), sound.copy()
    sound.setflags(write=False)
    for other in (sound.astype(float), sound.astype(">f8"), np.asfortranarray(sound)):
        assert log_mel(other, RATE) == pytest.approx(expected, abs=1e-3)
    assert log_mel(sound[:, ::-1], RATE).shape == expected.shape
    assert log_mel(sound.tolist(), RATE) == pytest.approx(expected, abs=1e-3)
    assert np.array_equal(sound, before)


@pytest.mark.parametrize(
    ("waves", "message"),
    [
        (np.zeros(500), ("sounds-wrong-shape", "[500]", "[n, samples]")),
        (np.zeros((1, 2, 500)), ("sounds-wrong-shape", "[1, 2, 500]", "[n, samples]")),
        (np.zeros((0, 500)), ("sounds-empty", "[0, 500]")),
        (np.zeros((2, 0)), ("sounds-empty", "[2, 0]")),
        (np.zeros((1, 255)), ("sounds-shorter-than-window", "255", "256")),
        (np.zeros((1, 500), np.int16), ("sounds-integers", "int16")),
        (np.zeros((1, 500), bool), ("sounds-not-floats", "bool", "-1", "1")),
        (np.zeros((1, 500), complex), ("sounds-not-floats", "complex128")),
        (np.array([["a", "b"]]), ("sounds-not-floats", "<U1")),
        (np.full((1, 500), 1.01), ("sounds-too-loud", "1.01", "-1", "1")),
        (np.where(np.arange(1000) == 700, np.nan, 0).reshape(2, 500), ("sound-not-finite", "1")),
        (np.full((1, 500), -np.inf), ("sound-not-finite", "0", "inf")),
    ],
)
def test_sounds_that_cannot_be_meant_are_refused_with_a_sentence(waves, message):
    with raises(ValueError, *message):
        log_mel(waves, RATE)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"window": 1}, ("integer-out-of-range", "window", "1", "2")),
        ({"window": 256.0}, ("integer-out-of-range", "window", "256.0")),
        ({"hop": 0}, ("integer-out-of-range", "hop", "0", "1")),
        ({"n_mels": 0}, ("integer-out-of-range", "n_mels", "0", "1")),
        ({"rate": 0}, ("integer-out-of-range", "rate", "0", "1")),
        ({"low": -1}, ("mel-edges-invalid", "low", "-1", "None", "0")),
        ({"high": 4001}, ("mel-edges-invalid", "4001", "0", "4000")),
        ({"low": 500, "high": 500}, ("mel-edges-invalid", "low", "500")),
        ({"low": float("nan")}, ("mel-edges-invalid", "low", "nan")),
        ({"floor": 0}, ("floor-not-negative", "floor", "0")),
        ({"floor": -np.inf}, ("floor-not-negative", "floor", "-inf")),
    ],
)
def test_impossible_settings_are_refused_with_a_sentence(settings, message):
    with raises(ValueError, *message):
        log_mel(np.zeros((1, 600)), **{"rate": RATE, **settings})


def test_images_have_one_scale_for_all_sounds():
    levels = np.array([-90, -80, -60, -40, -20, 0, 10], np.float32)
    images = as_images(np.broadcast_to(levels[:, None, None], (7, 5, 9)))
    assert images.shape == (7, 96, 96, 3)
    assert images.dtype == np.uint8
    assert images.max(axis=(1, 2, 3)).tolist() == [0, 0, 64, 128, 191, 255, 255]
    assert (images == images[:, :1, :1, :1]).all()
    wider = as_images(np.full((1, 4, 4), -40.0), low=-60, high=-20, size=8)
    assert wider.shape == (1, 8, 8, 3)
    assert (wider == 128).all()


def test_time_runs_to_the_right_and_frequency_upwards():
    late_and_high = np.full((1, 48, 92), -80.0)
    late_and_high[0, -4:, -8:] = 0
    image = as_images(late_and_high)[0, :, :, 0]
    assert image[0, -1] > 200
    assert image[-1, -1] == image[0, 0] == image[-1, 0] == 0


def test_the_whole_sound_is_in_what_the_backbone_takes_however_long_it_is():
    backbone = load_backbone("embedded", trained=False)
    spectrogram = np.full((1, 48, 400), -80.0)
    image = as_images(spectrogram)
    assert image.shape[1:3] == (backbone.size, backbone.size)
    for frame in (0, 399):  # a square cut from the middle would not have these
        spectrogram[:] = -80
        spectrogram[0, :, frame] = 0
        assert as_images(spectrogram).max() > 30
    assert extract(as_images(spectrogram), backbone).shape == (1, 512)


def test_images_leave_the_spectrograms_alone_and_take_any_layout():
    spectrogram = np.random.default_rng(2).uniform(-80, 0, (2, 20, 30)).astype(np.float32)
    before = spectrogram.copy()
    spectrogram.setflags(write=False)
    images = as_images(spectrogram)
    assert np.array_equal(spectrogram, before)
    mirrored = as_images(spectrogram[:, :, ::-1])
    assert np.abs(mirrored[:, :, ::-1].astype(int) - images).max() <= 1


@pytest.mark.parametrize(
    ("spectrograms", "settings", "message"),
    [
        (np.zeros((5, 9)), {}, ("spectrograms-wrong-shape", "[5, 9]", "n_mels")),
        (np.zeros((0, 5, 9)), {}, ("spectrograms-wrong-shape", "[0, 5, 9]")),
        (np.zeros((1, 5, 9), int), {}, ("spectrograms-not-finite",)),
        (np.full((1, 5, 9), np.nan), {}, ("spectrograms-not-finite",)),
        (np.zeros((1, 5, 9)), {"size": 0}, ("integer-out-of-range", "size", "0", "1")),
        (np.zeros((1, 5, 9)), {"low": 0}, ("levels-reversed", "low", "0", "0.0")),
        (np.zeros((1, 5, 9)), {"high": np.inf}, ("levels-reversed", "low", "-80.0", "inf")),
    ],
)
def test_spectrograms_that_cannot_be_drawn_are_refused(spectrograms, settings, message):
    with raises(ValueError, *message):
        as_images(spectrograms, **settings)


def test_what_is_played_is_the_sound_and_it_is_named_for_everybody():
    sound = np.concatenate([tone(440, 0.5), tone(880, 1.0)])
    shown = playable(sound, RATE, labels=["a <b>", 'c "d"'], heard=["a tone", "a <higher> one"])
    html = shown._repr_html_()
    assert repr(shown) == 'Sounds to play: a <b>, c "d"'
    assert 'aria-label="a &lt;b&gt;"' in html
    assert 'aria-label="c &quot;d&quot;"' in html
    assert "a &lt;higher&gt; one" in html
    assert html.count("<audio controls ") == 2
    assert "autoplay" not in html
    assert "id=" not in html
    assert "http" not in html
    files = re.findall(r'src="data:audio/wav;base64,([^"]+)"', html)
    for expected, file in zip(sound, files, strict=True):
        with wave.open(io.BytesIO(base64.b64decode(file))) as wav:
            assert (wav.getframerate(), wav.getnchannels(), wav.getsampwidth()) == (RATE, 1, 2)
            played = np.frombuffer(wav.readframes(wav.getnframes()), "<i2") / 32767
        assert np.abs(played - expected).max() < 1e-4


def test_the_same_sounds_give_the_same_html_of_modest_size():
    one, two = (
        playable(tone(440, 0.5, 1.5), RATE, labels=["a"], heard=["b"])._repr_html_()
        for _ in range(2)
    )
    assert one == two
    assert len(one) < 34_000


@pytest.mark.parametrize(
    ("waves", "settings", "message"),
    [
        (np.zeros((2, 9)), {"labels": ["a"]}, ("sounds-texts-mismatch", "2", "labels", "['a']")),
        (np.zeros((2, 9)), {"heard": "ab"}, ("sounds-texts-mismatch", "2", "heard", "'ab'")),
        (np.zeros((2, 9), np.int16), {}, ("sounds-integers", "int16")),
        (np.zeros((2, 9)), {"rate": 0.5}, ("integer-out-of-range", "rate", "0.5", "1")),
    ],
)
def test_what_cannot_be_played_is_refused(waves, settings, message):
    settings = {"rate": RATE, "labels": ["a", "b"], "heard": ["c", "d"], **settings}
    with raises(ValueError, *message):
        playable(waves, **settings)


def test_examples_in_the_docstrings_run():
    found = doctest.testmod(audio)
    assert found.attempted
    assert not found.failed
