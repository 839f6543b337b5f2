"""The worker of the events' queue: takes messages many together, and decides itself what becomes of each (ADR 0024).

``manage.py consume_events``
"""
