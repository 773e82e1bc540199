"""C: mmkeras from the files, pictures and sounds augmented in every step."""

from end_to_end_rows.c_mmkeras import FILES, build, fit, outcome
from end_to_end_rows.measure import measure

from mmkeras import layers


def train(run):
    # user code
    augment = {
        "image": [layers.RandomFlip(), layers.RandomAffine(), layers.RandomColor()],
        "sound": [layers.TimeShift(), layers.SpecAugment()],
    }
    model, data = build(run, augment=augment)
    fit(run, model, data)
    # end of user code
    return outcome(model, data)


if __name__ == "__main__":
    measure(train, *FILES, __file__)
