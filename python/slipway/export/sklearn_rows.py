"""What a model of scikit-learn takes: its columns, and rows to compare on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from .stage import package

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[Any]


@dataclass
class Column:
    """An input of the exported model. `width`: how many features it holds; `element`: NumPy's name for their type."""

    name: str
    type: Any
    element: str
    width: int


@dataclass
class Rows:
    """Rows as scikit-learn takes them, and as the exported model does: the same values in both. `given_narrow`: in
    float32 where `given` is in float64."""

    given: Any
    given_narrow: Any
    feeds: dict[str, Array]
    count: int
    what: str


def columns_of(estimator: Any, initial_types: Sequence[tuple[str, Any]] | None, n_features: int | None,
               sample: Any) -> list[Column]:
    types = package("skl2onnx.common.data_types", "slipway.export.sklearn", "skl2onnx")
    if initial_types is not None:
        return [Column(name, kind, _element(name, kind), _width(name, kind)) for name, kind in initial_types]
    if sample is not None:
        return _columns_of_sample(types, sample, _picks_columns(estimator))
    if n_features is None:
        n_features = getattr(estimator, "n_features_in_", None)
    if n_features is None:
        raise UsageError(f"how many features {type(estimator).__name__} takes is not known: give n_features=..., or "
                         "sample=..., some rows of data such as the model gets")
    if n_features < 1:
        raise UsageError(f"n_features is {n_features}: give 1 or more")
    return [Column("input", types.FloatTensorType([None, n_features]), "float32", n_features)]


def types_of(columns: Sequence[Column]) -> list[tuple[str, Any]]:
    return [(column.name, column.type) for column in columns]


def read_rows(columns: Sequence[Column], sample: Any) -> Rows:
    """The sample, with the elements that the model takes."""
    if _is_frame(sample):
        return _rows_of_frame(columns, sample)
    array = _two_axes(sample)
    if len(columns) != 1:
        raise UsageError(f"the model has {len(columns)} inputs: give sample as a data frame with the columns "
                         f"{', '.join(column.name for column in columns)}")
    if array.shape[1] != columns[0].width:
        raise UsageError(f"sample has {array.shape[1]} features, the input '{columns[0].name}' {columns[0].width}")
    return _rows_of_array(columns[0], array, "the sample, ")


def made_up(columns: Sequence[Column], estimator: str) -> Rows:
    """Numbers around 0, a part of them ten times as wide."""
    import numpy

    if len(columns) != 1 or columns[0].element == "object":
        raise UsageError(f"{estimator} takes columns of its own: give sample=..., a data frame with some rows such as "
                         "it gets, to compare on")
    random = numpy.random.default_rng(0)
    array = random.normal(0, 1, (192, columns[0].width))
    array[128:] *= 10
    return _rows_of_array(columns[0], array, "made-up data, ")


def _rows_of_array(column: Column, array: Array, what: str) -> Rows:
    fed = _elements(column, array)
    is_float = fed.dtype.kind == "f"
    return Rows(fed.astype("float64") if is_float else fed, fed if is_float else None, {column.name: fed}, len(fed),
                what + _rows(len(fed)))


def _rows(count: int) -> str:
    return f"{count} row{'s' * (count != 1)}"


def _is_frame(sample: Any) -> bool:
    return hasattr(sample, "columns") and hasattr(sample, "iloc")


def _picks_columns(estimator: Any) -> bool:
    """Whether a ColumnTransformer in it takes columns by name."""
    steps = [*getattr(estimator, "steps", []), *getattr(estimator, "transformer_list", [])]
    return type(estimator).__name__ == "ColumnTransformer" or any(_picks_columns(each) for _, each, *_ in steps)


def _columns_of_sample(types: Any, sample: Any, by_column: bool) -> list[Column]:
    """One input where all columns are numbers, or all text, and nothing picks from them."""
    kinds = {sample[name].to_numpy().dtype.kind in "OSU" for name in sample.columns} if _is_frame(sample) else set()
    if len(kinds) < 2 and not (by_column and _is_frame(sample)):
        array = _two_axes(sample)
        is_text = array.dtype.kind in "OSU"
        kind = types.StringTensorType if is_text else types.FloatTensorType
        return [Column("input", kind([None, array.shape[1]]), "object" if is_text else "float32", array.shape[1])]
    columns = []
    for name in sample.columns:
        kind = sample[name].to_numpy().dtype.kind
        element = "object" if kind in "OSU" else "int64" if kind in "iub" else "float32"
        made = {"object": types.StringTensorType, "int64": types.Int64TensorType, "float32": types.FloatTensorType}
        columns.append(Column(str(name), made[element]([None, 1]), element, 1))
    return columns


def _rows_of_frame(columns: Sequence[Column], frame: Any) -> Rows:
    missing = [column.name for column in columns if column.name not in [str(name) for name in frame.columns]]
    if len(columns) == 1 and missing:  # one input of all columns
        column = columns[0]
        fed = _elements(column, frame.to_numpy())
        if fed.shape[1] != column.width:
            raise UsageError(f"sample has {fed.shape[1]} columns, the input '{column.name}' {column.width} features")
        return Rows(_typed(frame, {name: column.element for name in frame.columns}), None, {column.name: fed}, len(fed),
                    f"the sample, {_rows(len(fed))}")
    if missing:
        raise UsageError(f"sample has no column '{missing[0]}', which is an input of the model")
    feeds = {column.name: _elements(column, frame[[column.name]].to_numpy()) for column in columns}
    return Rows(_typed(frame, {column.name: column.element for column in columns}), None, feeds, len(frame),
                f"the sample, {_rows(len(frame))}")


def _typed(frame: Any, elements: Mapping[Any, str]) -> Any:
    """The frame with numbers rounded as the model takes them."""
    return frame.astype({name: element for name, element in elements.items() if element != "object"})


def _two_axes(sample: Any) -> Array:
    import numpy

    array = numpy.asarray(sample)
    if array.ndim != 2 or len(array) == 0:
        raise UsageError(f"sample has the shape {list(array.shape)}: give rows by features, at least one row")
    return array


def _elements(column: Column, array: Array) -> Array:
    import numpy

    try:
        fed = numpy.asarray(array).astype(column.element)
    except (TypeError, ValueError) as error:
        raise UsageError(f"sample does not fit the input '{column.name}': {error}") from error
    return fed.reshape(len(fed), -1)


def _element(name: str, kind: Any) -> str:
    elements = {"FloatTensorType": "float32", "DoubleTensorType": "float64", "Int64TensorType": "int64",
                "Int32TensorType": "int32", "BooleanTensorType": "bool", "StringTensorType": "object"}
    found = elements.get(type(kind).__name__)
    if found is None:
        raise UsageError(f"initial_types gives '{name}' the type {type(kind).__name__}: Slipway compares on "
                         f"{', '.join(elements)}")
    return found


def _width(name: str, kind: Any) -> int:
    shape = list(kind.shape or [])
    if len(shape) != 2 or not isinstance(shape[1], int):
        raise UsageError(f"initial_types gives '{name}' the shape {shape}: give [None, number of features]")
    return shape[1]
