"""Runs with equal shapes, trained by one step over their stacked parameters."""
