"""What the command ``phodang`` does, a file for each of its commands."""
