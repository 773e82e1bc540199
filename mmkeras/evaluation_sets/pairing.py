"""How parts are paired: the splits, the rows, the classes, the seed."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mmkeras._frozen import Frozen, Name, wrong
from mmkeras.split_rule import TRAIN


class Pairing(Frozen):
    """How `pair_by_label` splits items and draws pairs of them.

    Args:
        shares: the splits, and of each the share of every part's items, for parts
            that have no split of their own. Shares are of their sum. One is
            `"train"`.
        rows: for each split its number of rows; as many as there are if not given.
        balance: `"equal"`, the same number of rows a class; or `"proportional"`, in
            each split in proportion to what can be paired.
        classes: the classes to pair; all if not given, and then every part must
            have the same.
        seed: of every random choice, at least 0; the same seed gives the same bytes.

    Example:
        >>> Pairing(rows={"train": 400, "validation": 100, "test": 100}).balance
        'equal'
    """

    shares: dict[Name, Annotated[float, Field(gt=0, allow_inf_nan=False)]] = Field(
        default_factory=lambda: {TRAIN: 0.7, "validation": 0.15, "test": 0.15}
    )
    rows: dict[Name, Annotated[int, Field(ge=1)]] | None = None
    balance: Literal["equal", "proportional"] = "equal"
    classes: tuple[str, ...] = ()
    seed: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _splits_agree(self) -> Self:
        if TRAIN not in self.shares:
            raise wrong(
                f"with a split named '{TRAIN}'", sorted(self.shares), "", ("shares",)
            )
        if self.rows is not None and set(self.rows) != set(self.shares):
            raise wrong(
                "given for each split",
                self.rows,
                f"The splits are those of `shares`: {', '.join(self.shares)}.",
                ("rows",),
            )
        return self
