"""The government simulator, to develop and test against: an HTTP server that keeps the contract, or breaks it.

It answers as ``docs/GOVERNMENT-API.md`` says, in both shapes, until told otherwise: by faults of single requests
(``faults``: which requests, with or without their effect; ``altering`` and ``edits``: what is said; ``wire``: how it is
sent) and by standing conditions (``conditions``: keys, outages, chances, when it decides; ``listing``: what it lists).
``script`` holds them, ``server`` takes them; the contract's document lists them all. ``government`` is what happens to
a question, ``store`` what is remembered: requests by its own clock, and every effect, grade by grade, whatever it said.
"""
