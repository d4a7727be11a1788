"""Tools of the people who work on Fanfold; no part of a worker."""
