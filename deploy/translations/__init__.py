"""What translators need: the Spanish texts compiled without gettext's binaries."""
