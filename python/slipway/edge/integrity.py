"""Whether a model's file is the one that was meant: an HMAC-SHA256 over its bytes, with a key that both sides share."""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import Union

from ..errors import ModelNotFoundError, UsageError

PathLike = Union[str, "os.PathLike[str]"]

_PIECE_BYTES = 1 << 20


def model_hmac(model_path: PathLike, secret_key: str | bytes) -> str:
    """The code of a file, 64 hexadecimal digits. A key that is text stands for its UTF-8 bytes."""
    if not isinstance(secret_key, (str, bytes, bytearray)):
        raise UsageError(f"the key is given as text or bytes, and a {type(secret_key).__name__} was given")
    key = secret_key.encode() if isinstance(secret_key, str) else bytes(secret_key)
    if not key:
        raise UsageError("the key is empty, so that anyone could make the code: give the secret that both sides share")
    code = hmac.new(key, digestmod=hashlib.sha256)
    try:
        with open(model_path, "rb") as file:
            while piece := file.read(_PIECE_BYTES):
                code.update(piece)
    except FileNotFoundError as error:
        raise ModelNotFoundError(f"cannot open {os.fspath(model_path)}: {error.strerror}") from error
    except OSError as error:
        raise UsageError(f"cannot read {os.fspath(model_path)}: {error.strerror}: name the model's file") from error
    return code.hexdigest()


def verify_model_integrity(model_path: PathLike, expected_hash: str, secret_key: str | bytes) -> bool:
    """True where the file's code is `expected_hash`, as model_hmac() gave it. The comparison takes the same time
    wherever they differ; the file is read a piece at a time."""
    if not isinstance(expected_hash, str):
        raise UsageError(f"the expected code is given as text of 64 hexadecimal digits, and a "
                         f"{type(expected_hash).__name__} was given")
    expected = expected_hash.strip().lower()
    return hmac.compare_digest(model_hmac(model_path, secret_key).encode(), expected.encode())
