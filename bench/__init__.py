"""Benchmarks: each service against a bare program that does nothing but the same reads and writes."""
