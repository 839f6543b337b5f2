"""Pure rules of evaluations: no Django, AWS, Celery, clock or network."""
