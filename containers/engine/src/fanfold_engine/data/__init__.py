"""Data handles: what a download selects and pins down, and what a fit reads of it."""
