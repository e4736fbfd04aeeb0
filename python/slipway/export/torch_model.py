"""slipway.export.torch: a module of PyTorch as ONNX."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import ExportError, UsageError
from ..results import Agreement, Exported
from ..session import InferenceSession
from . import agreement
from .stage import PathLike, gather_weights, package, staged
from .torch_calls import default_opset, write_dynamo, write_legacy
from .torch_inputs import Axes, Inputs, flat, open_axes, read_inputs, unique
from .torch_load import load_module


def torch(model: Any, sample_inputs: Any, path: PathLike, *, opset: int | None = None,
          dynamic_axes: Axes | bool | None = None, input_names: Sequence[str] | None = None,
          output_names: Sequence[str] | None = None, dynamo: bool = False, save_pt: PathLike | bool | None = None,
          tolerance: float = 1e-4) -> Exported:
    """A module as an ONNX file at `path`, which is there when all is well with it and not before.

    `model` is a torch.nn.Module, or the path of a file that torch.save() wrote of one or torch.jit.save() of
    TorchScript. Loading a file runs code that is in it: load only what you trust.

    `sample_inputs` is a tensor, a tuple of forward()'s arguments, or a mapping of names to arguments, as {"image": ...,
    "robot_state": ...}. Names are forward()'s and "output", unless the mapping, `input_names` or `output_names` say
    others.

    `dynamic_axes`: by default axis 0 of inputs is open under the name "batch", and so are the axes of outputs that
    change with it. {"image": {0: "batch", 2: "height"}} or {"image": [0, 2]} opens these axes and no others, False
    none. Axes of outputs are found by running the module at another size.

    `opset`: 17 where this torch writes it, else its newest; with `dynamo` 18.

    `dynamo` takes the exporter of torch 2.5 and newer that uses torch.export, and needs the package onnxscript. The
    other one, the default, also writes LSTMs with batch_first and an open batch.

    `save_pt` also saves the module, to this path or for True to `path` with the ending .pt.

    Before the file is there it is checked as slipway.check does, run by Slipway, and compared with PyTorch on the
    sample inputs, on another batch where the batch is open, and on twice the extent of each other open axis. An output
    may differ by `tolerance` of its largest magnitude plus 1e-6, integers not at all; otherwise an ExportError says
    which output, where and by how much.
    """
    library = package("torch", "slipway.export.torch", "torch")
    module = load_module(library, Path(model)) if isinstance(model, (str, os.PathLike)) else model
    if not isinstance(module, library.nn.Module):
        raise UsageError(f"the model is of the type {type(model).__name__}: give a torch.nn.Module, or the path of a "
                         "file that torch.save() wrote of one")
    if not tolerance >= 0:
        raise UsageError(f"tolerance is {tolerance}: give 0 or more")
    with ExitStack() as stack:
        stage = stack.enter_context(staged(path))
        saved = None if not save_pt else stack.enter_context(
            staged(Path(path).with_suffix(".pt") if save_pt is True else save_pt))
        if saved is not None and saved.target == stage.target:
            raise UsageError(f"save_pt is {saved.target}, where the ONNX file goes: give another path")
        with _evaluating(library, module):
            work = _Export(library, read_inputs(library, module, sample_inputs, input_names), dynamic_axes,
                           output_names, tolerance)
            work.write(stage.file, opset, dynamo)
            exported = work.compare(stage.file)
        exported.path = stage.target
        if saved is not None:
            _save(library, module, saved.file)
            saved.publish()
            exported.saved = saved.target
        stage.publish()
        return exported


class _Export:
    """One export, from the sample inputs to the result."""

    def __init__(self, library: Any, inputs: Inputs, asked: Axes | bool | None, output_names: Sequence[str] | None,
                 tolerance: float) -> None:
        self.library = library
        self.inputs = inputs
        self.tolerance = tolerance
        self.notes: list[str] = []
        self.warnings: list[str] = []
        self.framework = f"PyTorch {str(library.__version__).split('+')[0]}"
        answers, names = self._answers(inputs.leaves)
        self.output_names = unique(output_names or names, "output")
        if len(self.output_names) != len(answers):
            raise UsageError(f"output_names has {len(self.output_names)} names for {len(answers)} outputs")
        unique([*inputs.names, *self.output_names], "input or output")
        self.axes = open_axes(inputs, asked, self.output_names)
        inputs.axes = {name: axes for name, axes in self.axes.items() if name in inputs.names}
        self.cases = [("the sample inputs", inputs.leaves, answers)]
        self._add_cases()

    def _add_cases(self) -> None:
        """A further case for each open dimension; and the outputs' axes that change with it are open too."""
        for label in self.inputs.labels():
            old = self.inputs.extent(label)
            new = old + 2 if self.inputs.is_batch(label) else 2 * old
            leaves = self.inputs.at(self.library, {label: new})
            try:
                answers, _ = self._answers(leaves)
            except ExportError as error:
                if self.inputs.is_batch(label):
                    raise ExportError(f"{error} at '{label}' = {new}, so that dimension cannot be open: name those "
                                      "that can in dynamic_axes, or give dynamic_axes=False") from error
                self.notes.append(f"'{label}' was compared at {old} only: {error} at {new}")
                continue
            for name, before, after in zip(self.output_names, self.cases[0][2], answers):
                for axis, (one, other) in enumerate(zip(before.shape, after.shape)):
                    if one != other:
                        same = label if (one, other) == (old, new) else f"{name}_axis{axis}"
                        self.axes.setdefault(name, {}).setdefault(axis, same)
            self.cases.append((f"{label} {new}", leaves, answers))
        if not self.inputs.labels():
            leaves = self.inputs.at(self.library, {})
            if any(new is not old for new, old in zip(leaves, self.inputs.leaves)):
                self.cases.append(("random inputs", leaves, self._answers(leaves)[0]))

    def _answers(self, leaves: Sequence[Any]) -> tuple[list[Any], list[str]]:
        """What the module says, as arrays, and names for it."""
        name = type(self.inputs.module).__name__
        try:
            with self.library.no_grad():
                said = self.inputs.module(*self.inputs.build([leaf.clone() for leaf in leaves]))
        except Exception as error:
            raise ExportError(f"{name} fails in PyTorch ({_first_line(error)})") from error
        if isinstance(said, Mapping):
            tensors, names = flat(list(said.values())), [str(key) for key in said]
        else:
            tensors, names = flat(said), []
        if len(names) != len(tensors):
            names = ["output"] if len(tensors) == 1 else [f"output_{i}" for i in range(len(tensors))]
        for tensor in tensors:
            if not isinstance(tensor, self.library.Tensor):
                raise ExportError(f"{name}.forward() returns a {type(tensor).__name__}: an exported model's outputs "
                                  "are tensors, in tuples, lists or a dict")
            if tensor.dtype == self.library.bfloat16:
                raise ExportError(f"{name} gives bfloat16, which cannot be compared here: export module.float(), and "
                                  "make it bfloat16 by slipway.quantize(..., to='bf16')")
        return [tensor.detach().cpu().numpy() for tensor in tensors], names

    def write(self, file: Path, opset: int | None, dynamo: bool) -> None:
        self.opset = default_opset(self.library, dynamo) if opset is None else opset
        exporter = write_dynamo if dynamo else write_legacy
        self.framework += f", {'dynamo' if dynamo else 'legacy'} exporter"
        self.warnings = exporter(self.library, self.inputs, self.output_names, self.axes, self.opset, file)
        gather_weights(file)
        self.notes += [f"PyTorch warned: {warning}" for warning in self.warnings]

    def compare(self, file: Path) -> Exported:
        raw = agreement.checked(file, "PyTorch's exporter")
        agreements: list[Agreement] = []
        with InferenceSession(file) as session:
            takes, gives = agreement.signature(session)
            unused = [name for name in self.inputs.names if name not in takes]
            self.notes += [f"the model does not use its input '{name}', which is gone" for name in unused]
            for case, leaves, answers in self.cases:
                feeds = {name: leaf.cpu().numpy() for name, leaf in zip(self.inputs.names, leaves)}
                made = agreement.run(session, feeds)
                hint = partial(self._hint, leaves)
                for name, wanted in zip(self.output_names, answers):
                    if name not in made:
                        raise ExportError(f"output '{name}' is not in the exported model, which has {', '.join(made)}")
                    agreements.append(agreement.compare(name, wanted, made[name], inputs=case, framework="PyTorch",
                                                        tolerance=self.tolerance, hint=hint))
        size = sum(each.stat().st_size for each in file.parent.iterdir())
        return Exported(file, self.framework, self.opset, takes, gives, size, agreements, None, self.notes, raw)

    def _hint(self, leaves: Sequence[Any]) -> str:
        """The likely reason of a difference, and what to do."""
        once, again = self._answers(leaves)[0], self._answers(leaves)[0]
        if any(one.tobytes() != other.tobytes() for one, other in zip(once, again)):
            return ". The module itself says something else each time: take the randomness out of forward()"
        if self.warnings:
            return f". PyTorch warned while it traced the module: {self.warnings[0]}"
        return ". Where that is close enough for this model, give tolerance=..."


def _save(library: Any, module: Any, file: Path) -> None:
    try:
        if isinstance(module, library.jit.ScriptModule):
            module.save(str(file))
        else:
            library.save(module, str(file))
    except Exception as error:
        raise ExportError(f"{type(module).__name__} cannot be saved as {file.name}, so nothing was written: "
                          f"{_first_line(error)}. Leave save_pt out and save its state_dict() yourself") from error


@contextmanager
def _evaluating(library: Any, module: Any) -> Iterator[None]:
    """Dropout and the like as in use; afterwards each part trains, or not, as it did."""
    was_training = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, flag in was_training:
            part.training = flag


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
