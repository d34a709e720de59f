"""One line of the bench of analysis: what was measured, on what, beside its goal and beside the baselines."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Figure:
    """`goal` is a least where `more_is_better`, else a most; None where a figure is only told. `held_out` is the same
    measure over the series left out while the constants were chosen, `tuned` over the others, `baselines` what simpler
    methods reach."""

    part: str
    name: str
    value: float
    goal: float | None = None
    more_is_better: bool = True
    held_out: float | None = None
    tuned: float | None = None
    baselines: dict[str, float] = field(default_factory=dict)
    note: str = ""

    @property
    def verdict(self) -> str:
        if self.goal is None:
            return ""
        return "met" if (self.value >= self.goal if self.more_is_better else self.value <= self.goal) else "not met"


def told(figure: Figure) -> str:
    """The line as people read it."""
    goal = ("" if figure.goal is None else f"{'>=' if figure.more_is_better else '<='} {figure.goal:g}").ljust(10)
    held, tuned = ("-" if one is None else f"{one:.3g}" for one in (figure.held_out, figure.tuned))
    others = "  ".join(f"{name} {value:.3g}" for name, value in figure.baselines.items())
    line = f"  {figure.name:44}{figure.value:>9.3g}  {goal}{figure.verdict:9}{tuned:>8}{held:>10}   {others}"
    return f"{line}  {figure.note}".rstrip()


HEADING = f"  {'':44}{'reached':>9}  {'goal':10}{'':9}{'tuned on':>8}{'held out':>10}   baselines"
