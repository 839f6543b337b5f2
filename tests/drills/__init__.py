"""Attacks on a running system, with bars that it must keep while they last."""
