"""Fine-tuning: annotated articles → what a model reads → losses → checkpoint, with its record."""
