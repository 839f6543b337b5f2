"""What stands before both applications, Django's and the event door: it bounds a request and receives it whole.

An application behind it sees no head over the limits, no half body and no body without a length, and more open requests
of one sender than are allowed never reach it (ADR 0018; the figures are ``edu.http.front.limits``).
"""
