"""The one table: keys, items, queries, transactions. Everything here works in the scope of ``edu.tenancy``.

Repositories use ``keys`` to name items, ``mapping`` to turn them into dataclasses, ``table`` to read and
``transactions`` to write. There is no scan and no PartiQL: a tenant's credentials could not use them.
"""
