"""Further pre-training of an encoder on texts, by masked-language modelling."""
