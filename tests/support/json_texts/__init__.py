"""Byte strings that are JSON, that are not, and that RFC 8259 leaves to each reader: written from its grammar.

Each production of the grammar (RFC 8259, 2 to 8) has its texts and its near misses here, after the kinds of cases that
https://github.com/nst/JSONTestSuite distinguishes; the texts are our own.
"""
