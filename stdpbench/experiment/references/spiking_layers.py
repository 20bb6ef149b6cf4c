r"""Forward and backward pass through layers of discrete leaky integrate-and-fire neurons.

This is back-propagation through time with a surrogate gradient, in NumPy. Arrays have the axes (step, picture,
neuron).

**Forward.** Input of a step acts in the next one, as in `stdpbench.kinds.neurons.lif_discrete`. With the input current
:math:`X` of the first layer, the weights :math:`W_l` and the spikes :math:`S_l`,

.. math::

    I_1(t) &= X\, W_1, \qquad I_l(t) = S_{l-1}(t)\, W_l \\
    V_l(t+1) &= \beta\, V_l(t) + I_l(t) - R_l(t) \\
    S_l(t) &= \Theta\big(V_l(t) - \vartheta\big)

The reset R after a spike is :math:`\vartheta\, S_l(t)` (``subtract``) or :math:`\beta\, V_l(t)\, S_l(t)` (``zero``).

**Backward.** With :math:`g_V(t) = \partial L/\partial V(t)` and :math:`g_S(t)`, the gradient of later layers and the
loss with respect to the spikes, the chain rule runs through the same equations from the last step to the first:

.. math::

    g_V(t) &= \beta\, g_V(t+1) + \big[g_S(t) - \vartheta\, g_V(t+1)\big]\, \Theta'\big(V(t) - \vartheta\big) \\
    \partial L/\partial W_l &= \sum_t S_{l-1}(t)^T g_{V,l}(t+1), \qquad g_{S,l-1}(t) = g_{V,l}(t+1)\, W_l^T

(for ``subtract``). The step function :math:`\Theta` has the derivative 0 almost everywhere, so that nothing would
learn. The *surrogate* replaces :math:`\Theta'` in the backward pass only
(`stdpbench.experiment.references.surrogates`). The term with :math:`\vartheta` in brackets, through the reset, is
often left out (``through_reset = false``).

Sources: Neftci, Mostafa & Zenke (2019), doi:10.1109/MSP.2019.2931595; Eshraghian et al. (2023),
doi:10.1109/JPROC.2023.3308088.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.experiment.references.surrogates import Surrogate

Array = NDArray[np.floating]
"""float32 in training, float64 in tests."""


@dataclass(frozen=True)
class Neurons:
    """Neurons of a layer.

    Attributes
    ----------
    beta : float
        Fraction of the potential that is kept per step.
    threshold : float
        The potential must exceed it for a spike.
    reset : {"subtract", "zero", "none"}
        What a spike does to the potential. none: there are no spikes; the potential is the output.
    """

    beta: float
    threshold: float = 1.0
    reset: Literal["subtract", "zero", "none"] = "subtract"


@dataclass(frozen=True, eq=False)
class Course:
    """The time course of a layer.

    Attributes
    ----------
    v, spikes : ndarray, (n_steps, n_pictures, n_neurons)
        Potential in each step before the reset of a spike in this step, and spikes: 0 or 1.
    """

    v: Array
    spikes: Array


class Buffers:
    """Arrays that are reused in the next batch, since allocating new ones takes longer than computing."""

    def __init__(self) -> None:
        self._kept: dict[str, Array] = {}

    def get(self, name: str, shape: tuple[int, ...], like: Array) -> Array:
        """Return an uninitialised array of the dtype of `like`; the same array for the same name and shape."""
        array = self._kept.get(name)
        if array is None or array.shape != shape or array.dtype != like.dtype:
            array = self._kept[name] = np.empty(shape, like.dtype)
        return array


def threshold_step(u: Array) -> Array:
    """Return 1 where the potential exceeds the threshold, u > 0, and 0 elsewhere, in the type of `u`."""
    return (u > 0).astype(u.dtype)


def layer_forward(
    current: Array,
    n_steps: int,
    neurons: Neurons,
    fire: Callable[[Array], Array] = threshold_step,
    buffers: Buffers | None = None,
    name: str = "",
) -> Course:
    """Step a layer of neurons from the reset state.

    Parameters
    ----------
    current : ndarray, (n_pictures, n_neurons) or (n_steps, n_pictures, n_neurons)
        Input current, constant or of each step; it acts in the next step.
    n_steps : int
        Number of steps.
    neurons : Neurons
        Their parameters.
    fire : callable
        Spikes as a function of the potential above threshold; tests of the gradient replace it.
    buffers : Buffers, optional
        Holds the result, which the next call with the same name overwrites.
    name : str
        Name of the layer in `buffers`.
    """
    constant, shape, buffers = current.ndim == 2, (n_steps, *current.shape[-2:]), buffers or Buffers()
    v, spikes = (buffers.get(f"{name}.{array}", shape, current) for array in ("v", "spikes"))
    beta, theta = current.dtype.type(neurons.beta), current.dtype.type(neurons.threshold)
    v[0] = 0
    spikes[...] = 0
    for t in range(n_steps):
        if t:
            now, before, fired = v[t], v[t - 1], spikes[t - 1]
            # the operations of the simulated neuron in the same order, so that both round alike
            if neurons.reset == "zero":
                np.multiply(1 - fired, before, out=now)
                now *= beta
            else:
                np.multiply(before, beta, out=now)
            now += current if constant else current[t - 1]
            if neurons.reset == "subtract":
                now -= theta * fired
        if neurons.reset != "none":
            spikes[t] = fire(v[t] - theta)
    return Course(v, spikes)


def layer_backward(
    course: Course,
    neurons: Neurons,
    surrogate: Surrogate,
    g_spikes: Array | None,
    g_v: Array | None,
    *,
    through_reset: bool = True,
) -> Iterator[tuple[int, Array]]:
    """Yield the gradient of the loss with respect to the input of each step, from later to earlier steps.

    The input of the last step has no effect, so that the first gradient is that of the step before it.

    Parameters
    ----------
    course : Course
        Result of the forward pass.
    neurons : Neurons
        As in the forward pass.
    surrogate : Surrogate
        Replaces the derivative of the step function.
    g_spikes, g_v : ndarray, (n_steps, n_pictures, n_neurons), or None
        Gradient of the loss with respect to spikes and potentials that does not pass through this layer.
    through_reset : bool
        Whether the gradient also passes through the reset.

    Yields
    ------
    step : int
    gradient : ndarray, (n_pictures, n_neurons)
    """
    v, spikes = course.v, course.spikes
    beta, theta = v.dtype.type(neurons.beta), v.dtype.type(neurons.threshold)
    later = np.zeros(v.shape[1:], v.dtype)  # dL/dV of the step after
    for t in range(len(v) - 1, 0, -1):
        gradient = beta * later
        if neurons.reset == "zero":
            gradient *= 1 - spikes[t]
        if neurons.reset != "none":
            of_spikes = np.zeros_like(later) if g_spikes is None else g_spikes[t]
            if through_reset:
                of_spikes = of_spikes - later * (theta if neurons.reset == "subtract" else beta * v[t])
            gradient += of_spikes * surrogate.slope(v[t] - theta)
        if g_v is not None:
            gradient += g_v[t]
        yield t - 1, gradient
        later = gradient


def forward(
    inputs: Array,
    weights: Sequence[Array],
    n_steps: int,
    layers: Sequence[Neurons],
    fire: Callable[[Array], Array] = threshold_step,
    buffers: Buffers | None = None,
    constants: Sequence[Array] | None = None,
) -> list[Course]:
    """Pass constant input currents through all layers.

    Parameters
    ----------
    inputs : ndarray, (n_pictures, n_inputs)
        Current of each input, the same in every step.
    weights : sequence of ndarray or sparse array, (n_source, n_target)
        Of each layer.
    n_steps : int
        Number of steps.
    layers : sequence of Neurons
        Of each layer.
    fire : callable
        See `layer_forward`.
    buffers : Buffers, optional
        Holds the results, which the next call overwrites.
    constants : sequence of ndarray, (n_target,), optional
        Constant currents of each layer, from the first step in which spikes of the first layer can reach it. Default:
        none.

    Returns
    -------
    list of Course
        Of each layer.
    """
    courses: list[Course] = []
    for number, (w, neurons) in enumerate(zip(weights, layers, strict=True)):
        if not courses:
            current = inputs @ w
        else:
            spikes = courses[-1].spikes
            current = (spikes.reshape(-1, spikes.shape[-1]) @ w).reshape(*spikes.shape[:2], -1)
        if constants is not None and current.ndim == 2:
            current = current + constants[number]
        elif constants is not None:
            current[number:] += constants[number]
        courses.append(layer_forward(current, n_steps, neurons, fire, buffers, str(number)))
    return courses


def backward(
    inputs: Array,
    weights: Sequence[Array],
    courses: Sequence[Course],
    layers: Sequence[Neurons],
    surrogate: Surrogate,
    g_spikes: Array | None,
    g_v: Array | None,
    *,
    through_reset: bool = True,
    buffers: Buffers | None = None,
) -> list[Array]:
    """Return the gradient of the loss with respect to the weights of each layer.

    Parameters
    ----------
    inputs, weights, layers
        As in `forward`.
    courses : sequence of Course
        Its result.
    surrogate : Surrogate
        See `layer_backward`.
    g_spikes, g_v : ndarray, (n_steps, n_pictures, n_neurons), or None
        Gradient of the loss with respect to spikes and potentials of the last layer.
    through_reset : bool
        See `layer_backward`.
    buffers : Buffers, optional
        Those of `forward`.
    """
    gradients, buffers = list[Array](), buffers or Buffers()
    for number in range(len(weights) - 1, -1, -1):
        course, shape = courses[number], courses[number].v.shape
        steps = layer_backward(course, layers[number], surrogate, g_spikes, g_v, through_reset=through_reset)
        if number == 0:  # the inputs are the same in all steps
            total = np.zeros(shape[1:], inputs.dtype)
            for _, gradient in steps:
                total += gradient
            gradients.append(inputs.T @ total)
            break
        arrived = buffers.get(f"{number}.arrived", shape, inputs)
        arrived[-1] = 0
        for step, gradient in steps:
            arrived[step] = gradient
        before, flat = courses[number - 1].spikes, arrived.reshape(-1, shape[-1])
        gradients.append(before.reshape(-1, before.shape[-1]).T @ flat)
        g_spikes, g_v = buffers.get(f"{number}.g", before.shape, inputs), None
        np.matmul(flat, weights[number].T, out=g_spikes.reshape(-1, before.shape[-1]))
    return gradients[::-1]
