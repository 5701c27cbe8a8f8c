"""Measuring: predictions → figures with intervals → tables, JSON, pages, error analysis."""
