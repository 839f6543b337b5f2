"""Every setting the operator gives, declared once with what it may be (``declared``), and checked at start."""
