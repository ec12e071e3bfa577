"""Figures of memwall: one module a figure, one for their common style, one for reading, one for labels."""
