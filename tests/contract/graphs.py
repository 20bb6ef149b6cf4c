"""Small networks for the tests of the contract: twelve that cover all pairs of options, and as many as one draws.

Compiling a network of fourteen projections costs half of what four networks of as many do. So the twelve stand side by
side in four networks: they share the input, and nothing else.

A network is a line of populations and a line per projection, as in ``FIXED``. Strengths follow from the number of
synapses per neuron, so that every population fires, and rates of learning from the weights, so that these change much
in one presentation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations, product
from math import prod

import numpy as np
from graph_script import Outcome, Presentation, weights_at, weights_shape
from networks import random_spikes, spikes_at
from numpy.typing import NDArray

from stdpbench.experiment.graph import Graph, Population, Projection
from stdpbench.kinds.connections import Connection
from stdpbench.kinds.connections.all_to_all import AllToAll
from stdpbench.kinds.connections.distance import Distance
from stdpbench.kinds.connections.local import Local
from stdpbench.kinds.connections.one_to_one import OneToOne
from stdpbench.kinds.connections.others import Others
from stdpbench.kinds.connections.pool import Pool
from stdpbench.kinds.connections.random import Random
from stdpbench.kinds.connections.table import Table
from stdpbench.kinds.delays import Delay
from stdpbench.kinds.delays.constant import Constant as OneDelay
from stdpbench.kinds.delays.none import NoDelay
from stdpbench.kinds.delays.uniform import Uniform as Delays
from stdpbench.kinds.neurons import Neuron
from stdpbench.kinds.neurons.adaptive_lif import AdaptiveLIF
from stdpbench.kinds.neurons.adaptive_lif_lockout import AdaptiveLIFLockout
from stdpbench.kinds.neurons.lif import LIF
from stdpbench.kinds.plasticity import PlasticityRule
from stdpbench.kinds.plasticity.bcm import BCM
from stdpbench.kinds.plasticity.clopath_lif import ClopathLIF
from stdpbench.kinds.plasticity.diehl_cook_power_law import DiehlCookPowerLaw
from stdpbench.kinds.plasticity.diehl_cook_triplet import DiehlCookTriplet
from stdpbench.kinds.plasticity.homeostatic import Homeostatic
from stdpbench.kinds.plasticity.pair_additive import PairAdditive
from stdpbench.kinds.plasticity.reward import Reward
from stdpbench.kinds.release.tsodyks_markram import TsodyksMarkram
from stdpbench.kinds.weights.constant import Constant
from stdpbench.kinds.weights.uniform import Uniform

N_BINS = 150
NEURONS: dict[str, Neuron | None] = {
    "input": None,
    "adaptive": AdaptiveLIF(tau_m=20.0, theta_plus=0.2),
    "lockout": AdaptiveLIFLockout(tau_m=20.0, theta_plus=0.2, t_lockout=8.0),
    "lif": LIF(),
    "tonic": LIF(v_rest=-34.0),  # above its threshold: fires by itself
}
CONNECTIONS: dict[str, Connection] = {
    "all": AllToAll(),
    "one-to-one": OneToOne(),
    "others": Others(),
    "field": Others(within="field"),
}
SPARSE: dict[str, Connection] = {
    "random": Random(p=0.5),
    "multiple": Random(in_degree=6, multapses=True, autapses=True),
    "distance": Distance(sigma=1.5, autapses=True),
    "local": Local(field=2, stride=2),
    "pool": Pool(size=2),
    "shared": Local(field=3, stride=2, padding=1, shared=True),
    "planes": Local(field=2, stride=1, shared=True, planes=2),
}
MAPS: dict[str, Connection] = {
    "map": Others(within="map"),
    "near": Others(radius=1),
    "near-map": Others(within="map", radius=1),
}
"""Not among the options of which the twelve cover all pairs; see test_sparse.py."""
DELAYS: dict[str, Delay] = {"none": NoDelay(), "one": OneDelay(value=2.0), "each": Delays(high=4.0)}
RULES = ("static", "pair", "triplet", "homeostatic", "bcm", "clopath", "reward")
RELEASE = TsodyksMarkram(u_se=0.6, tau_rec=60.0, tau_facil=30.0)
ROLES = ("alone", "together", "frozen")
"""Of a projection in a presentation: it alone learns, several do, or it does not while others learn."""

OPTIONS: dict[str, tuple[str, ...]] = {
    "connection": tuple(CONNECTIONS),
    "delay": tuple(DELAYS),
    "rule": RULES,
    "receptor": ("ge", "gi"),
    "weight": ("constant", "uniform"),
    "scale": ("scaled", "plain"),
    "path": ("input", "forward", "recurrent"),
    "role": ROLES,
}


def rule(kind: str, w_max: float) -> PlasticityRule | None:
    """A rule under which weights of this size change much."""
    return {
        "static": None,
        "power-law": DiehlCookPowerLaw(eta=0.1 * w_max, w_max=w_max),
        "pair": PairAdditive(a_plus=0.05, a_minus=0.045, w_max=w_max),
        "triplet": DiehlCookTriplet(nu_pre=0.01 * w_max, nu_post=0.05 * w_max, w_max=w_max),
        "homeostatic": Homeostatic(eta=0.005 * w_max, rho_0=20.0, w_max=w_max, start=0.0),
        "bcm": BCM(eta=0.01 * w_max, y_target=5.0, tau_theta_m=200.0, w_max=w_max),
        "clopath": ClopathLIF(a_ltd=1e-4 * w_max, a_ltp=3e-5 * w_max, w_max=w_max),
        "reward": Reward(tonic=0.5 * w_max, w_max=w_max),
    }[kind]


def graph(populations: str, projections: str, step: str = "euler") -> Graph:
    """A network from ``"name:neuron:shape …"`` and lines of options, in the order of ``OPTIONS`` but for the last two.

    A shape may be followed by ``:field`` or ``:population``, of which one neuron fires in a step, and by ``:unit``,
    which shares its thresholds, and by the number of its learning spikes.

    A line is ``name source>target connection delay rule receptor weight scale``, with a ``*`` behind its name if the
    projection learns alone in the last presentation.
    """
    made: dict[str, Population] = {}
    for word in populations.split():
        name, kind, shape, *more = word.split(":")
        winner, share, learning = [*more, *("none", "none", "0")[len(more) :]]
        sides, first = tuple(map(int, shape.split("x"))), int(learning)
        made[name] = Population(shape=sides, neuron=NEURONS[kind], winner=winner, share=share, learning_spikes=first)
    return Graph(
        made,
        {line.split()[0].rstrip("*"): _projection(made, line) for line in projections.strip().splitlines()},
        conductance_step="euler" if step == "euler" else "exact",
        read=next(name for name, population in made.items() if population.neuron is not None),
    )


def _projection(populations: dict[str, Population], line: str) -> Projection:
    _, path, connection, delay, kind, receptor, weight, scale = line.split()
    source, target = path.split(">")
    n, field = populations[source].size, populations[target].shape[-1]
    fan_in = {"all": n, "one-to-one": 1, "others": n - 1, "field": field - 1, "random": 0.5 * n}.get(connection, 5)
    factor = {"scaled": 3.0, "released": 2.0}.get(scale)
    neuron = populations[source].neuron
    excitation = 1.0 if source == target else 4.5 if neuron in (None, NEURONS["tonic"]) else 10.0
    mean = {"ge": excitation, "gi": 1.2}[receptor] / fan_in / (factor or 1.0)
    return Projection(
        source=source,
        target=target,
        receptor=receptor,
        connect=(CONNECTIONS | SPARSE | MAPS)[connection],
        weight=Constant(value=mean) if weight == "constant" else Uniform(low=0.5 * mean, high=1.5 * mean),
        scale=factor,
        delay=DELAYS[delay],
        plasticity=rule(kind, 3 * mean),
        release=RELEASE if scale == "released" else None,
    )


FIXED: dict[str, tuple[str, str]] = {
    "1": (
        "input:input:12 exc:adaptive:4x3",
        """
        feed input>exc others one clopath ge constant plain
        compete exc>exc one-to-one none bcm gi uniform plain
        extra* input>exc field each pair gi constant scaled
        """,
    ),
    "2": (
        "input:input:3x4 exc:lockout:4x3 inh:lif:12",
        """
        feed input>exc one-to-one none reward ge constant scaled
        drive exc>inh all each pair ge uniform plain
        back* inh>exc all one homeostatic ge uniform plain
        within inh>inh all one static gi uniform scaled
        """,
    ),
    "3": (
        "input:input:10 exc:adaptive:4x3 inh:lif:12",
        """
        feed input>exc all each triplet ge uniform scaled
        other input>inh all none clopath ge uniform plain
        back inh>exc others each reward gi uniform scaled
        forth* exc>inh others none bcm gi constant scaled
        """,
    ),
    "4": (
        "input:input:12 one:adaptive:4x3 two:adaptive:2x6",
        """
        feed input>one one-to-one each homeostatic ge constant plain
        up* one>two field one bcm ge constant plain
        compete two>two field none reward ge constant scaled
        down two>one one-to-one one triplet gi constant scaled
        """,
    ),
    "5": (
        "input:input:12 exc:lif:3x4 pace:tonic:6",
        """
        feed* input>exc field none triplet ge uniform plain
        clock pace>exc all none clopath gi constant plain
        within exc>exc field none static ge uniform scaled
        beat pace>pace others none homeostatic gi uniform scaled
        """,
    ),
    "6": (
        "pace:tonic:2x4 exc:adaptive:2x4 inh:tonic:8",
        """
        drive* pace>exc one-to-one one reward ge constant scaled
        back inh>exc field each clopath gi uniform scaled
        within exc>exc all one pair ge constant plain
        brake exc>inh others one static gi constant plain
        """,
    ),
    "7": (
        "input:input:12 one:adaptive:4x3 two:adaptive:2x6",
        """
        feed input>one one-to-one one static ge constant plain
        up one>two all each bcm ge constant plain
        compete two>two one-to-one one reward ge constant plain
        down* two>one others none pair gi constant plain
        spread two>two field one static gi constant scaled
        """,
    ),
    "8": (
        "input:input:3x4 exc:lockout:4x3 inh:adaptive:12",
        """
        feed input>exc others each homeostatic ge constant scaled
        drive exc>inh others one bcm ge constant scaled
        back inh>exc field each static ge constant plain
        within* inh>inh one-to-one none clopath ge uniform scaled
        """,
    ),
    "9": (
        "input:input:10 exc:adaptive:4x3 inh:lif:12",
        """
        feed input>exc all one bcm ge uniform plain
        other input>inh all one reward ge uniform scaled
        back inh>exc all each reward gi constant scaled
        forth* exc>inh others each reward ge uniform plain
        """,
    ),
    "10": (
        "input:input:12 exc:adaptive:4x3",
        """
        feed input>exc one-to-one each pair ge constant scaled
        compete* exc>exc one-to-one each triplet ge uniform plain
        extra input>exc all each static ge uniform plain
        """,
    ),
    "11": (
        "input:input:12 exc:lif:3x4 pace:tonic:6",
        """
        feed* input>exc one-to-one each triplet ge constant plain
        clock pace>exc all one reward gi constant plain
        within exc>exc one-to-one each static ge uniform plain
        beat pace>pace others one triplet gi constant scaled
        """,
    ),
    "12": (
        "input:input:12 one:adaptive:4x3 two:adaptive:2x6",
        """
        feed input>one field none homeostatic ge constant scaled
        up* one>two field one homeostatic ge uniform plain
        compete two>two field none pair gi constant scaled
        down two>one all each reward gi uniform plain
        """,
    ),
}


SIDE_BY_SIDE: dict[str, tuple[str, ...]] = {
    "A": ("1", "3", "9", "10"),
    "B": ("2", "5", "7", "11"),
    "C": ("4", "8", "12"),
    "D": ("6",),
}
"""The twelve in four networks: those of C with exact steps of conductances, that of D without input."""


def words_of(name: str) -> tuple[str, list[str]]:
    """Populations and lines of one of the twelve, or of several side by side."""
    populations: list[str] = []
    lines = []
    for part in SIDE_BY_SIDE.get(name, (name,)):
        suffix = part if name in SIDE_BY_SIDE else ""
        for word in FIXED[part][0].split():
            own, kind, shape = word.split(":")
            word = "input:input:12" if kind == "input" and suffix else f"{own}{suffix}:{kind}:{shape}"
            populations += [] if word in populations else [word]
        for line in FIXED[part][1].strip().splitlines():
            own, path, options = line.split(maxsplit=2)
            ends = (end if end == "input" else end + suffix for end in path.split(">"))
            star = "*" if own.endswith("*") else ""
            lines.append(f"{own.rstrip('*')}{suffix}{star} {'>'.join(ends)} {options}")
    return " ".join(populations), lines


def fixed(name: str) -> Graph:
    """One of the twelve, or of the four."""
    populations, lines = words_of(name)
    parts = SIDE_BY_SIDE.get(name, (name,))
    (step,) = {"exact" if int(part) % 4 == 0 else "euler" for part in parts}
    return graph(populations, "\n".join(lines), step=step)


def alone(name: str) -> tuple[str, ...]:
    """The projections that learn alone, one in each of the last presentations."""
    return alone_of("\n".join(words_of(name)[1]))


def alone_of(projections: str) -> tuple[str, ...]:
    """The projections with a ``*`` behind their names."""
    first = (line.split()[0] for line in projections.strip().splitlines())
    return tuple(each.rstrip("*") for each in first if each.endswith("*"))


def plan(made: Graph, last: Iterable[str]) -> list[frozenset[str]]:
    """What learns in each presentation: all twice, nothing, then one alone at a time."""
    return [frozenset(made.plastic), frozenset(made.plastic), frozenset(), *(frozenset({each}) for each in last)]


def presentations(made: Graph, last: Iterable[str], seed: int = 0) -> list[Presentation]:
    """Four presentations or more, with and without a rest; no input is in flight at their ends."""
    outgoing = [p.delay.longest for p in made.projections.values() if p.source == made.input]
    longest = round(max([0.0, *outgoing]) / made.dt)
    shown = []
    for number, plastic in enumerate(plan(made, last)):
        n_rest = 5 * (number % 2)
        spikes = spikes_at()
        if made.input:
            n_input = made.populations[made.input].size
            spikes = random_spikes(4 * seed + number, N_BINS + min(0, n_rest - longest), 0.05, n_input)
        shown.append(Presentation(spikes, N_BINS, plastic, n_rest))
    return shown


def options_of(line: str, made: Graph, last: Iterable[str]) -> list[dict[str, str]]:
    """The options of a projection, once for each role that it has in the presentations."""
    name, path, *others = line.split()
    source, target = path.split(">")
    place = "input" if source == made.input else "recurrent" if source == target else "forward"
    own = dict(zip(OPTIONS, [*others, place], strict=False))
    if own["rule"] == "static":
        return [own]
    name, learning = name.rstrip("*"), plan(made, last)
    roles = {
        "alone": any(plastic == {name} for plastic in learning),
        "together": any(name in plastic and len(plastic) > 1 for plastic in learning),
        "frozen": any(plastic and name not in plastic for plastic in learning),
    }
    return [own | {"role": role} for role, has in roles.items() if has]


def pairs_of_options(options: dict[str, str]) -> set[frozenset[tuple[str, str]]]:
    return {frozenset(pair) for pair in combinations(options.items(), 2)}


def all_pairs() -> set[frozenset[tuple[str, str]]]:
    """All pairs of options that there are: what does not learn has no role."""
    found = set()
    for one, other in combinations(OPTIONS, 2):
        for values in product(OPTIONS[one], OPTIONS[other]):
            if "static" not in values or not {*values} & {*ROLES}:
                found.add(frozenset(zip((one, other), values, strict=True)))
    return found


# -- drawn -----------------------------------------------------------------------------------------


def draw(seed: int) -> tuple[Graph, tuple[str]]:
    """A random network, and the one projection that learns alone, in its last presentation."""
    random = np.random.default_rng(np.random.SeedSequence((seed, 13)))

    def one_of(values: Iterable[str]) -> str:
        return str(random.choice(list(values)))

    shape = one_of(("4x3", "3x3", "2x4", "6", "2x3"))
    populations = {"p0": "input" if random.random() < 0.85 else "tonic"}
    for number in range(1, int(random.integers(2, 4)) + 1):
        populations[f"p{number}"] = one_of(("adaptive", "adaptive", "lockout", "lif", "tonic"))
    shapes = {name: shape if random.random() < 0.75 else f"{random.integers(3, 12)}" for name in populations}
    targets = [name for name, kind in populations.items() if kind != "input"]
    lines, plastic = [], []

    def add(source: str, target: str, receptor: str, *connections: str) -> None:
        kind, name = one_of(RULES), f"s{len(lines)}"
        options = [one_of(connections), one_of(DELAYS), kind, receptor]
        options += [one_of(OPTIONS["weight"]), one_of(OPTIONS["scale"])]
        lines.append(" ".join([name, f"{source}>{target}", *options]))
        if kind != "static":
            plastic.append(name)

    def possible(source: str, target: str) -> list[str]:
        same = prod(map(int, shapes[source].split("x"))) == prod(map(int, shapes[target].split("x")))
        last = int(shapes[target].split("x")[-1])
        return ["all", *(["one-to-one", "others"] if same else []), *(["field"] if same and last > 1 else [])]

    for number, target in enumerate(targets):  # what every population is driven by
        source = f"p{max(0, number - int(random.integers(0, 2)))}" if populations["p0"] == "input" else "p0"
        if source != target:
            add(source, target, "ge", *possible(source, target))
    while len(lines) < 6 and (len(plastic) < 2 or random.random() < 0.7):
        source, target = one_of(populations), one_of(targets)
        add(source, target, one_of(("ge", "gi", "gi")), *possible(source, target))
    if not plastic:
        return draw(seed + 100_000)
    words = " ".join(f"{name}:{populations[name]}:{shapes[name]}" for name in populations)
    if shapes["p0"].count("x") == 1:
        maps, more, learns = _shared_maps(tuple(map(int, shapes["p0"].split("x"))), targets[-1], seed)
        words, lines, plastic = f"{words} {maps}", lines + more, plastic + learns
    return graph(words, "\n".join(lines), one_of(("euler", "exact"))), (one_of(plastic),)


def _shared_maps(sides: tuple[int, ...], above: str, seed: int) -> tuple[str, list[str], list[str]]:
    """Maps of features with shared weights that see the first population, pooled, and another population above."""
    random = np.random.default_rng(np.random.SeedSequence((seed, 19)))

    def one_of(*values: str) -> str:
        return str(random.choice(values))

    rows, columns = ((side - 1) // 2 + 1 for side in sides)
    share = one_of("none", "unit")
    kind = "adaptive" if share == "unit" else one_of("adaptive", "lif", "lockout")
    units, learning = random.integers(2, 5), [each for each in RULES if each != "reward"]
    maps = f"maps:{kind}:{rows}x{columns}x{units}:{one_of('none', 'field', 'population')}:{share}"
    squares = f"squares:lif:{-(-rows // 2)}x{-(-columns // 2)}x{units}"
    weight, scale = OPTIONS["weight"], OPTIONS["scale"]
    rules = [one_of(*learning), one_of(*learning), one_of(*RULES)]
    lines = [
        f"kernel p0>maps shared {one_of('none', 'one')} {rules[0]} ge {one_of(*weight)} {one_of(*scale)}",
        f"rivals maps>maps {one_of('map', 'field')} {one_of(*DELAYS)} static gi constant plain",
        f"squared maps>squares pool {one_of(*DELAYS)} {rules[1]} ge {one_of(*weight)} plain",
        f"above squares>{above} all {one_of(*DELAYS)} {rules[2]} ge {one_of(*weight)} {one_of(*scale)}",
    ]
    learns = [name for name, kind in zip(("kernel", "squared", "above"), rules, strict=True) if kind != "static"]
    return f"{maps} {squares}", lines, learns


# -- what a network starts with --------------------------------------------------------------------


def start_weights(made: Graph, seed: int = 0) -> dict[str, NDArray[np.float64]]:
    """Weights of every projection, drawn in the order of projections."""
    random = np.random.default_rng(np.random.SeedSequence((seed, 17)))
    weights = {}
    for name, projection in made.projections.items():
        n_source, n_target = (made.populations[p].size for p in (projection.source, projection.target))
        shape = (n_source, n_target) if projection.connect.storage == "dense" else (n_target,)
        shape = weights_shape(made, name) if made.is_sparse(name) else shape
        given = isinstance(projection.connect, Table) and projection.weight.from_table
        weights[name] = projection.connect.weights() if given else projection.weight.draw(random, shape)
    return weights


def silent(outcome: Outcome) -> list[str]:
    """Populations that fire less than ten times in all presentations."""
    counts = {name: sum(len(shown[name]) for shown in outcome.spikes) for name in outcome.spikes[0]}
    return [name for name, count in counts.items() if count < 10]


def idle(made: Graph, last: Iterable[str], outcome: Outcome, start: dict[str, NDArray[np.float64]]) -> list[str]:
    """Projections whose weights hardly change while they learn: in one of the first two presentations, or alone."""
    found = []
    for name in made.plastic:
        key, w_max = f"{name}.w", made.projections[name].plasticity.w_max
        weights = [learned[key] for learned in outcome.learned]
        there = weights_at(made, name)
        moved = [
            np.abs(after - before)[there].max()
            for before, after in zip([start[name], *weights], weights, strict=False)
        ]
        learns = [name in plastic for plastic in plan(made, last)]
        assert not any(by for by, does in zip(moved, learns, strict=True) if not does), f"{name} is frozen"
        by_itself = [by for by, does in zip(moved[3:], learns[3:], strict=True) if does]
        if max(moved[:2]) < 1e-3 * w_max or any(by < 1e-3 * w_max for by in by_itself):
            found.append(name)
    return found


def renamed(made: Graph, names: dict[str, str]) -> Graph:
    """The same network under other names, of populations and projections alike."""
    projections = {
        names[name]: p.model_copy(update={"source": names[p.source], "target": names[p.target]})
        for name, p in made.projections.items()
    }
    return replace(
        made,
        populations={names[name]: population for name, population in made.populations.items()},
        projections=projections,
        read=names[made.read],
        streams={names[name]: stream for name, stream in made.streams.items()},
    )
