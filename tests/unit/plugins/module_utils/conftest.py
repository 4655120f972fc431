"""Lets the tests of these rooms share machines.py."""
