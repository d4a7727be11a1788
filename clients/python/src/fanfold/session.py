"""The experiment this process works on: the one last created or attached."""

from fanfold.connection import Connection, find_connection
from fanfold.errors import ExperimentNotFound
from fanfold.routes import ExperimentRoutes, WorkspaceRoutes

_last: ExperimentRoutes | None = None


def remember(routes: ExperimentRoutes) -> None:
    """Note the experiment last created or attached."""
    global _last  # noqa: PLW0603 - a notebook has one current experiment, as it has one kernel
    _last = routes


def current_experiment() -> ExperimentRoutes:
    """That experiment, or else the workspace's alive one.

    Raises:
        ExperimentNotFound: There is neither.
    """
    if _last is not None:
        return _last
    workspace = WorkspaceRoutes(find_connection())
    alive = workspace.find_alive()
    if alive is None:
        raise ExperimentNotFound(
            f"no experiment is alive in workspace {workspace.connection.workspace}; create one "
            "with Experiment(ml_spec, experiment_name) before download()"
        )
    return workspace.experiment(alive.name)


def current_connection() -> Connection:
    """The connection of the experiment last created or attached, or else the one to be found."""
    return find_connection() if _last is None else _last.workspace.connection
