"""What every HTTP answer has in common: correlation, security headers, errors as problem+json."""
