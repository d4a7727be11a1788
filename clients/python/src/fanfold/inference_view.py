"""What the user sees of a test or a prediction."""

from fanfold.inference_resource import Inference, Model
from fanfold.progress_view import ProgressView
from fanfold.resources import Operation

NAMES = {"test": "Test", "predict": "Prediction"}


def inference_view(operation: Operation, inference: Inference) -> ProgressView:
    """What is to be seen of an operation that is a test or a prediction."""
    name = f"{NAMES[operation.kind]} {operation.number} {operation.status}"
    return ProgressView(
        summary=f"{name} · {model_text(inference.model)}",
        share=inference.done / inference.batches if inference.batches else 0.0,
        label=f"{inference.done}/{inference.batches} batches" if inference.batches else "starting",
        metrics=tuple((metric, f"{value:.6g}") for metric, value in inference.metrics.items()),
    )


def model_text(model: Model) -> str:
    """The model in words, and which of its checkpoints it is."""
    if model.tag is not None:
        return model.tag
    which = {
        "final": f"final checkpoint (epoch {model.epoch})",
        "epoch": f"checkpoint of epoch {model.epoch}",
        "newest": f"newest checkpoint, as it did not complete ({_place(model)})",
    }
    return f"run {model.run_id}, {which[model.choice]}"


def _place(model: Model) -> str:
    epochs = f"after epoch {model.epoch}" if model.epoch else "in its first epoch"
    return f"{epochs} and {model.chunk} chunks more" if model.chunk and model.epoch else epochs
