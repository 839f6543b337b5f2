"""How much one request, one sender and all of them together may take, before anything is parsed or known of them.

``docs/SECURITY.md`` has every figure with its test. The server has bounds of its own, given on its command line
(``deploy.local.services.granian``), and so has a load balancer before it: what they refuse never comes here.
"""

from __future__ import annotations

from dataclasses import dataclass

KIB, MIB = 1024, 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """The bounds of one process."""

    head_bytes: int = 16 * KIB  # the address and all fields; a token has 1-2 KiB, 8 at most
    head_fields: int = 64
    media_type_bytes: int = 256  # Content-Type and Content-Encoding, which Django parses for every request
    body_bytes: int = MIB
    body_parts: int = 512  # pieces that a body may come in, each of which costs some 100 us, ...
    part_bytes: int = 512  # ... and one more for so many bytes
    free_parts: int = 64  # and the same one more; the next are small pieces, which their sender may send ...
    small_parts_a_minute: int = 1024  # ... so many of, in all bodies
    body_s: float = 15.0  # from the end of the head to the end of the body
    open_per_sender: int = 64  # a token's, or a console session's
    open_per_address: int = 128  # of those who bring neither: a school shares an address
    refusal_s: float = 2.0  # that who has too many open waits for their refusal, which then says: again in two seconds
    waiting_refusals: int = 1024  # at once; the next are told without a wait
    waiting_bodies: int = 512  # bodies on their way; past it the oldest is given up
    held_bytes: int = 64 * MIB  # bodies on their way or being worked on; as much again of large answers on theirs
    piece_bytes: int = 32 * KIB  # larger answers go in pieces
    answer_s: float = 60.0  # for the pieces of a large answer to be taken
    silence_s: float = 30.0  # after which a connection ends whose client takes nothing that is sent to it
    buffer_bytes: int = 64 * KIB  # of an answer that the kernel keeps for its reader (it doubles the figure)
