"""A made-up lake: three school years of fifty schools in the lake's own layout, the same for the same seed.

The schools, their people, calendars and scales are the demo's (``evaluations.demo``); what is added is time: three
years of attendance, activity and scores, and students who do worse from some day on. Which ones is kept aside
(``trouble.Trouble``) and stands nowhere in the lake: it is what a rule that looks for them is measured against.
"""
