"""Times how long it takes to decide which run trains next: `next_turn.py RUNS CHUNKS`.

All the runs of a fit are trained by turns in nobody's hands: a turn is taken, and put back a chunk
further. Prints the mean of one such decision in milliseconds.
"""

import sys
import time

from fanfold_engine.executors.turns import Turn, Turns

EPOCHS = 100


def main(runs: int, chunks: int) -> None:
    """Decide for every chunk of every run of some epochs."""
    turns = Turns()
    for run_id in range(runs):
        turns.put(Turn(0, 0, run_id))
    decisions = EPOCHS * chunks * runs
    began = time.perf_counter()
    for _ in range(decisions):
        turn = turns.first()
        assert turn is not None
        epochs, chunk = divmod(turn.epoch * chunks + turn.chunk + 1, chunks)
        turns.put(Turn(epochs, chunk, turn.run_id))
    print((time.perf_counter() - began) / decisions * 1000)


main(*map(int, sys.argv[1:]))
