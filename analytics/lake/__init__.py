"""The lake's objects: where they lie, what a file holds, which of them are to be read. Only here is pyarrow known.

Everything works for the school in scope: reading with its own credentials, writing inside ``edu.tenancy.enter_lake``.
"""
