"""Refinement of contact lists."""
