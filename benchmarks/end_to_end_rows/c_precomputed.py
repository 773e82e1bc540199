"""C: mmkeras from the files; static spectra are made once, and kept on disk."""

from end_to_end_rows.c_mmkeras import FILES, build, fit, outcome
from end_to_end_rows.measure import measure

import mmkeras as mm


def train(run):
    # user code
    whole, data = build(run)
    model, ready = mm.precompute(whole, data)
    fit(run, model, ready)
    # end of user code
    return outcome(whole, data)


if __name__ == "__main__":
    measure(train, *FILES, __file__)
