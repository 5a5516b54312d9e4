"""Tests; the folders mirror those of the product, beside journeys, faults and benchmarks."""
