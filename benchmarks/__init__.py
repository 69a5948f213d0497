"""Measurements that the project prints when asked: ``python -m benchmarks.summaries``."""
