"""What Slipway raises. Each is a SlipwayError and also the built-in exception that fits, so that either can be caught."""


class SlipwayError(Exception):
    """What all of Slipway's exceptions are."""


class ModelNotFoundError(SlipwayError, FileNotFoundError):
    """There is no such file."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class InvalidModelError(SlipwayError, ValueError):
    """The file is no model, or a damaged one."""


class UnsupportedModelError(SlipwayError, NotImplementedError):
    """The model is sound, and Slipway cannot run it so."""


class InputError(SlipwayError, ValueError):
    """A run's inputs: a name is missing or unknown, or an array's shape or order is not the model's."""


class InputTypeError(InputError, TypeError):
    """A run's inputs: something that is no array, or an array whose elements are not the model's."""


class ClosedError(SlipwayError, RuntimeError):
    """The session was closed."""


class ForkedError(SlipwayError, RuntimeError):
    """The session was made before this process was forked off: its threads are not here."""


class RunError(SlipwayError, RuntimeError):
    """A run failed, for a reason that is not in its inputs."""


class TimedOutError(SlipwayError, TimeoutError):
    """What was waited for did not happen within the time that was given."""


class UsageError(SlipwayError, ValueError):
    """An option or an argument makes no sense."""


class MissingPackageError(SlipwayError, ImportError):
    """Another package is needed for this; the message has the line that installs it."""


class NotAvailableError(SlipwayError, NotImplementedError):
    """This machine, or this version of Slipway, does not have it."""


class ExportError(SlipwayError, RuntimeError):
    """A framework could not write its model as ONNX, or what it wrote gives other answers than the model."""


class CommandError(SlipwayError, RuntimeError):
    """A step of the toolchain failed; `exit_code` is the program's."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code
