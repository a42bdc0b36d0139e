"""Gives the tests here the fixture `evaluate`."""

from evaluated import evaluate

__all__ = ["evaluate"]
