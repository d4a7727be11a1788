"""The syncing thread: tells what is in the ledger and takes in orders, so that training need
not wait.

It syncs at least every ``syncIntervalSeconds``, and sooner when asked to; requests that come
within a moment share one sync.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from fanfold_engine.control_plane import PATIENCE_SECONDS, ControlPlane
from fanfold_engine.ledger import Ledger
from fanfold_engine.orders import Orders
from fanfold_engine.protocol import Assignment, Credentials, SyncAnswer, SyncRequest
from fanfold_engine.settings import Settings

COALESCE_SECONDS = 0.1
FIRST_INTERVAL_SECONDS = 5.0
CREDENTIALS_MARGIN = timedelta(seconds=PATIENCE_SECONDS)
"""They outlast a control plane that is silent for as long as it is waited for."""

Ended = Callable[[BaseException], None]


class Session:
    """This attempt's conversation with the control plane.

    ``ended`` is called from the syncing thread when the control plane lets the worker go, or is
    lost.
    """

    def __init__(
        self,
        settings: Settings,
        control_plane: ControlPlane,
        *,
        ended: Ended,
    ) -> None:
        self.ledger = Ledger()
        self.orders = Orders()
        self._settings = settings
        self._control_plane = control_plane
        self._ended = ended
        self._credentials: Credentials | None = None
        self._sequence = 0
        self._interval_seconds = FIRST_INTERVAL_SECONDS
        self._assignment: Assignment | None = None
        self._changed = threading.Condition()
        self._urgent = False
        self._at_once = True
        self._closing = False
        self._owes_farewell = False
        self._over = False
        self._thread = threading.Thread(target=self._converse, name="sync", daemon=True)

    def start(self) -> None:
        """Send the first sync."""
        self._thread.start()

    def assignment(self) -> Assignment:
        """What this worker is for; waits for the first answer."""
        with self._changed:
            self._changed.wait_for(lambda: self._assignment is not None)
            assert self._assignment is not None
            return self._assignment

    def credentials(self) -> Credentials:
        """The newest storage credentials; waits for the first."""
        with self._changed:
            self._changed.wait_for(lambda: self._credentials is not None)
            assert self._credentials is not None
            return self._credentials

    def leave(self) -> None:
        """The machine is being taken away: say so, and take on no more."""
        self.orders.leave()
        with self._changed:
            self._owes_farewell = self._urgent = True
            self._changed.notify_all()

    def sync_soon(self) -> None:
        """Sync as soon as possible."""
        with self._changed:
            self._urgent = True
            self._changed.notify_all()

    def flush(self, timeout_seconds: float | None = None) -> bool:
        """Wait until everything in the ledger was heard; false when it took too long."""
        self.sync_soon()
        with self._changed:
            done = lambda: self.ledger.is_empty or self._over  # noqa: E731
            return bool(self._changed.wait_for(done, timeout_seconds))

    def close(self, timeout_seconds: float | None = None) -> bool:
        """Tell what is left and end the conversation; false when that took too long."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def _converse(self) -> None:
        try:
            while self._await_turn():
                self._sync()
        except BaseException as error:  # noqa: BLE001 - nobody else would hear of it
            self._ended(error)
        finally:
            with self._changed:
                self._over = True
                self._changed.notify_all()
            self._control_plane.close()

    def _await_turn(self) -> bool:
        """Wait until a sync is due; false when everything is told and the session closes."""
        with self._changed:
            self._changed.wait_for(self._is_due_early, self._interval_seconds)
            if not self._at_once:
                self._changed.wait_for(lambda: self._closing, COALESCE_SECONDS)
            self._urgent = self._at_once = False
            return not (self._closing and self.ledger.is_empty and not self._owes_farewell)

    def _is_due_early(self) -> bool:
        return self._urgent or self._at_once or self._closing

    def _sync(self) -> None:
        self._sequence += 1
        entries, leaves = self.ledger.take(), self.orders.leaves
        answer = self._control_plane.sync(
            SyncRequest(
                job_id=self._settings.job_id,
                attempt=self._settings.attempt,
                sequence=self._sequence,
                needs_credentials=self._needs_credentials(),
                room=self.orders.room,
                runs=entries.runs,
                logs=entries.logs,
                download=entries.download,
                inference=entries.inference,
                interrupted=leaves or None,
            )
        )
        self._owes_farewell = self._owes_farewell and not leaves
        self._take_in(answer, at_once=entries.more)

    def _take_in(self, answer: SyncAnswer, *, at_once: bool) -> None:
        self.orders.take_in(answer)
        self.ledger.confirm()
        with self._changed:
            self._assignment = self._assignment or answer.assignment
            self._credentials = answer.credentials or self._credentials
            self._interval_seconds = answer.sync_interval_seconds
            self._at_once = at_once
            self._changed.notify_all()

    def _needs_credentials(self) -> bool:
        if self._credentials is None:
            return True
        expires_at = datetime.fromisoformat(self._credentials.expires_at)
        return expires_at - datetime.now(UTC) < CREDENTIALS_MARGIN
