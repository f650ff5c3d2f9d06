"""The lines of the facet panel."""

from __future__ import annotations

from backbones.store.facets import Facet, FacetValue
from backbones.tui.facet_lines import DATA_SETS, FEW, lines_of


def test_names_that_look_like_markup_stay_as_they_are() -> None:
    names = ["x[/]y[a1]", "vit[bold red]_x", "a\x1b[31mb"]
    values = tuple(FacetValue(name, name, 1) for name in names) + tuple(
        FacetValue(str(i), str(i), 1, i == 20) for i in range(30)
    )
    facet = Facet("family", "family", values)
    found = [line.text for line in lines_of([facet], {"family"}, set(), "")]
    assert found[1:4] == ["    x[/]y[a1]", "    vit[bold red]_x", "    a[31mb"]
    assert found[-2:] == ["  ● 20", f"    … {len(values) - FEW - 1} more"]
    assert lines_of([Facet("head", "head", (FacetValue(None, "not said", 5),))], {"head"}, set(), "") == []
    assert lines_of([], set(), set(), "x") == []


def test_of_hundreds_of_metrics_each_data_set_shows_its_first() -> None:
    values = tuple(
        FacetValue(f"m{i}@d{d}", f"m{i}", 100 - d, d == 20 and i == 1, f"d{d} · task")
        for d in range(30)
        for i in range(3)
    )
    metric = Facet("metric", "metric", values)
    found = [line.text for line in lines_of([metric], {"metric"}, set(), "")]
    assert found[:3] == ["▾ metric: m1 d20", "    m0 d0", "    m0 d1"]
    assert found[-2:] == ["  ● m1 d20", f"    … {len(values) - DATA_SETS - 1} more"]
    every = [line.text for line in lines_of([metric], {"metric"}, {"metric"}, "")]
    assert every[1:4] == ["  d0 · task", "    m0", "    m1"] and len(every) == 1 + 30 * 4
