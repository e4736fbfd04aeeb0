"""slipway.export.sklearn: an estimator or a pipeline of scikit-learn as ONNX."""

from __future__ import annotations

import os
import pickle
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ExportError, InvalidModelError, ModelNotFoundError, UsageError
from ..results import Agreement, Exported
from ..session import InferenceSession
from . import agreement
from .sklearn_rows import Rows, columns_of, made_up, read_rows, types_of
from .stage import PathLike, package, staged

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[Any]

DEFAULT_OPSET = 17
_LINE = "skl2onnx scikit-learn"


def sklearn(estimator: Any, path: PathLike, *, initial_types: Sequence[tuple[str, Any]] | None = None,
            n_features: int | None = None, sample: Any = None, output_names: Sequence[str] | None = None,
            opset: int | None = None, zipmap: bool = False, tolerance: float = 1e-4) -> Exported:
    """A fitted estimator or pipeline as an ONNX file at `path`, which is there when all is well with it and not before.

    `estimator` may be the path of a file that pickle or joblib wrote of one. Loading such a file runs code that is in
    it: load only what you trust.

    The inputs are those of skl2onnx's `initial_types`; or else of `sample`, rows such as the model gets: one input
    named "input", or where a ColumnTransformer picks from a data frame, each of its columns; or else one input of
    `n_features` floats, by default as many as the estimator was fitted with.

    `zipmap`: a classifier's second output is a list of dicts from class to probability, in place of an array.

    Before the file is there it is checked as slipway.check does, run by Slipway, and compared with predict(), and with
    predict_proba(), decision_function() or transform() where there is such an output, on the rows of `sample` and on
    one row alone. Without `sample` rows are made up: then the comparison reaches the values that the model is for only
    by chance. An output may differ by `tolerance` of its largest magnitude plus 1e-6; classes may differ where the two
    likeliest are as close as that. Otherwise an ExportError says which output, where and by how much.
    """
    skl2onnx = package("skl2onnx", "slipway.export.sklearn", _LINE)
    package("sklearn", "slipway.export.sklearn", _LINE)
    if isinstance(estimator, (str, os.PathLike)):
        estimator = load_estimator(Path(estimator))
        if not hasattr(estimator, "fit"):
            raise InvalidModelError(f"the file holds a {type(estimator).__name__}, not an estimator or a pipeline")
    name = type(estimator).__name__
    if not hasattr(estimator, "fit") or isinstance(estimator, type):
        raise UsageError(f"the model is of the type {name}: give a fitted estimator or pipeline of scikit-learn")
    if not tolerance >= 0:
        raise UsageError(f"tolerance is {tolerance}: give 0 or more")
    _check_fitted(estimator)
    columns = columns_of(estimator, initial_types, n_features, sample)
    rows = read_rows(columns, sample) if sample is not None else made_up(columns, name)
    answers = _Answers(estimator, rows, is_made_up=sample is None)
    with staged(path) as stage:
        model = _converted(skl2onnx, estimator, types_of(columns), opset, zipmap)
        _rename(model, output_names)
        stage.file.write_bytes(model.SerializeToString())
        exported = _compared(stage.file, answers, tolerance)
        exported.path = stage.target
        exported.framework = f"scikit-learn {package('sklearn', '', '').__version__}, skl2onnx {skl2onnx.__version__}"
        versions = {each.domain or "ai.onnx": each.version for each in model.opset_import}
        exported.opset = versions.get("ai.onnx", versions.get("ai.onnx.ml", 0))
        stage.publish()
    return exported


def load_estimator(path: Path) -> Any:
    """From a file of pickle or joblib."""
    if not path.is_file():
        raise ModelNotFoundError(f"{path}: there is no such file" if not path.exists() else f"{path} is a folder")
    joblib = package("joblib", "reading such a file", "joblib")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return joblib.load(path)  # reads what pickle wrote, too
    except (AttributeError, ImportError) as error:
        raise InvalidModelError(f"{path}: a class in it cannot be imported here ({error}): install its package, or put "
                                "the folder with its source into PYTHONPATH") from error
    except (pickle.UnpicklingError, ValueError, EOFError, KeyError, IndexError, TypeError, OSError) as error:
        raise InvalidModelError(f"{path}: not a file of pickle or joblib, or a damaged one: {error}") from error


def _check_fitted(estimator: Any) -> None:
    validation = package("sklearn.utils.validation", "slipway.export.sklearn", _LINE)
    exceptions = package("sklearn.exceptions", "slipway.export.sklearn", _LINE)
    last = estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator
    try:
        if last != "passthrough":
            validation.check_is_fitted(last)
    except exceptions.NotFittedError:
        raise UsageError(f"{type(estimator).__name__} is not fitted: call fit() before it is exported") from None


class _Answers:
    """What scikit-learn says of the rows: its outputs in the order of skl2onnx's."""

    def __init__(self, estimator: Any, rows: Rows, is_made_up: bool) -> None:
        import numpy

        self.rows = rows
        self.classes: Array | None = None
        self.calls = ["predict"] if hasattr(estimator, "predict") else ["transform"]
        if is_classifier(estimator):
            self.calls.append("predict_proba" if hasattr(estimator, "predict_proba") else "decision_function")
            self.classes = numpy.asarray(estimator.classes_) if not isinstance(estimator.classes_, list) else None
        elif self.calls == ["predict"]:
            self.calls += [each for each in ("transform", "decision_function") if hasattr(estimator, each)][:1]
        with warnings.catch_warnings(), numpy.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                said = [_said(getattr(estimator, call), rows) for call in self.calls]
                self.arrays = [numpy.asarray(each) for each in said if not isinstance(each, list)]
            except Exception as error:
                way_out = ": give sample=..., some rows of data such as the model gets" if is_made_up else ""
                raise UsageError(f"{type(estimator).__name__} fails on {rows.what} ({error}){way_out}") from error


def _said(call: Any, rows: Rows) -> Any:
    try:
        said = call(rows.given)
    except ValueError as error:
        if "dtype mismatch" not in str(error) or rows.given_narrow is None:
            raise
        said = call(rows.given_narrow)  # what was fitted with float32 takes nothing else
    return said.toarray() if hasattr(said, "toarray") else said


def is_classifier(estimator: Any) -> bool:
    return bool(package("sklearn.base", "slipway.export.sklearn", _LINE).is_classifier(estimator))


def _converted(skl2onnx: Any, estimator: Any, types: Sequence[tuple[str, Any]], opset: int | None, zipmap: bool) -> Any:
    newest = int(skl2onnx.__max_supported_opset__)
    version = min(DEFAULT_OPSET, newest) if opset is None else opset
    if not 9 <= version <= newest:
        raise UsageError(f"opset is {version}: this skl2onnx, {skl2onnx.__version__}, writes 9 to {newest}; 'slipway "
                         "optimize --opset' converts to others")

    def convert(options: dict[str, Any] | None) -> Any:
        return skl2onnx.convert_sklearn(estimator, name=type(estimator).__name__, initial_types=list(types),
                                        target_opset={"": version, "ai.onnx.ml": 3 if version >= 13 else 1},
                                        options=options)

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                model = convert({"zipmap": zipmap} if is_classifier(estimator) else None)
            except NameError:  # a classifier that has no such option: its scores are an array
                if zipmap:
                    raise
                model = convert(None)
    except Exception as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise ExportError(f"skl2onnx cannot convert {type(estimator).__name__}: "
                          f"{' '.join(lines[:2]) or type(error).__name__}") from error
    for value in (*model.graph.input, *model.graph.output):
        _name_batch(value)
    opsets = sorted(model.opset_import, key=lambda each: str(each.domain))  # they come in the order of a set
    del model.opset_import[:]
    model.opset_import.extend(opsets)
    return model


def _name_batch(value: Any) -> None:
    shape = value.type.tensor_type.shape
    if value.type.HasField("tensor_type") and len(shape.dim) > 0 and not shape.dim[0].dim_value:
        shape.dim[0].dim_param = "batch"


def _rename(model: Any, names: Sequence[str] | None) -> None:
    if names is None:
        return
    old = [value.name for value in model.graph.output]
    if len(names) != len(old) or len(set(names)) != len(names):
        raise UsageError(f"output_names has {len(names)} names: give {len(old)} different ones, for {', '.join(old)}")
    taken = {value.name for value in model.graph.input} | {each for node in model.graph.node for each in node.output}
    clash = sorted((taken - set(old)) & set(names))
    if clash:
        raise UsageError(f"output_names has '{clash[0]}', which is the name of another value of the model")
    to = dict(zip(old, names))
    for node in model.graph.node:
        for values in (node.input, node.output):
            values[:] = [to.get(each, each) for each in values]
    for value in model.graph.output:
        value.name = to[value.name]


def _compared(file: Path, answers: _Answers, tolerance: float) -> Exported:
    raw = agreement.checked(file, "skl2onnx")
    agreements: list[Agreement] = []
    notes: list[str] = []
    with InferenceSession(file) as session:
        takes, gives = agreement.signature(session)
        rows = answers.rows
        for what, count in ((rows.what, rows.count), ("one row", 1))[: 2 if rows.count > 1 else 1]:
            made = agreement.run(session, {name: array[:count] for name, array in rows.feeds.items()})
            wanted = [array[:count] for array in answers.arrays]
            agreements += _outputs(made, wanted, answers, what, tolerance, notes)
        notes += [f"output '{name}' was not compared: scikit-learn has no call that gives it in this form"
                  for name in list(gives)[len(answers.arrays):]]
    return Exported(file, "", 0, takes, gives, file.stat().st_size, agreements, None, list(dict.fromkeys(notes)), raw)


def _outputs(made: Mapping[str, Any], wanted: Sequence[Array], answers: _Answers, what: str, tolerance: float,
             notes: list[str]) -> list[Agreement]:
    import numpy

    agreements = []
    close: Array | None = None
    if len(wanted) == 2 and (answers.classes is not None or answers.calls[1] == "decision_function"):
        close = _undecided(wanted[1], tolerance)
    for name, array in zip(list(made), wanted):
        got = made[name]
        got = _as_array(got, answers.classes) if isinstance(got, list) else numpy.asarray(got)
        if got.size == array.size:
            got = got.reshape(array.shape)
        elif array.ndim == 1 and got.shape == (len(array), 2):
            # A score for each of two classes; scikit-learn gives that of the second alone. For SVC skl2onnx swaps them.
            column = 1 if numpy.abs(got[:, 1] - array).sum() <= numpy.abs(got[:, 0] - array).sum() else 0
            notes.append(f"column {column} of '{name}' is {answers.calls[1]}(), the other one its negative")
            got = got[:, column]
        if close is not None and got is not None and name == next(iter(made)) and got.shape == array.shape:
            different = (got != array) & close
            if different.any():
                notes.append(f"{int(different.sum())} of {len(array)} rows are of another class, where the two "
                             "likeliest are equally likely")
                got = numpy.where(different, array, got)
        if array.dtype.kind in "OSU":
            got, array = got.astype(str), array.astype(str)
        agreements.append(agreement.compare(name, array, got, inputs=what, framework="scikit-learn",
                                            tolerance=tolerance, hint=_hint))
    return agreements


def _hint() -> str:
    return (". skl2onnx computes in float32: where values are large or close together, give initial_types of doubles; "
            "or tolerance=..., where that is close enough")


def _undecided(scores: Array, tolerance: float) -> Array:
    """Rows whose two best scores are closer than what an output may differ by."""
    import numpy

    allowed = 2 * (tolerance * float(numpy.abs(scores).max(initial=0)) + agreement.FLOOR)
    if scores.ndim == 1:
        return numpy.abs(scores) <= allowed
    best = numpy.sort(scores, axis=1)
    return numpy.asarray(best[:, -1] - best[:, -2] <= allowed) if best.shape[1] > 1 else numpy.zeros(len(best), bool)


def _as_array(maps: Sequence[Mapping[Any, float]], classes: Array | None) -> Array:
    """Of ZipMap's dicts, in the order of the classes."""
    import numpy

    keys = list(maps[0]) if classes is None else classes.tolist()
    return numpy.array([[row[key] for key in keys] for row in maps])
