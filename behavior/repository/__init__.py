"""What behaviour keeps in the table: students' events, and the ledger of the messages they came in."""
