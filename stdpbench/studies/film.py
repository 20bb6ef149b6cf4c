"""Films of a run: its weights and stimuli over training, from its history, as GIF, WebP or MP4.

A frame shows one moment of the history, and stays until the next; nothing is interpolated. The scale of weights of a
run is the same in the whole film. Neurons stand in the order of their classes once these are known, after training.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import IO, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import check_target, write_aside
from stdpbench.base.units import thousands
from stdpbench.data.datasets import Split
from stdpbench.declare.learned_names import weights_of
from stdpbench.experiment.graph import Graph
from stdpbench.kinds.plasticity import PlasticityRule
from stdpbench.kinds.plasticity.tables import rule_name
from stdpbench.results.readout import Assignment
from stdpbench.results.readout.streams import histogram
from stdpbench.results.readout.vote import Vote
from stdpbench.runs.analysis.fields import by_label, fields_of, mosaic
from stdpbench.runs.analysis.slow_motion import experiment_at
from stdpbench.runs.analysis.weight_views import WeightView, view_of
from stdpbench.runs.folder.history import History, Moment
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.preparation.start import load_split
from stdpbench.runs.protocol.live_run import LiveRun

FORMATS = (".gif", ".webp", ".mp4")
SECONDS = (5.0, 60.0)
Shape = Literal["1080p", "square"]
Theme = Literal["light", "dark"]
ProgressCallback = Callable[[int, int], object]
_SIZES = {"1080p": (1920, 1080), "square": (1080, 1080)}
_RATE = 30  # frames per second of an MP4
_PER_SECOND = 12  # moments per second by default
_COLOURS = 32  # of a GIF
_MARGIN, _LETTER = 40, 30  # pixels
_SHARP = 6  # pixels of the screen for each of a picture, from which on they have sharp edges


@dataclass(frozen=True)
class _Colours:
    """Colours of a film; weights go from `paper` over `accent` to `strong`."""

    paper: str
    ink: str
    faint: str
    line: str
    accent: str
    strong: str

    @cached_property
    def weights(self) -> NDArray[np.uint8]:
        """Colours of 256 weights, and of the lines between fields: uint8, (257, 3)."""
        ends = np.array([_rgb(colour) for colour in (self.paper, self.accent, self.strong)], float)
        at = np.linspace(0, 1, 256)
        colours = np.stack([np.interp(at, (0, 0.6, 1), ends[:, channel]) for channel in range(3)], axis=1)
        return np.asarray(np.vstack([colours, _rgb(self.line)]), np.uint8)


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))


_THEMES = {
    "light": _Colours("#ffffff", "#1d2026", "#5d6470", "#d3d7de", "#0072b2", "#00213a"),
    "dark": _Colours("#14161a", "#e8eaee", "#a2a9b5", "#3a3f48", "#56b4e9", "#f4f8ff"),
}


class _Subject:
    """A run in a film.

    Raises
    ------
    StdpbenchError
        If it has no history, or its network is not known.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder, self.name = folder, folder.path.resolve().name
        self.live = LiveRun.replay(read_journal(folder.path))
        self.history = History(folder.path)
        self.positions = list(self.history)
        if not self.positions or self.live.started is None:
            raise StdpbenchError(f"{self.name} has no history, which a film is made from")
        self.started, self.experiment = self.live.started, folder.experiment
        self.graph: Graph = self.experiment.graph(*self.started.shape)
        self.learned = weights_of(self.graph.shown)
        if not self.graph.shown or self.learned not in self.moment(self.positions[-1]).learned:
            raise StdpbenchError(f"{self.name} has no weights that learn, which a film shows")

    @cached_property
    def view(self) -> WeightView:
        """The form in which the weights are drawn."""
        return view_of(self.graph, self.graph.shown)

    @cached_property
    def highest(self) -> float:
        """Weight of the darkest colour: all but the largest thousandth are lower."""
        ends = (self.moment(at).learned[self.learned] for at in (self.positions[0], self.positions[-1]))
        return max(*(float(np.quantile(w, 0.999)) for w in ends if w.size), 1e-12)

    @cached_property
    def assignment(self) -> Assignment | None:
        """Classes of the neurons that are read, after training; None if not known."""
        with suppress(StdpbenchError):
            return Assignment(*self.folder.read_arrays("assignments.npz", "labels", "mean_response", "class_counts"))
        return None

    @cached_property
    def order(self) -> NDArray[np.int64] | None:
        """The neuron of each place; None: as numbered."""
        theta = self.moment(self.positions[-1]).learned.get(f"{self.graph.read}.theta")
        population = self.graph.projections[self.graph.shown].target
        if self.assignment is None or population != self.graph.read:
            return None
        return by_label(
            self.assignment.labels, np.zeros(self.view.n_target) if theta is None else np.asarray(theta, np.float64)
        )

    @cached_property
    def split(self) -> Split | None:
        """The stimuli; None if they are not here."""
        with suppress(StdpbenchError):
            return load_split(self.experiment, self.folder.validation)
        return None

    @cached_property
    def accuracy(self) -> list[tuple[int, float]]:
        """Running accuracy on training labels by vote, in percent, by position."""
        blocks = sorted(self.live.blocks.items())
        return [(at, 100 * block.accuracy["vote"]) for at, block in blocks if "vote" in block.accuracy]

    @property
    def n_train(self) -> int:
        """Number of training presentations."""
        return dict(self.started.phases)["train"]

    def moment(self, at: int) -> Moment:
        """Return the moment at a position, or the newest one before that can be read."""
        for position in sorted((p for p in self.positions if p <= at), reverse=True):
            with suppress(StdpbenchError, KeyError):
                return self.history[position]
        raise StdpbenchError(f"no moment of the history of {self.name} up to presentation {at} can be read")

    def picture_of_weights(self, w: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Return weights as a picture; NaN between fields and where there is no synapse."""
        if self.graph.projections[self.graph.shown].shared:
            return mosaic(*fields_of(self.graph, self.graph.shown, w))
        view = self.view
        if view.form == "matrix":
            return view.bins(np.arange(view.n_source), np.arange(view.n_target)).mean(w)
        return mosaic(view.fields(w), view.shape, self.order)

    def answer(self, frame: Mapping[str, Any]) -> str:
        """Return what was shown and answered, in words; empty if not known."""
        names, image, counts = self.started.class_names, frame["image"], frame["spike_counts"]
        labels = None if self.split is None else self.split.train.labels
        shown = f"shown {names[labels[image]]}" if labels is not None and labels[image] >= 0 else ""
        label = -1
        if self.assignment is not None and counts.any():
            label = int(Vote().predict(counts[None], self.assignment)[0])
        return " · ".join(filter(None, [shown, f"answered {names[label]}" if label >= 0 else ""]))

    def rule(self, at: int) -> PlasticityRule | None:
        """Return the rule of the weights at a position; None if they are trained with labels."""
        experiment = experiment_at(self.live, at) if self.live.changes else self.experiment
        return experiment.graph().projections[self.graph.shown].plasticity

    def change_before(self, at: int) -> str:
        """Return the last change up to a position; empty if there was none."""
        marks = [f"{text} at {thousands(position)}" for position, text in self.live.marks if position <= at]
        return marks[-1] if marks else ""


class _Canvas:
    """A frame of a film."""

    def __init__(self, size: tuple[int, int], colours: _Colours) -> None:
        self.image = Image.new("RGB", size, colours.paper)
        self.pen, self.colours = ImageDraw.Draw(self.image), colours

    def write(self, x: float, y: float, text: str, size: int = _LETTER, *, width: int, faint: bool = False) -> None:
        """Write a line of text, cut at its end if it is too long."""
        font = _font(size)
        if font.getlength(text) > width:
            while text and font.getlength(f"{text}…") > width:
                text = text[:-1]
            text = f"{text.rstrip()}…"
        self.pen.text((x, y), text, self.colours.faint if faint else self.colours.ink, font)

    def paste(self, values: NDArray[np.floating[Any]], highest: float, box: tuple[int, int, int, int]) -> None:
        """Paste a picture of values from 0 to `highest` into a box (x, y, width, height); NaN are lines."""
        level = np.where(np.isnan(values), 256, (values * (255 / highest)).clip(0, 255)).astype(np.int16)
        x, y, wide, high = box
        scale = min(wide / level.shape[1], high / level.shape[0])
        sharp = scale >= _SHARP
        scale = int(scale) if sharp else scale
        size = max(1, int(level.shape[1] * scale)), max(1, int(level.shape[0] * scale))
        picture = Image.fromarray(self.colours.weights[level])
        method = Image.Resampling.NEAREST if sharp else Image.Resampling.BICUBIC
        self.image.paste(picture.resize(size, method), (x + (wide - size[0]) // 2, y + (high - size[1]) // 2))

    def plot(
        self,
        lines: Sequence[Sequence[tuple[float, float]]],
        at: float,
        box: tuple[int, int, int, int],
        end: float,
        title: str,
    ) -> None:
        """Draw values in percent up to a position, with a dot there; the second line has the colour of the text."""
        x, y, wide, high = box
        self.write(x, y, title, width=wide, faint=True)
        top, bottom = y + 2 * _LETTER, y + high
        for share in (0, 0.5, 1):
            level = bottom - share * (bottom - top)
            self.pen.line([(x, level), (x + wide, level)], self.colours.line)
        for number, line in enumerate(lines):
            points = [(x + wide * p / end, bottom - (bottom - top) * v / 100) for p, v in line if p <= at]
            colour = (self.colours.accent, self.colours.ink)[number]
            if len(points) > 1:
                self.pen.line(points, colour, 4, joint="curve")
            for px, py in points[-1:]:
                self.pen.ellipse([px - 8, py - 8, px + 8, py + 8], colour)

    def bars(self, counts: Sequence[int], box: tuple[int, int, int, int], title: str, ends: tuple[str, str]) -> None:
        """Draw a histogram."""
        x, y, wide, high = box
        self.write(x, y, title, width=wide, faint=True)
        top, bottom = y + 2 * _LETTER, y + high - 2 * _LETTER
        step = wide / len(counts)
        for number, count in enumerate(counts):
            height = (bottom - top) * count / max(1, *counts)
            self.pen.rectangle(
                [x + number * step, bottom - height, x + (number + 1) * step - 3, bottom], self.colours.accent
            )
        self.write(x, bottom + 8, ends[0], width=wide, faint=True)
        length = _font(_LETTER).getlength(ends[1])
        self.write(x + wide - length, bottom + 8, ends[1], width=wide, faint=True)

    def raster(self, frame: Mapping[str, Any], graph: Graph, box: tuple[int, int, int, int]) -> None:
        """Draw the spikes of a piece of a stream, a strip for each population."""
        x, y, wide, high = box
        spikes = frame.get("spikes", {})
        strip = high // max(1, len(spikes))
        for number, (population, (index, bins)) in enumerate(spikes.items()):
            size, top = max(1, graph.populations[population].size), y + number * strip
            self.write(
                x, top, f"{population}, {thousands(size)} neuron{'s' if size > 1 else ''}", width=wide, faint=True
            )
            low, room = top + int(1.5 * _LETTER), strip - 2 * _LETTER
            px = x + (bins * (wide - 1) // max(1, frame["n_bins"])).astype(int)
            py = low + (index * (room - 1) // size).astype(int)
            for left, above in zip(px.tolist(), py.tolist(), strict=True):
                high_ = max(2, room // size - 2)
                self.pen.rectangle(
                    [left, above, left + (1 if size > 1 else 3), above + min(high_, room)], self.colours.ink
                )


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    import matplotlib

    return ImageFont.truetype(f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSans.ttf", size)


class Film:
    """Draws a run, or two side by side, at moments of its history.

    Parameters
    ----------
    folders : sequence of RunFolder
        One run or two.
    shape, theme : str
        See `write_film`.

    Attributes
    ----------
    positions : list of int
        Positions of the moments of the first run.
    n_train : int
        Number of its training presentations.

    Raises
    ------
    StdpbenchError
        If a run has no history, or there is no such shape or theme.
    """

    def __init__(self, folders: Sequence[RunFolder], shape: Shape = "1080p", theme: Theme = "light") -> None:
        for name, value, allowed in (("shape", shape, get_args(Shape)), ("theme", theme, get_args(Theme))):
            if value not in allowed:
                raise StdpbenchError(f"there is no {name} {value!r}; choose {' or '.join(allowed)}")
        self._size, self._colours = _SIZES[shape], _THEMES[theme]
        self._runs = [_Subject(folder) for folder in folders]
        self.positions, self.n_train = self._runs[0].positions, self._runs[0].n_train
        stream = self._runs[0].experiment.stream is not None
        self._draw = _draw_two if len(folders) > 1 else _draw_stream if stream else _draw_pictures

    def frame(self, at: int) -> Image.Image:
        """Return the picture of a moment.

        Raises
        ------
        StdpbenchError
            If no moment up to this position can be read.
        """
        canvas = _Canvas(self._size, self._colours)
        _draw_head(canvas, self._runs, at)
        self._draw(canvas, self._runs, at)
        return canvas.image


def write_film(
    folder: RunFolder,
    target: Path,
    *,
    other: RunFolder | None = None,
    start: int = 0,
    end: int | None = None,
    seconds: float | None = None,
    shape: Shape = "1080p",
    theme: Theme = "light",
    replace: bool = False,
    on_progress: ProgressCallback = lambda done, total: None,
) -> Path:
    """Write a film of a run, or of two side by side, from its history.

    Parameters
    ----------
    folder : RunFolder
        The run, in any state.
    target : Path
        The file: ``.gif``, ``.webp``, or ``.mp4`` with the extra ``film``.
    other : RunFolder, optional
        A second run, shown beside it at the same presentations.
    start, end : int
        Training presentations from and to which it is shown. Default: all so far.
    seconds : float, optional
        Duration, 5 to 60. Default: 12 moments a second, from 5 to 20 s.
    shape : {"1080p", "square"}
        1920 × 1080 or 1080 × 1080 pixels.
    theme : {"light", "dark"}
        Colours.
    replace : bool
        Whether to replace an existing file, once the new one is complete.
    on_progress : callable
        Called with the number of frames drawn and in total; an exception that it raises cancels the film.

    Returns
    -------
    Path
        `target`.

    Raises
    ------
    StdpbenchError
        If a run has no history, the stretch or a choice is not possible, ffmpeg is missing, or the file cannot be
        written. No incomplete file is left behind.
    """
    suffix = target.suffix.lower()
    if suffix not in FORMATS:
        raise StdpbenchError(f"the name of a film must end with {', '.join(FORMATS)}, unlike {target.name!r}")
    check_target(target, replace=replace)
    film = Film([each for each in (folder, other) if each is not None], shape, theme)
    positions = [at for at in film.positions if start <= at and (end is None or at <= end)]
    if not positions:
        raise StdpbenchError(
            f"{folder.path.name} has no moments from presentation {start} to {end}; it has some from "
            f"{film.positions[0]} to {film.positions[-1]}"
        )
    low, high = SECONDS
    seconds = min(20.0, max(low, len(positions) / _PER_SECOND)) if seconds is None else seconds
    if not low <= seconds <= high:
        raise StdpbenchError(f"a film takes {low:g} to {high:g} s, not {seconds:g}")

    def drawn() -> Iterator[Image.Image]:
        for number, at in enumerate(positions):
            yield film.frame(at)
            on_progress(number + 1, len(positions))

    if suffix == ".mp4":
        _write_mp4(target, drawn(), _SIZES[shape], len(positions) / seconds)
    else:
        write_aside(target, lambda file: _write_images(file, drawn(), suffix, 1000 * seconds / len(positions)))
    return target


def _draw_head(canvas: _Canvas, runs: Sequence[_Subject], at: int) -> None:
    """Write experiment, rule and position, and draw how much of training is over."""
    run, (wide, high) = runs[0], canvas.image.size
    rule = run.rule(at)
    by = f" · {rule_name(rule.to_mapping())}" if rule is not None else ""
    room = wide - 2 * _MARGIN
    title = run.experiment.about.title or run.experiment.name
    canvas.write(_MARGIN, 24, f"{title}{by}", 40, width=room)
    unit = "pieces" if run.experiment.stream is not None else "presentations"
    done = f"{thousands(at)} of {thousands(run.n_train)} {unit}"
    change = "" if len(runs) > 1 else run.change_before(at)
    canvas.write(_MARGIN, 84, f"{done}{f' · {change}' if change else ''}", width=room, faint=True)
    y = high - 24
    canvas.pen.rectangle([_MARGIN, y, wide - _MARGIN, y + 6], canvas.colours.line)
    canvas.pen.rectangle([_MARGIN, y, _MARGIN + room * min(1.0, at / run.n_train), y + 6], canvas.colours.accent)


def _draw_pictures(canvas: _Canvas, runs: Sequence[_Subject], at: int) -> None:
    """Draw fields, the picture shown, the answer and the accuracy."""
    run, (wide, high) = runs[0], canvas.image.size
    moment, top = run.moment(at), 140
    left = high - 200 if wide > high else 720
    canvas.paste(run.picture_of_weights(moment.learned[run.learned]), run.highest, (_MARGIN, top, left, left))
    x = left + 2 * _MARGIN
    beside, side = wide - x - _MARGIN, min(wide - x - _MARGIN, 380)
    y = top
    if moment.presentation and run.split is not None and run.split.train.kind == "images":
        train = run.split.train
        picture = np.asarray(train.stimulus(moment.presentation["image"]), np.float64)
        picture = picture.reshape(train.shape)
        canvas.paste(picture, float(picture.max()) or 1.0, (x, y, side, side))
        y += side + 20
    if moment.presentation:
        answer = run.answer(moment.presentation)
        words = answer.split(" · ") if beside < 500 else [answer]
        n = int(moment.presentation["spike_counts"].sum())
        for line in [*words, f"{thousands(n)} spike{'' if n == 1 else 's'}"]:
            canvas.write(x, y, line, width=beside)
            y += 44
        if "answered" in answer:
            canvas.write(x, y, "named after training", 22, width=beside, faint=True)
    plot = (x, high - 400, beside, 340) if wide > high else (_MARGIN, high - 210, wide - 2 * _MARGIN, 170)
    now = [value for position, value in run.accuracy if position <= at][-1:]
    title = "accuracy on training labels, running" + "".join(f": {value:.0f} %" for value in now)
    canvas.plot([run.accuracy], at, plot, run.n_train, title)


def _draw_two(canvas: _Canvas, runs: Sequence[_Subject], at: int) -> None:
    """Draw the weights of two runs side by side, and their accuracies."""
    wide, high = canvas.image.size
    side = min((wide - 3 * _MARGIN) // 2, high - 480)
    for number, run in enumerate(runs):
        x = _MARGIN + number * ((wide - _MARGIN) // 2)
        moment = run.moment(at)
        canvas.write(x, 136, f"{run.name} · weights to {run.highest:.2g}", width=(wide - 3 * _MARGIN) // 2)
        canvas.paste(run.picture_of_weights(moment.learned[run.learned]), run.highest, (x, 190, side, side))
        canvas.write(
            x, 200 + side, run.change_before(at) or f"at {thousands(moment.position)}", width=side, faint=True
        )
    plot = (_MARGIN, side + 250, wide - 2 * _MARGIN, high - side - 300)
    title = "accuracy on training labels, running: left run in colour, right run in the colour of the text"
    canvas.plot([run.accuracy for run in runs], at, plot, max(run.n_train for run in runs), title)


def _draw_stream(canvas: _Canvas, runs: Sequence[_Subject], at: int) -> None:
    """Draw the spikes of a piece of a stream, and the histogram of the weights."""
    run, (wide, high) = runs[0], canvas.image.size
    moment = run.moment(at)
    rule = run.rule(at)
    w_max = run.highest if rule is None else rule.w_max
    counts = histogram(np.asarray(moment.learned[run.learned], np.float64), w_max)
    across = wide > high
    raster = (
        _MARGIN,
        150,
        (wide - 3 * _MARGIN) * 3 // 5 if across else wide - 2 * _MARGIN,
        high - 200 if across else 500,
    )
    if moment.presentation:
        canvas.raster(moment.presentation, run.graph, raster)
    x = raster[0] + raster[2] + _MARGIN if across else _MARGIN
    bars = (x, 150, wide - x - _MARGIN, high - 200) if across else (x, 660, wide - 2 * _MARGIN, high - 700)
    canvas.bars(counts, bars, f"{thousands(sum(counts))} weights of {run.graph.shown}", ("0", f"{w_max:g}"))


def _write_images(file: IO[bytes], frames: Iterator[Image.Image], suffix: str, milliseconds: float) -> None:
    """Write frames as an animated GIF, or WebP."""
    if suffix == ".webp":
        first = next(frames)
        first.save(file, "WEBP", save_all=True, append_images=frames, duration=round(milliseconds), loop=0, method=2)
        return
    drawn = list(frames)
    palette = drawn[-1].quantize(_COLOURS)
    few = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in drawn]
    few[0].save(file, "GIF", save_all=True, append_images=few[1:], duration=round(milliseconds), loop=0)


def _write_mp4(target: Path, frames: Iterator[Image.Image], size: tuple[int, int], per_second: float) -> None:
    """Write frames as H.264, so many per second; each is repeated as often as 30 pictures per second need."""
    try:
        import imageio_ffmpeg
    except ImportError:
        raise StdpbenchError(
            'an MP4 needs ffmpeg, which pip install "stdpbench[film]" installs; .gif and .webp need nothing more'
        ) from None
    options = ["-preset", "veryfast", "-r", str(_RATE)]
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "film.mp4"
        try:
            writer = imageio_ffmpeg.write_frames(
                str(path),
                size,
                fps=per_second,
                quality=7,
                macro_block_size=2,
                ffmpeg_log_level="error",
                output_params=options,
            )
            with closing(writer):
                writer.send(None)
                for frame in frames:
                    writer.send(frame.tobytes())
        except (OSError, RuntimeError) as error:
            raise StdpbenchError(f"ffmpeg cannot write the film: {str(error).splitlines()[0]}") from None
        write_aside(target, lambda file: file.write(path.read_bytes()))
