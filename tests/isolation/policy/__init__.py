"""IAM's decision worked out a second time, from the template's text, by code of our own that knows no emulator."""
