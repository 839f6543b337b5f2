"""Who is calling: Cognito's tokens verified, and turned into a principal with one school and one role."""
