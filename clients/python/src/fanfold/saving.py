"""What is to be seen of an end while it saves the artifacts."""

from fanfold.progress_view import ProgressView
from fanfold.resources import Operation


def saving_view(operation: Operation) -> ProgressView:
    """What is to be seen of an operation that is an end with artifacts."""
    done, runs = operation.saved_runs, operation.runs_to_save
    return ProgressView(
        summary=f"Saving the artifacts under {operation.artifacts_uri}",
        share=done / runs if runs else float(operation.status == "completed"),
        label=f"{done}/{runs} runs" if runs else "starting",
        metrics=(),
    )
