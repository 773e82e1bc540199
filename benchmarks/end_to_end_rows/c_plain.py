"""C: mmkeras from the files; spectra are made in the model, in every step."""

from end_to_end_rows.c_mmkeras import FILES, build, fit, outcome
from end_to_end_rows.measure import measure


def train(run):
    # user code
    model, data = build(run)
    fit(run, model, data)
    # end of user code
    return outcome(model, data)


if __name__ == "__main__":
    measure(train, *FILES, __file__)
