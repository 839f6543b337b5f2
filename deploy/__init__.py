"""What stands beside the product: the template and its deployment, the emulated cloud, the local system.

Nothing here runs in production, and nothing that runs there imports it (ADR 0013).
"""
