"""The embedded AWS: an emulator on loopback whose Batch runs jobs as local processes.

Everything that knows the emulator (``ministack``, pinned exactly) lives in this package.
"""
