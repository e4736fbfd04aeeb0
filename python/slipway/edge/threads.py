"""Several threads on one model: inputs in, results out."""

from __future__ import annotations

import os
import threading
import weakref
from collections import deque
from typing import Any

from ..errors import ClosedError, ForkedError, TimedOutError, UsageError
from ..session import InferenceSession, ModelSource, SessionOptions
from .model import Model


class InferenceResult(tuple[int, Any]):
    """What a worker made of one input: `worker_id, output = result`, or result.worker_id, result.output; result.ticket
    is what submit() gave for the input."""

    ticket: int

    def __new__(cls, worker_id: int, output: Any, ticket: int) -> InferenceResult:
        made = super().__new__(cls, (worker_id, output))
        made.ticket = ticket
        return made

    @property
    def worker_id(self) -> int:
        return self[0]

    @property
    def output(self) -> Any:
        return self[1]

    def __repr__(self) -> str:
        return f"InferenceResult(worker_id={self.worker_id}, output={self.output!r}, ticket={self.ticket})"


class _Failed:
    """A run that raised."""

    def __init__(self, error: BaseException, ticket: int) -> None:
        self.error = error
        self.ticket = ticket


class _Shared:
    """What the workers and their owner share. The workers hold this and not the owner, so that an owner that is
    forgotten is collected, which ends them."""

    def __init__(self, model: Model, max_queue: int, is_ordered: bool) -> None:
        self.model = model
        self.max_queue = max_queue
        self.is_ordered = is_ordered
        self.lock = threading.RLock()  # what collects an owner may run inside a worker that holds it
        self.has_work = threading.Condition(self.lock)
        self.has_room = threading.Condition(self.lock)
        self.has_result = threading.Condition(self.lock)
        self.waiting: deque[tuple[int, dict[str, Any]]] = deque()
        self.finished: deque[InferenceResult | _Failed] = deque()
        self.early: dict[int, InferenceResult | _Failed] = {}  # ordered: finished before one that was given earlier
        self.next_ticket = 0
        self.next_in_order = 0
        self.unfetched = 0  # given and not fetched yet: waiting, running or finished
        self.is_stopping = False

    def finish(self, done: InferenceResult | _Failed) -> None:
        """With the lock held."""
        if not self.is_ordered:
            self.finished.append(done)
            self.has_result.notify()
            return
        self.early[done.ticket] = done
        while self.next_in_order in self.early:
            self.finished.append(self.early.pop(self.next_in_order))
            self.next_in_order += 1
            self.has_result.notify()


def _work(shared: _Shared, worker_id: int) -> None:
    while True:
        with shared.lock:
            while not shared.waiting:
                if shared.is_stopping:
                    return
                shared.has_work.wait()
            ticket, arrays = shared.waiting.popleft()
            shared.has_room.notify()
        done: InferenceResult | _Failed
        try:
            done = InferenceResult(worker_id, shared.model.run(arrays), ticket)
        except BaseException as error:  # whatever it is, it is for the caller of get_result()
            done = _Failed(error, ticket)
        del arrays
        with shared.lock:
            shared.finish(done)
        del done


def _end(shared: _Shared, threads: list[threading.Thread], drain: bool) -> None:
    with shared.lock:
        shared.is_stopping = True
        if not drain:
            while shared.waiting:
                ticket, _ = shared.waiting.popleft()
                unrun = ClosedError(f"input {ticket} was not run: stop(drain=False) came before")
                shared.finish(_Failed(unrun, ticket))
        shared.has_work.notify_all()
        shared.has_room.notify_all()
        shared.has_result.notify_all()
    if threading.current_thread() in threads:
        return  # collected inside a worker, which ends when it comes back; the session goes with its last user
    for thread in threads:
        thread.join()
    shared.model.close()


def _abandon(shared: _Shared, threads: list[threading.Thread], process: int) -> None:
    if os.getpid() == process:  # a forked child has none of the threads
        _end(shared, threads, drain=False)


class MultiThreadedInference:
    """`num_threads` threads that run one model on the inputs that are given, its weights in memory once.

    submit() takes an input and gives its ticket; get_result() gives the next result, which is the pair (worker id,
    output) and knows its ticket. Results come as they are finished, or with `ordered` as their inputs were given.

    `max_queue` inputs wait at most: submit() then waits until a worker takes one. `max_results` is how many results may
    lie unfetched before submit() refuses more. An input is copied when it is given; what is wrong with its type is
    raised by submit(), what is wrong with its run by get_result(). Any thread may call.

    stop(), or the end of a with statement, ends the threads, as do forgetting the object and the interpreter's end.
    """

    def __init__(self, model_path: ModelSource | InferenceSession, num_threads: int = 4, *, ordered: bool = False,
                 max_queue: int = 256, max_results: int = 65536, options: SessionOptions | None = None) -> None:
        """`options` are of the session; without them each run keeps to its worker's thread."""
        for name, value in (("num_threads", num_threads), ("max_queue", max_queue), ("max_results", max_results)):
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise UsageError(f"{name} is {value!r}: give a whole number, 1 or more")
        if options is None:
            options = SessionOptions()
            options.intra_op_num_threads = 1
        self.model_path = model_path
        self.num_threads = num_threads
        self.max_results = max_results
        self._process = os.getpid()
        self._shared = _Shared(Model(model_path, options), max_queue, ordered)
        self.threads = [threading.Thread(target=_work, args=(self._shared, i), name=f"slipway-worker-{i}", daemon=True)
                        for i in range(num_threads)]
        for thread in self.threads:
            thread.start()
        self._finalizer = weakref.finalize(self, _abandon, self._shared, self.threads, self._process)

    @property
    def running(self) -> bool:
        return not self._shared.is_stopping

    @property
    def pending(self) -> int:
        """How many inputs were given whose results have not been fetched."""
        return self._shared.unfetched

    def submit(self, input_data: Any, timeout: float | None = None) -> int:
        """Gives an input: an array, or a dict of arrays by name. Its ticket counts from 0.

        Where max_queue inputs wait already, this waits for room, with `timeout` (seconds) for so long at most and then
        raises TimedOutError. ClosedError after stop().
        """
        self._check_process()
        arrays = self._shared.model.arrays(input_data, copy=True)
        shared = self._shared
        with shared.lock:
            def has_room() -> bool:
                return shared.is_stopping or len(shared.waiting) < shared.max_queue

            if not shared.has_room.wait_for(has_room, timeout):
                raise TimedOutError(f"{shared.max_queue} inputs wait already and none was taken within {timeout} s: "
                                    "give fewer, wait longer, or make num_threads or max_queue larger")
            if shared.is_stopping:
                raise ClosedError("the threads were stopped: make a new MultiThreadedInference")
            if len(shared.finished) + len(shared.early) >= self.max_results:
                raise UsageError(f"{self.max_results} results lie unfetched: call get_result() for each input, or make "
                                 "max_results larger")
            ticket = shared.next_ticket
            shared.next_ticket += 1
            shared.unfetched += 1
            shared.waiting.append((ticket, arrays))
            shared.has_work.notify()
        return ticket

    def submit_inference(self, input_data: Any) -> int:
        """submit(), by its older name."""
        return self.submit(input_data)

    def get_result(self, timeout: float | None = None) -> InferenceResult:
        """The next result: worker_id, output = get_result(). Waits for it, with `timeout` (seconds) for so long at most
        and then raises TimedOutError.

        What the run raised is raised here, with the input's number as its attribute `ticket`. After stop() the results
        that are left can be fetched; then ClosedError.
        """
        self._check_process()
        shared = self._shared
        with shared.lock:
            def is_over() -> bool:
                return shared.is_stopping and shared.unfetched == 0

            if not shared.has_result.wait_for(lambda: bool(shared.finished) or is_over(), timeout):
                raise TimedOutError(f"no result within {timeout} s, {shared.unfetched} are to come: wait longer, or "
                                    "give an input first")
            if not shared.finished:
                raise ClosedError("the threads were stopped and every result was fetched: there is none to wait for")
            done = shared.finished.popleft()
            shared.unfetched -= 1
            if shared.unfetched == 0 and shared.is_stopping:
                shared.has_result.notify_all()
        if isinstance(done, _Failed):
            setattr(done.error, "ticket", done.ticket)
            try:
                raise done.error
            finally:
                del done  # the error's trace holds this frame
        return done

    def stop(self, drain: bool = True) -> None:
        """Ends the threads and waits for them. What was given is run first; without `drain` only what runs already
        is finished, and get_result() raises ClosedError for each of the rest. May be called again."""
        if self._finalizer.alive and os.getpid() == self._process:
            _end(self._shared, self.threads, drain)
            self._finalizer.detach()

    def __enter__(self) -> MultiThreadedInference:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self.stop(drain=kind is None)

    def _check_process(self) -> None:
        if os.getpid() != self._process:
            raise ForkedError("the threads were started before this process was forked off, and are not here: make "
                              "MultiThreadedInference in the process that uses it")

