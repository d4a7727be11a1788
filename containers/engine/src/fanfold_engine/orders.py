"""What the control plane wants of this worker, as the last answers said."""

from __future__ import annotations

import threading
from collections import deque

from fanfold_engine.protocol import DealtRun, SyncAnswer

MAX_WAITING_RUNS = 16
"""Runs dealt ahead, so that a worker of many small runs need not wait for a sync between them."""


class Orders:
    """Answers come in from the syncing thread; executors look between chunks."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._dealt: deque[DealtRun] = deque()
        self._stop: set[int] = set()
        self._branch: set[int] = set()
        self._branched: set[int] = set()
        self._drop: set[int] = set()
        self._more = True
        self._exit = False
        self._leaving = False
        self._changes = 0
        self._alone: set[int] = set()

    def take_in(self, answer: SyncAnswer) -> None:
        """Follow an answer."""
        with self._changed:
            fresh = {run.run_id for run in answer.train}
            before = (self._stop, self._branch, self._drop)
            self._stop = (self._stop - fresh) | set(answer.stop)
            # What was given is asked for until the control plane has heard of it.
            self._branched &= set(answer.branch)
            self._branch = set(answer.branch) - self._branched
            self._drop = (self._drop - fresh) | set(answer.drop)
            # A run that is dealt again was stopped and resumed before its turn.
            waiting = (run for run in self._dealt if run.run_id not in fresh)
            self._dealt = deque([*waiting, *answer.train])
            self._alone |= {run.run_id for run in answer.train if run.alone}
            self._more = answer.more
            self._exit = self._exit or answer.exit
            # Orders are given in every answer until they are heeded; only new ones are news.
            self._changes += answer.exit or before != (self._stop, self._branch, self._drop)
            self._changed.notify_all()

    def leave(self) -> None:
        """The machine is about to be taken away: runs go on elsewhere."""
        with self._changed:
            self._leaving = True
            self._changes += 1
            self._changed.notify_all()

    @property
    def changes(self) -> int:
        """How often something was wanted of runs in hand: when it grows, there is news."""
        return self._changes

    @property
    def room(self) -> int:
        """How many more runs can be dealt now."""
        with self._changed:
            return (
                0 if self._alone or self._leaving else max(0, MAX_WAITING_RUNS - len(self._dealt))
            )

    def is_alone(self, run_id: int) -> bool:
        """Whether nothing else is to be trained while this run is in hand."""
        with self._changed:
            return run_id in self._alone

    def has_got_further(self, run_id: int) -> None:
        """The control plane knows that the run got further, or that it is over."""
        with self._changed:
            self._alone.discard(run_id)

    @property
    def exits(self) -> bool:
        """Whether every run is to be stopped."""
        return self._exit

    @property
    def leaves(self) -> bool:
        """Whether the machine is about to be taken away."""
        return self._leaving

    def stops(self, run_id: int) -> bool:
        """Whether the run is to stop at its next chunk boundary."""
        with self._changed:
            return self._exit or run_id in self._stop

    def branches(self, run_id: int) -> bool:
        """Whether clones wait for a checkpoint of the run."""
        with self._changed:
            return run_id in self._branch

    def has_branched(self, run_id: int) -> None:
        """The checkpoint that clones wait for is on its way."""
        with self._changed:
            self._branch.discard(run_id)
            self._branched.add(run_id)

    def drops(self, run_id: int) -> bool:
        """Whether the run is to be let go of without a checkpoint."""
        with self._changed:
            return run_id in self._drop

    def next_run(self, *, wait: bool = True) -> DealtRun | None:
        """The next run to train; ``None`` when there is none, or, without ``wait``, none yet."""
        with self._changed:
            if wait:
                self._changed.wait_for(self._is_known)
            if self._leaving or not self._dealt:
                return None
            return self._dealt.popleft()

    def _is_known(self) -> bool:
        """Whether it is known if another run is to be trained."""
        return bool(self._dealt) or not self._more or self._leaving or self._exit
