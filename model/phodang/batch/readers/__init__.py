"""What reads sources, a file for each format."""
