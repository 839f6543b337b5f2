"""Taking a whole school along (ADR 0038).

``ordering``  an export is ordered, looked at, erased
``making``    a worker makes it; an operator makes one for a file
``linking``   an address under which it can be taken for some minutes
``audit_trail``  what the audit trail says of it
"""
