"""What may be done at the console besides what the apps' own permissions say, and which roles may do it."""

from __future__ import annotations

from edu.identity.capabilities import Capability, grant
from edu.identity.principal import Role

SIGN_IN = Capability("console.sign_in")
SEE_AUDIT_TRAIL = Capability("console.see_audit_trail")

grant(
    "console",
    {
        Role.SCHOOL_ADMIN: frozenset({SIGN_IN}),
        Role.AUDITOR: frozenset({SIGN_IN, SEE_AUDIT_TRAIL}),
        Role.PLATFORM_OPERATOR: frozenset({SIGN_IN}),
    },
)
