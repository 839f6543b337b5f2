"""Long jobs: done in short steps that any worker may take, after any crash (ADR 0014).

``domain``      what a job is: its units, its progress, its place on the list of what is due; pure rules
``repository``  a scope's jobs and the due list, as items of the table; every write of a job is one of its version
``steps``       taking a step, handing out what is due, and saying when to look again

A Celery task takes one step and sends the next message while there is something to do at once; a sweep that beat calls
sends a message for each job handed out. Waits are times on the due list, never countdowns.
"""
