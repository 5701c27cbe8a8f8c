"""What is made of trained models: means, combinations, the inference form, cards."""
