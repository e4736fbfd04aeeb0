"""A module from a file of torch.save() or torch.jit.save()."""

from __future__ import annotations

import inspect
import pickle
import re
import warnings
import zipfile
from pathlib import Path
from typing import Any

from ..errors import InvalidModelError, ModelNotFoundError


def load_module(torch: Any, path: Path) -> Any:
    """The module in the file, on the processor. Loading runs code that is in the file."""
    if not path.is_file():
        raise ModelNotFoundError(f"{path}: there is no such file" if not path.exists() else f"{path} is a folder")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loaded = _script(torch, path) if _is_script(path) else _pickled(torch, path)
    if isinstance(loaded, torch.nn.Module):
        return loaded
    raise InvalidModelError(_why_not(torch, path, loaded))


def _is_script(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(name.endswith("/constants.pkl") for name in archive.namelist())


def _script(torch: Any, path: Path) -> Any:
    try:
        return torch.jit.load(str(path), map_location="cpu")
    except Exception as error:
        raise InvalidModelError(f"{path}: TorchScript that this torch cannot read: {_first_line(error)}") from error


def _pickled(torch: Any, path: Path) -> Any:
    options: dict[str, Any] = {"map_location": "cpu"}
    if "weights_only" in inspect.signature(torch.load).parameters:
        options["weights_only"] = False
    try:
        return torch.load(str(path), **options)
    except (AttributeError, ImportError) as error:
        raise InvalidModelError(_unknown_class(path, error)) from error
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError, TypeError, IndexError) as error:
        raise InvalidModelError(f"{path}: not a file of torch.save(), or a damaged one: "
                                f"{_first_line(error)}") from error


def _unknown_class(path: Path, error: Exception) -> str:
    """A pickled module refers to its class by module and name."""
    said = _first_line(error)
    way_out = ("save the module from a file that can be imported, or as TorchScript, which needs no class: "
               "torch.jit.script(module).save(path)")
    if "__main__" in said:
        found = re.search(r"attribute '(\w+)'", said)
        return (f"{path}: its class {found.group(1) if found else ''} was defined in the script that saved it, which "
                f"is not this one: {way_out}")
    return (f"{path}: the class of its module cannot be imported here ({said}): put the folder with its source into "
            f"PYTHONPATH, or {way_out}")


def _why_not(torch: Any, path: Path, loaded: Any) -> str:
    build = "build the module, load_state_dict() them, and give the module"
    if isinstance(loaded, dict):
        if loaded and all(isinstance(value, torch.Tensor) for value in loaded.values()):
            return (f"{path} holds weights alone, a state dict of {len(loaded)} tensors, without the network that they "
                    f"belong to: {build}")
        names = ", ".join(str(name) for name in loaded)
        modules = [name for name, value in loaded.items() if isinstance(value, torch.nn.Module)]
        if modules:
            return f"{path} is a dict of {names}: give the module in it, torch.load(path)[{modules[0]!r}]"
        return (f"{path} is a training checkpoint, a dict of {names}, without the network that its weights belong to: "
                f"{build}")
    return f"{path} holds a {type(loaded).__name__}, not a module: save the module itself, torch.save(module, path)"


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
