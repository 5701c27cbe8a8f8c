"""Labels a corpus: any format in, any amount, shards out, continued after any stop.

Data flows one way: sources → records → articles → shards.
"""
