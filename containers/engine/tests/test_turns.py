"""Whose turn it is."""

from __future__ import annotations

from fanfold_engine.executors.turns import Turn, Turns


def in_order(turns: Turns) -> list[int]:
    run_ids: list[int] = []
    while (turn := turns.first()) is not None:
        run_ids.append(turn.run_id)
        turns.leave(turn.run_id)
    return run_ids


def test_fewest_epochs_come_first_then_fewest_chunks_then_the_lowest_id() -> None:
    turns = Turns()
    for turn in [Turn(1, 0, 1), Turn(0, 3, 2), Turn(0, 2, 9), Turn(0, 2, 4)]:
        turns.put(turn)

    assert in_order(turns) == [4, 9, 2, 1]


def test_a_turn_that_was_taken_back_or_moved_on_is_not_given() -> None:
    turns = Turns()
    for run_id in (1, 2, 3):
        turns.put(Turn(0, 0, run_id))
    turns.put(Turn(0, 1, 1))
    turns.leave(2)

    assert in_order(turns) == [3, 1]
    assert len(turns) == 0


def test_runs_take_turns_chunk_by_chunk() -> None:
    turns, trained = Turns(), list[int]()
    for run_id in (2, 1, 3):
        turns.put(Turn(0, 0, run_id))
    for _ in range(9):
        turn = turns.first()
        assert turn is not None
        trained.append(turn.run_id)
        turns.put(Turn(0, turn.chunk + 1, turn.run_id))

    assert trained == [1, 2, 3] * 3
