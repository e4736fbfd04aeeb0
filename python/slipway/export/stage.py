"""Files that appear in their place when all is well with them, and not before."""

from __future__ import annotations

import importlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Union

from .._slipway import rewrite_model
from ..errors import MissingPackageError, UsageError

PathLike = Union[str, "os.PathLike[str]"]


class Stage:
    """A folder beside `target`; `file` is the target's place in it."""

    def __init__(self, target: Path, folder: Path) -> None:
        self.target = target
        self._folder = folder
        self.file = folder / target.name

    def publish(self) -> None:
        """Everything in the folder moves to where it belongs, the target last: what it refers to is there before."""
        others = sorted(each for each in self._folder.iterdir() if each != self.file)
        for each in [*others, self.file]:
            os.replace(each, self.target.parent / each.name)


@contextmanager
def staged(path: PathLike) -> Iterator[Stage]:
    target = Path(path)
    if target.is_dir():
        raise UsageError(f"{target} is a folder: name the file in it that is to be written")
    if not target.parent.is_dir():
        raise UsageError(f"{target} cannot be written: there is no folder {target.parent}")
    with tempfile.TemporaryDirectory(prefix=".slipway-export-", dir=target.parent) as folder:
        yield Stage(target, Path(folder))


def gather_weights(file: Path) -> None:
    """Of a model above 2 GiB PyTorch writes each tensor as a file that has its name, as another model's may have, too.
    Afterwards there is the model and, where it is so large, one file of weights that is called after it."""
    written = [each for each in file.parent.iterdir() if each != file]
    if all(each.name == f"{file.name}.data" for each in written):
        return
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        rewrite_model(str(file), str(Path(folder, file.name)))
        for each in (file, *written):
            each.unlink()
        for each in Path(folder).iterdir():
            os.replace(each, file.parent / each.name)


def package(name: str, caller: str, line: str) -> Any:
    """The module `name`; where its package is missing, an error with the pip line."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != name.split(".")[0]:
            raise
        raise MissingPackageError(f"{caller} needs {name}, which is not installed here: pip install {line}") from None
