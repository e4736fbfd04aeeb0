"""The sample inputs of a module: their names, their open axes, and the same inputs at other sizes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Union

from ..errors import UsageError

Axes = Mapping[str, Union[Mapping[int, str], Sequence[int]]]


@dataclass
class Inputs:
    """What a module is called with. `leaves` are its tensors in order, also those inside of tuples; `build` makes the
    module's arguments of such a list."""

    module: Any
    names: list[str]
    leaves: list[Any]
    build: Callable[[Sequence[Any]], tuple[Any, ...]]
    axes: dict[str, dict[int, str]] = field(default_factory=dict)

    def labels(self) -> list[str]:
        return list(dict.fromkeys(label for axes in self.axes.values() for label in axes.values()))

    def extent(self, label: str) -> int:
        """Of the open dimension `label` in the sample."""
        return next(int(leaf.shape[axis]) for name, leaf in zip(self.names, self.leaves)
                    for axis, each in self.axes.get(name, {}).items() if each == label)

    def is_batch(self, label: str) -> bool:
        return any(axes.get(0) == label for axes in self.axes.values())

    def at(self, torch: Any, sizes: Mapping[str, int]) -> list[Any]:
        """The tensors with other extents of open dimensions; what is new is made of what there is."""
        return [_resized(torch, leaf, {axis: sizes[label] for axis, label in self.axes.get(name, {}).items()
                                       if label in sizes})
                for name, leaf in zip(self.names, self.leaves)]


def read_inputs(torch: Any, module: Any, sample: Any, names: Sequence[str] | None) -> Inputs:
    """`sample` is a tensor, a tuple of arguments, or a mapping from names to arguments."""
    parameters, takes_more = _parameters(module)
    called = module
    arguments: list[Any]
    argument_names: list[str]
    if isinstance(sample, Mapping):
        if not sample:
            raise UsageError("sample_inputs is empty: give a tensor for each input of the model")
        called, argument_names = _by_name(torch, module, list(sample), parameters)
        arguments = [_argument(torch, name, sample[name]) for name in argument_names]
    else:
        given = list(sample) if isinstance(sample, (tuple, list)) else [sample]
        if len(given) > len(parameters) and not takes_more:
            raise UsageError(f"sample_inputs has {len(given)} arguments, {type(module).__name__}.forward() takes "
                             f"{len(parameters)}: {', '.join(parameters)}")
        argument_names = [parameters[i] if i < len(parameters) else f"input_{i}" for i in range(len(given))]
        if argument_names == ["input_0"]:
            argument_names = ["input"]
        arguments = [_argument(torch, name, each) for name, each in zip(argument_names, given)]
    leaves = [leaf for argument in arguments for leaf in flat(argument)]
    defaults = [name for stem, argument in zip(argument_names, arguments) for name in _names(stem, argument)]
    if names is not None and len(names) != len(leaves):
        raise UsageError(f"input_names has {len(names)} names for {len(leaves)} tensors")
    return Inputs(called, unique(names or defaults, "input"), leaves, lambda new: _rebuilt(arguments, new))


def unique(names: Iterable[str], what: str) -> list[str]:
    listed = list(names)
    twice = sorted({name for name in listed if listed.count(name) > 1})
    if twice:
        raise UsageError(f"two {what}s have the name '{twice[0]}': give {what}_names")
    return listed


def open_axes(inputs: Inputs, asked: Axes | bool | None, outputs: Sequence[str]) -> dict[str, dict[int, str]]:
    """Open axes by name: those `asked` for, or axis 0, the batch, of all inputs that are as long there as the first."""
    if asked is False:
        return {}
    if asked is None or asked is True:
        first = next((leaf.shape[0] for leaf in inputs.leaves if leaf.dim() > 0), None)
        return {name: {0: "batch"} for name, leaf in zip(inputs.names, inputs.leaves)
                if leaf.dim() > 0 and leaf.shape[0] == first}
    ranks = {name: leaf.dim() for name, leaf in zip(inputs.names, inputs.leaves)}
    axes: dict[str, dict[int, str]] = {}
    for name, each in asked.items():
        if name not in ranks and name not in outputs:
            raise UsageError(f"dynamic_axes names '{name}': the inputs are {', '.join(inputs.names)}, the outputs "
                             f"{', '.join(outputs)}")
        labels = dict(each) if isinstance(each, Mapping) else {axis: f"{name}_axis{axis}" for axis in each}
        rank = ranks.get(name)
        outside = [axis for axis in labels if rank is not None and not -rank <= axis < rank]
        if outside:
            raise UsageError(f"dynamic_axes opens axis {outside[0]} of '{name}', which has {rank} axes")
        axes[name] = {axis % rank if rank else axis: str(label) for axis, label in labels.items()}
    _check_extents(inputs, axes)
    return axes


def _check_extents(inputs: Inputs, axes: Mapping[str, Mapping[int, str]]) -> None:
    seen: dict[str, tuple[str, int]] = {}
    for name, leaf in zip(inputs.names, inputs.leaves):
        for axis, label in axes.get(name, {}).items():
            other, extent = seen.setdefault(label, (name, leaf.shape[axis]))
            if extent != leaf.shape[axis]:
                raise UsageError(f"the open dimension '{label}' is {extent} in the sample of '{other}' and "
                                 f"{leaf.shape[axis]} in that of '{name}': give the two different names")


def flat(tree: Any) -> list[Any]:
    if isinstance(tree, (tuple, list)):
        return [leaf for each in tree for leaf in flat(each)]
    return [tree]


def _argument(torch: Any, name: str, value: Any) -> Any:
    """A tensor, or tuples of tensors."""
    if isinstance(value, torch.Tensor):
        return value.detach()
    if isinstance(value, (tuple, list)):
        return tuple(_argument(torch, name, each) for each in value)
    if type(value).__module__.split(".")[0] == "numpy":
        try:
            return torch.as_tensor(value)
        except TypeError as error:
            raise UsageError(f"the sample of '{name}' cannot become a tensor: {error}") from error
    raise UsageError(f"the sample of '{name}' is of the type {type(value).__name__}: give a tensor, an array, or a "
                     "tuple of them")


def _names(name: str, argument: Any) -> list[str]:
    leaves = flat(argument)
    return [name] if not isinstance(argument, tuple) else [f"{name}_{i}" for i in range(len(leaves))]


def _rebuilt(arguments: Sequence[Any], leaves: Sequence[Any]) -> tuple[Any, ...]:
    rest = iter(leaves)

    def build(argument: Any) -> Any:
        return tuple(build(each) for each in argument) if isinstance(argument, tuple) else next(rest)

    return tuple(build(argument) for argument in arguments)


def _parameters(module: Any) -> tuple[list[str], bool]:
    """The names of what forward() takes, and whether it takes more than these."""
    schema = getattr(getattr(module, "forward", None), "schema", None)
    if schema is not None:  # TorchScript
        return [argument.name for argument in schema.arguments[1:]], False
    parameters = inspect.signature(module.forward).parameters.values()
    named = [each.name for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD,
                                                                each.KEYWORD_ONLY)]
    return named, any(each.kind is each.VAR_POSITIONAL for each in parameters)


def _by_name(torch: Any, module: Any, given: list[str], parameters: list[str]) -> tuple[Any, list[str]]:
    """What to call, and the order of the arguments. Names that are none of forward()'s are given in their order."""
    known = [name for name in parameters if name in given]
    if not known:
        return module, given
    unknown = [name for name in given if name not in parameters]
    if unknown:
        raise UsageError(f"{type(module).__name__}.forward() takes no '{unknown[0]}': it takes {', '.join(parameters)}")
    if known == parameters[: len(known)] and not _keyword_only(module, known):
        return module, known
    return _named(torch, module, known), known


def _keyword_only(module: Any, names: Sequence[str]) -> bool:
    if hasattr(module.forward, "schema"):
        return False
    parameters = inspect.signature(module.forward).parameters
    return any(parameters[name].kind is inspect.Parameter.KEYWORD_ONLY for name in names)


def _named(torch: Any, module: Any, names: Sequence[str]) -> Any:
    """Some of forward()'s arguments are left out before these: a module that gives them by name."""

    class ByName(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.module = module

        def forward(self, *arguments: Any) -> Any:
            return self.module(**dict(zip(names, arguments)))

    return ByName().train(module.training)


def _resized(torch: Any, leaf: Any, extents: Mapping[int, int]) -> Any:
    """New rows are the old ones smaller and smaller, or turned where they are no floating point. A sample that is the
    same everywhere says little: it gives way to random numbers."""
    if leaf.is_floating_point() and leaf.numel() > 1 and bool((leaf == leaf.flatten()[0]).all()):
        shape = [extents.get(axis, extent) for axis, extent in enumerate(leaf.shape)]
        random = torch.randn(shape, generator=torch.Generator().manual_seed(0))
        return random.to(dtype=leaf.dtype, device=leaf.device)
    for axis, extent in extents.items():
        old = leaf.shape[axis]
        if old == 0:
            raise UsageError(f"axis {axis} of a sample input is open and has the extent 0: give at least one")
        parts = [_again(leaf, axis, number) for number in range(-(-extent // old))]
        leaf = torch.cat(parts, axis).narrow(axis, 0, extent).contiguous()
    return leaf


def _again(leaf: Any, axis: int, number: int) -> Any:
    if number == 0:
        return leaf
    if leaf.is_floating_point():
        return leaf * 0.75**number
    other = next((each for each in range(leaf.dim() - 1, -1, -1) if each != axis), axis)
    return leaf.roll(number, other)
