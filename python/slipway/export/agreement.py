"""Whether an exported model says what its framework says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import toolchain
from ..errors import ExportError
from ..results import Agreement
from ..session import InferenceSession

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[Any]

FLOOR = 1e-6
"""What an output may differ by, however small its values are."""


def checked(path: Path, framework: str) -> dict[str, Any]:
    """What `slipway check` says of a sound model; an ExportError for any other."""
    result = toolchain.check(path)
    if not result:
        problems = "; ".join(str(problem.get("message", problem)) for problem in result.problems)
        raise ExportError(f"{framework} wrote a model that is not valid, so nothing was written: {problems}")
    return result.raw


def run(session: InferenceSession, feeds: Mapping[str, Array]) -> dict[str, Any]:
    import numpy

    used = {each.name for each in session.get_inputs()}
    outputs = [each.name for each in session.get_outputs()]
    made = session.run(outputs, {name: numpy.ascontiguousarray(array) for name, array in feeds.items() if name in used})
    return dict(zip(outputs, made))


def compare(output: str, wanted: Array, got: Array, *, inputs: str, framework: str, tolerance: float,
            hint: Callable[[], str]) -> Agreement:
    """How far `got` is from `wanted`: at most `tolerance` of the largest magnitude there is in `wanted`, or an
    ExportError, which ends in what `hint` gives. What is not floating point has to be equal."""
    if wanted.shape != got.shape:
        raise ExportError(f"output '{output}' has the shape {list(got.shape)} in the exported model and "
                          f"{list(wanted.shape)} in {framework}, on {inputs}: nothing was written{hint()}")
    if wanted.dtype.kind not in "fc" or got.dtype.kind not in "fc":
        return _equal(output, wanted, got, inputs, framework, hint)
    import numpy

    exact, ours = wanted.astype(numpy.float64), got.astype(numpy.float64)
    with numpy.errstate(invalid="ignore"):
        error = numpy.abs(ours - exact)
    error[(ours == exact) | (numpy.isnan(ours) & numpy.isnan(exact))] = 0
    error[numpy.isnan(error)] = numpy.inf
    finite = numpy.abs(exact[numpy.isfinite(exact)])
    allowed = tolerance * float(finite.max(initial=0)) + FLOOR
    worst = float(error.max(initial=0))
    if worst > allowed:
        place = numpy.unravel_index(int(error.argmax()), error.shape)
        raise ExportError(
            f"output '{output}' differs from {framework}'s by up to {worst:.3g} on {inputs}, where {allowed:.3g} is "
            f"allowed ({tolerance:g} of its largest magnitude): at {[int(i) for i in place]} it is {ours[place]:.6g} "
            f"and not {exact[place]:.6g}; {int((error > allowed).sum())} of {error.size} elements are beyond. Nothing "
            f"was written{hint()}")
    return Agreement(output, inputs, worst, allowed)


def _equal(output: str, wanted: Array, got: Array, inputs: str, framework: str,
           hint: Callable[[], str]) -> Agreement:
    different = int((wanted != got).sum())
    if different:
        place = tuple(int(axis[0]) for axis in (wanted != got).nonzero())
        raise ExportError(f"output '{output}' differs from {framework}'s in {different} of {wanted.size} elements on "
                          f"{inputs}: at {list(place)} it is {got[place]} and not {wanted[place]}. Nothing was "
                          f"written{hint()}")
    return Agreement(output, inputs, 0.0, 0.0)


def signature(session: InferenceSession) -> tuple[dict[str, Any], dict[str, Any]]:
    """Names and shapes of the inputs, and of the outputs."""
    def shapes(ports: Sequence[Any]) -> dict[str, Any]:
        return {port.name: list(port.shape) for port in ports}

    return shapes(session.get_inputs()), shapes(session.get_outputs())
