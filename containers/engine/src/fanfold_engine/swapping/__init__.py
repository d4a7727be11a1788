"""States of runs that lie aside while others train, so that a device has room for more of them."""
