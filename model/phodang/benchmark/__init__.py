"""Measures how fast texts are read on this machine: by phodang, and in the usual way.

Each system is measured in a process of its own, one after the other, on the same number of threads.
"""
