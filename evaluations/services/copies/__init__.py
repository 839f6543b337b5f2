"""What changed in a school, for the systems that keep a copy of its records (ADR 0034).

``positions``  how far a reader has come in the log of changes
``subjects``   which records a change is about
``standing``   those records as they stand now
``walking``    the whole roster, which a first copy begins with
``taking_along``  all that the school has, for an export of it
``feed``       a page of what changed
"""
