"""Loading a school's roster: compared first, held if it is large, written in steps, undone.

``previewing``  reading files and holding them against what stands; writes nothing
``starting``    committing what a preview showed
``deciding``    approving and discarding what was held
``applying``    writing a plan, part by part, whatever happens in between
``undoing``     putting back what stood before, but for what was changed since
``advancing``   an import's next step, whatever it is at, and which imports nobody moves any more
``reading``     which imports there were, and what became of them
``loading``     a whole school from records that are at hand
"""
