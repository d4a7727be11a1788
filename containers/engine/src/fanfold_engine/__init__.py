"""Trains Fanfold runs: user MLSpec code, the worker protocol and object storage, nothing else."""
