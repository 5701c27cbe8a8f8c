"""The commands of ``phodang-train``, a function each."""
