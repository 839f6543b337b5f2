"""How much a listing gives at once."""

PAGE_SIZE = 50
