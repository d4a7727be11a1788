"""Following an end while it saves the artifacts."""

from fanfold.progress_view import ProgressView
from fanfold.resources import Operation
from fanfold.routes import ExperimentRoutes
from fanfold.screens import open_screen
from fanfold.watching import detached, follow


def follow_saving(routes: ExperimentRoutes, operation: Operation) -> Operation:
    """Show how many runs an end has saved until it is over.

    Raises:
        Detached: The user interrupted; the saving goes on.
    """
    try:
        with open_screen() as screen:

            def ask() -> Operation:
                now = routes.get_operation(operation.number)
                screen.show_progress(saving_view(now))
                return now

            ended = follow(ask, is_over=lambda now: not now.is_active, screen=screen)
            screen.finish_progress(saving_view(ended))
            return ended
    except KeyboardInterrupt:
        raise detached(routes, operation) from None


def saving_view(operation: Operation) -> ProgressView:
    """What is to be seen of an operation that is an end with artifacts."""
    done, runs = operation.saved_runs, operation.runs_to_save
    return ProgressView(
        summary=f"Saving the artifacts under {operation.artifacts_uri}",
        share=done / runs if runs else float(operation.status == "completed"),
        label=f"{done}/{runs} runs" if runs else "starting",
        metrics=(),
    )
