"""Tests of the contracts: expressions, schemas, the reading and checking of workflow files."""
