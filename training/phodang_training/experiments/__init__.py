"""Several trainings, or several annotations, side by side: curves, folds, agreement."""
