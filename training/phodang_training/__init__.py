"""Training and evaluation of phodang's models; inference knows nothing of it."""
