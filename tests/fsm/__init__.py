"""Tests of the machine: pure, without a clock, through workflows loaded from their text."""
